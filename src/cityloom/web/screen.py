"""The one screen: the city at a glance on a wall, for supervisors and leaders; every figure leads to its list."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, ClassVar
from urllib.parse import urlencode

import shapely
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.cases.queries_day import list_spells
from cityloom.cases.screen_values import Scope
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.map_frame import bounds_of, ground_of
from cityloom.web.naming import names
from cityloom.web.screen_figures import Figures, figures_of
from cityloom.web.screen_panels import (
    AreaLine,
    BacklogLine,
    CaseLine,
    FlowLine,
    HotLine,
    RateLine,
    StaffLine,
    Thread,
    area_lines,
    backlog_lines,
    case_lines,
    flow_lines,
    hot_lines,
    rate_lines,
    staff_lines,
    thread_of,
)
from cityloom.web.screen_pulse import new_token, pulse_of
from cityloom.web.screen_roles import SEES_SCREEN
from cityloom.web.shown import show
from cityloom.web.vital_lines import VitalLine
from cityloom.web.wall_door import for_screen
from cityloom.web.warnings import WarningLine, warning_lines, warnings_layer
from cityloom.web.words import say

register(
    {
        "screen.not_yours": (
            "一屏总览供督导和领导使用；请用这样的岗位登录，或请管理员授予",
            "the one screen is for supervisors and leaders; sign in by such a post, or ask an administrator for one",
        ),
        "screen.no_area": (
            "本市没有区域{area}；请从全市看起",
            "the city has no area {area}; begin with the whole city",
        ),
        "screen.not_your_area": ("区域{area}不在您的岗位范围内", "the area {area} lies outside your post"),
        "screen.bad_day": (
            "日期{day}应写作 2026-06-01，且不晚于今天",
            "the day {day} must be written as 2026-06-01 and must not lie ahead",
        ),
    }
)


class NotYourScreen(CityloomError):
    """A post that does not lead."""

    status = 403


class NoSuchView(CityloomError):
    """An area or a day that cannot be shown."""

    status = 404


@dataclass(frozen=True)
class Crumb:
    """A step from the city down to what is looked at."""

    name: str
    query: str


@dataclass(frozen=True)
class ScreenPage:
    """The one screen of a scope: an area on a day."""

    template: ClassVar[str] = "cityloom/screen.html"
    title: Annotated[str, "the name of what is looked at"]
    area: Annotated[str, "its code; empty for the whole city"]
    depth: Annotated[int, "how many levels below the city it lies"]
    crumbs: Annotated[Sequence[Crumb], "the way from the city to it"]
    up: Annotated[str, "address words of the area above; empty at the top"]
    at: Annotated[datetime, "the moment shown"]
    clock: Annotated[str, "that moment's time of day"]
    date: Annotated[str, "its day in words"]
    is_today: Annotated[bool, "whether the day still runs"]
    query: Annotated[str, "address words of this view"]
    yesterday: Annotated[str, "address words of the day before"]
    tomorrow: Annotated[str, "address words of the day after; empty for today"]
    today: Annotated[str, "address words of the same area today"]
    areas: Annotated[Sequence[AreaLine], "the areas one level below"]
    cases: Annotated[Sequence[CaseLine], "the open cases of an area that has none below"]
    areas_title: Annotated[str, "what these areas are called"]
    vital_signs: Annotated[Sequence[VitalLine], "the first eight of the city's vital signs"]
    vital_told: Annotated[str, "how many of all signs are to be watched or bad; empty when none is known"]
    vital_stamp: Annotated[str, "by which the page knows that the signs have changed"]
    silent_feeds: Annotated[int, "feeds that are silent"]
    warnings: Annotated[Sequence[WarningLine], "what is warned of now, the worst first"]
    alarms: Annotated[int | None, "alarms that stand; empty on a past day"]
    areas_of_signs: Annotated[bool, "whether signs are worked out for this area"]
    things: Annotated[int, "devices listed in the city's folder"]
    staff: Annotated[Sequence[StaffLine], "who is in the field"]
    flow: Annotated[Sequence[FlowLine], "the five figures of the day"]
    rates: Annotated[Sequence[RateLine], "the three rates and the share on time"]
    backlog: Annotated[Sequence[BacklogLine], "open work by age"]
    hot: Annotated[Sequence[HotLine], "the matters of which most came"]
    thread: Annotated[Thread, "the day from midnight to midnight"]
    live: Annotated[str, "address of the live stream; empty without one or on a past day"]
    pulse: Annotated[str, "address that is asked while the stream is silent"]
    replay: Annotated[str, "address of the day's minutes"]
    layers: Annotated[str, "the ground as the map reads it"]
    bounds: Annotated[str, "west, south, east, north of what is looked at"]


@require_safe
@for_screen
def screen(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The city, or one of its areas, on a day: figures, rates, backlog, hot matters, the day's thread, the map."""
    _require_leading(post)
    now = context.clock().now()
    scope = scope_asked(request, city, post, now)
    with connection.cursor() as cursor:
        figures = figures_of(cursor, city, post, scope, now)
    return show(request, _page(city, post, scope, figures, now))


