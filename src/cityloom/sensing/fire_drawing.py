"""Who may put floor plans into a watched building and devices on them, and what a spot has to say. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.values import Post, Role

DRAWS = frozenset({Role.SENSOR_OWNER})
FLOOR_CHARS = 40

register(
    {
        "drawing.not_for_role": (
            "平面图和点位由楼宇的设备权属单位维护（{roles}）",
            "plans and points are kept by the unit that owns the building's devices ({roles})",
        ),
        "drawing.not_your_unit": (
            "该楼宇或设备属于其他单位，只能由该单位修改",
            "the building or the device is of another unit; only that unit changes it",
        ),
        "drawing.no_floor": (
            "请写明楼层，最多{most}个字，例如 3F 或 B1",
            "say which floor, in {most} characters at most, for example 3F or B1",
        ),
        "drawing.bad_spot": (
            "位置须为0到100之间的两个数（从左、从上各百分之几）；未知时两个都留空",
            "a spot is two numbers from 0 to 100, per cent from the left and from the top; leave both empty if none",
        ),
        "drawing.no_picture": ("请选择平面图图片", "choose a picture of the floor"),
        "drawing.no_device": (
            "没有编号为“{device}”的烟感或电气设备；请先登记设备",
            "there is no smoke or electrical device {device}; list it among the devices first",
        ),
    }
)


class NotYourBuilding(CityloomError):
    """A post that may not change the plans of this building, or not hang this device."""

    status = 403


class BadSpot(CityloomError):
    """A floor or a spot that cannot be, a picture that did not come, or a device that is not there."""

    status = 422


class Spot(NamedTuple):
    """Where on a floor a device hangs; `x`, `y` from 0 to 1 from the plan's upper left, both None where unknown."""

    floor: str
    x: float | None
    y: float | None


def may_draw(post: Post, owner: str) -> bool:
    """Whether the post is of the unit that owns the building's devices."""
    return post.role in DRAWS and owner in post.units


def require_draw(post: Post, owner: str) -> None:
    """Raises NotYourBuilding with what is in the way."""
    if post.role not in DRAWS:
        raise NotYourBuilding("drawing.not_for_role", roles=sorted(DRAWS))
    if not may_draw(post, owner):
        raise NotYourBuilding("drawing.not_your_unit")


def floor_named(said: str) -> str:
    """The name of a floor; raises BadSpot for none and for a long one."""
    floor = " ".join(said.replace("\x00", "").split())
    if not 0 < len(floor) <= FLOOR_CHARS:
        raise BadSpot("drawing.no_floor", most=FLOOR_CHARS)
    return floor


def spot_of(floor: str, left: str, top: str) -> Spot:
    """The spot as typed, per cent from the left and from the top: "29", "31.5" is (0.29, 0.315); raises BadSpot."""
    named = floor_named(floor)
    if not left.strip() and not top.strip():
        return Spot(named, None, None)
    try:
        x, y = float(left) / 100, float(top) / 100
    except ValueError as wrong:
        raise BadSpot("drawing.bad_spot") from wrong
    if not (math.isfinite(x) and math.isfinite(y) and 0 <= x <= 1 and 0 <= y <= 1):
        raise BadSpot("drawing.bad_spot")
    return Spot(named, x, y)
