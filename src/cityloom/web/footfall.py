"""Footfall: people counted at each counter by the day, with how much of the day was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.actions.count_footfall import Counted, list_footfall
from cityloom.sensing.footfall import Day
from cityloom.sensing.sight import is_area_seen, require_signs
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import names
from cityloom.web.shown import show
from cityloom.web.words import say

FOOTFALL_DAYS = 14
WIDE, HIGH = 98.0, 28.0  # of the drawing of those days


@dataclass(frozen=True)
class DayBar:
    """A day in a drawing of 28 units' height: what was counted, up to where the estimate goes; None: not measured."""

    x: float
    counted: float | None
    estimate: float | None


@dataclass(frozen=True)
class CounterLine:
    """A counter over two weeks."""

    name: str
    place: str
    counted: str
    share: str
    estimate: str
    strip: Sequence[DayBar]
    told: str
    days: Sequence[tuple[date, str, str, str]]


@dataclass(frozen=True)
class FootfallPage:
    """People counted by the day."""

    template: ClassVar[str] = "cityloom/footfall.html"
    lines: Annotated[Sequence[CounterLine], "each counter with its days"]
    first: Annotated[date, "the first day shown"]
    last: Annotated[date, "the last day shown"]


@require_safe
@for_staff
def footfall(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """People counted at each counter, day by day, with how much was measured."""
    require_signs(post)
    last = context.clock().now().astimezone(city.calendar().tz).date()
    first = last - timedelta(days=FOOTFALL_DAYS - 1)
    with connection.cursor() as cursor:
        rows = list_footfall(cursor, city.id, first, last)
    by_counter: dict[str, list[Counted]] = {}
    for row in rows:
        if is_area_seen(city, post, row.area):
            by_counter.setdefault(row.device, []).append(row)
    days = [first + timedelta(days=n) for n in range(FOOTFALL_DAYS)]
    lines = [_counter(city, own, days) for own in by_counter.values()]
    return show(request, FootfallPage(lines, first, last))


def _counter(city: City, own: Sequence[Counted], days: Sequence[date]) -> CounterLine:
    named, by_day = names(city), {row.day: row.figures for row in own}
    newest = own[-1]
    told = [
        (day, _number(by_day[day].counted), _percent(by_day[day].share), _number(by_day[day].estimate))
        for day in days
        if day in by_day
    ]
    return CounterLine(
        name=newest.name.in_language(named.lang) or newest.device,
        place=named.near_place(newest.area),
        counted=_number(newest.figures.counted),
        share=_percent(newest.figures.share),
        estimate=_number(newest.figures.estimate),
        strip=_strip([by_day.get(day) for day in days]),
        told=say("footfall.strip_told", days=sum(each.figures.counted is not None for each in own), of=len(days)),
        days=told,
    )


def _strip(days: Sequence[Day | None]) -> list[DayBar]:
    """The days as bars from the bottom, all on one scale that begins at 0."""
    tallest = max((each.estimate or each.counted or 0.0 for each in days if each is not None), default=0.0) or 1.0
    bars = []
    for number, each in enumerate(days):
        counted = None if each is None or each.counted is None else round(HIGH * each.counted / tallest, 1)
        estimate = None if each is None or each.estimate is None else round(HIGH * each.estimate / tallest, 1)
        bars.append(DayBar(round(number * WIDE / len(days), 2), counted, estimate))
    return bars


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}"


def _percent(share: float | None) -> str:
    return say("vital.na") if share is None else say("vital.share", percent=f"{100 * share:.0f}")