@require_safe
@for_screen
def screen_pulse(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """What moved since a moment, for a screen whose live stream is silent, with a fresh token for the stream."""
    _require_leading(post)
    now = context.clock().now()
    scope = scope_asked(request, city, post, now)
    since = _moment(request.GET.get("since", ""), now - timedelta(seconds=15))
    with connection.cursor() as cursor:
        pulse = pulse_of(cursor, city, post, scope.area, context.language(), now, since=since)
    return JsonResponse({**pulse, "live": _live_address(city, post, scope.area)})


@require_safe
@for_screen
def screen_day(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """A day minute by minute: from when to when each case was open, and when its promise passed."""
    _require_leading(post)
    now = context.clock().now()
    scope = scope_asked(request, city, post, now)
    with connection.cursor() as cursor:
        spells = list_spells(cursor, city, post, scope, now)
    rows = [[round(s.lon, 5), round(s.lat, 5), s.began, s.ended, s.due, int(s.urgent), s.number] for s in spells]
    last = min(24 * 60, int((now - scope.begins).total_seconds() // 60))
    return JsonResponse({"day": scope.day.isoformat(), "minutes": last, "cases": rows})


def scope_asked(request: HttpRequest, city: City, post: Post, now: datetime) -> Scope:
    """The area and day of the address; the post's own area where none is named. Raises NoSuchView."""
    tz = city.calendar().tz
    today = now.astimezone(tz).date()
    area = request.GET.get("area", "").strip()[:60] or post.area or ""
    if area and area not in city.areas:
        raise NoSuchView("screen.no_area", area=area)
    if post.area and not city.is_within(area, post.area):
        raise NoSuchView("screen.not_your_area", area=area)
    told = request.GET.get("day", "").strip()[:20]
    try:
        day = date.fromisoformat(told) if told else today
    except ValueError as wrong:
        raise NoSuchView("screen.bad_day", day=told) from wrong
    if day > today:
        raise NoSuchView("screen.bad_day", day=told)
    top = next((a.code for a in city.areas.values() if a.parent is None), "")
    return Scope("" if area == top else area, day, tz)


def _require_leading(post: Post) -> None:
    if post.role not in SEES_SCREEN:
        raise NotYourScreen("screen.not_yours")


def _moment(text: str, otherwise: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return found if found.tzinfo is not None else otherwise


def _live_address(city: City, post: Post, area: str) -> str:
    if not settings.CITYLOOM_LIVE_URL:
        return ""
    token = new_token(city, post, area, context.language())
    return f"{settings.CITYLOOM_LIVE_URL.rstrip('/')}/live?{urlencode({'token': token})}"


def _page(city: City, post: Post, scope: Scope, figures: Figures, now: datetime) -> ScreenPage:
    named = names(city)
    is_today = scope.begins <= now < scope.ends
    at = now if is_today else scope.ends - timedelta(seconds=1)
    local = at.astimezone(scope.tz)
    chain = city.ancestors(scope.area) if scope.area else ()
    allowed = [code for code in chain if not post.area or city.is_within(code, post.area)]
    level = _level_below(city, scope.area)
    return ScreenPage(
        title=named.area(scope.area) if scope.area else city.name.in_language(named.lang),
        area=scope.area,
        depth=len(chain) - 1 if chain else 0,
        crumbs=[Crumb(named.area(code), _query(scope, code)) for code in allowed[:-1]],
        up=_query(scope, allowed[-2]) if len(allowed) > 1 else "",
        at=at,
        clock=f"{local:%H:%M}",
        date=_day_in_words(local.date()),
        is_today=is_today,
        query=_query(scope, scope.area),
        yesterday=_query(scope, scope.area, scope.day - timedelta(days=1)),
        tomorrow="" if is_today else _query(scope, scope.area, scope.day + timedelta(days=1)),
        today=urlencode({"area": scope.area} if scope.area else {}),
        areas=area_lines(figures, scope, named, lambda code: _query(scope, code), is_today),
        cases=case_lines(figures, named, now),
        areas_title=say(f"screen.level_{level}") if f"screen.level_{level}" in _LEVELS else say("screen.level_cases"),
        vital_signs=figures.vital.lines,
        vital_told=figures.vital.told,
        vital_stamp=figures.vital.stamp,
        silent_feeds=figures.vital.silent_feeds,
        warnings=warning_lines(city, now, public=False)[:3] if is_today else (),
        alarms=figures.vital.alarms if is_today else None,
        areas_of_signs=figures.vital.is_known,
        things=len(city.things),
        staff=staff_lines(city, scope, at),
        flow=flow_lines(figures, scope, is_today),
        rates=rate_lines(figures, scope),
        backlog=backlog_lines(figures, scope) if is_today else (),
        hot=hot_lines(figures, scope, named),
        thread=thread_of(figures, scope, named, now),
        live=_live_address(city, post, scope.area) if is_today else "",
        pulse=f"{reverse('screen_pulse')}?{_query(scope, scope.area)}" if is_today else "",
        replay=f"{reverse('screen_day')}?{_query(scope, scope.area, scope.day)}",
        layers=_layers(city),
        bounds=bounds_text(city, scope.area),
    )


_LEVELS = frozenset({"screen.level_district", "screen.level_street", "screen.level_community", "screen.level_grid"})


def _level_below(city: City, area: str) -> str:
    depth = len(city.ancestors(area)) if area else 1
    return city.levels[depth] if depth < len(city.levels) else ""


def _query(scope: Scope, area: str, day: date | None = None) -> str:
    """The words of an address: the area where it is not the city, the day where one was asked for."""
    words = {"area": area} if area else {}
    if day is not None or scope.day != context.today(context.city()):
        words["day"] = (day or scope.day).isoformat()
    return urlencode(words)


def _day_in_words(day: date) -> str:
    weekday = say(f"screen.weekday_{day.isoweekday()}")
    return say("screen.date", y=day.year, d=day.day, month=say(f"screen.month_{day.month}"), weekday=weekday)


def bounds_text(city: City, area: str) -> str:
    """West, south, east, north of an area, or of the city."""
    outline = city.areas[area].geometry if area in city.areas else b""
    bounds = shapely.bounds(shapely.from_wkb(outline)) if outline else bounds_of(city)
    return ",".join(f"{side:.5f}" for side in bounds)


def _layers(city: City) -> str:
    alarms = {"id": "alarms", "url": reverse("map_alarms"), "kind": "alarm"}
    return json.dumps([*ground_of(city), warnings_layer(), alarms])
