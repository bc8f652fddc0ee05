"""The day's walk on the phone: the next stop large, the rest below it, all of them on a map."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from cityloom.cases.actions.record_visit import RESULTS
from cityloom.cases.field_stops import Stop, order_stops, step_of
from cityloom.cases.queries_field import count_sendings, list_case_stops, list_record_stops
from cityloom.cases.register_rows import list_registers
from cityloom.cases.register_values import OUTCOMES
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.field_door import for_field
from cityloom.web.map_data import collection
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.naming import Names, names
from cityloom.web.shown import show
from cityloom.web.words import say

BANDS = ("overdue", "due-soon", "on-time", "on-time", "on-time")  # by the step of urgency


@dataclass(frozen=True)
class StopLine:
    """A stop as the page shows it. `step` is how urgent it is, 0 the most; `geo` opens the phone's own maps."""

    key: str
    kind: str
    title: str
    address: str
    due_at: datetime | None
    band: str
    step: int
    lon: str
    lat: str
    href: str
    geo: str
    stamp: str
    urgent: bool


@dataclass(frozen=True)
class FieldPage:
    """What is owed in the street today."""

    template: ClassVar[str] = "cityloom/field.html"
    tab: Annotated[str, "which tab is shown"]
    login: Annotated[str, "whose walk it is"]
    first: Annotated[StopLine | None, "the next stop; None when nothing waits"]
    rest: Annotated[Sequence[StopLine], "what comes after it"]
    done_today: Annotated[int, "sent from the street today"]
    kept: Annotated[str, "the pages to be kept for when there is no line, as JSON"]
    told: Annotated[str, "what was just sent"] = ""


@dataclass(frozen=True)
class FieldMapPage:
    """The stops of the day on the map."""

    template: ClassVar[str] = "cityloom/field_map.html"
    tab: Annotated[str, "which tab is shown"]
    login: Annotated[str, "whose walk it is"]
    map: Annotated[MapFrame, "the map around the stops"]
    count: Annotated[int, "how many stops"]


@require_safe
@for_field
def field(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """What this person owes in the street, by time left and then by the way from one to the next."""
    stops = stops_of(city, post)
    lines = lines_of(stops, city)
    page = FieldPage(
        tab="today",
        login=post.login,
        first=lines[0] if lines else None,
        rest=lines[1:],
        done_today=_done_today(city, post),
        kept=json.dumps([[reverse("field_report"), "1"], *([line.href, line.stamp] for line in lines)]),
        told=_told(request),
    )
    return show(request, page)


@require_safe
@for_field
def field_map(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The stops of the day on a map; each leads to its page."""
    placed = [(s.lon, s.lat) for s in stops_of(city, post) if s.lon is not None and s.lat is not None]
    frame = frame_of(city)
    layers = [*json.loads(frame.layers), {"id": "stops", "url": reverse("field_stops"), "kind": "stop"}]
    if placed:
        lons, lats = [p[0] for p in placed], [p[1] for p in placed]
        frame = replace(frame, bounds=",".join(f"{v:.5f}" for v in _around(lons, lats)), centre="")
    return show(request, FieldMapPage("map", post.login, replace(frame, layers=json.dumps(layers)), len(placed)))


@require_safe
@for_field
def field_stops(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The stops of the day as points, for the map."""
    lines = lines_of([s for s in stops_of(city, post) if s.lon is not None], city)
    told = collection([_feature(n, line) for n, line in enumerate(lines, 1)])
    return HttpResponse(json.dumps(told, ensure_ascii=False), content_type="application/geo+json")


def stops_of(city: City, post: Post) -> list[Stop]:
    """All stops of a post in the order to go there."""
    now = context.clock().now()
    with connection.cursor() as cursor:
        found = list_case_stops(cursor, city, post, now)
    return order_stops([*found, *list_record_stops(city, post, now)], now)


def lines_of(stops: Sequence[Stop], city: City) -> list[StopLine]:
    """Stops in the words of this request."""
    named = names(city)
    registers = list_registers(city) if any(s.kind == "record" for s in stops) else {}
    called = {kind: each.name.in_language(named.lang) for kind, each in registers.items()}
    return [_line(stop, city, named, called) for stop in stops]


def _line(stop: Stop, city: City, named: Names, registers: Mapping[str, str]) -> StopLine:
    now = context.clock().now()
    has_point = stop.lon is not None and stop.lat is not None
    step = step_of(stop.due_at, now)
    route = "field_record" if stop.kind == "record" else "field_stop"
    return StopLine(
        key=stop.key,
        kind=stop.kind,
        title=_title(stop, named, registers),
        address=stop.address or named.near_place(stop.area) or say("place.open"),
        due_at=stop.due_at,
        band="none" if stop.due_at is None else BANDS[step],
        step=step,
        lon=f"{stop.lon:.6f}" if has_point else "",
        lat=f"{stop.lat:.6f}" if has_point else "",
        href=reverse(route, args=[stop.key]),
        geo=geo_link(stop.lon, stop.lat),
        stamp=stop.stamp,
        urgent=stop.urgent,
    )


def geo_link(lon: float | None, lat: float | None) -> str:
    """A `geo:` address (RFC 5870), which a phone opens with its own maps; nothing without a point."""
    if lon is None or lat is None:
        return ""
    return f"geo:{lat:.6f},{lon:.6f}?q={lat:.6f},{lon:.6f}"


def _title(stop: Stop, named: Names, registers: Mapping[str, str]) -> str:
    if stop.kind != "record":
        return named.matter(stop.class_code)
    kind, _, code = stop.title.partition(" ")
    return f"{registers.get(kind, kind)} {code}"


def _told(request: HttpRequest) -> str:
    """What was just sent from a stop, by the words of the address."""
    done = request.GET.get("done", "")
    if done not in RESULTS and done not in OUTCOMES:
        return ""
    what = say(f"walk.result_{done}") if done in RESULTS else say(f"check.{done}")
    number = request.GET.get("number", "")[:40]
    return say("walk.done_sent") + " ".join(part for part in (what, number) if part)


def _done_today(city: City, post: Post) -> int:
    tz = city.calendar().tz
    midnight = datetime.combine(context.today(city), time(), tz)
    with connection.cursor() as cursor:
        return count_sendings(cursor, city.id, post.login, midnight)


def _around(lons: Sequence[float], lats: Sequence[float]) -> tuple[float, float, float, float]:
    """A box around points, never smaller than some streets (degrees)."""
    least = 0.002
    lon, lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    half_lon, half_lat = max(least, (max(lons) - min(lons)) / 2), max(least, (max(lats) - min(lats)) / 2)
    return lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat


def _feature(number: int, line: StopLine) -> dict[str, object]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [float(line.lon), float(line.lat)]},
        "properties": {
            "n": str(number), "href": line.href, "name": line.title, "clock": line.band.replace("-", "_"),
        },
    }  # fmt: skip
