"""The days of a list as a form asks for them: from one, to one, either left open; in an address one word. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cityloom.cases.filters import DAY_WORDS, CaseFilter

FROM, TO = "_from", "_to"
FIRST, LAST = "1900-01-01", "2999-12-31"  # what a side that was left open stands for
TITLES = {
    "opened": "queue.day_opened",
    "closed": "queue.day_closed",
    "called": "queue.day_called",
    "due": "queue.day_due",
}
DAY_FIELDS = tuple(name + side for name in DAY_WORDS for side in (FROM, TO))


@dataclass(frozen=True)
class DayField:
    """One kind of day: its word in the address, its title's key, and the days chosen (empty: left open)."""

    name: str
    title: str
    first: str
    last: str


def with_days(words: Mapping[str, str]) -> dict[str, str]:
    """The words of an address, where `opened_from` and `opened_to` of a form stand for `opened`."""
    told = dict(words)
    for name in DAY_WORDS:
        first, last = told.pop(name + FROM, "").strip(), told.pop(name + TO, "").strip()
        if first or last:
            told[name] = f"{first or FIRST}..{last or LAST}"
    return told


def day_fields(asked: CaseFilter) -> list[DayField]:
    """The fields as the form shows them again."""
    return [_field(name, getattr(asked, name)) for name in DAY_WORDS]


def _field(name: str, told: str) -> DayField:
    first, _, last = told.partition("..")
    last = last or first
    return DayField(name, TITLES[name], "" if first == FIRST else first, "" if last == LAST else last)
