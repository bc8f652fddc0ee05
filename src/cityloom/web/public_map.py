"""The public map: open and solved matters of the streets, as points, as a list beside them, each with its page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, ClassVar, NamedTuple
from urllib.parse import urlencode

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from cityloom.cases.queries import Box
from cityloom.cases.queries_public import (
    IN_THE_STREET,
    OPEN,
    SOLVED,
    PublicRow,
    find_public,
    list_public,
    list_public_steps,
)
from cityloom.cases.telling import SENDS
from cityloom.city.snapshot_values import City
from cityloom.web import context
from cityloom.web.doors import for_everybody
from cityloom.web.map_data import box_of, collection
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.naming import Names, names
from cityloom.web.shown import show
from cityloom.web.warnings import WarningLine, warning_lines, warnings_layer
from cityloom.web.words import WORDS, say

SOLVED_FOR = timedelta(days=30)
MOST_IN_LIST, MOST_DOTS = 40, 2000
DIGITS = 5  # about a metre


@dataclass(frozen=True)
class Matter:
    """One line of the list: no words and no name are in it."""

    number: str
    matter: str
    place: str
    unit: str
    at: datetime


@dataclass(frozen=True)
class Asked:
    """Which matters: open or solved, of one topmost class or of all, in a part of the map."""

    show: str
    group: str
    box: Box
    query: str


@dataclass(frozen=True)
class PublicMapPage:
    """Open or solved matters on a map, with the same matters as a list."""

    template: ClassVar[str] = "cityloom/public_map.html"
    map: Annotated[MapFrame, "the city with the matters asked for"]
    show: Annotated[str, "open or solved"]
    group: Annotated[str, "the topmost class chosen, or none"]
    groups: Annotated[Sequence[tuple[str, str]], "topmost classes, code and name"]
    query: Annotated[str, "the filter as the address of the list has it"]
    lines: Annotated[Sequence[Matter], "the newest of them"]
    more: Annotated[bool, "whether there are more than the list shows"]
    warnings: Annotated[Sequence[WarningLine], "what is warned of now, the worst first"]


@dataclass(frozen=True)
class PublicListPage:
    """The list beside the map, for the part of the map that is shown."""

    template: ClassVar[str] = "cityloom/parts/public_list.html"
    show: Annotated[str, "open or solved"]
    lines: Annotated[Sequence[Matter], "the newest of them"]
    more: Annotated[bool, "whether there are more than the list shows"]


class Step(NamedTuple):
    """What was done, and when."""

    title: str
    at: datetime


@dataclass(frozen=True)
class PublicMatterPage:
    """One matter as anybody may know it."""

    template: ClassVar[str] = "cityloom/public_matter.html"
    number: Annotated[str, "the case's number"]
    matter: Annotated[str, "the class in words"]
    place: Annotated[str, "the area"]
    unit: Annotated[str, "the unit that has it"]
    state: Annotated[str, "the state in words"]
    opened_at: Annotated[datetime, "when it was received"]
    closed_at: Annotated[datetime | None, "when it ended"]
    due_at: Annotated[datetime | None, "the moment promised, while it is open"]
    provisional: Annotated[bool, "whether the calendar does not reach that far yet"]
    steps: Annotated[Sequence[Step], "what was done, oldest first"]
    report: Annotated[str, "the address of a report from the same place"]
    map: Annotated[MapFrame | None, "where it is"]
    lon: Annotated[str, "its longitude"]
    lat: Annotated[str, "its latitude"]


@require_safe
@for_everybody
def public_map(request: HttpRequest, city: City) -> HttpResponse:
    """Open matters of the streets, or those solved in the last 30 days, on a map and as a list."""
    asked = _asked(request, city)
    frame, named = frame_of(city, with_cases=True), names(city)
    layers = [layer for layer in json.loads(frame.layers) if layer["id"] != "cases"]
    layers += [warnings_layer(), {"id": "cases", "url": f"{reverse('public_dots')}?{asked.query}", "kind": "case"}]
    lines, more = _lines(city, asked, named)
    page = PublicMapPage(
        map=MapFrame(json.dumps(layers), frame.bounds, frame.centre, frame.zoom),
        show=asked.show,
        group=asked.group,
        groups=[(code, named.matter(code)) for code in _groups(city)],
        query=asked.query,
        lines=lines,
        more=more,
        warnings=warning_lines(city, context.clock().now()),
    )
    return show(request, page)


@require_safe
@for_everybody
def public_list(request: HttpRequest, city: City) -> HttpResponse:
    """The list for the part of the map that is shown."""
    asked = _asked(request, city)
    lines, more = _lines(city, asked, names(city))
    return show(request, PublicListPage(asked.show, lines, more))


@require_safe
@for_everybody
def public_dots(request: HttpRequest, city: City) -> HttpResponse:
    """The matters asked for as points that lead to their pages."""
    asked, named = _asked(request, city), names(city)
    features = [_dot(row, named) for row in _rows(city, asked, MOST_DOTS)]
    answer = HttpResponse(
        json.dumps(collection(features), ensure_ascii=False, separators=(",", ":")),
        content_type="application/geo+json",
    )
    answer.headers["Cache-Control"] = "public, max-age=60"
    return answer


@require_safe
@for_everybody
def public_matter(request: HttpRequest, city: City, number: str) -> HttpResponse:
    """One matter of the streets: what, roughly where, with whom, until when, what was done."""
    with connection.cursor() as cursor:
        row = find_public(cursor, city, number)
        if row is None:
            raise Http404
        steps = list_public_steps(cursor, row.id)
    named = names(city)
    told = [
        Step(say(f"knot.{s.move}", unit=named.unit(s.to_unit if s.move in SENDS else s.by_unit)), s.at)
        for s in steps
        if f"knot.{s.move}" in WORDS
    ]
    where = {"lon": f"{row.lon:.6f}", "lat": f"{row.lat:.6f}"} if row.lon is not None and row.lat is not None else {}
    query = urlencode({"class": row.class_code or "", **where})
    page = PublicMatterPage(
        number=row.number,
        matter=named.matter(row.class_code),
        place=named.place(row.area),
        unit=named.unit(row.lead_unit),
        state=named.state(row.state),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        due_at=None if row.closed_at else row.promise_due_at,
        provisional=row.promise_provisional,
        steps=told,
        report=f"{reverse('report')}?{query}",
        map=frame_of(city, lon=row.lon, lat=row.lat) if where else None,
        lon=where.get("lon", ""),
        lat=where.get("lat", ""),
    )
    return show(request, page)


def _asked(request: HttpRequest, city: City) -> Asked:
    typed = context.typed_of(request.GET, "show", "group", "bbox")
    wanted = SOLVED if typed["show"] == SOLVED else OPEN
    group = typed["group"] if typed["group"] in _groups(city) else ""
    query = urlencode({"show": wanted, **({"group": group} if group else {})})
    return Asked(wanted, group, box_of(typed["bbox"], city, widest=360.0), query)


def _rows(city: City, asked: Asked, limit: int) -> list[PublicRow]:
    classes = _classes(city, asked.group) if asked.group else ()
    with connection.cursor() as cursor:
        return list_public(cursor, city, asked.show, context.clock().now() - SOLVED_FOR, classes, asked.box, limit)


def _lines(city: City, asked: Asked, named: Names) -> tuple[list[Matter], bool]:
    rows = _rows(city, asked, MOST_IN_LIST + 1)
    return [_line(row, named) for row in rows[:MOST_IN_LIST]], len(rows) > MOST_IN_LIST


def _line(row: PublicRow, named: Names) -> Matter:
    return Matter(
        number=row.number,
        matter=named.matter(row.class_code),
        place=named.near_place(row.area),
        unit=named.unit(row.lead_unit),
        at=row.closed_at or row.opened_at,
    )


def _dot(row: PublicRow, named: Names) -> dict[str, Any]:
    lon, lat = row.lon or 0.0, row.lat or 0.0  # the box left out what has no point
    properties = {"matter": named.matter(row.class_code), "href": reverse("public_matter", args=[row.number])}
    if row.closed_at is not None:
        properties["clock"] = "closed"
    point = {"type": "Point", "coordinates": [round(lon, DIGITS), round(lat, DIGITS)]}
    return {"type": "Feature", "properties": properties, "geometry": point}


@lru_cache(maxsize=4)
def _groups(city: City) -> tuple[str, ...]:
    """The topmost classes below which something is filed that stands in the street."""
    tops = dict.fromkeys(city.class_chain(code)[-1] for code in city.leaves if _is_public(city, code))
    return tuple(tops)


@lru_cache(maxsize=64)
def _classes(city: City, group: str) -> tuple[str, ...]:
    return tuple(code for code in city.classes if city.class_chain(code)[-1] == group)


def _is_public(city: City, code: str) -> bool:
    matter = city.classes[code]
    return city.paths.choose("resident", matter.kind, matter.nature.value).name in IN_THE_STREET
