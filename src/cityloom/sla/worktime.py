"""Working time as a running number: how much of it has passed at a moment, and when a given amount has passed.

Moments are microseconds since 1970 (UTC), so that daylight saving needs no further thought: a span of work that
the spring jump shortens counts only the time that really passed. Tables are built once per calendar and decade.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from cityloom.city.clock_values import MINUTES_A_DAY, WorkCalendar
from cityloom.sla.values import NaiveMomentError, SpanTooLongError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000
LONGEST_YEARS = 120


def to_us(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment; NaiveMomentError without a zone."""
    if moment.utcoffset() is None:
        raise NaiveMomentError(moment)
    return (moment - EPOCH) // MICROSECOND


def from_us(us: int, calendar: WorkCalendar) -> datetime:
    """The moment in the city's zone."""
    return (EPOCH + timedelta(microseconds=us)).astimezone(calendar.tz)


def local_moment(day: date, minute_or_time: int | time, calendar: WorkCalendar) -> datetime:
    """A time of day in the city's zone, as minutes since midnight (1440 = the next midnight) or as a time.

    A time that the spring jump skips is as long after the jump; one that autumn repeats is the first of the two.
    """
    if isinstance(minute_or_time, int):
        if minute_or_time == MINUTES_A_DAY:
            day, minute_or_time = day + timedelta(days=1), 0
        clock_time = time(minute_or_time // 60, minute_or_time % 60)
    else:
        clock_time = minute_or_time.replace(fold=0, tzinfo=None)
    return datetime.combine(day, clock_time, calendar.tz).astimezone(UTC).astimezone(calendar.tz)


@dataclass(frozen=True, slots=True)
class WorkTable:
    """The working days of some years and their spans of work, in order, with the running total before each."""

    first_year: int
    last_year: int
    days: list[int]  # proleptic ordinals of working days
    begins_us: list[int]
    ends_us: list[int]
    before_us: list[int]  # working time before the span begins
    after_us: list[int]  # working time when the span has ended

    def passed_at(self, us: int) -> int:
        """Working microseconds from the table's beginning to the moment."""
        index = bisect_right(self.begins_us, us) - 1
        if index < 0:
            return 0
        return self.before_us[index] + min(us, self.ends_us[index]) - self.begins_us[index]

    def moment_when(self, passed_us: int) -> int | None:
        """The earliest moment at which so much working time has passed; None beyond the table."""
        index = bisect_left(self.after_us, passed_us)
        if index == len(self.after_us):
            return None
        return self.begins_us[index] + passed_us - self.before_us[index]

    def working_day(self, day: date, later: int = 0) -> date | None:
        """The first working day from `day` on, or the one `later` working days after it; None beyond the table."""
        index = bisect_left(self.days, day.toordinal()) + later
        return date.fromordinal(self.days[index]) if index < len(self.days) else None


def work_table(calendar: WorkCalendar, first_year: int, last_year: int) -> WorkTable:
    """The table that holds at least these years; SpanTooLongError beyond LONGEST_YEARS."""
    if last_year - first_year > LONGEST_YEARS:
        raise SpanTooLongError(first_year, last_year)
    return _build(calendar, max(first_year // 10 * 10, 1), min(last_year // 10 * 10 + 9, date.max.year - 1))


@lru_cache(maxsize=64)
def _build(calendar: WorkCalendar, first_year: int, last_year: int) -> WorkTable:
    table = WorkTable(first_year, last_year, [], [], [], [], [])
    passed = 0
    last_end = to_us(local_moment(date(first_year, 1, 1), 0, calendar))
    for ordinal in range(date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal() + 1):
        day = date.fromordinal(ordinal)
        spans = calendar.spans_on(day)
        if spans:
            table.days.append(ordinal)
        for span in spans:
            begin = max(to_us(local_moment(day, span.opens, calendar)), last_end)
            last_end = max(to_us(local_moment(day, span.closes, calendar)), begin)
            table.begins_us.append(begin)
            table.ends_us.append(last_end)
            table.before_us.append(passed)
            passed += last_end - begin
            table.after_us.append(passed)
    return table


def working_us_between(begin_us: int, end_us: int, calendar: WorkCalendar) -> int:
    """Working microseconds from one moment to the other; negative when they stand the other way round."""
    years = sorted((_year(begin_us), _year(end_us)))
    table = work_table(calendar, years[0] - 1, years[1] + 1)
    return table.passed_at(end_us) - table.passed_at(begin_us)


def add_working_us(begin_us: int, amount_us: int, calendar: WorkCalendar) -> int:
    """The earliest moment at which so much working time has passed since; nothing moves for an amount of 0."""
    if amount_us == 0:
        return begin_us
    year, reach = _year(begin_us), 2
    while True:
        table = work_table(calendar, year - 1, year + reach)
        moment = table.moment_when(table.passed_at(begin_us) + amount_us)
        if moment is not None:
            return moment
        reach *= 2  # work_table refuses what is absurdly long


def working_day_after(day: date, later: int, calendar: WorkCalendar) -> date:
    """The first working day from `day` on when `later` is 0, else the one that many working days after it."""
    reach = 2 + later // 200
    while True:
        found = work_table(calendar, day.year, day.year + reach).working_day(day, later)
        if found is not None:
            return found
        reach *= 2  # as above


def _year(us: int) -> int:
    return (EPOCH + timedelta(microseconds=us)).year
