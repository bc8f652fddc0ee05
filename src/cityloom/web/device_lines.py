"""A device as lists and its page show it: in words: streams, maintenance, calibrations, replacements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cityloom.city.snapshot_values import City
from cityloom.city.values import Name
from cityloom.sensing.alarm_values import Window
from cityloom.sensing.device_care_rows import CalibrationRow, ReplacementRow
from cityloom.sensing.device_queries import DeviceRow, StreamRow
from cityloom.sensing.place_history import history_of
from cityloom.web import context
from cityloom.web.alarm_charts import spark_of
from cityloom.web.naming import Names
from cityloom.web.words import say

SPARK, SPARK_POINTS = timedelta(hours=24), 240


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
class CalibrationLine:
    """A calibration: when, of which stream, what it counts by since and counted by before, by whom."""

    day: str
    stream: str
    after: str
    before: str
    points: str
    who: str
    note: str
    due: str
    recorded_at: datetime


@dataclass(frozen=True)
class ReplacementLine:
    """That the device took another's place, or left it: in words, with the other one's code."""

    told: str
    code: str
    at: datetime
    who: str
    reason: str


def device_line(row: DeviceRow, city: City, named: Names, now: datetime) -> DeviceLine:
    """The device as a list shows it."""
    share = row.error_share
    return DeviceLine(
        code=row.code,
        name=Name(row.name_zh, row.name_en).in_language(context.language()) or row.code,
        type=named.device_type(row.type),
        owner=named.unit(row.owner) if row.owner in city.units else row.owner,
        place=named.near_place(row.area) if row.area in city.areas else "",
        last_seen=row.last_seen,
        battery="—" if row.battery is None else f"{row.battery:.2f} V",
        errors="—" if share is None else f"{100 * share:.1f} %",
        health=[say(f"health.{sign}") for sign in row.health(now.astimezone(city.calendar().tz))],
    )


def stream_line(stream: StreamRow, now: datetime, city: City) -> StreamLine:
    """A stream with the drawing of its last day, across a replacement."""
    said = history_of(city, stream.id, now - SPARK, now, "raw", SPARK_POINTS).points
    bounds = [f"{bound:g}" for bound in (stream.low, stream.high) if bound is not None]
    calibrated = say("device.not_calibrated")
    if stream.calibrated_at is not None:
        day = stream.calibrated_at.astimezone(city.calendar().tz).date().isoformat()
        calibrated = say("device.calibrated", scale=scale_said(stream.factor, stream.offset), day=day)
    return StreamLine(
        name=stream.name,
        line=spark_of([(round(at.timestamp() * 1000), value) for at, value in said]),
        value="—" if stream.last_value is None else f"{stream.last_value:g} {stream.unit}".strip(),
        at=stream.last_at,
        interval=say("device.seconds", count=f"{stream.interval_s:g}") if stream.interval_s else "—",
        range="–".join(bounds) or "—",
        calibration=calibrated,
    )


def window_line(window: Window, city: City, named: Names, now: datetime) -> WindowLine:
    """A maintenance window in words."""
    tz = city.calendar().tz
    begin, end = (at.astimezone(tz).strftime("%Y-%m-%d %H:%M") for at in (window.from_at, window.until_at))
    told = say("device.window", start=begin, end=end, reason=window.reason, who=named.person(window.planned_by))
    if window.stopped_at is not None:
        told = " · ".join([told, say("device.stopped")])
    return WindowLine(window.id, told, window.stopped_at is None and window.until_at > now)


def calibration_line(row: CalibrationRow, named: Names) -> CalibrationLine:
    """A calibration in words."""
    points = [say("device.point", shown=f"{shown:g}", reference=f"{reference:g}") for shown, reference in row.points]
    return CalibrationLine(
        day=row.day.isoformat(),
        stream=row.stream,
        after=scale_said(row.factor, row.offset),
        before=scale_said(row.factor_before, row.offset_before),
        points=say("list.comma").join(points),
        who=named.person(row.by_login),
        note=row.note,
        due=row.next_due.isoformat() if row.next_due else "—",
        recorded_at=row.recorded_at,
    )


def replacement_line(row: ReplacementRow, code: str, named: Names) -> ReplacementLine:
    """A replacement as the device of that code sees it."""
    came = row.new == code
    other = row.old if came else row.new
    told = say("device.replaces" if came else "device.replaced_by", code=other)
    return ReplacementLine(told, other, row.at, named.person(row.by_login), row.reason)


def scale_said(factor: float, offset: float) -> str:
    """Factor and offset as people write them: `×1.02 − 0.1`."""
    return f"×{factor:.6g} {'−' if offset < 0 else '+'} {abs(offset):.6g}"
