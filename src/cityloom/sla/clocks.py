"""When a promise falls due, and what pauses, extensions and exemptions do to it.

Every function is pure: moments come in with a zone and leave in the city's zone. A clock of working hours or
working days runs only in working hours on working days; a clock of emergency hours or natural days always runs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from cityloom.city.clock_values import AfterHours, ClockUnit, DueTime, Limit, WorkCalendar
from cityloom.sla.values import Due, Lateness, OffSpan, ShareError, SpanOrderError
from cityloom.sla.worktime import (
    SECOND_US,
    add_working_us,
    from_us,
    local_moment,
    to_us,
    working_day_after,
    working_us_between,
)

HOUR_US = 3600 * SECOND_US
DAYS = (ClockUnit.WORK_DAY, ClockUnit.NATURAL_DAY)


def due_at(opened_at: datetime, limit: Limit, calendar: WorkCalendar) -> Due:
    """The promised moment for a matter opened then.

    Hours: the moment at which so many (working or real) hours have passed. Days: that many days later, at the
    time of day and from the beginning that the limit's options name. Worked: 1 working day from Friday 16:00 is
    Monday 16:00; 4 working hours from Friday 16:00, in hours of 08:00-12:00 14:00-18:00, is Monday 10:00.
    """
    counted = calendar.with_hours(limit.hours)
    if limit.unit not in DAYS:
        return _after(opened_at, round(limit.amount * HOUR_US), limit.unit, counted)
    first_day, clock_time = _count_begins(opened_at, limit.start_rule, limit.unit, counted)
    if limit.unit is ClockUnit.WORK_DAY:
        day = working_day_after(first_day + timedelta(days=1), int(limit.amount) - 1, counted)
    else:
        day = first_day + timedelta(days=int(limit.amount))
    at = _ending(day, clock_time, limit.due_time, counted)
    asked = (
        limit.unit.asks_the_calendar
        or limit.start_rule in (AfterHours.NEXT_OPENING, AfterHours.AFTER_CLOSING)
        or limit.due_time is DueTime.CLOSING
    )
    return Due(at, asked and not _known(opened_at, at, counted))


def working_seconds_between(start: datetime, end: datetime, unit: ClockUnit, calendar: WorkCalendar) -> float:
    """Seconds during which a clock of this unit ran from start to end; negative when end comes first.

    Working units count working hours; the other units count the time that really passed, so a natural day is
    86,400 seconds except when the clocks are changed.
    """
    return _ran_us(start, end, unit, calendar) / SECOND_US


def remaining(now: datetime, due: datetime, unit: ClockUnit, calendar: WorkCalendar) -> float:
    """Running seconds left until due; negative when overdue."""
    return working_seconds_between(now, due, unit, calendar)


def pause_shift(paused_at: datetime, resumed_at: datetime, unit: ClockUnit, calendar: WorkCalendar) -> float:
    """The running seconds that a pause keeps from the clock; SpanOrderError when it ends before it begins."""
    return _ran_us(*_ordered(paused_at, resumed_at), unit, calendar) / SECOND_US


def resumed_due(
    due: datetime, paused_at: datetime, resumed_at: datetime, unit: ClockUnit, calendar: WorkCalendar
) -> Due:
    """The due moment after a pause: later by exactly the running part of the paused span.

    Worked: paused Friday 17:00 to Monday 09:00 in hours of 08:00-12:00 14:00-18:00 is two working hours, so
    Monday 16:00 becomes Monday 18:00. A pause without running time leaves the moment untouched.
    """
    return _after(due, _ran_us(*_ordered(paused_at, resumed_at), unit, calendar), unit, calendar)


def extended_due(due: datetime, extension: Limit, calendar: WorkCalendar) -> Due:
    """The due moment after an extension: the extension counted from the old due moment, whatever the hour."""
    if extension.unit in DAYS and extension.due_time is not DueTime.SAME_TIME:
        last_moment = from_us(to_us(due) - 1, calendar)  # midnight still belongs to the day that it ends
        return due_at(last_moment, replace(extension, after_hours=AfterHours.NEXT_DAY), calendar)
    return due_at(due, replace(extension, after_hours=AfterHours.SAME_TIME), calendar)


def warning_moments(
    start: datetime, due: datetime, shares: Iterable[float], unit: ClockUnit, calendar: WorkCalendar
) -> tuple[datetime, ...]:
    """The earliest moments at which these shares of the running span have passed, in the order of the shares.

    1.0 is the due moment itself; 1.5 lies half a span after it. ShareError for a share that is not above 0.
    """
    ordered = _ordered(start, due)
    whole = _ran_us(*ordered, unit, calendar)
    return tuple(_share_moment(*ordered, share, whole, unit, calendar) for share in shares)


def judge_lateness(
    due: datetime, done_at: datetime, off: Sequence[OffSpan], unit: ClockUnit, calendar: WorkCalendar
) -> Lateness:
    """Raw and assessed overdue of a step that ended (or stands) at `done_at`, promised for `due`.

    `off` are spans within the step that do not count; where they overlap they count once, and what lies after
    `done_at` does not help. The assessed due moment is the due moment moved by their running part.
    """
    off_us = sum(_ran_us(span.begins, span.ends, unit, calendar) for span in merge_spans(off, done_at))
    assessed_due = _after(due, off_us, unit, calendar)
    return Lateness(
        raw=is_overdue(due, done_at),
        assessed=is_overdue(assessed_due.at, done_at),
        raw_s=max(0.0, working_seconds_between(due, done_at, unit, calendar)),
        assessed_s=max(0.0, working_seconds_between(assessed_due.at, done_at, unit, calendar)),
        assessed_due=assessed_due,
    )


def is_overdue(due: datetime, at: datetime) -> bool:
    """Whether the moment lies after the due moment; on the due moment is in time."""
    return to_us(at) > to_us(due)


def merge_spans(spans: Iterable[OffSpan], until: datetime) -> list[OffSpan]:
    """The same time without overlaps, in order, cut off at `until`."""
    merged: list[OffSpan] = []
    for span in sorted(spans, key=lambda each: to_us(each.begins)):
        if to_us(span.begins) >= to_us(until):
            break
        ends = min(span.ends, until, key=to_us)
        if merged and to_us(span.begins) <= to_us(merged[-1].ends):
            merged[-1] = OffSpan(merged[-1].begins, max(merged[-1].ends, ends, key=to_us))
        else:
            merged.append(OffSpan(span.begins, ends))
    return merged


def _ran_us(start: datetime, end: datetime, unit: ClockUnit, calendar: WorkCalendar) -> int:
    begin_us, end_us = to_us(start), to_us(end)
    if unit.asks_the_calendar:
        return working_us_between(begin_us, end_us, calendar)
    return end_us - begin_us


def _after(start: datetime, amount_us: int, unit: ClockUnit, calendar: WorkCalendar) -> Due:
    """The moment at which the clock has run for so long since."""
    start_us = to_us(start)
    if not unit.asks_the_calendar:
        return Due(from_us(start_us + amount_us, calendar))
    at = from_us(add_working_us(start_us, amount_us, calendar), calendar)
    return Due(at, not _known(start, at, calendar))


def _count_begins(
    opened_at: datetime, rule: AfterHours, unit: ClockUnit, calendar: WorkCalendar
) -> tuple[date, time]:
    """The day and the time of day from which days are counted; that day itself is not counted."""
    opened = from_us(to_us(opened_at), calendar)
    if rule is AfterHours.NEXT_DAY or (rule is AfterHours.SAME_TIME and unit is ClockUnit.NATURAL_DAY):
        return opened.date(), opened.time()
    day = working_day_after(opened.date(), 0, calendar)
    if rule is AfterHours.NEXT_OPENING:
        return _next_open(day, opened, calendar)
    minute = opened.hour * 60 + opened.minute
    if rule is AfterHours.AFTER_CLOSING and minute >= calendar.spans_on(day)[-1].closes:
        day = working_day_after(day, 1, calendar)
        return day, _opening(day, calendar)
    return day, opened.time()


def _next_open(day: date, opened: datetime, calendar: WorkCalendar) -> tuple[date, time]:
    """Within working hours the moment itself, else the next opening; `day` is the first working day from it."""
    if day == opened.date():
        minute = opened.hour * 60 + opened.minute
        for span in calendar.spans_on(day):
            if minute < span.opens:
                return day, time(span.opens // 60, span.opens % 60)
            if minute < span.closes:
                return day, opened.time()
        day = working_day_after(day, 1, calendar)
    return day, _opening(day, calendar)


def _opening(day: date, calendar: WorkCalendar) -> time:
    opens = calendar.spans_on(day)[0].opens
    return time(opens // 60, opens % 60)


def _ending(day: date, clock_time: time, due_time: DueTime, calendar: WorkCalendar) -> datetime:
    """The moment of the due day at which the promise ends."""
    if due_time is DueTime.SAME_TIME:
        return local_moment(day, clock_time, calendar)
    spans = calendar.spans_on(day)
    if due_time is DueTime.CLOSING and spans:
        return local_moment(day, spans[-1].closes, calendar)
    return local_moment(day, 24 * 60, calendar)


def _share_moment(
    start: datetime, due: datetime, share: float, whole_us: int, unit: ClockUnit, calendar: WorkCalendar
) -> datetime:
    if not share > 0:
        raise ShareError(share)
    if share < 1:
        return _after(start, round(share * whole_us), unit, calendar).at
    return _after(due, round((share - 1) * whole_us), unit, calendar).at


def _ordered(begins: datetime, ends: datetime) -> tuple[datetime, datetime]:
    if to_us(ends) < to_us(begins):
        raise SpanOrderError(begins, ends)
    return begins, ends


def _known(start: datetime, end: datetime, calendar: WorkCalendar) -> bool:
    """Whether the calendar knows the holidays of every year between."""
    first, last = sorted((start.astimezone(calendar.tz).date(), end.astimezone(calendar.tz).date()))
    return calendar.covers(first) and calendar.covers(last)
