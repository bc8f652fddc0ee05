"""Who may look after a device, and what a calibration and a replacement ask for. Pure.

A stream's kept value is factor * said + offset. A calibration compares what the stream shows with a reference: one
point moves it, kept' = kept + (r - m); two points also stretch it, kept' = r1 + (kept - m1) * (r2 - r1) / (m2 - m1).
Worked: shown 1.30 and 2.50 against 1.20 and 2.60 stretch by 1.4 / 1.2 = 7/6 and move by 1.20 - 1.30 * 7/6 = -0.31667.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.values import Post
from cityloom.sensing.alarm_moves import OWNERS, may_see_alarm

NOTE_CHARS = 300
MOST_POINTS = 2
LARGEST = 1e12
FIRST_DAY = date(2000, 1, 1)
LONGEST_DAYS = 36_500
_CODE = re.compile(r"[\w.-]{1,100}", re.ASCII)

register(
    {
        "device.not_for_role": (
            "校准和更换由设备权属单位办理（{roles}），{role}不能办理",
            "a device is calibrated and replaced by its owner unit ({roles}), not by a {role}",
        ),
        "device.not_your_unit": ("该设备不属于本单位", "the device is of another unit"),
        "device.not_your_area": ("该设备不在您的辖区", "the device is outside your area"),
        "device.retired": ("设备{code}已停用", "the device {code} rests"),
        "calibration.no_stream": (
            "设备{code}没有数据流“{stream}”；可选：{streams}",
            "the device {code} has no stream {stream}; it has: {streams}",
        ),
        "calibration.nothing": (
            "请填写系数和偏移，或填写显示值和标准值",
            "say factor and offset, or what was shown and the reference value",
        ),
        "calibration.both": (
            "系数和偏移、显示值和标准值，只填其中一组",
            "say either factor and offset, or shown and reference values, not both",
        ),
        "calibration.half": (
            "显示值和标准值须成对填写，最多{most}对",
            "shown and reference values come in pairs, {most} at most",
        ),
        "calibration.no_number": ("“{said}”不是数，请写成 1.5 这样", "{said} is no number; write it like 1.5"),
        "calibration.not_possible": (
            "由此得到的系数{factor}、偏移{offset}不成立：系数须大于零，两个显示值不能相同",
            "factor {factor} and offset {offset} make no sense: the factor is above zero, two shown values differ",
        ),
        "calibration.wrong_day": (
            "校准日期应在{first}与今天之间",
            "the day of the calibration lies between {first} and today",
        ),
        "calibration.wrong_due": (
            "下次校准日期应晚于本次校准日期",
            "the next calibration is due after the day of this one",
        ),
        "replacement.no_reason": ("请写明更换原因", "say why the device is replaced"),
        "replacement.bad_code": (
            "新设备编号“{code}”只能用字母、数字和“-”“_”“.”，最长100个字符",
            "the code “{code}” of the new device has letters, digits, -, _ and . only, 100 at most",
        ),
        "replacement.same": ("新设备编号与旧设备相同", "the new device has the code of the old one"),
        "replacement.done": ("设备{code}已由{new}替换", "the device {code} was replaced by {new}"),
        "replacement.new_retired": ("设备{code}已停用，不能接替", "the device {code} rests and can take no place"),
        "replacement.new_taken": (
            "设备{code}已接替过设备{old}",
            "the device {code} took the place of {old} already",
        ),
        "replacement.other_owner": (
            "设备{code}属于其他单位；请先在 things.csv 中改正权属",
            "the device {code} is of another unit; correct its owner in things.csv first",
        ),
    }
)


class NotYourDevice(CityloomError):
    """The post may not look after this device."""

    status = 403


class BadCalibration(CityloomError):
    """A calibration that does not say what it must, or that makes no sense."""

    status = 422


class BadReplacement(CityloomError):
    """A replacement that does not say what it must, or of devices that are not so."""

    status = 422


class Scale(NamedTuple):
    """Kept value = factor * said + offset."""

    factor: float
    offset: float


class Point(NamedTuple):
    """What the stream showed while the reference was that."""

    shown: float
    reference: float


def may_care_for(post: Post, owner: str | None, areas: tuple[str, ...]) -> bool:
    """Whether the post is of the device's owner unit, and may therefore calibrate and replace it."""
    return post.role in OWNERS and may_see_alarm(post, owner, areas) is None


