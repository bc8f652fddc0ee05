"""The demo's year before any row of it is made: what happened, who works how, and what that makes of a day."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing.connection import Connection

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.snapshot_values import City
from cityloom.exchange.demo.characters import cast_units
from cityloom.exchange.demo.fates import Fates
from cityloom.exchange.demo.happenings import Year, YearDrawer, span_of
from cityloom.exchange.demo.plans import moment
from cityloom.exchange.demo.prints import Press
from cityloom.exchange.demo.wording import Wording


@dataclass(frozen=True)
class Wanted:
    """Which year: how many months and cases, of which seed, ending when, in which language."""

    until: datetime
    months: int = 12
    cases: int = 120_000
    seed: int = 7
    language: str = "zh"


class WriterFailed(CityloomError):
    """A process that drew or wrote a part of the year broke off; nothing was kept."""

    status = 500


register({
    "demo.writer_failed": (
        "写入历史的进程中断：{why}；没有留下任何数据，请重试",
        "a process that wrote the history broke off: {why}; nothing was kept, try again",
    ),
})  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """What happened, the units from the busiest on, and by unit and day how its cases compare with its usual day."""

    year: Year
    units: list[str]
    loads: dict[tuple[str, date], float]


def draw(city: City, wanted: Wanted) -> Drawn:
    """Draw the year. The same city and wish give the same."""
    days = span_of(wanted.months)
    year = YearDrawer(city, Wording(wanted.language), wanted.until, days, wanted.seed).draw(wanted.cases)
    fates, tz = _fates(city, wanted, []), city.calendar().tz
    by_day: Counter[tuple[str, date]] = Counter()
    for happening in year.happenings:
        lead = fates.route(happening, happening.opened).lead
        if lead:
            by_day[lead, moment(happening.opened).astimezone(tz).date()] += 1
    totals: Counter[str] = Counter()
    for (unit, _), count in by_day.items():
        totals[unit] += count
    loads = {(unit, day): count * days / totals[unit] for (unit, day), count in by_day.items()}
    return Drawn(year, [unit for unit, _ in totals.most_common()], loads)


def draw_apart(city: City, wanted: Wanted) -> Drawn:
    """Draw the year in a process of its own, which takes all that drawing needed with it. Raises WriterFailed."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    drawer = context.Process(target=_draw_into, args=(theirs, city, wanted), name="demo-history-drawer")
    drawer.start()
    theirs.close()
    try:
        drawn: Drawn = ours.recv()
    except EOFError:
        raise WriterFailed("demo.writer_failed", why="the year could not be drawn") from None
    finally:
        ours.close()
        drawer.join()
    return drawn


def _draw_into(pipe: Connection, city: City, wanted: Wanted) -> None:
    pipe.send(draw(city, wanted))


def _fates(city: City, wanted: Wanted, units: list[str]) -> Fates:
    end = int(wanted.until.timestamp())
    level = city.levels[min(1, len(city.levels) - 1)]
    districts = sorted(code for code, area in city.areas.items() if area.level == level)
    cast = cast_units(units, districts, wanted.seed)
    return Fates(city, Wording(wanted.language), cast, (end - 86_400 * span_of(wanted.months), end), wanted.seed)


@dataclass(frozen=True)
class Story:
    """All that the rows of a year are made from."""

    year: Year
    fates: Fates
    press: Press

    @classmethod
    def of(cls, city: City, wanted: Wanted, drawn: Drawn) -> Story:
        """The story of a year that was drawn of this city and wish."""
        fates = _fates(city, wanted, drawn.units)
        fates.callers = max(1, drawn.year.callers)
        fates.loads = drawn.loads
        return cls(drawn.year, fates, Press(city, wanted.seed))
