"""Reading patrols: one's own, those of a day, the line of one walk; whoever looks at another's is written down."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from cityloom.cases import models
from cityloom.cases.patrols import SEES_PATROLS, NoPatrol, NotYourPatrol, Walk, grids_of, require_reader
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

ONE_LOOK = timedelta(minutes=1)


class Line(NamedTuple):
    """A walk with its points, oldest first: moment, longitude, latitude."""

    walk: Walk
    points: list[tuple[datetime, float, float]]


def open_patrol(city: City, login: str, lock: bool = False) -> models.Patrol | None:
    """The patrol that a person is on; None when there is none."""
    rows = models.Patrol.objects.filter(city_id=city.id, login=login, ended_at=None)
    return (rows.select_for_update() if lock else rows).first()


def count_touched(city: City, row: models.Patrol) -> int:
    """How many unit grids of the person's area have a point of this walk."""
    points = models.PatrolPoint.objects.filter(patrol_id=row.pk).exclude(grid=None)
    grids = set(points.values_list("grid", flat=True).distinct())
    return len(grids & grids_of(city, row.area))


def walks_of(city: City, login: str, since: date) -> list[Walk]:
    """A person's own walks since that day, the newest first."""
    rows = models.Patrol.objects.filter(city_id=city.id, login=login, day__gte=since).order_by("-started_at")
    return [_walk(city, row) for row in rows]


def list_walks(city: City, by: Post, day: date) -> list[Walk]:
    """The walks of a day in a supervisor's area, without their lines; raises NotYourPatrol for other posts."""
    if by.role not in SEES_PATROLS:
        raise NotYourPatrol("patrol.not_yours")
    rows = models.Patrol.objects.filter(city_id=city.id, day=day)
    if by.area is not None:
        rows = rows.filter(areas__contains=[by.area])
    return [_walk(city, row) for row in rows.order_by("login", "started_at")]


def open_line(city: City, patrol_id: int, by: Post, at: datetime) -> Line:
    """The line of a walk. Whoever is not its own person is written down with the moment; a page and its map are one
    look.

    Raises NoPatrol or NotYourPatrol.
    """
    row = models.Patrol.objects.filter(city_id=city.id, pk=patrol_id).first()
    if row is None:
        raise NoPatrol("patrol.none")
    require_reader(by, row.login, row.areas)
    if by.login != row.login and not _looked_just_now(row.pk, by, at):
        models.PatrolRead.objects.create(
            patrol_id=row.pk, city_id=city.id, login=row.login, by_login=by.login, by_role=by.role.value, at=at
        )
    points = models.PatrolPoint.objects.filter(patrol_id=row.pk).order_by("at").values_list("at", "lon", "lat")
    return Line(_walk(city, row), list(points))


def _looked_just_now(patrol_id: int, by: Post, at: datetime) -> bool:
    reads = models.PatrolRead.objects.filter(patrol_id=patrol_id, by_login=by.login, by_role=by.role.value)
    return reads.filter(at__gt=at - ONE_LOOK, at__lte=at).exists()


def _walk(city: City, row: models.Patrol) -> Walk:
    touched = row.touched if row.touched is not None else count_touched(city, row)
    whole = row.whole if row.whole is not None else len(grids_of(city, row.area))
    return Walk(
        row.pk,
        row.login,
        row.area,
        row.day,
        row.started_at,
        row.ended_at,
        row.withdrawn_at is not None,
        touched,
        whole,
    )
