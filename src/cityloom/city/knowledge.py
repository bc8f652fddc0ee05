"""`knowledge.toml`: what to ask and what to promise while somebody calls, by class of matter or by a word. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cityloom.city.problems import nearest
from cityloom.city.reader_words import LONGEST_WORD, MOST_WORDS, ReaderWords
from cityloom.city.sheets import CODE_CHARS, Notes
from cityloom.city.values import ClassCode, Name

KNOWLEDGE = "knowledge"
SHOWN = 3  # notes beside one call
LONGEST = 600  # characters of a note in one language
_KEYS = ("class", "words", "zh", "en", "link", "until")


@dataclass(frozen=True, slots=True)
class KnowledgeNote:
    """A note for who takes a call. It holds for its class and all below it, and where one of its words is said."""

    code: str
    text: Name
    class_code: ClassCode | None = None
    words: tuple[str, ...] = ()
    link: str = ""
    until: date | None = None  # the last day on which it holds


def knowledge_of(data: Mapping[str, Any], notes: Notes) -> tuple[ReaderWords, ...]:
    """`knowledge.toml`; nothing of it is used while something in it is wrong. Days are kept as texts."""
    before = len(notes.problems)
    for table in data:
        if table != "note":
            notes.at_key("key_unknown", table, key=table, near="[note.…]")
    rows = data.get("note", {})
    if not isinstance(rows, Mapping):
        notes.at_key("value_form", "note", key="note", value=str(rows)[:80], form="[note.…]")
        return ()
    for code, row in rows.items():
        if len(code) > CODE_CHARS:
            notes.at_key("too_long", code[:CODE_CHARS], key="note", length=len(code), longest=CODE_CHARS)
        if isinstance(row, Mapping):
            _check(f"note.{code}", row, notes)
        else:
            notes.at_key("value_form", f"note.{code}", key=code, value=str(row)[:80], form=f"[note.{code}]")
    if len(notes.problems) > before or not rows:
        return ()
    return (ReaderWords(KNOWLEDGE, {"notes": [_plain(code, row) for code, row in rows.items()]}),)


def notes_of(told: Mapping[str, Any]) -> tuple[KnowledgeNote, ...]:
    """The notes of a city, as `knowledge_of` keeps them."""
    return tuple(
        KnowledgeNote(
            row["code"],
            Name(row["zh"], row["en"]),
            row.get("class"),
            tuple(word.casefold() for word in row.get("words", ())),
            row.get("link", ""),
            date.fromisoformat(row["until"]) if "until" in row else None,
        )
        for row in told.get("notes", ())
    )


def choose_notes(
    notes: Iterable[KnowledgeNote], chain: Sequence[ClassCode], text: str, day: date, most: int = SHOWN
) -> list[KnowledgeNote]:
    """The notes that hold on a day for a class or a text, the most specific first, as the file has them otherwise.

    `chain`: the class and those above it, the nearest first; empty while the class is open. What is said of the
    class itself comes before what a word calls for (the longest word first), and that before the classes above.
    """
    said = text.casefold()
    found = []
    for note in notes:
        heard = max((len(word) for word in note.words if word in said), default=0)
        above = chain.index(note.class_code) if note.class_code in chain else None
        if (heard or above is not None) and (note.until is None or day <= note.until):
            rank = 0 if above == 0 else 1 if heard else 1 + (above or 0)
            found.append((rank, -heard, note))
    found.sort(key=lambda each: each[:2])
    return [note for _, _, note in found[:most]]


def _plain(code: str, row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value.isoformat() if isinstance(value, date) else value for key, value in row.items()}
    return {"code": code, **plain}


def _check(where: str, row: Mapping[str, Any], notes: Notes) -> None:
    for key in row:
        if key not in _KEYS:
            notes.at_key("key_unknown", f"{where}.{key}", key=key, near=nearest(key, _KEYS))
    for key in ("zh", "en"):
        if key not in row:
            notes.at_key("key_missing", f"{where}.{key}", key=key)
    if not row.get("class") and not row.get("words"):
        notes.at_key("key_missing", f"{where}.class", key="class / words")
    forms = (
        ("zh", _is_text, '"…"'),
        ("en", _is_text, '"…"'),
        ("class", lambda value: isinstance(value, str), '"…"'),
        ("words", _are_words, '["…", "…"]'),
        ("link", _is_link, '"https://…"'),
        ("until", lambda value: type(value) is date, "2027-12-31"),
    )
    for key, is_right, form in forms:
        if key in row and not is_right(row[key]):
            notes.at_key("value_form", f"{where}.{key}", key=key, value=str(row[key])[:80], form=form)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= LONGEST


def _are_words(value: object) -> bool:
    """Words of two characters or more: one alone is in too many texts."""
    return (
        isinstance(value, list)
        and len(value) <= MOST_WORDS
        and all(isinstance(each, str) and 1 < len(each.strip()) <= LONGEST_WORD for each in value)
    )


def _is_link(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://")) and len(value) <= LONGEST
