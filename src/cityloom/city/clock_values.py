"""The plain values a promise is made of: units, working hours, calendars and limits.

They stand in `city` because a city's folder states them; the arithmetic over them is `cityloom.sla`.
Everything here is immutable and hashable, so that tables can be remembered per calendar.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60
LONGEST_DAYS = 36_525
DEFAULT_HOURS = "default"
_SPAN = re.compile(r"^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$")


class ClockValueError(ValueError):
    """A unit, span of hours, calendar or limit that no clock can run on; the message says what would do."""


class ClockUnit(StrEnum):
    """What a limit is counted in, as the filing standards name it."""

    EMERGENCY_HOUR = "emergency_hour"  # 紧急工作时: real hours, running through nights and holidays
    WORK_HOUR = "work_hour"  # 工作时: runs only within working hours on working days
    WORK_DAY = "work_day"  # 工作日: counts working days, keeps the time of day
    NATURAL_DAY = "natural_day"  # 自然日: counts every day, keeps the time of day

    @property
    def asks_the_calendar(self) -> bool:
        """Whether holidays and working hours change this clock."""
        return self in (ClockUnit.WORK_HOUR, ClockUnit.WORK_DAY)


class AfterHours(StrEnum):
    """From when a day-counted limit runs if the matter was opened outside working hours."""

    NEXT_OPENING = "next_opening"  # nights, breaks, free days: from the next opening
    AFTER_CLOSING = "after_closing"  # only at or after closing time: from the next working day's opening
    SAME_TIME = "same_time"  # never moved; on a free day the same time of the next working day
    NEXT_DAY = "next_day"  # 自次日起算: whole days from the day after the opening, at whatever hour that was


class DueTime(StrEnum):
    """At what time of the due day a day-counted limit ends."""

    SAME_TIME = "same_time"  # the time of day at which it began
    CLOSING = "closing"  # that day's closing time; midnight where nobody works that day
    DAY_END = "day_end"  # midnight at the end of that day


@dataclass(frozen=True, order=True)
class WorkSpan:
    """A stretch of work within a day, in minutes since midnight: opens ≤ moment < closes; 1440 ends it."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= MINUTES_A_DAY:
            raise ClockValueError(
                f"working hours {self} must open before they close, within 00:00-24:00; split a night in two"
            )

    def __str__(self) -> str:
        return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (self.opens, self.closes))

    @classmethod
    def parse(cls, text: str) -> "WorkSpan":
        """`09:00-12:00` as a span; ClockValueError for anything else."""
        match = _SPAN.match(text)
        if match is None:
            raise ClockValueError(f"working hours {text!r} are not of the form 09:00-12:00")
        opens_h, opens_m, closes_h, closes_m = (int(part) for part in match.groups())
        if opens_m > 59 or closes_m > 59:
            raise ClockValueError(f"working hours {text!r} hold a minute above 59")
        return cls(opens_h * 60 + opens_m, closes_h * 60 + closes_m)


Week = tuple[tuple[WorkSpan, ...], ...]  # seven days, Monday first


@dataclass(frozen=True)
class WorkHours:
    """A named profile of working hours: the spans of each weekday, Monday first; without spans it is free."""

    name: str
    week: Week

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ClockValueError(f"hours {self.name!r} need seven days, Monday first, and have {len(self.week)}")
        if not any(self.week):
            raise ClockValueError(f"hours {self.name!r} hold no working day; give at least one span")
        for spans in self.week:
            for earlier, later in pairwise(spans):
                if later.opens < earlier.closes:
                    raise ClockValueError(f"hours {self.name!r}: {later} begins before {earlier} ends")

    @classmethod
    def parse(cls, text: str, name: str = DEFAULT_HOURS, days: Iterable[int] = range(5)) -> "WorkHours":
        """`08:00-12:00 14:00-18:00` on the given weekdays (0 = Monday); the other days are free."""
        spans = tuple(WorkSpan.parse(part) for part in text.split())
        chosen = set(days)
        return cls(name, tuple(spans if day in chosen else () for day in range(7)))

    @property
    def ordinary_day(self) -> tuple[WorkSpan, ...]:
        """The spans of the week's first working day: what a make-up working day on a weekend keeps."""
        return next(spans for spans in self.week if spans)


