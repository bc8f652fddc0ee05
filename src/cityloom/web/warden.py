"""A warden's page: solved it here, or pass it on; and the figures of all wardens by micro-grid."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from cityloom.base.errors import CityloomError
from cityloom.cases.actions.receive_report import NewReport, Received
from cityloom.cases.actions.solve_on_the_spot import pass_on_from_micro_grid, solve_on_the_spot
from cityloom.cases.errors import NotAllowed
from cityloom.cases.keeping import get_file
from cityloom.cases.micro_grid import PATH, MicroCount
from cityloom.cases.permissions import may_see
from cityloom.cases.photos import Picture
from cityloom.cases.queries_micro import (
    WardenCase,
    classes_of_wardens,
    list_of_warden,
    list_solved_before,
    micro_figures,
)
from cityloom.city.micro_grids import micro_grids_in
from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature, Post, Role
from cityloom.web import context, waiting_photos
from cityloom.web.doors import for_staff
from cityloom.web.forms import Group, class_groups, most_photos, point_of
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.naming import Names, names, said_by
from cityloom.web.report import gather_pictures
from cityloom.web.shown import show
from cityloom.web.words import say

FIELDS = ("class", "other_class", "words", "lon", "lat", "address", "micro_grid", "key", "act")
SHORT = 8  # classes that are one touch away
MY_DAYS = 30
SPANS_DAYS = (7, 30, 365)


@dataclass(frozen=True)
class Line:
    """One thing that a warden brought."""

    number: str
    matter: str
    place: str
    state: str
    solved: bool
    opened_at: datetime


@dataclass(frozen=True)
class Sent:
    """What became of what was just sent: the unit and promise of what was passed on, what was solved there before."""

    number: str
    solved: bool
    matter: str
    unit: str
    due_at: datetime | None
    before: tuple[Line, ...]


@dataclass(frozen=True)
class WardenPage:
    """The warden's form with the warden's own days."""

    template: ClassVar[str] = "cityloom/warden.html"
    short: Annotated[Sequence[tuple[str, str]], "the classes found most here, one touch each"]
    classes: Annotated[Sequence[Group], "all other classes"]
    micro_grids: Annotated[Sequence[tuple[str, str]], "the warden's own micro-grids"]
    typed: Annotated[Mapping[str, str], "what was typed, by field"]
    map: Annotated[MapFrame, "the map to put the pin on"]
    lines: Annotated[Sequence[Line], "what the warden brought lately, newest first"]
    mine: Annotated[MicroCount, "the warden's own figures of these days"]
    days: Annotated[int, "of how many days"] = MY_DAYS
    most_photos: Annotated[int, "how many photos it may bring"] = 6
    photos_kept: Annotated[int, "photos laid aside from the sending before"] = 0
    sent: Annotated[Sent | None, "what was just sent"] = None
    error: Annotated[str, "why it was not kept"] = ""


@require_http_methods(["GET", "POST"])
@for_staff
def warden(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Record what was solved on the spot, or pass on what the micro-grid cannot solve."""
    if post.role is not Role.WARDEN:
        raise NotAllowed("error.not_allowed", role=post.role.value, move="solve_on_spot", roles=[Role.WARDEN.value])
    if request.method == "GET":
        typed = context.typed_of(request.GET, *FIELDS) | {"key": str(uuid.uuid4()), "act": ""}
        sent = _sent(city, post, request.GET.get("sent", ""))
        return show(request, _page(city, post, typed, sent=sent))
    typed = context.typed_of(request.POST, *FIELDS)
    if not waiting_photos.is_key(typed["key"]):
        typed["key"] = str(uuid.uuid4())
    try:
        pictures = gather_pictures(request, city, typed["key"])
        received = _keep(city, post, typed, pictures)
    except CityloomError as refusal:
        kept = len(waiting_photos.waiting(typed["key"]))
        page = _page(city, post, typed, error=said_by(refusal, city), photos_kept=kept)
        return show(request, page, refusal.status)
    waiting_photos.forget_waiting(typed["key"])
    return redirect(f"{reverse('warden')}?sent={received.number}")


def _keep(city: City, post: Post, typed: Mapping[str, str], pictures: list[Picture]) -> Received:
    lon, lat = point_of(typed["lon"], typed["lat"])
    new = NewReport(
        source="warden",
        words=typed["words"],
        class_code=typed["other_class"] or typed["class"] or None,
        lon=lon,
        lat=lat,
        address=typed["address"].strip()[:300],
        language=context.language(),
        idempotency_key=typed["key"],
        photos=tuple(pictures),
    )
    keep = solve_on_the_spot if typed["act"] == "solved" else pass_on_from_micro_grid
    return keep(city, new, post, context.clock(), typed["micro_grid"])


