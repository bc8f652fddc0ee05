"""One device: streams, history across replacements, calibration, replacement, maintenance and alarms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.actions.calibrate_stream import calibrate_stream
from cityloom.sensing.actions.plan_maintenance import plan_maintenance, stop_maintenance
from cityloom.sensing.actions.replace_device import replace_device
from cityloom.sensing.alarm_keeping import read_windows
from cityloom.sensing.alarm_moves import ACTORS, BadWindow, NotYourAlarm, may_see_alarm
from cityloom.sensing.alarm_queries import alarms_of_device
from cityloom.sensing.alarm_subjects import areas_of
from cityloom.sensing.device_care import (
    FIRST_DAY,
    BadCalibration,
    NotYourDevice,
    due_after,
    may_care_for,
    number_of,
    points_of,
)
from cityloom.sensing.device_care_rows import calibrations_of, replacements_of
from cityloom.sensing.device_queries import (
    DeviceRow,
    StreamRow,
    device_codes,
    get_device,
    streams_of_device,
)
from cityloom.sensing.place_history import history_of
from cityloom.web import context
from cityloom.web.alarms import AlarmLine, alarm_line, is_number
from cityloom.web.device_lines import (
    CalibrationLine,
    DeviceLine,
    ReplacementLine,
    StreamLine,
    WindowLine,
    calibration_line,
    device_line,
    replacement_line,
    stream_line,
    window_line,
)
from cityloom.web.doors import for_staff
from cityloom.web.history_chart import HistoryChart, chart_of
from cityloom.web.naming import names, said_by
from cityloom.web.shown import show
from cityloom.web.words import say

SPANS = {"day": 1, "week": 7, "month": 30, "year": 365}
MOST_POINTS = 600
_CALIBRATION = (
    "stream",
    "day",
    "shown_1",
    "reference_1",
    "shown_2",
    "reference_2",
    "factor",
    "offset",
    "note",
    "due",
)
_REPLACEMENT = ("new", "serial", "reason")


@dataclass(frozen=True)
class HistoryPart:
    """What one stream said over a span: its chart, what its points are, and the other streams and spans."""

    stream: str
    unit: str
    span: str
    step: str
    chart: HistoryChart | None
    streams: Sequence[tuple[str, str, bool]]  # name, address words, whether chosen
    spans: Sequence[tuple[str, str, bool]]


@dataclass(frozen=True)
class DevicePage:
    """One device."""

    template: ClassVar[str] = "cityloom/device.html"
    line: Annotated[DeviceLine, "the device as in the list"]
    state: Annotated[str, "active, in quarantine or retired"]
    serial: Annotated[str, "its serial number"]
    component: Annotated[str, "the component it hangs on"]
    parent: Annotated[str, "the code of the device above"]
    calibration_due: Annotated[str, "the day on which its next calibration is due"]
    replacements: Annotated[Sequence[ReplacementLine], "whose place it took, and who took its own"]
    streams: Annotated[Sequence[StreamLine], "what it measures"]
    history: Annotated[HistoryPart | None, "what the chosen stream said over the chosen span"]
    calibrations: Annotated[Sequence[CalibrationLine], "its calibrations, newest first"]
    alarms: Annotated[Sequence[AlarmLine], "its newest alarms"]
    windows: Annotated[Sequence[WindowLine], "its maintenance windows, newest first"]
    may_plan: Annotated[bool, "whether the post may plan maintenance"]
    may_care: Annotated[bool, "whether the post may calibrate and replace it"]
    first_day: Annotated[str, "the earliest day of a calibration"]
    today: Annotated[str, "today by the city's clocks"]
    due: Annotated[str, "when a calibration of today is due again, by its type"]
    typed: Annotated[dict[str, str], "what was typed into a form that was refused"]
    open: Annotated[str, "the form that was refused"] = ""
    error: Annotated[str, "why a form was refused"] = ""


@dataclass(frozen=True)
class DeviceReplacedPage:
    """A device took another's place; its secret is shown this once."""

    template: ClassVar[str] = "cityloom/device_replaced.html"
    old: Annotated[str, "the code of the old device"]
    new: Annotated[str, "the code of the new device"]
    secret: Annotated[str, "the new device's password for MQTT"]
    alarms: Annotated[int, "how many alarms of the old one ended"]


@require_safe
@for_staff
def device(request: HttpRequest, city: City, post: Post, code: str) -> HttpResponse:
    """One device: its streams and their history, calibrations, maintenance, what it replaced, and its alarms."""
    typed = context.typed_of(request.GET, "stream", "span")
    return show(request, _page(city, post, code, stream=typed["stream"], span=typed["span"]))


@require_POST
@for_staff
def device_maintenance(request: HttpRequest, city: City, post: Post, code: str) -> HttpResponse:
    """Plan a maintenance window for a device, or end one early."""
    typed = context.typed_of(request.POST, "stop", "from", "until", "reason")
    with connection.cursor() as cursor:
        row = get_device(cursor, city, code)

    def act() -> None:
        if is_number(typed["stop"]):
            stop_maintenance(city, int(typed["stop"]), post, context.clock())
        else:
            begins, ends = (_moment(typed[name], city) for name in ("from", "until"))
            plan_maintenance(
                city, post, context.clock(), from_at=begins, until_at=ends, reason=typed["reason"], device_id=row.id
            )

    return _done(request, city, post, code, "maintenance", typed, act)


