"""Shared bikes: how operators stand in bands, which heaps are open, the fullest places; and people counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cityloom.assess.rates import Share
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.sensing.actions.count_footfall import Counted, list_footfall
from cityloom.sensing.actions.watch_bikes import bike_rules
from cityloom.sensing.bike_rows import list_open_heaps, list_places, standings
from cityloom.sensing.bikes import Standing
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import names
from cityloom.web.screen_charts import path_with_gaps, scale_of
from cityloom.web.screen_roles import SEES_VITAL
from cityloom.web.shown import show
from cityloom.web.vital import NotYourSigns
from cityloom.web.words import say

SINCE = timedelta(days=30)
FULLEST = 20
FOOTFALL_DAYS = 14


@dataclass(frozen=True)
class OperatorLine:
    """An operator over thirty days; shares as words with their sample."""

    name: str
    band: str
    word: str
    kept: str
    interval: str
    median: str
    open: int
    fleet: str
    over_quota: int
    inside: str


@dataclass(frozen=True)
class HeapLine:
    """A heap that is not cleared."""

    place: str
    operator: str
    most: int
    began_at: datetime
    due_at: datetime
    late: bool
    case_number: str


@dataclass(frozen=True)
class BikesPage:
    """Shared bikes of the city."""

    template: ClassVar[str] = "cityloom/bikes.html"
    operators: Annotated[Sequence[OperatorLine], "how each operator did"]
    heaps: Annotated[Sequence[HeapLine], "heaps that are open, the earliest due first"]
    fullest: Annotated[Sequence[tuple[str, int, int]], "name, vehicles and room of the fullest places"]
    places: Annotated[int, "parking places in use"]
    vehicles: Annotated[int, "vehicles as operators said"]
    limit_min: Annotated[str, "minutes within which a heap is to be cleared"]


@dataclass(frozen=True)
class CounterLine:
    """A counter over two weeks."""

    name: str
    place: str
    counted: str
    share: str
    estimate: str
    line: str
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
def bikes(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Operators in bands, open heaps, the fullest places."""
    if post.role not in SEES_VITAL | {Role.HANDLER}:
        raise NotYourSigns("vital.not_yours")
    rules, now = bike_rules(city), context.clock().now()
    lang = context.language()
    mine = {
        code: firm
        for code, firm in rules.operators.items()
        if post.role is not Role.HANDLER or firm.unit in post.units
    }
    called_by = {code: firm.name.in_language(lang) for code, firm in mine.items()}
    first = (now - SINCE).astimezone(city.calendar().tz).date()
    with connection.cursor() as cursor:
        stood = standings(cursor, city.id, {code: firm.quota for code, firm in mine.items()}, now - SINCE, now, first)
        heaps = [heap for heap in list_open_heaps(cursor, city.id) if heap.operator in mine]
        places = list_places(cursor, city.id)
    fullest = sorted(places, key=lambda place: (place.capacity - place.vehicles, place.code))[:FULLEST]
    return show(
        request,
        BikesPage(
            operators=[_operator(each, called_by[each.operator], rules.least_sample) for each in stood],
            heaps=[
                HeapLine(
                    heap.name, mine[heap.operator].name.in_language(lang), heap.most, heap.began_at,
                    heap.due_at, heap.due_at < now, heap.case_number,
                )
                for heap in heaps
            ],
            fullest=[(place.name, place.vehicles, place.capacity) for place in fullest if place.vehicles],
            places=len(places),
            vehicles=sum(place.vehicles for place in places),
            limit_min=f"{rules.limit_min:g}",
        ),
    )  # fmt: skip


def _operator(standing: Standing, name: str, least_sample: int) -> OperatorLine:
    band = standing.band(least_sample).value
    kept = Share(standing.kept, standing.ended)
    inside = Share(standing.inside, standing.stood)
    interval = kept.interval
    return OperatorLine(
        name=name,
        band=band,
        word=say(f"vital.band_{band}"),
        kept=_share(kept),
        interval="" if interval is None else f"{100 * interval.low:.0f}–{100 * interval.high:.0f}",
        median=say("vital.na") if standing.median_min is None else f"{standing.median_min:.0f}",
        open=standing.open,
        fleet=str(standing.most) if standing.quota is None else say(
            "vital.of_total", part=standing.most, whole=standing.quota
        ),
        over_quota=standing.over_quota or 0,
        inside=_share(inside),
    )  # fmt: skip


def _share(share: Share) -> str:
    """In percent with its sample; "n/a" over nothing."""
    if share.value is None:
        return say("vital.na")
    return say("bikes.share", percent=f"{100 * share.value:.1f}", n=share.whole)


@require_safe
@for_staff
def footfall(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """People counted at each counter, day by day, with how much was measured."""
    if post.role not in SEES_VITAL:
        raise NotYourSigns("vital.not_yours")
    last = context.clock().now().astimezone(city.calendar().tz).date()
    first = last - timedelta(days=FOOTFALL_DAYS - 1)
    with connection.cursor() as cursor:
        rows = list_footfall(cursor, city.id, first, last)
    by_counter: dict[str, list[Counted]] = {}
    for row in rows:
        if not post.area or (row.area in city.areas and city.is_within(row.area, post.area)):
            by_counter.setdefault(row.device, []).append(row)
    days = [first + timedelta(days=n) for n in range(FOOTFALL_DAYS)]
    lines = [_counter(city, own, days) for own in by_counter.values()]
    return show(request, FootfallPage(lines, first, last))


def _counter(city: City, own: Sequence[Counted], days: Sequence[date]) -> CounterLine:
    named, by_day = names(city), {row.day: row.figures for row in own}
    values = [by_day[day].counted if day in by_day else None for day in days]
    known = [value for value in values if value is not None]
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
        line=path_with_gaps(values, scale_of(known)) if known else "",
        days=told,
    )


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}"


def _percent(share: float | None) -> str:
    return say("vital.na") if share is None else say("vital.share", percent=f"{100 * share:.0f}")
