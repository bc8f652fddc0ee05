"""Reads what the public may see of cases, for Open311: one statement a list.

The same cases as on the public map: what stands in the street, nothing confidential, no complaint about a unit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.cases.places import EARTH_RADIUS_M
from cityloom.city.snapshot_values import City
from cityloom.exchange.open311.asking import Asked, Box, Circle
from cityloom.exchange.open311.mapping import IN_THE_STREET, OPEN

PUBLIC_CASE = "c.path = ANY(%s) AND NOT c.confidential AND c.complained_about = '{}'"
DESCRIPTIONS = "open311_descriptions"  # the figure of city.toml [limits] by which residents' words are published


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One case as the public may know it; `words` only where the city publishes them."""

    id: int
    number: str
    class_code: str | None
    standard_code: str | None
    state: str
    area: str | None
    lead_unit: str | None
    opened_at: datetime
    closed_at: datetime | None
    promise_due_at: datetime | None
    lon: float | None
    lat: float | None
    updated_at: datetime
    words: str | None


class UpdateRow(NamedTuple):
    """One public move: the entry's id, its case, what it led to."""

    id: int
    number: str
    to_state: str
    at: datetime
    is_closed: bool


class _Where(NamedTuple):
    sql: str
    params: list[Any]


def shows_words(city: City) -> bool:
    """Whether the city publishes what was reported over Open311, as its clients are told when they report."""
    return bool(city.settings.limits.get(DESCRIPTIONS))


def list_requests(cursor: CursorWrapper, city: City, asked: Asked) -> list[RequestRow]:
    """One page, the newest first; asked by `updated`, the longest unchanged first, so that pages can be followed."""
    where = _where(city, asked)
    order = "e.recorded_at, c.id" if asked.by_update else "c.opened_at DESC, c.id DESC"
    joined = "JOIN" if asked.by_update else "LEFT JOIN"
    cursor.execute(
        "SELECT c.id, c.number, c.class_code, c.standard_code, c.state, c.area, c.lead_unit, c.opened_at, "  # noqa: S608
        "c.closed_at, c.promise_due_at, c.lon, c.lat, coalesce(e.recorded_at, c.closed_at, c.opened_at), "
        f"{_WORDS if shows_words(city) else 'NULL'} FROM cases_case c "
        f"{joined} cases_entry e ON e.case_id = c.id AND e.seq = c.seq "
        f"WHERE {where.sql} ORDER BY {order} LIMIT %s OFFSET %s",
        [*where.params, asked.page_size, (asked.page - 1) * asked.page_size],
    )
    return [RequestRow(*row) for row in cursor.fetchall()]


def find_request(cursor: CursorWrapper, city: City, number: str) -> RequestRow | None:
    """The public case of this number, or None."""
    found = list_requests(cursor, city, Asked(numbers=(number,), page_size=1))
    return found[0] if found else None


def list_updates(
    cursor: CursorWrapper,
    city: City,
    numbers: tuple[str, ...],
    span: tuple[datetime, datetime],
    page: tuple[int, int],
) -> list[UpdateRow]:
    """The moves of public cases that led to another state, the oldest first; of the named cases alone, if any."""
    named = "AND c.number = ANY(%s) " if numbers else "AND e.recorded_at >= %s AND e.recorded_at <= %s "
    asked: list[Any] = [list(numbers)] if numbers else list(span)
    number, size = page
    cursor.execute(
        "SELECT e.id, c.number, e.to_state, e.recorded_at, c.closed_at IS NOT NULL AND e.seq = c.seq "  # noqa: S608
        "FROM cases_entry e JOIN cases_case c ON c.id = e.case_id "
        f"WHERE c.city_id = %s AND {PUBLIC_CASE} AND e.subject = 'case' AND e.from_state <> e.to_state "
        f"{named}ORDER BY e.recorded_at, e.id LIMIT %s OFFSET %s",
        [city.id, list(IN_THE_STREET), *asked, size, (number - 1) * size],
    )
    return [UpdateRow(*row) for row in cursor.fetchall()]


_WORDS = (
    "(SELECT r.words FROM cases_report r WHERE r.case_id = c.id AND NOT r.confidential "
    "AND r.source = 'open311' ORDER BY r.id LIMIT 1)"
)


def _where(city: City, asked: Asked) -> _Where:
    sql, params = [f"c.city_id = %s AND {PUBLIC_CASE}"], [city.id, list(IN_THE_STREET)]
    if asked.numbers:
        return _Where(f"{sql[0]} AND c.number = ANY(%s)", [*params, list(asked.numbers)])
    if asked.opened is not None:
        sql.append("c.opened_at >= %s AND c.opened_at <= %s")
        params += asked.opened
    if asked.updated_after is not None:
        sql.append("e.recorded_at >= %s")
        params.append(asked.updated_after)
    if asked.updated_before is not None:
        sql.append("e.recorded_at <= %s")
        params.append(asked.updated_before)
    if asked.classes:
        sql.append("c.class_code = ANY(%s)")
        params.append(list(asked.classes))
    if asked.status:
        sql.append("c.closed_at IS NULL" if asked.status == OPEN else "c.closed_at IS NOT NULL")
    for box in filter(None, (asked.box, _box_around(asked.circle) if asked.circle else None)):
        west, south, east, north = box
        sql.append("c.lon BETWEEN %s AND %s AND c.lat BETWEEN %s AND %s")
        params += [west, east, south, north]
    if asked.circle is not None:
        sql.append(_DISTANCE)
        circle = asked.circle
        params += [circle.lat, circle.lat, circle.lon, circle.radius_m / EARTH_RADIUS_M]
    return _Where(" AND ".join(sql), params)


# The angle between two points by the haversine formula; least() keeps rounding from leaving the domain of asin.
_DISTANCE = (
    "2 * asin(sqrt(least(1.0, sin(radians(c.lat - %s) / 2) ^ 2 "
    "+ cos(radians(c.lat)) * cos(radians(%s)) * sin(radians(c.lon - %s) / 2) ^ 2))) <= %s"
)


def _box_around(circle: Circle) -> Box:
    """A box that holds the circle; near a pole it goes all around."""
    up = math.degrees(circle.radius_m / EARTH_RADIUS_M)
    narrow = math.cos(math.radians(min(89.9, abs(circle.lat) + up)))
    aside = min(180.0, up / narrow)
    return circle.lon - aside, circle.lat - up, circle.lon + aside, circle.lat + up
