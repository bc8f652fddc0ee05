"""Shared bikes: tasks with their clocks on a map, operators in bands with bars, the fullest places."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log1p
from typing import Annotated, Any, ClassVar

import h3
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from cityloom.assess.rates import Share
from cityloom.city.scenarios import BikeOperator
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.actions.watch_bikes import bike_rules
from cityloom.sensing.bike_rows import (
    ClearedHeap,
    OpenHeap,
    PlaceNow,
    count_in_cells,
    list_cleared_heaps,
    list_open_heaps,
    list_places,
    standings,
)
from cityloom.sensing.bikes import Standing, ranked
from cityloom.sensing.sight import is_heap_seen, operators_seen
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.map_data import collection
from cityloom.web.map_frame import MapFrame, bounds_of, ground_of
from cityloom.web.moments import band_of, percent_gone
from cityloom.web.naming import Names, names
from cityloom.web.shown import show
from cityloom.web.words import say

SINCE = timedelta(days=30)
LATELY = timedelta(days=1)
FULLEST = 8
MOST_CLEARED = 12
NEARLY_FULL = 0.85
SHOWN_CELL = 9  # of H3: what stands out of places is drawn by about a tenth of a square kilometre


@dataclass(frozen=True)
class OperatorLine:
    """An operator over thirty days; shares as words with their sample, and as bars from 0 to 100."""

    name: str
    band: str
    word: str
    kept: str
    kept_at: float | None
    low: float
    reach: float
    median: str
    open: int
    fleet: str
    over_quota: int
    inside: str


@dataclass(frozen=True)
class HeapLine:
    """A heap that is not cleared, with its clock."""

    place: str
    area: str
    outside: bool
    operator: str
    vehicles: int
    room: int
    most: int
    began_at: datetime
    due_at: datetime
    band: str
    gone: int
    case_number: str


@dataclass(frozen=True)
class ClearedLine:
    """A heap that was cleared in the last day."""

    place: str
    operator: str
    most: int
    minutes: str
    kept: bool
    cleared_at: datetime
    case_number: str


@dataclass(frozen=True)
class PlaceLine:
    """One of the fullest places; the bar goes to 100 at twice the room."""

    name: str
    area: str
    vehicles: int
    room: int
    filled: float
    over: float


@dataclass(frozen=True)
class BikesPage:
    """Shared bikes of the city."""

    template: ClassVar[str] = "cityloom/bikes.html"
    operators: Annotated[Sequence[OperatorLine], "how each operator did, those that clear in time most often first"]
    heaps: Annotated[Sequence[HeapLine], "heaps that are open, the earliest due first"]
    cleared: Annotated[Sequence[ClearedLine], "heaps cleared in the last day"]
    fullest: Annotated[Sequence[PlaceLine], "the fullest places"]
    map: Annotated[MapFrame, "where places are full and heaps lie"]
    places: Annotated[int, "parking places in use"]
    full: Annotated[int, "places with more than their room"]
    vehicles: Annotated[int, "vehicles in places"]
    outside: Annotated[int, "vehicles out of any place"]
    late: Annotated[int, "open heaps beyond their limit"]
    limit_min: Annotated[str, "minutes within which a heap is to be cleared"]
    outside_told: Annotated[str, "how many out of places are too many; empty where not watched"]


@require_safe
@for_staff
def bikes(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Open heaps with their clocks on a map, operators in bands, the fullest places."""
    mine = operators_seen(city, post)
    rules, now, named = bike_rules(city), context.clock().now(), names(city)
    first = (now - SINCE).astimezone(city.calendar().tz).date()
    quotas = {code: firm.quota for code, firm in mine.items()}
    with connection.cursor() as cursor:
        stood = standings(cursor, city.id, quotas, now - SINCE, now, first)
        heaps = [each for each in list_open_heaps(cursor, city.id) if each.operator in mine]
        cleared = list_cleared_heaps(cursor, city.id, now - LATELY, list(mine), MOST_CLEARED)
        places = list_places(cursor, city.id)
        outside = sum(sum(counts.values()) for counts in count_in_cells(cursor, city.id).values())
    heaps = [each for each in heaps if is_heap_seen(city, post, each.lon, each.lat)]
    lines = [_heap(city, each, mine[each.operator], named, now) for each in heaps]
    operators = [_operator(each, mine[each.operator], rules.least_sample, named.lang) for each in ranked(stood)]
    by_fill = sorted(places, key=lambda place: (-place.vehicles / max(1, place.capacity), place.code))
    outside_told = say("bikes.outside_told", most=rules.outside_most, minutes=f"{rules.outside_limit_min:g}")
    return show(
        request,
        BikesPage(
            operators=operators,
            heaps=lines,
            cleared=[_cleared(city, each, mine[each.operator], named) for each in cleared],
            fullest=[_place(city, place, named) for place in by_fill[:FULLEST] if place.vehicles],
            map=_map(city),
            places=len(places),
            full=sum(place.vehicles > place.capacity for place in places),
            vehicles=sum(place.vehicles for place in places),
            outside=outside,
            late=sum(line.band == "overdue" for line in lines),
            limit_min=f"{rules.limit_min:g}",
            outside_told=outside_told if rules.outside_most else "",
        ),
    )


