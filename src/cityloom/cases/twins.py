"""Open cases that may be the same matter: near in space and time and of the same class."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.cases.places import cells_around, metres_between
from cityloom.cases.values import Place
from cityloom.city.snapshot_values import City

METRES_A_DEGREE = 111_195.0  # of latitude, on the sphere that distances are measured on


class Twin(NamedTuple):
    number: str
    class_code: str | None
    state: str
    opened_at: datetime
    distance_m: float


def list_twins(
    cursor: CursorWrapper, city: City, place: Place, class_code: str | None, at: datetime, most: int = 5
) -> list[Twin]:
    """Open cases within the city's twin radius and hours, the nearest first; of the class when it is known.

    One statement over the stored cells; a place without a point has no twins.
    """
    if place.cell is None or place.lon is None or place.lat is None:
        return []
    since = at - timedelta(hours=city.settings.twin_hours)
    up = city.settings.twin_radius_m / METRES_A_DEGREE
    aside = up / max(0.01, math.cos(math.radians(place.lat)))
    cursor.execute(
        "SELECT number, class_code, state, opened_at, lon, lat FROM cases_case "
        "WHERE city_id = %s AND cell = ANY(%s) AND opened_at >= %s AND closed_at IS NULL "
        "AND lon BETWEEN %s AND %s AND lat BETWEEN %s AND %s "
        "AND (%s::varchar IS NULL OR class_code = %s) AND NOT confidential ORDER BY opened_at DESC LIMIT 50",
        [
            city.id,
            cells_around(place.cell, city.settings.twin_radius_m),
            since,
            *(place.lon - aside, place.lon + aside, place.lat - up, place.lat + up),
            *(class_code, class_code),
        ],
    )
    found = [
        Twin(number, code, state, opened, metres_between(place.lon, place.lat, lon, lat))
        for number, code, state, opened, lon, lat in cursor.fetchall()
    ]
    near = [t for t in found if t.distance_m <= city.settings.twin_radius_m]
    return sorted(near, key=lambda t: t.distance_m)[:most]
