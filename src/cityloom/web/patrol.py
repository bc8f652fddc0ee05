"""Patrols: started with consent, ended and taken back by who walks; the supervisor sees the lines of the area."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, ClassVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.cases import patrols as rules
from cityloom.cases.actions.end_patrol import end_patrol
from cityloom.cases.actions.start_patrol import start_patrol
from cityloom.cases.actions.track_patrol import track_patrol
from cityloom.cases.actions.withdraw_patrol import withdraw_patrol
from cityloom.cases.patrol_rows import Line, list_walks, open_line, open_patrol, walks_of
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.field_door import refused_as_json
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show
from cityloom.web.words import say

MY_DAYS = 7
MOST_BYTES = 200_000


@dataclass(frozen=True)
class WalkRow:
    """A walk in a list: `percent` of the area's unit grids were touched, None where it has none."""

    id: int
    who: str
    day: date
    started_at: datetime
    ended_at: datetime | None
    state: str
    touched: int
    whole: int
    percent: int | None


@dataclass(frozen=True)
class PatrolPage:
    """One's own patrol: consent, start, end, taking it back."""

    template: ClassVar[str] = "cityloom/patrol.html"
    tab: Annotated[str, "which tab is shown"]
    login: Annotated[str, "whose patrol it is"]
    running: Annotated[int | None, "the id of the patrol under way"]
    since: Annotated[datetime | None, "when it began"]
    consent: Annotated[str, "the name of the words that are agreed to"]
    days_kept: Annotated[int, "how many days points are kept"]
    walks: Annotated[Sequence[WalkRow], "one's own walks of the last days"]
    can_withdraw: Annotated[bool, "whether there is a walk of today to take back"]
    withdrawn: Annotated[bool, "whether consent was just taken back"] = False
    error: Annotated[str, "why it was not done"] = ""


@dataclass(frozen=True)
class PatrolsPage:
    """The walks of a day in a supervisor's area, the line of one of them on the map."""

    template: ClassVar[str] = "cityloom/patrols.html"
    day: Annotated[date, "the day that is shown"]
    walks: Annotated[Sequence[WalkRow], "walks of the day"]
    chosen: Annotated[WalkRow | None, "the walk whose line is shown"] = None
    map: Annotated[MapFrame | None, "the map with the line; None without a point"] = None


@require_safe
@for_staff
def patrol(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """One's own patrol with what one agrees to, and one's walks of the last days."""
    rules.require_walker(post)
    return show(request, _page(city, post, withdrawn=request.GET.get("withdrawn") == "1"))


@require_POST
@for_staff
def patrol_act(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Start with consent, end, or take the consent back and have the day's points deleted."""
    typed = context.typed_of(request.POST, "act", "consent")
    try:
        match typed["act"]:
            case "start":
                start_patrol(city, typed["consent"], post, context.clock())
            case "withdraw":
                withdraw_patrol(city, context.today(city), post, context.clock())
                return redirect(f"{reverse('patrol')}?withdrawn=1")
            case _:
                end_patrol(city, post, context.clock())
    except rules.NoConsent as refusal:
        return show(request, _page(city, post, error=said_by(refusal, city)), refusal.status)
    return redirect("patrol")


@require_POST
@for_staff
def patrol_points(request: HttpRequest, city: City, post: Post, patrol_id: int) -> HttpResponse:
    """A batch of places of one's own patrol, as JSON; the same batch again is kept once."""
    try:
        if len(request.body) > MOST_BYTES:
            raise rules.BadPoints("patrol.bad_points")
        try:
            told = json.loads(request.body)
        except ValueError as wrong:
            raise rules.BadPoints("patrol.bad_points") from wrong
        kept = track_patrol(city, patrol_id, rules.points_of(told), post, context.clock())
    except CityloomError as refusal:
        return refused_as_json(refusal, city)
    return JsonResponse({"state": "sent", "kept": kept})


@require_safe
@for_staff
def patrols(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The walks of a day in a supervisor's area."""
    day = _day(request.GET.get("day", ""), city)
    walks = [_row(w, names(city)) for w in list_walks(city, post, day)]
    return show(request, PatrolsPage(day, walks))


@require_safe
@for_staff
def patrol_line(request: HttpRequest, city: City, post: Post, patrol_id: int) -> HttpResponse:
    """The line of one walk, for its own person and the supervisor of the area; the look is recorded."""
    line = open_line(city, patrol_id, post, context.clock().now())
    row = _row(line.walk, names(city))
    return show(request, PatrolsPage(line.walk.day, [row], row, _map_of(line, city)))


@require_safe
@for_staff
def patrol_geojson(request: HttpRequest, city: City, post: Post, patrol_id: int) -> HttpResponse:
    """The same line as GeoJSON, for the map."""
    line = open_line(city, patrol_id, post, context.clock().now())
    path = [[lon, lat] for _, lon, lat in line.points]
    shapes = [{"type": "Feature", "geometry": {"type": "LineString", "coordinates": path}, "properties": {}}]
    told = {"type": "FeatureCollection", "features": shapes if len(path) > 1 else []}
    return HttpResponse(json.dumps(told), content_type="application/geo+json")


def _page(city: City, post: Post, withdrawn: bool = False, error: str = "") -> PatrolPage:
    today, named = context.today(city), names(city)
    row = open_patrol(city, post.login)
    walks = walks_of(city, post.login, today - timedelta(days=MY_DAYS))
    return PatrolPage(
        tab="patrol",
        login=post.login,
        running=row.pk if row else None,
        since=row.started_at if row else None,
        consent=rules.CONSENT,
        days_kept=rules.days_kept(city),
        walks=[_row(w, named) for w in walks],
        can_withdraw=any(w.day == today and not w.withdrawn for w in walks),
        withdrawn=withdrawn,
        error=error,
    )


def _row(walk: rules.Walk, named: Names) -> WalkRow:
    state = "withdrawn" if walk.withdrawn else "on" if walk.ended_at is None else "ended"
    percent = None if walk.share is None else round(100 * walk.share)
    return WalkRow(
        walk.id, named.person(walk.login), walk.day, walk.started_at, walk.ended_at, say(f"patrol.state_{state}"),
        walk.touched, walk.whole, percent,
    )  # fmt: skip


def _map_of(line: Line, city: City) -> MapFrame | None:
    if not line.points:
        return None
    lons, lats = [p[1] for p in line.points], [p[2] for p in line.points]
    frame = frame_of(city)
    layer = {"id": "line", "url": reverse("patrol_geojson", args=[line.walk.id]), "kind": "track"}
    least = 0.001
    box = (min(lons) - least, min(lats) - least, max(lons) + least, max(lats) + least)
    layers = json.dumps([*json.loads(frame.layers), layer])
    return replace(frame, layers=layers, bounds=",".join(f"{side:.5f}" for side in box), centre="")


def _day(told: str, city: City) -> date:
    try:
        return date.fromisoformat(told)
    except ValueError:
        return context.today(city)
