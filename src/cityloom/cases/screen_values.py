"""What the one screen asks of the cases, as plain values: each figure with the filter of the list that proves it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

from cityloom.cases.filters import CaseFilter, View

RATES_DAYS = 30  # over which the rates of a day are taken
HOT_DAYS = 7
STEP_S = 900  # of the course of a day
WEEK = timedelta(days=7)
# Open work by age in days: from, to (both counted from the day itself; None is open-ended).
AGES: tuple[tuple[int, int | None], ...] = ((0, 0), (1, 2), (3, 6), (7, 29), (30, None))
EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Flow:
    """The five figures of a day."""

    came: int
    open: int
    due: int
    overdue: int
    closed: int


@dataclass(frozen=True, slots=True)
class Course:
    """Cases that came, went and were open at the end of each quarter of an hour; a day that runs has fewer."""

    came: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()
    open: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to see on the thread of the day: `overdue` (a promise passed) or `alarm` (a sensor spoke)."""

    kind: str
    number: str
    class_code: str | None
    at: datetime
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Spell:
    """A time for which a case was open, in minutes since the day began: before it is negative, None is beyond it."""

    number: str
    lon: float
    lat: float
    began: int
    ended: int | None
    due: int | None
    urgent: bool


@dataclass(frozen=True, slots=True)
class Below:
    """An area directly below the one looked at: open and overdue cases, of a past day what came and was late."""

    code: str
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Hot:
    """A class by what came of it in the last days and in as many before."""

    class_code: str
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case that just came, where it may be shown."""

    number: str
    class_code: str | None
    area: str | None
    unit: str | None
    urgent: bool
    lon: float
    lat: float


@dataclass(frozen=True)
class Scope:
    """What is looked at: the whole city or an area, on a day of the city's zone."""

    area: str
    day: date
    tz: tzinfo

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.day, time(), self.tz)

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.day + timedelta(days=1), time(), self.tz)

    def days_back(self, first: int, last: int = 0) -> str:
        """The days from so many before the day to so many before it, as a filter says them."""
        return f"{self.day - timedelta(days=first)}..{self.day - timedelta(days=last)}"

    def came(self) -> CaseFilter:
        return CaseFilter(View.ALL, area=self.area, opened=self.day.isoformat())

    def closed(self) -> CaseFilter:
        return CaseFilter(View.ALL, area=self.area, closed=self.day.isoformat())

    def open(self) -> CaseFilter:
        return CaseFilter(View.OPEN, area=self.area)

    def due(self) -> CaseFilter:
        return replace(self.open(), due=self.day.isoformat())

    def overdue(self) -> CaseFilter:
        return replace(self.open(), overdue=True)

    def kept(self) -> CaseFilter:
        return CaseFilter(View.ALL, area=self.area, closed=self.days_back(RATES_DAYS - 1), kept=True)

    def missed(self) -> CaseFilter:
        return replace(self.kept(), kept=False, overdue=True)

    def called(self) -> CaseFilter:
        return CaseFilter(View.ALL, area=self.area, called=self.days_back(RATES_DAYS - 1))

    def aged(self, first: int, last: int | None) -> CaseFilter:
        """Open cases that came so many days before the day."""
        since = EARLIEST if last is None else self.day - timedelta(days=last)
        return replace(self.open(), opened=f"{since}..{self.day - timedelta(days=first)}")

    def hot(self, class_code: str) -> CaseFilter:
        return CaseFilter(View.ALL, area=self.area, class_code=class_code, opened=self.days_back(HOT_DAYS - 1))
