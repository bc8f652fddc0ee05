"""Reading what wardens brought: figures, a warden's own day, and what was solved before at a place."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.cases.micro_grid import Found, MicroFigures, count_found
from cityloom.cases.places import cells_around, metres_between
from cityloom.cases.values import Place
from cityloom.city.micro_grids import micro_grids_in
from cityloom.city.snapshot_values import City
from cityloom.city.values import Source

REMEMBERED = timedelta(days=365)
OFTEN = timedelta(days=90)


def micro_figures(cursor: CursorWrapper, city: City, since: datetime, area: str | None = None) -> MicroFigures:
    """What wardens brought since a moment, in an area if one is given: every figure counts stored cases."""
    within = "TRUE" if area is None else "c.areas @> ARRAY[%s]::varchar[]"
    cursor.execute(
        "SELECT c.path, c.state, c.lon, c.lat, c.areas, c.reopen_count, c.opened_at, "  # noqa: S608
        "(SELECT r.received_by FROM cases_report r WHERE r.case_id = c.id ORDER BY r.id LIMIT 1) "
        f"FROM cases_case c WHERE c.city_id = %s AND c.source = %s AND c.opened_at >= %s AND {within}",
        [city.id, Source.WARDEN.value, since, *([area] if area else [])],
    )
    level = city.levels.index(city.levels[-2]) if len(city.levels) > 1 else 0
    rows = (
        Found(path, state, lon, lat, areas[level] if len(areas) > level else "", login or "", reopened, opened_at)
        for path, state, lon, lat, areas, reopened, opened_at, login in cursor.fetchall()
    )
    return count_found(rows, micro_grids_in(city))


class WardenCase(NamedTuple):
    """One case that a warden brought."""

    number: str
    path: str
    state: str
    class_code: str | None
    address: str
    area: str | None
    opened_at: datetime


_OF_WARDEN = "SELECT c.number, c.path, c.state, c.class_code, c.address, c.area, c.opened_at FROM cases_case c "


def list_of_warden(
    cursor: CursorWrapper, city: City, login: str, since: datetime, most: int = 50
) -> list[WardenCase]:
    """What this warden brought since a moment, newest first."""
    cursor.execute(
        "SELECT c.number, c.path, c.state, c.class_code, c.address, c.area, c.opened_at FROM cases_case c "
        "WHERE c.city_id = %s AND c.source = %s AND c.opened_at >= %s AND EXISTS "
        "(SELECT 1 FROM cases_report r WHERE r.case_id = c.id AND r.received_by = %s) "
        "ORDER BY c.opened_at DESC, c.id DESC LIMIT %s",
        [city.id, Source.WARDEN.value, since, login, most],
    )
    return [WardenCase(*row) for row in cursor.fetchall()]


def list_solved_before(
    cursor: CursorWrapper, city: City, place: Place, at: datetime, besides: str = "", most: int = 5
) -> list[WardenCase]:
    """What wardens solved on the spot within the twin radius of a place in the last year, newest first."""
    if place.cell is None or place.lon is None or place.lat is None:
        return []
    radius_m = city.settings.twin_radius_m
    cursor.execute(
        "SELECT c.number, c.path, c.state, c.class_code, c.address, c.area, c.opened_at, c.lon, c.lat "
        "FROM cases_case c WHERE c.city_id = %s AND c.cell = ANY(%s) AND c.opened_at >= %s AND c.path = 'micro' "
        "AND c.number <> %s AND c.opened_at <= %s ORDER BY c.opened_at DESC LIMIT 50",
        [city.id, cells_around(place.cell, radius_m), at - REMEMBERED, besides, at],
    )
    rows = [(WardenCase(*row[:7]), row[7], row[8]) for row in cursor.fetchall()]
    near = [case for case, lon, lat in rows if _within(place.lon, place.lat, lon, lat, radius_m)]
    return near[:most]


def _within(lon1: float, lat1: float, lon2: float | None, lat2: float | None, metres: float) -> bool:
    if lon2 is None or lat2 is None:
        return False
    distance_m = metres_between(lon1, lat1, lon2, lat2)
    return math.isfinite(distance_m) and distance_m <= metres


def classes_of_wardens(cursor: CursorWrapper, city: City, area: str, at: datetime, most: int = 8) -> list[str]:
    """The classes found most often in an area by wardens and grid workers in the last ninety days."""
    cursor.execute(
        "SELECT c.class_code FROM cases_case c WHERE c.city_id = %s AND c.opened_at >= %s "
        "AND c.areas @> ARRAY[%s]::varchar[] AND c.source = ANY(%s) AND c.class_code IS NOT NULL "
        "GROUP BY c.class_code ORDER BY count(*) DESC, c.class_code LIMIT %s",
        [city.id, at - OFTEN, area, [Source.WARDEN.value, Source.GRID_WORKER.value], most],
    )
    return [code for (code,) in cursor.fetchall()]
