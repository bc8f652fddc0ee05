"""`urgency_words.toml` and `route_words.toml`: what a city lays over the shipped words of dangers and special routes.

Both have the shape of the shipped files of `triage/data`: a list replaces the shipped one, a key `+words` adds to it.
The codes that ship are listed here, because this folder lies below the one that reads with them; a test holds both
together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cityloom.city.problems import nearest
from cityloom.city.sheets import Notes

URGENCY, ROUTES = "urgency", "routes"
LEVELS = ("emergency", "pressing", "watch", "none")
LINES = ("119", "110", "120", "122", "gas", "power", "water", "lift", "city")
HAZARDS = (
    "fire", "gas", "explosion", "collapse", "electric", "manhole", "violence", "self_harm", "drowning", "trapped",
    "chemical", "medical", "traffic", "missing", "burst",
)  # fmt: skip
GUARDS = ("figurative", "denied", "feared", "talked_about", "past", "now", "asked")
ROUTE_CODES = ("legal", "secret", "outside", "unlawful", "repeat")
ASIDE_CODES = ("abuse", "test", "advert")
MOST_WORDS, LONGEST_WORD = 5000, 60
_TEXT, _LIST = "…", '["…", "…"]'


@dataclass(frozen=True, slots=True)
class ReaderWords:
    """The table of one reader, as the city wrote it: `code` says of which."""

    code: str
    told: Mapping[str, Any] = field(default_factory=dict)


def urgency_words_of(data: Mapping[str, Any], notes: Notes) -> tuple[ReaderWords, ...]:
    """`urgency_words.toml`; nothing of it is used while something in it is wrong."""
    lines = (*LINES, *_codes(data, "lines"))
    tables: dict[str, Callable[[str, Mapping[str, Any]], None]] = {
        "lines": lambda code, row: _line(code, row, notes),
        "hazards": lambda code, row: _hazard(code, row, lines, notes),
    }
    sound = _tables(data, tables, notes, ("guards",))
    guards = data.get("guards", {})
    if isinstance(guards, Mapping):
        sound &= _lists("guards", guards, GUARDS, notes)
    elif guards:
        sound = _wrong("guards", guards, "[guards]", notes)
    return (ReaderWords(URGENCY, data),) if sound and data else ()


def route_words_of(data: Mapping[str, Any], notes: Notes) -> tuple[ReaderWords, ...]:
    """`route_words.toml`; nothing of it is used while something in it is wrong."""
    tables: dict[str, Callable[[str, Mapping[str, Any]], None]] = {
        "routes": lambda code, row: _kind("routes", code, row, ROUTE_CODES, ("advice_zh", "advice_en"), notes),
        "aside": lambda code, row: _kind("aside", code, row, ASIDE_CODES, (), notes),
    }
    return (ReaderWords(ROUTES, data),) if _tables(data, tables, notes) and data else ()


def _codes(data: Mapping[str, Any], table: str) -> Iterable[str]:
    found = data.get(table, {})
    return tuple(found) if isinstance(found, Mapping) else ()


def _tables(
    data: Mapping[str, Any],
    tables: Mapping[str, Callable[[str, Mapping[str, Any]], None]],
    notes: Notes,
    others: tuple[str, ...] = (),
) -> bool:
    before = len(notes.problems)
    known = (*tables, *others)
    for name, entries in data.items():
        if name not in known:
            notes.at_key("key_unknown", name, key=name, near=nearest(name, known))
        elif name in tables and not isinstance(entries, Mapping):
            _wrong(name, entries, f"[{name}.…]", notes)
        elif name in tables:
            for code, row in entries.items():
                if isinstance(row, Mapping):
                    tables[name](code, row)
                else:
                    _wrong(f"{name}.{code}", row, f"[{name}.{code}]", notes)
    return len(notes.problems) == before


def _line(code: str, row: Mapping[str, Any], notes: Notes) -> None:
    where = f"lines.{code}"
    _keys(where, row, ("phone", "zh", "en"), (), notes)
    _needed(where, row, () if code in LINES else ("zh", "en"), notes)


def _hazard(code: str, row: Mapping[str, Any], lines: tuple[str, ...], notes: Notes) -> None:
    where = f"hazards.{code}"
    _keys(where, row, ("zh", "en", "level"), ("lines", "words"), notes)
    _needed(where, row, () if code in HAZARDS else ("zh", "en", "level", "lines", "words"), notes)
    level = row.get("level", LEVELS[0])
    if isinstance(level, str) and level not in LEVELS:
        _unknown(f"{where}.level", "level", level, LEVELS, notes)
    for key in ("lines", "+lines"):
        for line in row.get(key, ()) if isinstance(row.get(key), list) else ():
            if isinstance(line, str) and line not in lines:
                _unknown(f"{where}.{key}", key, line, lines, notes)


def _kind(
    table: str, code: str, row: Mapping[str, Any], known: tuple[str, ...], more: tuple[str, ...], notes: Notes
) -> None:
    if code not in known:
        notes.at_key("key_unknown", f"{table}.{code}", key=code, near=nearest(code, known))
        return
    _keys(f"{table}.{code}", row, ("zh", "en", *more), ("words", "not_words"), notes)


def _keys(where: str, row: Mapping[str, Any], texts: tuple[str, ...], lists: tuple[str, ...], notes: Notes) -> None:
    for key in texts:
        if key in row and not isinstance(row[key], str):
            _wrong(f"{where}.{key}", row[key], f'{key} = "{_TEXT}"', notes)
    _lists(where, {key: value for key, value in row.items() if key not in texts}, lists, notes)


def _lists(where: str, row: Mapping[str, Any], known: tuple[str, ...], notes: Notes) -> bool:
    """Lists of words, each key with or without a `+`."""
    before = len(notes.problems)
    for key, words in row.items():
        if key.removeprefix("+") not in known:
            notes.at_key("key_unknown", f"{where}.{key}", key=key, near=nearest(key.removeprefix("+"), known))
        elif not _are_words(words):
            _wrong(f"{where}.{key}", words, f"{key} = {_LIST}", notes)
    return len(notes.problems) == before


def _are_words(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MOST_WORDS
        and all(isinstance(each, str) and 0 < len(each.strip()) <= LONGEST_WORD for each in value)
    )


def _needed(where: str, row: Mapping[str, Any], keys: Iterable[str], notes: Notes) -> None:
    for key in keys:
        if key not in row:
            notes.at_key("key_missing", f"{where}.{key}", key=key)


def _unknown(where: str, key: str, value: str, known: tuple[str, ...], notes: Notes) -> None:
    notes.at_key("value_unknown", where, key=key, value=value, near=nearest(value, known), known=known)


def _wrong(where: str, value: object, form: str, notes: Notes) -> bool:
    notes.at_key("value_form", where, key=where.rpartition(".")[2], value=str(value)[:80], form=form)
    return False
