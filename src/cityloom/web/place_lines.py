"""What happened at a place before, in words: the cases, the days that were promised, what contradicts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cityloom.cases.place_history import Kept
from cityloom.cases.queries_place import PlaceHistory
from cityloom.web.naming import Names
from cityloom.web.words import say

MOST_SHOWN = 8
_BANDS = {Kept.OPEN: "due-soon", Kept.KEPT: "on-time", Kept.KEPT_LATE: "due-soon", Kept.BROKEN: "overdue"}


@dataclass(frozen=True)
class PastLine:
    """One earlier case with the newest words to its resident."""

    number: str
    matter: str
    state: str
    opened_at: datetime
    unit: str
    answer: str


@dataclass(frozen=True)
class PromiseLine:
    """A promised day, and whether it was kept."""

    number: str
    unit: str
    due_at: datetime
    words: str
    kept: str
    band: str


@dataclass(frozen=True)
class PlacePast:
    """All of it; empty where nothing happened."""

    cases: tuple[PastLine, ...] = ()
    promises: tuple[PromiseLine, ...] = ()
    clashes: tuple[str, ...] = ()


NOTHING_BEFORE = PlacePast()


def place_past(history: PlaceHistory, number: str, named: Names) -> PlacePast:
    """The history of a place as the page of the case `number` shows it: other cases, all promises, all clashes."""
    others = [c for c in history.cases if c.number != number]
    return PlacePast(
        cases=tuple(
            PastLine(
                c.number, named.matter(c.class_code), named.state(c.state), c.opened_at, named.unit(c.unit), c.answer
            )
            for c in others[:MOST_SHOWN]
        ),
        promises=tuple(
            PromiseLine(
                p.number, named.unit(p.unit), p.due_at, p.words, say(f"place.kept_{p.kept.value}"), _BANDS[p.kept]
            )
            for p in history.promises
        ),
        clashes=tuple(
            say(f"place.clash_{c.clash.value}", unit=named.unit(c.unit), number=c.number, against=c.against)
            for c in history.clashes
        ),
    )