@require_safe
@for_staff
def bikes_map(request: HttpRequest, city: City, post: Post, layer: str) -> HttpResponse:
    """A layer of the map as GeoJSON: parking places by how full they are, open heaps, bikes out of places."""
    mine, now = operators_seen(city, post), context.clock().now()
    with connection.cursor() as cursor:
        if layer == "places":
            features = [_place_feature(place) for place in list_places(cursor, city.id)]
        elif layer == "heaps":
            heaps = [each for each in list_open_heaps(cursor, city.id) if each.operator in mine]
            features = [_heap_feature(each, now) for each in heaps if is_heap_seen(city, post, each.lon, each.lat)]
        else:
            features = _cell_features(count_in_cells(cursor, city.id))
    answer = HttpResponse(json.dumps(collection(features), ensure_ascii=False), content_type="application/geo+json")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


# --- lines --------------------------------------------------------------------------------------------------------


def _operator(standing: Standing, firm: BikeOperator, least_sample: int, lang: str) -> OperatorLine:
    band = standing.band(least_sample).value
    kept = Share(standing.kept, standing.ended)
    low, high = kept.interval or (0.0, 0.0)
    return OperatorLine(
        name=firm.name.in_language(lang),
        band=band,
        word=say(f"vital.band_{band}"),
        kept=_share(kept),
        kept_at=None if kept.value is None else round(100 * kept.value, 1),
        low=round(100 * low, 1),
        reach=round(100 * (high - low), 1),
        median=say("vital.na") if standing.median_min is None else f"{standing.median_min:.0f}",
        open=standing.open,
        fleet=str(standing.most) if standing.quota is None else say(
            "vital.of_total", part=standing.most, whole=standing.quota
        ),
        over_quota=standing.over_quota or 0,
        inside=_share(Share(standing.inside, standing.stood)),
    )  # fmt: skip


def _share(share: Share) -> str:
    """In percent with its sample; "n/a" over nothing."""
    if share.value is None:
        return say("vital.na")
    return say("bikes.share", percent=f"{100 * share.value:.0f}", n=share.whole)


def _heap(city: City, heap: OpenHeap, firm: BikeOperator, named: Names, now: datetime) -> HeapLine:
    return HeapLine(
        place=heap.name or say("bikes.outside"),
        area=named.near_place(city.find_area(heap.lon, heap.lat)),
        outside=heap.cell is not None,
        operator=firm.name.in_language(named.lang),
        vehicles=heap.vehicles,
        room=heap.room,
        most=heap.most,
        began_at=heap.began_at,
        due_at=heap.due_at,
        band=band_of(heap.began_at, heap.due_at, now),
        gone=percent_gone(heap.began_at, heap.due_at, now),
        case_number=heap.case_number,
    )


def _cleared(city: City, heap: ClearedHeap, firm: BikeOperator, named: Names) -> ClearedLine:
    return ClearedLine(
        place=heap.name or f"{say('bikes.outside')} · {named.near_place(city.find_area(heap.lon, heap.lat))}",
        operator=firm.name.in_language(named.lang),
        most=heap.most,
        minutes=f"{(heap.cleared_at - heap.began_at).total_seconds() / 60:.0f}",
        kept=heap.cleared_at <= heap.due_at,
        cleared_at=heap.cleared_at,
        case_number=heap.case_number,
    )


def _place(city: City, place: PlaceNow, named: Names) -> PlaceLine:
    share = place.vehicles / max(1, place.capacity)
    return PlaceLine(
        name=place.name or place.code,
        area=named.near_place(city.find_area(place.lon, place.lat)),
        vehicles=place.vehicles,
        room=place.capacity,
        filled=round(50 * min(1.0, share), 1),
        over=round(50 * min(1.0, max(0.0, share - 1)), 1),
    )


# --- the map ------------------------------------------------------------------------------------------------------


def _map(city: City) -> MapFrame:
    layers = [
        {"id": name, "url": reverse("bikes_map", args=[name]), "kind": kind}
        for name, kind in (("outside", "cell"), ("places", "point"), ("heaps", "stop"))
    ]
    return MapFrame(
        json.dumps([*ground_of(city), *layers]), bounds=",".join(f"{side:.5f}" for side in bounds_of(city))
    )


def _point(lon: float, lat: float, properties: Mapping[str, Any]) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]}
    return {"type": "Feature", "properties": dict(properties), "geometry": geometry}


def _place_feature(place: PlaceNow) -> dict[str, Any]:
    share = place.vehicles / max(1, place.capacity)
    clock = "overdue" if share > 1 else "due_soon" if share >= NEARLY_FULL else "on_time"
    told = {"name": place.name, "n": place.vehicles, "clock": clock if place.vehicles else "closed"}
    return _point(place.lon, place.lat, told)


def _heap_feature(heap: OpenHeap, now: datetime) -> dict[str, Any]:
    clock = band_of(heap.began_at, heap.due_at, now).replace("-", "_")
    href = reverse("case", args=[heap.case_number]) if heap.case_number else ""
    return _point(heap.lon, heap.lat, {"n": str(heap.vehicles), "clock": clock, "href": href})


def _cell_features(counts: Mapping[int, Mapping[str, int]]) -> list[dict[str, Any]]:
    """Bikes out of places by larger hexagons; the fuller the brighter."""
    held: Counter[int] = Counter()
    for cell, by_operator in counts.items():
        held[h3.str_to_int(h3.cell_to_parent(h3.int_to_str(cell), SHOWN_CELL))] += sum(by_operator.values())
    most = max(held.values(), default=1)
    features = []
    for cell, count in sorted(held.items()):
        ring = [[round(lon, 5), round(lat, 5)] for lat, lon in h3.cell_to_boundary(h3.int_to_str(cell))]
        told = {"n": count, "late": 0, "heat": round(log1p(count) / log1p(most), 3)}
        geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        features.append({"type": "Feature", "properties": told, "geometry": geometry})
    return features
