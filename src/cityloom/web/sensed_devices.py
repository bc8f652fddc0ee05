"""The city's devices: how they fare, and one device with its streams, maintenance, replacement and alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name, Post
from cityloom.sensing.actions.plan_maintenance import plan_maintenance, stop_maintenance
from cityloom.sensing.alarm_evidence import read_points
from cityloom.sensing.alarm_keeping import read_windows
from cityloom.sensing.alarm_moves import ACTORS, BadWindow, NotYourAlarm, may_see_alarm
from cityloom.sensing.alarm_queries import alarms_of_device
from cityloom.sensing.alarm_subjects import areas_of
from cityloom.sensing.alarm_values import Window
from cityloom.sensing.device_queries import (
    HEALTH,
    PAGE,
    DeviceRow,
    StreamRow,
    count_devices,
    device_codes,
    get_device,
    list_devices,
    replaced_devices,
    streams_of_device,
)
from cityloom.web import context
from cityloom.web.alarm_charts import spark_of
from cityloom.web.alarms import AlarmLine, alarm_line, is_number
from cityloom.web.dispatch import Word
from cityloom.web.doors import for_staff
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show
from cityloom.web.words import say

SPARK = timedelta(hours=24)


@dataclass(frozen=True)
class DeviceLine:
    """A device in a list."""

    code: str
    name: str
    type: str
    owner: str
    place: str
    last_seen: datetime | None
    battery: str
    errors: str
    health: Sequence[str]


@dataclass(frozen=True)
class DevicesPage:
    """The devices that the post may see."""

    template: ClassVar[str] = "cityloom/devices.html"
    lines: Annotated[Sequence[DeviceLine], "the devices of this page, by code"]
    types: Annotated[Sequence[Word], "counted types"]
    health: Annotated[Sequence[Word], "counted signs of what ails them"]
    all: Annotated[Word, "all of them"]
    next: Annotated[str, "address words of the next page"] = ""


@dataclass(frozen=True)
class StreamLine:
    """A stream with its last day."""

    name: str
    line: str
    value: str
    at: datetime | None
    interval: str
    range: str
    calibration: str


@dataclass(frozen=True)
class WindowLine:
    """A maintenance window in words."""

    id: int
    told: str
    can_stop: bool


@dataclass(frozen=True)
class DevicePage:
    """One device."""

    template: ClassVar[str] = "cityloom/device.html"
    line: Annotated[DeviceLine, "the device as in the list"]
    state: Annotated[str, "active, in quarantine or retired"]
    component: Annotated[str, "the component it hangs on"]
    parent: Annotated[str, "the code of the device above"]
    replaced_by: Annotated[str, "the code of the device that took its place"]
    replaces: Annotated[Sequence[str], "codes of the devices whose place it took"]
    streams: Annotated[Sequence[StreamLine], "what it measures"]
    alarms: Annotated[Sequence[AlarmLine], "its newest alarms"]
    windows: Annotated[Sequence[WindowLine], "its maintenance windows, newest first"]
    may_plan: Annotated[bool, "whether the post may plan maintenance"]
    error: Annotated[str, "why a window was refused"] = ""


@require_safe
@for_staff
def devices(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The devices of the post's unit and area with what ails them."""
    _require_reader(post, post.unit, () if post.area is None else (post.area,))
    typed = context.typed_of(request.GET, "type", "health", "after")
    health = typed["health"] if typed["health"] in HEALTH else ""
    now, named = context.clock().now(), names(city)
    with connection.cursor() as cursor:
        types, ailing = count_devices(cursor, city, post, now)
        rows = list_devices(
            cursor, city, post, now, type_=typed["type"][:60], health=health, after=typed["after"][:100]
        )
    asked = {"type": typed["type"], "health": health}

    def word(field: str, code: str, name: str, count: int) -> Word:
        chosen = asked[field] == code
        return Word(name, count, _query({**asked, field: "" if chosen else code}), chosen)

    page = DevicesPage(
        lines=[_device_line(row, city, named, now) for row in rows[:PAGE]],
        types=[word("type", code, named.device_type(code), count) for code, count in types.items()],
        health=[word("health", sign, say(f"health.{sign}"), count) for sign, count in ailing.items() if count],
        all=Word(say("alarms.all"), sum(types.values()), "", not any(asked.values())),
        next=_query({**asked, "after": rows[PAGE - 1].code}) if len(rows) > PAGE else "",
    )
    return show(request, page)


@require_safe
@for_staff
def device(request: HttpRequest, city: City, post: Post, code: str) -> HttpResponse:
    """One device: its streams over the last day, maintenance, what it replaced, and its alarms."""
    return show(request, _device_page(city, post, code))