def _page(
    city: City,
    post: Post,
    typed: Mapping[str, str],
    sent: Sent | None = None,
    error: str = "",
    photos_kept: int = 0,
) -> WardenPage:
    named, now = names(city), context.clock().now()
    area = post.area or next(code for code, each in city.areas.items() if each.parent is None)
    with connection.cursor() as cursor:
        lines = list_of_warden(cursor, city, post.login, now - timedelta(days=MY_DAYS))
        often = classes_of_wardens(cursor, city, area, now, SHORT)
    groups = class_groups(city, named, context.today(city), (Nature.MATTER,))
    own = [g for g in micro_grids_in(city).of_warden(post.login) if post.area in (None, *city.ancestors(g.community))]
    grids = [(g.code, named.micro_grid(g.code)) for g in own]
    if len(grids) == 1 and not typed["micro_grid"]:
        typed = {**typed, "micro_grid": grids[0][0]}
    return WardenPage(
        short=_short(often, groups),
        classes=groups,
        micro_grids=grids,
        typed=typed,
        map=_map(city, area),
        lines=[_line(each, named) for each in lines],
        mine=_count(lines),
        most_photos=most_photos(city),
        photos_kept=photos_kept,
        sent=sent,
        error=error,
    )


def _short(often: Sequence[str], groups: Sequence[Group]) -> list[tuple[str, str]]:
    """The classes found most, filled up with the first ones of the catalogue's events and others."""
    every = {code: name for group in groups for code, name in group.choices}
    codes = [code for code in often if code in every]
    codes += [code for code in every if code not in codes]
    return [(code, every[code]) for code in codes[:SHORT]]


def _map(city: City, area: str) -> MapFrame:
    """The map of the community, to put a pin on."""
    import shapely

    frame = frame_of(city, pin=True)
    geometry = city.areas[area].geometry
    if not geometry:
        return frame
    bounds = shapely.from_wkb(geometry).bounds
    return MapFrame(frame.layers, bounds=",".join(f"{side:.5f}" for side in bounds), pin=True)


def _line(case: WardenCase, named: Names) -> Line:
    return Line(
        number=case.number,
        matter=named.matter(case.class_code),
        place=case.address or named.near_place(case.area),
        state=named.state(case.state),
        solved=case.path == PATH,
        opened_at=case.opened_at,
    )


def _count(lines: Sequence[WardenCase]) -> MicroCount:
    kept = [each for each in lines if each.state not in ("voided", "withdrawn")]
    solved = sum(each.path == PATH for each in kept)
    return MicroCount(solved=solved, passed_on=len(kept) - solved)


def _sent(city: City, post: Post, number: str) -> Sent | None:
    """What became of a case of the warden's own; None for any other number."""
    if not number:
        return None
    named = names(city)
    with connection.cursor() as cursor:
        try:
            file = get_file(cursor, city.id, number)
        except CityloomError:  # an address somebody typed
            return None
        case = file.case
        if may_see(post, file) is not None or file.reports[0].received_by != post.login:
            return None
        before = list_solved_before(cursor, city, case.place, case.opened_at, besides=case.number)
    return Sent(
        number=case.number,
        solved=case.path == PATH,
        matter=named.matter(case.class_code),
        unit=named.unit(case.lead_unit),
        due_at=case.promise_due_at,
        before=tuple(_line(each, named) for each in before),
    )


# --- the figures ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FigureRow:
    """One community or one of its micro-grids; `share` is in percent, None where nothing was found."""

    code: str
    name: str
    wardens: str
    households: int | None
    count: MicroCount
    share: int | None
    is_community: bool


@dataclass(frozen=True)
class MicroGridsPage:
    """What wardens solved and passed on, by community and micro-grid."""

    template: ClassVar[str] = "cityloom/micro_grids.html"
    rows: Annotated[Sequence[FigureRow], "each community; the one opened is followed by its micro-grids"]
    total: Annotated[MicroCount, "all of the post's area"]
    share: Annotated[int | None, "the share of the whole, in percent"]
    days: Annotated[int, "of how many days up to now"]
    spans: Annotated[Sequence[int], "the days to choose from"] = SPANS_DAYS


@require_safe
@for_staff
def micro_grids(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """What wardens solved on the spot, passed on and saw come back, in the post's area."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(each) for each in SPANS_DAYS} else MY_DAYS
    with connection.cursor() as cursor:
        since = context.clock().now() - timedelta(days=days)
        figures = micro_figures(cursor, city, since, post.area)
    named, grids = names(city), micro_grids_in(city)
    seen = [code for code in sorted(figures.by_community) if _is_seen(city, post, code)]
    opened = request.GET.get("community", "") if len(seen) > 1 else "".join(seen)
    rows: list[FigureRow] = []
    for code in seen:
        count = figures.by_community[code]
        rows.append(FigureRow(code, named.near_place(code), "", None, count, _percent(count), True))
        if code != opened:
            continue
        for grid in grids.of_community(code):
            own = figures.by_grid[grid.code]
            people = say("list.comma").join(named.person(each) for each in grid.wardens)
            name = named.micro_grid(grid.code)
            rows.append(FigureRow(grid.code, name, people, grid.households, own, _percent(own), False))
    page = MicroGridsPage(rows, figures.total, _percent(figures.total), days)
    return show(request, page)


def _is_seen(city: City, post: Post, community: str) -> bool:
    """Whether a community lies in the post's area."""
    return post.area is None or (community in city.areas and post.area in city.ancestors(community))


def _percent(count: MicroCount) -> int | None:
    return None if count.share is None else round(100 * count.share)
