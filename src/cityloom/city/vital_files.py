"""`vital_signs.toml`: the tree of a city's vital signs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cityloom.city.problems import nearest
from cityloom.city.sheets import Notes
from cityloom.city.toml_files import NUMBER, TEXT, WORD, named_entries
from cityloom.city.values import Name
from cityloom.city.vital_values import AGGREGATES, COUNTS, MISSING, OVERS, ROLLS, Range, VitalSign, with_ranges

RANGE, WORDS = "{ from = 0.2, to = 0.5 }", '["gb2013:E0401"]'
SIGN_KEYS: dict[str, str] = {
    "name_zh": TEXT,
    "name_en": TEXT,
    "parent": WORD,
    "type": WORD,
    "stream": WORD,
    "of_stream": WORD,
    "within": RANGE,
    "over": WORD,
    "cases": WORD,
    "classes": WORDS,
    "unit": WORD,
    "target": NUMBER,
    "good": RANGE,
    "watch": RANGE,
    "missing": WORD,
    "least_coverage": NUMBER,
    "weight": NUMBER,
    "roll": WORD,
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "of_stream": AGGREGATES,
    "over": OVERS,
    "cases": COUNTS,
    "missing": MISSING,
    "roll": ROLLS,
}
_LIMITS: Mapping[str, tuple[float, float, str]] = {
    "least_coverage": (0.0, 1.0, "0 … 1"),
    "weight": (0.0, 1000.0, "0 … 1000"),
}


def signs_of(data: Mapping[str, Any], notes: Notes) -> tuple[VitalSign, ...]:
    """`vital_signs.toml`; an entry with a fault is left out and its fault noted."""
    rows = named_entries(data, "sign", SIGN_KEYS, (), notes, {RANGE: _is_range, WORDS: _is_words})
    sound = {code: row for code, row in rows.items() if _sound(code, row, notes)}
    return tuple(replace(_sign(code, row), rank=rank) for rank, (code, row) in enumerate(sound.items()))


def _sign(code: str, row: Mapping[str, Any]) -> VitalSign:
    told = {key: value for key, value in row.items() if key not in ("name_zh", "name_en", *_RANGES, "classes")}
    ranges = {key: Range(_end(row[key], "from"), _end(row[key], "to")) for key in _RANGES if key in row}
    name = Name(row.get("name_zh", ""), row.get("name_en", ""))
    return with_ranges(VitalSign(code, name, classes=tuple(row.get("classes", ())), **told), ranges)


_RANGES = ("within", "good", "watch")


def _end(span: Mapping[str, Any], key: str) -> float | None:
    return None if span.get(key) is None else float(span[key])


def _sound(code: str, row: Mapping[str, Any], notes: Notes) -> bool:
    """Whether one entry is right in itself."""
    before = len(notes.problems)
    where = f"sign.{code}"
    for key, known in _CHOICES.items():
        if key in row and row[key] not in known:
            near = nearest(row[key], known)
            notes.at_key("value_unknown", f"{where}.{key}", key=key, value=row[key], near=near, known=known)
    for key, (low, high, form) in _LIMITS.items():
        if key in row and not low <= row[key] <= high:
            notes.at_key("value_form", f"{where}.{key}", key=key, value=row[key], form=form)
    if "stream" in row and "cases" in row:
        notes.at_key("sign_two_sources", where)
    for key, partner in (("stream", "type"), ("type", "stream"), ("cases", "classes"), ("classes", "cases")):
        if key in row and not row.get(partner):
            notes.at_key("key_missing", f"{where}.{partner}", key=partner)
    shares = [key for key in ("of_stream", "over") if row.get(key) == "share"]
    if shares and "within" not in row:
        notes.at_key("key_missing", f"{where}.within", key="within")
    if len(shares) > 1:
        notes.at_key("sign_share_twice", where)
    if row.get("missing") == "as_bad" and row.get("over") != "share":
        notes.at_key("value_form", f"{where}.missing", key="missing", value="as_bad", form='over = "share"')
    if "good" in row and "watch" in row:
        _check_bands(where, row, notes)
    return len(notes.problems) == before


def _check_bands(where: str, row: Mapping[str, Any], notes: Notes) -> None:
    good, watch = (Range(_end(row[key], "from"), _end(row[key], "to")) for key in ("good", "watch"))
    if not good.lies_in(watch):
        notes.at_key("sign_bands_apart", where)


def _is_range(value: object) -> bool:
    if not isinstance(value, Mapping) or not value or set(value) - {"from", "to"}:
        return False
    ends = [value.get("from"), value.get("to")]
    if any(end is not None and (isinstance(end, bool) or not isinstance(end, int | float)) for end in ends):
        return False
    low, high = ends
    return all(end is None or abs(end) < 1e300 for end in ends) and (low is None or high is None or low <= high)


def _is_words(value: object) -> bool:
    return (
        isinstance(value, list) and bool(value) and all(isinstance(each, str) and len(each) <= 100 for each in value)
    )
