"""How long a clock has still to run, in words: working time where it runs in working hours only. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cityloom.city.clock_values import ClockUnit, WorkCalendar
from cityloom.sla.clocks import remaining, working_seconds_between
from cityloom.web.moments import say_span

SOON = 0.8  # of its running time gone: due soon


@dataclass(frozen=True)
class TimeLeft:
    """What is left of a clock: running seconds (negative when late), the share gone (0 to 1), whether it sleeps at
    night."""

    seconds: float
    gone: float
    band: str  # on-time, due-soon, overdue
    working: bool


def time_left(started_at: datetime, due_at: datetime, now: datetime, unit: str, calendar: WorkCalendar) -> TimeLeft:
    """What is left of a clock that was started then and counts in this unit; an unknown unit counts real time."""
    counted = ClockUnit(unit) if unit in set(ClockUnit) else ClockUnit.NATURAL_DAY
    left = remaining(now, due_at, counted, calendar)
    whole = working_seconds_between(started_at, due_at, counted, calendar)
    ran = working_seconds_between(started_at, now, counted, calendar)
    gone = 1.0 if whole <= 0 or now > due_at else min(1.0, max(0.0, ran / whole))
    band = "overdue" if now > due_at else "due-soon" if gone >= SOON else "on-time"
    return TimeLeft(left, gone, band, counted.asks_the_calendar)


def say_time(left: TimeLeft, calendar: WorkCalendar, lang: str) -> str:
    """The length alone: `2 working days 3 h`, `3 h 20 min`; a working day is as long as the city's ordinary one.

    Worked: 19 working hours where a day has 8 are two working days and three hours.
    """
    if not left.working:
        return say_span(left.seconds, lang)
    minutes = int(abs(left.seconds) // 60)
    a_day = sum(span.closes - span.opens for span in calendar.hours.ordinary_day)
    days, rest = divmod(minutes, a_day)
    if not days:
        return say_span(rest * 60, lang)
    told = f"{days}个工作日" if lang == "zh" else f"{days} working day{'s' if days > 1 else ''}"
    if days >= 10 or rest < 60:
        return told
    return f"{told}{rest // 60}小时" if lang == "zh" else f"{told} {rest // 60} h"
