"""`indicators.toml`, and what all files of named entries share: their keys, checked one by one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from cityloom.city.folder_values import Indicator
from cityloom.city.problems import nearest
from cityloom.city.sheets import CODE_CHARS, NAME_CHARS, Notes, read_text
from cityloom.city.values import Name

TEXT, WORD, NUMBER, NUMBERS = "text", "word", "number", "numbers"
PERIODS = ("day", "week", "month", "quarter", "year")
INDICATOR_KEYS = {
    "name_zh": TEXT,
    "name_en": TEXT,
    "numerator": TEXT,
    "denominator": TEXT,
    "unit": WORD,
    "period": WORD,
    "source": TEXT,
    "target": NUMBER,
    "bands": NUMBERS,
}


def read_toml(path: Path, notes: Notes) -> dict[str, Any] | None:
    """The content of a TOML file; None when it cannot be read."""
    text = read_text(path, "TOML", notes)
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        if line:
            notes.at_line("file_unreadable", int(line[1]), detail=str(error), form="TOML")
        else:
            notes.at_key("file_unreadable", detail=str(error), form="TOML")
    return None


def indicators_of(data: Mapping[str, Any], notes: Notes) -> tuple[Indicator, ...]:
    """`indicators.toml`."""
    needed = ("numerator", "unit", "period", "source")
    rows = named_entries(data, "indicator", INDICATOR_KEYS, needed, notes)
    return tuple(_indicator(code, row) for code, row in rows.items() if _period_known(code, row, notes))


def _period_known(code: str, row: Mapping[str, Any], notes: Notes) -> bool:
    if row["period"] in PERIODS:
        return True
    where = f"indicator.{code}.period"
    near = nearest(row["period"], PERIODS)
    notes.at_key("value_unknown", where, key="period", value=row["period"], near=near, known=PERIODS)
    return False


def _indicator(code: str, row: Mapping[str, Any]) -> Indicator:
    return Indicator(
        code=code,
        name=Name(row.get("name_zh", ""), row.get("name_en", "")),
        numerator=row["numerator"],
        denominator=row.get("denominator", ""),
        unit=row["unit"],
        period=row["period"],
        source=row["source"],
        target=row.get("target"),
        bands=tuple(row.get("bands", ())),
    )


def named_entries(
    data: Mapping[str, Any],
    table: str,
    keys: Mapping[str, str],
    needed: tuple[str, ...],
    notes: Notes,
    more_kinds: Mapping[str, Callable[[object], bool]] | None = None,
) -> dict[str, Mapping[str, Any]]:
    """The entries `[table.CODE]` without a fault; `more_kinds`: kinds of value beyond the four, with their test."""
    for key in data:
        if key != table:
            notes.at_key("key_unknown", key, key=key, near=f"[{table}.…]")
    sound: dict[str, Mapping[str, Any]] = {}
    entries = data.get(table, {})
    for code, row in (entries if isinstance(entries, Mapping) else {}).items():
        faults = len(notes.problems)
        if len(code) > CODE_CHARS:
            notes.at_key("too_long", code[:CODE_CHARS], key=table, length=len(code), longest=CODE_CHARS)
        _check_entry(f"{table}.{code}", row, keys, needed, notes, more_kinds or {})
        if len(notes.problems) == faults:
            sound[code] = {k: float(v) if keys[k] == NUMBER else v for k, v in row.items()}
    return sound


def _check_entry(
    where: str,
    row: object,
    keys: Mapping[str, str],
    needed: tuple[str, ...],
    notes: Notes,
    more_kinds: Mapping[str, Callable[[object], bool]],
) -> None:
    if not isinstance(row, Mapping):
        notes.at_key("value_form", where, key=where, value=row, form=f"[{where}]")
        return
    for key, value in row.items():
        if key not in keys:
            notes.at_key("key_unknown", f"{where}.{key}", key=key, near=nearest(key, keys))
        elif not more_kinds.get(keys[key], lambda v, kind=keys[key]: _fits(v, kind))(value):
            notes.at_key("value_form", f"{where}.{key}", key=key, value=value, form=keys[key])
    for key in needed:
        if not row.get(key):
            notes.at_key("key_missing", f"{where}.{key}", key=key)
    if not row.get("name_zh") and not row.get("name_en"):
        notes.at_key("key_missing", where, key="name_zh / name_en")


def _fits(value: object, kind: str) -> bool:
    if kind == NUMBERS:
        return isinstance(value, list) and all(_fits(each, NUMBER) for each in value)
    if kind == NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return isinstance(value, str) and len(value) <= (CODE_CHARS if kind == WORD else NAME_CHARS)
