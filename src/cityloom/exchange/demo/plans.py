"""What happened to one case of the demo's year, told before any row of it is made. Values only."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from cityloom.cases.values import Place
from cityloom.city.values import MatterClass, Post, Role, Standard

RESIDENT = Post("resident", Role.RESIDENT)


class Heard(NamedTuple):
    """What a callback heard, as in `cases.values.Outcome`."""

    reached: str
    solved: str | None = None
    satisfied: str | None = None


class Said(NamedTuple):
    """One report: who took it down and when, in which words; `reporter` is a number in the pool of people."""

    at: int
    words: str
    by: Post
    source: str
    language: str = "zh"
    reporter: int | None = None
    mark: bytes | None = None  # what a tracking code would be kept as


class Step(NamedTuple):
    """One thing that was done. `about`: case, report, task, or clock (its due moment passed).

    `number` counts the reports or the assisting tasks of the case; `word` is a reason's code, or a clock's kind.
    """

    at: int
    move: str
    by: Post
    about: str = "case"
    note: str = ""
    word: str = ""
    unit: str = ""
    number: int = 0
    heard: Heard | None = None
    is_late: bool = False  # the promise has passed: from then on callbacks are due from the step itself


class Plan(NamedTuple):
    """A case from its first report to the last thing that was done; moments are seconds since 1970."""

    number: int  # within the year
    source: str
    matter: MatterClass
    standard: Standard | None
    place: Place
    component: str | None
    said: tuple[Said, ...]
    hold: bool
    steps: tuple[Step, ...]
    leads: tuple[str, ...] = ()  # whom each dispatch by the system named, in order
    assists: tuple[tuple[str, ...], ...] = ()  # and whom it asked to assist
    by_register: str = ""  # keeper, owner, ownerless: how the component register named the lead
    is_open: bool = False  # its life goes on after the history

    @property
    def opened_at(self) -> int:
        return self.said[0].at


@lru_cache(maxsize=65536)
def moment(second: int) -> datetime:
    """Seconds since 1970 as a moment in UTC."""
    return datetime.fromtimestamp(second, UTC)