@require_POST
@for_staff
def device_calibrate(request: HttpRequest, city: City, post: Post, code: str) -> HttpResponse:
    """Record a calibration of one of its streams."""
    typed = context.typed_of(request.POST, *_CALIBRATION)

    def act() -> None:
        number = {name: number_of(typed[name]) for name in _CALIBRATION[2:8]}
        pairs = [(number[f"shown_{n}"], number[f"reference_{n}"]) for n in (1, 2)]
        calibrate_stream(
            city, code, typed["stream"], post, context.clock(), day=_day(typed["day"], "calibration.wrong_day"),
            factor=number["factor"], offset=number["offset"], points=points_of(pairs), note=typed["note"],
            next_due=_day(typed["due"], "calibration.wrong_due") if typed["due"] else None,
        )  # fmt: skip

    return _done(request, city, post, code, "calibrate", typed, act)


@require_POST
@for_staff
def device_replace(request: HttpRequest, city: City, post: Post, code: str) -> HttpResponse:
    """Let a new device take its place; the new one's secret is shown once."""
    typed = context.typed_of(request.POST, *_REPLACEMENT)
    try:
        done = replace_device(
            city, code, typed["new"], post, context.clock(), reason=typed["reason"], serial=typed["serial"][:100]
        )
    except (NotYourAlarm, NotYourDevice):
        raise
    except CityloomError as refusal:
        return _refused(request, city, post, code, "replace", typed, refusal)
    answer = show(request, DeviceReplacedPage(code, done.code, done.secret, done.alarms))
    answer["Cache-Control"] = "no-store"
    return answer


def _done(
    request: HttpRequest, city: City, post: Post, code: str, form: str, typed: dict[str, str], act: Callable[[], None]
) -> HttpResponse:
    """Do it and show the device again, or show the form with what was typed and why it was refused."""
    try:
        act()
    except (NotYourAlarm, NotYourDevice):
        raise
    except CityloomError as refusal:
        return _refused(request, city, post, code, form, typed, refusal)
    return redirect("device", code)


def _refused(
    request: HttpRequest, city: City, post: Post, code: str, form: str, typed: dict[str, str], refusal: CityloomError
) -> HttpResponse:
    page = replace(_page(city, post, code), error=said_by(refusal, city), open=form, typed=typed)
    return show(request, page, refusal.status)


def _moment(text: str, city: City) -> datetime:
    """What a field for date and time gives, by the city's clocks."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=city.calendar().tz)
    except ValueError as error:
        raise BadWindow("window.wrong_span", days=92) from error


def _day(text: str, refusal: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        params: dict[str, Any] = {"first": FIRST_DAY.isoformat()} if refusal.endswith("day") else {}
        raise BadCalibration(refusal, **params) from error


def _page(city: City, post: Post, code: str, *, stream: str = "", span: str = "") -> DevicePage:
    now, named = context.clock().now(), names(city)
    today = now.astimezone(city.calendar().tz).date()
    with connection.cursor() as cursor:
        row = get_device(cursor, city, code)
        areas = areas_of(city, row.area, row.lon, row.lat)
        if (refusal := may_see_alarm(post, row.owner, areas)) is not None:
            raise NotYourAlarm(refusal.code, **refusal.params)
        streams = streams_of_device(cursor, row.id)
        alarms = alarms_of_device(cursor, row.id)
        around = device_codes(cursor, [i for i in (row.id, row.parent_id) if i is not None])
        replaced = replacements_of(cursor, row.id)
        calibrations = calibrations_of(cursor, row.id)
        windows = read_windows(cursor, "w.city_id = %s AND w.device_id = %s ORDER BY w.id DESC", [city.id, row.id])
    kind = city.device_types.get(row.type)
    due = due_after(today, kind.calibrate_days if kind else None)
    return DevicePage(
        line=device_line(row, city, named, now),
        state=say(f"device_state.{row.state}"),
        serial=row.serial,
        component=row.component,
        parent=around[row.parent_id][0] if row.parent_id in around else "",
        calibration_due=row.calibration_due.isoformat() if row.calibration_due else "",
        replacements=[replacement_line(each, row.code, named) for each in replaced],
        streams=[stream_line(each, now, city) for each in streams],
        history=_history(city, row, streams, stream, span if span in SPANS else "day", now),
        calibrations=[calibration_line(each, named) for each in calibrations],
        alarms=[alarm_line(each, city, post, named, around) for each in alarms],
        windows=[window_line(each, city, named, now) for each in windows],
        may_plan=post.role in ACTORS,
        may_care=row.state != "retired" and may_care_for(post, row.owner, areas),
        first_day=FIRST_DAY.isoformat(),
        today=today.isoformat(),
        due=due.isoformat() if due else "",
        typed={},
    )


def _history(
    city: City, row: DeviceRow, streams: Sequence[StreamRow], name: str, span: str, now: datetime
) -> HistoryPart | None:
    """The chosen stream, else the first that is not its battery's, over the chosen span."""
    ordered = sorted(streams, key=lambda each: (each.name != name, each.name.startswith("battery")))
    chosen = ordered[0] if ordered else None
    if chosen is None:
        return None
    begins = now - timedelta(days=SPANS[span])
    told = history_of(city, chosen.id, begins, now, most=MOST_POINTS)

    def words(stream: str, of: str) -> str:
        return urlencode({"stream": stream, "span": of})

    return HistoryPart(
        stream=chosen.name,
        unit=chosen.unit,
        span=say(f"device_span.{span}"),
        step=say(f"device_step.{told.step}"),
        chart=chart_of(told, begins, now),
        streams=[(each.name, words(each.name, span), each is chosen) for each in streams],
        spans=[(say(f"device_span.{each}"), words(chosen.name, each), each == span) for each in SPANS],
    )
