"""Who sees what sensing knows, by the role, units and area of a post; pages and doors ask here."""

from __future__ import annotations

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.scenarios import BikeOperator
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.sensing.actions.watch_bikes import bike_rules

SEES_SIGNS = frozenset(
    {
        Role.SUPERVISOR,
        Role.LEADER,
        Role.DISPATCHER,
        Role.SHIFT_LEAD,
        Role.DATA_STEWARD,
        Role.AUDITOR,
        Role.ADMIN,
        Role.SENSOR_OWNER,
    }
)
SEES_BIKES = SEES_SIGNS | {Role.HANDLER}  # a handler those that its unit clears

register(
    {
        "vital.not_yours": (
            "城市体征供指挥、督导、领导和设备权属单位查看；请用这样的岗位登录",
            "vital signs are for those who dispatch, supervise, lead or own sensors; sign in by such a post",
        ),
        "bikes.not_yours": (
            "共享单车供指挥、督导、领导和负责清理的单位查看；请用这样的岗位登录",
            "shared bikes are for those who dispatch, supervise, lead or clear them; sign in by such a post",
        ),
    }
)


class NotYourSigns(CityloomError):
    """A post that has no use for vital signs."""

    status = 403


class NotYourBikes(CityloomError):
    """A post that shared bikes do not concern."""

    status = 403


def require_signs(post: Post) -> None:
    """Raises NotYourSigns for a post that may not look at vital signs, footfall and standing alarms."""
    if post.role not in SEES_SIGNS:
        raise NotYourSigns("vital.not_yours")


def owners_seen(post: Post) -> list[str] | None:
    """The units whose devices alone the post sees; None for one that sees those of all units."""
    return list(post.units) if post.role is Role.SENSOR_OWNER else None


def is_area_seen(city: City, post: Post, area: str) -> bool:
    """Whether an area lies in that of the post; one that the city does not have only posts of the whole city see."""
    return not post.area or (area in city.areas and city.is_within(area, post.area))


def operators_seen(city: City, post: Post) -> dict[str, BikeOperator]:
    """The operators of shared bikes that the post sees, by code; raises NotYourBikes and NoBikes."""
    firms = bike_rules(city).operators
    if post.role in SEES_SIGNS:
        return dict(firms)
    own = {code: firm for code, firm in firms.items() if firm.unit in post.units}
    if post.role not in SEES_BIKES or not own:
        raise NotYourBikes("bikes.not_yours")
    return own


def is_heap_seen(city: City, post: Post, lon: float, lat: float) -> bool:
    """Whether a heap at a point (degrees) concerns the post: those who clear it see it wherever it lies."""
    return post.role is Role.HANDLER or is_area_seen(city, post, city.find_area(lon, lat) or "")
