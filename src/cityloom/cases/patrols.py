"""Patrols: what a person agrees to before a walk is recorded, and how much of the grids it touched. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

CONSENT = "patrol-1"  # names the words that were agreed to; new words get a new name
KEPT_DAYS = 30  # how long points are kept, unless the city's limit `keep_patrol_days` says otherwise
MOST_POINTS = 500  # in one batch
ROUGHEST_M = 100  # a place the phone is less sure of than this is no place
LONGEST = timedelta(hours=16)  # a patrol that nobody ended is over after this
LATEST = timedelta(days=2)  # points that a phone kept longer are not taken
WALKS = frozenset({Role.GRID_WORKER})
SEES_PATROLS = frozenset({Role.SUPERVISOR})

register({
    "patrol.no_consent": ("没有您的同意，不记录巡查轨迹", "without your consent no patrol is recorded"),
    "patrol.none": ("没有进行中的巡查；请先开始巡查", "no patrol is under way; start one first"),
    "patrol.not_yours": (
        "巡查轨迹只有本人和所在区域的督办员可以看",
        "a patrol is shown to its own person and to the supervisor of the area",
    ),
    "patrol.not_a_walker": ("只有网格员记录巡查", "only grid workers record patrols"),
    "patrol.bad_points": ("轨迹数据不完整，未保存", "the points of the walk are not whole; none was kept"),
})  # fmt: skip


class NoConsent(CityloomError):
    """Nobody is followed who has not agreed; nothing was kept."""

    status = 422


class NoPatrol(CityloomError):
    """There is no patrol to add to, end or look at."""

    status = 409


class NotYourPatrol(CityloomError):
    status = 403


class BadPoints(CityloomError):
    """A batch that is none; nothing of it was kept."""

    status = 422


@dataclass(frozen=True)
class Point:
    """Where somebody was: degrees (WGS 84), how sure the phone was in metres."""

    at: datetime
    lon: float
    lat: float
    accuracy_m: int


@dataclass(frozen=True)
class Walk:
    """A patrol as it is told: `touched` of the `whole` unit grids of its person's area had a point."""

    id: int
    login: str
    area: str | None
    day: date
    started_at: datetime
    ended_at: datetime | None
    withdrawn: bool
    touched: int
    whole: int

    @property
    def share(self) -> float | None:
        """The share of unit grids that were touched, 0 to 1; None where the area has none (3 of 12 grids: 0.25)."""
        return self.touched / self.whole if self.whole else None


def points_of(told: object) -> list[Point]:
    """A batch as a phone sends it: a list of `{"at", "lon", "lat", "accuracy"}`. Raises BadPoints."""
    if not isinstance(told, list) or len(told) > MOST_POINTS:
        raise BadPoints("patrol.bad_points")
    return [_point(each) for each in told]


def _point(each: object) -> Point:
    if not isinstance(each, dict):
        raise BadPoints("patrol.bad_points")
    try:
        at = datetime.fromisoformat(str(each["at"]).replace("Z", "+00:00"))
        lon, lat, accuracy = float(each["lon"]), float(each["lat"]), float(each["accuracy"])
    except (KeyError, TypeError, ValueError, OverflowError) as wrong:
        raise BadPoints("patrol.bad_points") from wrong
    if at.tzinfo is None or not all(map(math.isfinite, (lon, lat, accuracy))) or abs(lon) > 180 or abs(lat) > 90:
        raise BadPoints("patrol.bad_points")
    return Point(at, lon, lat, min(max(0, round(accuracy)), 100_000))


def usable(points: Iterable[Point], started_at: datetime, now: datetime) -> list[Point]:
    """Those that belong to the patrol and are sure enough, one a moment, by time."""
    since = max(started_at, now - LATEST)
    until = min(now, started_at + LONGEST)
    fine = {p.at: p for p in points if since <= p.at <= until and p.accuracy_m <= ROUGHEST_M}
    return [fine[at] for at in sorted(fine)]


def grids_of(city: City, area: str | None) -> frozenset[str]:
    """The smallest areas (unit grids) inside an area, of the whole city for None."""
    last = city.levels[-1]
    return frozenset(
        code
        for code, each in city.areas.items()
        if each.level == last and (area is None or city.is_within(code, area))
    )


def require_walker(by: Post) -> None:
    """Raise unless this post may record a patrol."""
    if by.role not in WALKS:
        raise NotYourPatrol("patrol.not_a_walker")


def require_reader(by: Post, login: str, areas: Sequence[str]) -> None:
    """Raise unless this post is the walk's own person, or the supervisor of its area."""
    own = by.login == login and by.role in WALKS
    above = by.role in SEES_PATROLS and (by.area is None or by.area in areas)
    if not own and not above:
        raise NotYourPatrol("patrol.not_yours")


def days_kept(city: City) -> int:
    """How long the points of a walk are kept in this city."""
    return max(1, int(city.settings.limits.get("keep_patrol_days", KEPT_DAYS)))