@dataclass(frozen=True)
class WorkCalendar:
    """When a city works: its zone, its hours profiles (the first is the default) and its exceptional days.

    `holidays` are free although their weekday works, `makeup_days` (调休) work although their weekday is
    free. Both are known from `first_year` to `last_year`; outside, only the week's free days count and a due
    moment that leans on such years is provisional.
    """

    zone: str
    profiles: tuple[WorkHours, ...]
    first_year: int
    last_year: int
    holidays: frozenset[date] = field(default=frozenset())
    makeup_days: frozenset[date] = field(default=frozenset())

    def __hash__(self) -> int:
        """By identity of content, counted once: calendars are the keys of every remembered table."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.zone, self.profiles, self.first_year, self.last_year, self.holidays, self.makeup_days))

    def __post_init__(self) -> None:
        if not self.profiles:
            raise ClockValueError("a calendar needs at least one profile of working hours")
        names = [profile.name for profile in self.profiles]
        if len(set(names)) != len(names):
            raise ClockValueError(f"hours profiles share a name: {', '.join(names)}")
        if self.first_year > self.last_year:
            raise ClockValueError(f"the calendar begins in {self.first_year} after its last year {self.last_year}")
        both = self.holidays & self.makeup_days
        if both:
            raise ClockValueError(f"{min(both)} is both a holiday and a make-up working day; keep one")
        for day in self.holidays | self.makeup_days:
            if not self.covers(day):
                raise ClockValueError(f"{day} lies outside the calendar's years {self.first_year}-{self.last_year}")
        _zone(self.zone)

    @property
    def hours(self) -> WorkHours:
        """The profile that counts."""
        return self.profiles[0]

    @property
    def tz(self) -> ZoneInfo:
        """The city's time zone."""
        return _zone(self.zone)

    def with_hours(self, name: str) -> "WorkCalendar":
        """The same calendar counted by another of its profiles; blank keeps the default."""
        return self if name in ("", self.hours.name) else _with_hours(self, name)

    def covers(self, day: date) -> bool:
        """Whether the calendar knows the holidays of that day's year."""
        return self.first_year <= day.year <= self.last_year

    def spans_on(self, day: date) -> tuple[WorkSpan, ...]:
        """The stretches of work on that day; none on a free day."""
        if day in self.holidays:
            return ()
        spans = self.hours.week[day.weekday()]
        return self.hours.ordinary_day if not spans and day in self.makeup_days else spans

    def is_working_day(self, day: date) -> bool:
        """Whether anybody works that day."""
        return bool(self.spans_on(day))


@lru_cache(maxsize=512)
def _with_hours(calendar: WorkCalendar, name: str) -> WorkCalendar:
    chosen = [profile for profile in calendar.profiles if profile.name == name]
    if not chosen:
        known = ", ".join(profile.name for profile in calendar.profiles)
        raise ClockValueError(f"no hours profile is called {name!r}; known profiles: {known}")
    others = tuple(profile for profile in calendar.profiles if profile.name != name)
    return replace(calendar, profiles=(chosen[0], *others))


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ClockValueError(f"no time zone is called {name!r}; use a name like Asia/Shanghai") from error


@dataclass(frozen=True)
class Limit:
    """How long a step may take: an amount of a unit and, for units of days, how it begins and ends.

    `hours` names the profile of working hours (blank = the calendar's default).

    `after_hours` says from when days are counted if the matter was opened outside working hours; blank (None)
    is the unit's own practice: `next_opening` for working days (`next_day` with a `due_time`), `same_time`
    for natural days.

    - `next_opening`: at night, in the break or on a free day the count begins at the next opening.
    - `after_closing`: the time of day is kept before opening and in the break; a free day passes it on to the
      next working day; only if that time is at or after closing, the count begins at the opening of the
      working day after.
    - `same_time`: the time of day is always kept; a free day passes it on to the next working day (for
      natural days, nothing moves at all).
    - `next_day`: whole days are counted from the day after the opening, whatever the hour and even if that
      day was free; only with a `due_time` of `closing` or `day_end`, and then the practice of working days.

    `due_time` says when the due day ends the count: at the time of day at which the count began
    (`same_time`), at that day's closing time (`closing`), or at the midnight that ends it (`day_end`). The
    day on which the count begins is never counted.

    Hours need neither: emergency hours run at once and always, work hours run whenever somebody works.
    """

    amount: float
    unit: ClockUnit
    hours: str = ""
    after_hours: AfterHours | None = None
    due_time: DueTime = DueTime.SAME_TIME

    def __post_init__(self) -> None:
        if not self.amount > 0:
            raise ClockValueError(f"a limit of {self.amount} is not above zero; leave the limit blank for no promise")
        in_days = self.unit in (ClockUnit.WORK_DAY, ClockUnit.NATURAL_DAY)
        if self.amount > LONGEST_DAYS * (1 if in_days else 24):
            raise ClockValueError(f"a limit of {self.amount:g} {self.unit} is longer than a century; correct it")
        if in_days and self.amount != int(self.amount):
            raise ClockValueError(f"{self.amount} {self.unit} is not a whole number of days; state it in hours")
        if self.after_hours is AfterHours.NEXT_DAY and self.due_time is DueTime.SAME_TIME:
            raise ClockValueError("after_hours next_day counts whole days; give a due_time of closing or day_end")

    @classmethod
    def parse(
        cls, amount: float | str, unit: str, hours: str = "", after_hours: str = "", due_time: str = ""
    ) -> "Limit":
        """A limit from the texts of a `standards.csv` row; ClockValueError names the known words."""
        try:
            number = float(amount)
        except ValueError as error:
            raise ClockValueError(f"a limit of {amount!r} is not a number") from error
        return cls(
            number,
            _known(ClockUnit, unit, "unit"),
            hours,
            _known(AfterHours, after_hours, "after_hours") if after_hours else None,
            _known(DueTime, due_time, "due_time") if due_time else DueTime.SAME_TIME,
        )

    @property
    def start_rule(self) -> AfterHours:
        """The after-hours rule that holds, the unit's own where none was chosen."""
        if self.after_hours is not None:
            return self.after_hours
        if self.unit is ClockUnit.NATURAL_DAY:
            return AfterHours.SAME_TIME
        return AfterHours.NEXT_OPENING if self.due_time is DueTime.SAME_TIME else AfterHours.NEXT_DAY


_Word = TypeVar("_Word", bound=StrEnum)


def _known(words: type[_Word], text: str, column: str) -> _Word:
    try:
        return words(text)
    except ValueError as error:
        raise ClockValueError(f"{column} {text!r} is unknown; known: {', '.join(words)}") from error