def require_care(post: Post, owner: str | None, areas: tuple[str, ...]) -> None:
    """Refuse a post that is not of the device's owner unit; raises NotYourDevice."""
    if post.role not in OWNERS:
        raise NotYourDevice("device.not_for_role", role=post.role.value, roles=sorted(OWNERS))
    if (refusal := may_see_alarm(post, owner, areas)) is not None:
        raise NotYourDevice(refusal.code.replace("alarm.", "device."))


def scale_after(before: Scale, factor: float | None, offset: float | None, points: Sequence[Point]) -> Scale:
    """By what a stream counts after a calibration; raises BadCalibration.

    Either `factor` or `offset` or both (what is not said stays), or one or two points.
    """
    if points and (factor is not None or offset is not None):
        raise BadCalibration("calibration.both")
    if len(points) > MOST_POINTS:
        raise BadCalibration("calibration.half", most=MOST_POINTS)
    if points:
        after = _through(before, points)
    elif factor is None and offset is None:
        raise BadCalibration("calibration.nothing")
    else:
        after = Scale(before.factor if factor is None else factor, before.offset if offset is None else offset)
    sound = all(math.isfinite(each) and abs(each) <= LARGEST for each in after)
    if not sound or after.factor <= 0:
        raise BadCalibration("calibration.not_possible", factor=f"{after.factor:g}", offset=f"{after.offset:g}")
    return after


def _through(before: Scale, points: Sequence[Point]) -> Scale:
    first, last = points[0], points[-1]
    stretch = 1.0
    if len(points) > 1:
        span = last.shown - first.shown
        stretch = (last.reference - first.reference) / span if span else math.nan
    move = first.reference - stretch * first.shown
    return Scale(stretch * before.factor, stretch * before.offset + move)


def check_days(day: date, next_due: date | None, today: date) -> None:
    """A calibration was made, and the next one comes after it; raises BadCalibration."""
    if not FIRST_DAY <= day <= today:
        raise BadCalibration("calibration.wrong_day", first=FIRST_DAY.isoformat())
    if next_due is not None and not day < next_due <= day + timedelta(days=LONGEST_DAYS):
        raise BadCalibration("calibration.wrong_due")


def due_after(day: date, calibrate_days: int | None) -> date | None:
    """When a calibration of that day is due again; None where its type of device has no interval."""
    return day + timedelta(days=calibrate_days) if calibrate_days else None


def number_of(said: str) -> float | None:
    """A number as a form says it, None for an empty field; raises BadCalibration, also for a comma (1,234)."""
    text = said.strip().replace("−", "-")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError as why:
        raise BadCalibration("calibration.no_number", said=said[:40]) from why
    if not math.isfinite(number):
        raise BadCalibration("calibration.no_number", said=said[:40])
    return number


def points_of(pairs: Sequence[tuple[float | None, float | None]]) -> list[Point]:
    """The points that are filled in; raises BadCalibration where one half of a pair is missing."""
    points = []
    for shown, reference in pairs:
        if (shown is None) != (reference is None):
            raise BadCalibration("calibration.half", most=MOST_POINTS)
        if shown is not None and reference is not None:
            points.append(Point(shown, reference))
    return points


def check_replacement(old: str, new: str, reason: str) -> None:
    """The new device has a code of its own that a topic can hold, and there is a reason; raises BadReplacement."""
    if not reason.strip():
        raise BadReplacement("replacement.no_reason")
    if not _CODE.fullmatch(new):
        raise BadReplacement("replacement.bad_code", code=new[:100])
    if new == old:
        raise BadReplacement("replacement.same")