@require_POST
@for_staff
def device_maintenance(request: HttpRequest, city: City, post: Post, code: str) -> HttpResponse:
    """Plan a maintenance window for a device, or end one early."""
    typed = context.typed_of(request.POST, "stop", "from", "until", "reason")
    with connection.cursor() as cursor:
        row = get_device(cursor, city, code)
    try:
        if is_number(typed["stop"]):
            stop_maintenance(city, int(typed["stop"]), post, context.clock())
        else:
            begins, ends = (_moment(typed[name], city) for name in ("from", "until"))
            plan_maintenance(
                city, post, context.clock(), from_at=begins, until_at=ends, reason=typed["reason"], device_id=row.id
            )
    except NotYourAlarm:
        raise
    except CityloomError as refusal:
        return show(request, replace(_device_page(city, post, code), error=said_by(refusal, city)), refusal.status)
    return redirect("device", code)


def _moment(text: str, city: City) -> datetime:
    """What a field for date and time gives, by the city's clocks."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=city.calendar().tz)
    except ValueError as error:
        raise BadWindow("window.wrong_span", days=92) from error


def _device_page(city: City, post: Post, code: str) -> DevicePage:
    now, named = context.clock().now(), names(city)
    with connection.cursor() as cursor:
        row = get_device(cursor, city, code)
        _require_reader(post, row.owner, areas_of(city, row.area, row.lon, row.lat))
        streams = streams_of_device(cursor, row.id)
        alarms = alarms_of_device(cursor, row.id)
        around = device_codes(cursor, [i for i in (row.id, row.parent_id, row.replaced_by_id) if i is not None])
        replaces = replaced_devices(cursor, row.id)
        windows = read_windows(cursor, "w.city_id = %s AND w.device_id = %s ORDER BY w.id DESC", [city.id, row.id])
    codes = {id_: told[0] for id_, told in around.items()}
    return DevicePage(
        line=_device_line(row, city, named, now),
        state=say(f"device_state.{row.state}"),
        component=row.component,
        parent=codes.get(row.parent_id or 0, ""),
        replaced_by=codes.get(row.replaced_by_id or 0, ""),
        replaces=replaces,
        streams=[_stream_line(each, now, city) for each in streams],
        alarms=[alarm_line(each, city, post, named, around) for each in alarms],
        windows=[_window_line(each, city, named, now) for each in windows],
        may_plan=post.role in ACTORS,
    )


def _require_reader(post: Post, owner: str | None, areas: tuple[str, ...]) -> None:
    if (refusal := may_see_alarm(post, owner, areas)) is not None:
        raise NotYourAlarm(refusal.code, **refusal.params)


def _query(said: dict[str, str]) -> str:
    return urlencode({name: value for name, value in said.items() if value})


def _device_line(row: DeviceRow, city: City, named: Names, now: datetime) -> DeviceLine:
    share = row.error_share
    return DeviceLine(
        code=row.code,
        name=Name(row.name_zh, row.name_en).in_language(context.language()) or row.code,
        type=named.device_type(row.type),
        owner=named.unit(row.owner) if row.owner in city.units else row.owner,
        place=named.near_place(row.area) if row.area in city.areas else "",
        last_seen=row.last_seen,
        battery="—" if row.battery is None else f"{row.battery:g}",
        errors="—" if share is None else f"{100 * share:.1f} %",
        health=[say(f"health.{sign}") for sign in row.health(now)],
    )


def _stream_line(stream: StreamRow, now: datetime, city: City) -> StreamLine:
    points = read_points(stream.id, now - SPARK, now)
    bounds = [f"{bound:g}" for bound in (stream.low, stream.high) if bound is not None]
    calibrated = say("device.not_calibrated")
    if stream.calibrated_at is not None:
        day = stream.calibrated_at.astimezone(city.calendar().tz).date().isoformat()
        calibrated = say("device.calibrated", factor=f"{stream.factor:g}", offset=f"{stream.offset:g}", day=day)
    return StreamLine(
        name=stream.name,
        line=spark_of(points),
        value="—" if stream.last_value is None else f"{stream.last_value:g} {stream.unit}".strip(),
        at=stream.last_at,
        interval=say("device.seconds", count=f"{stream.interval_s:g}") if stream.interval_s else "—",
        range="–".join(bounds) or "—",
        calibration=calibrated,
    )


def _window_line(window: Window, city: City, named: Names, now: datetime) -> WindowLine:
    tz = city.calendar().tz
    begin, end = (at.astimezone(tz).strftime("%Y-%m-%d %H:%M") for at in (window.from_at, window.until_at))
    told = say("device.window", start=begin, end=end, reason=window.reason, who=named.person(window.planned_by))
    if window.stopped_at is not None:
        told = " · ".join([told, say("device.stopped")])
    return WindowLine(window.id, told, window.stopped_at is None and window.until_at > now)
