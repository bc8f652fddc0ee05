"""Warnings in the database: kept once, replaced and cancelled by later messages, listed while they stand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from math import cos, radians
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper
from psycopg.types.json import Jsonb

from cityloom.sensing.cap_values import Alert, Reference, alert_from_json, as_json

STANDING, REPLACED, CANCELLED = "standing", "replaced", "cancelled"
ENDS = {"Update": REPLACED, "Cancel": CANCELLED}


class Warning(NamedTuple):
    """A warning as it is kept; `own`: the city itself says it."""

    id: int
    own: bool
    feed: str
    state: str
    alert: Alert
    received_at: datetime


def keep_alert(
    cursor: CursorWrapper, city_id: int, alert: Alert, feed: str, told: str, at: datetime, *, own: bool = False
) -> bool:
    """Keep a message and let it end those that it updates or cancels; False where it was kept before.

    Only messages of the same feed (or all our own) are ended by one: nobody cancels the warnings of another. One
    whose successor came first is kept as ended.
    """
    successor = _successor(cursor, city_id, alert.me, feed, own)
    state = STANDING if alert.kind in ("Alert", "Update") else CANCELLED
    if successor is not None:
        state = ENDS.get(successor.kind, state)
    west, south, east, north = bounds_of(alert) or (None, None, None, None)
    row: list[Any] = [
        city_id, alert.identifier, alert.sender, alert.sent, own, feed, alert.kind, alert.status, alert.scope,
        alert.severity, alert.begins, alert.expires, state, successor.identifier if successor else "", west,
        south, east, north, Jsonb(as_json(alert)), told, at,
    ]  # fmt: skip
    cursor.execute(
        "INSERT INTO sensing_warning (city_id, identifier, sender, sent, own, feed, kind, status, scope, severity, "
        "begins, expires, state, replaced_by, west, south, east, north, content, told, received_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (city_id, sender, identifier) DO NOTHING",
        row,
    )
    if not cursor.rowcount:
        return False
    if alert.kind in ENDS:
        _end(cursor, city_id, alert, feed, own)
    return True


def _end(cursor: CursorWrapper, city_id: int, alert: Alert, feed: str, own: bool) -> None:
    cursor.execute(
        "UPDATE sensing_warning SET state = %s, replaced_by = %s FROM unnest(%s::text[], %s::text[]) "
        "AS r(sender, identifier) WHERE city_id = %s AND sensing_warning.sender = r.sender "
        "AND sensing_warning.identifier = r.identifier AND state = %s AND feed = %s AND own = %s",
        [
            ENDS[alert.kind], alert.identifier, [r.sender for r in alert.references],
            [r.identifier for r in alert.references], city_id, STANDING, feed, own,
        ],
    )  # fmt: skip


def _successor(cursor: CursorWrapper, city_id: int, me: Reference, feed: str, own: bool) -> Alert | None:
    """The newest kept message of the same feed that updates or cancels this one."""
    cursor.execute(
        "SELECT content FROM sensing_warning WHERE city_id = %s AND feed = %s AND own = %s AND kind = ANY(%s) "
        "AND EXISTS (SELECT 1 FROM jsonb_array_elements(content->'references') AS r "
        "WHERE r->>0 = %s AND r->>1 = %s) ORDER BY sent DESC LIMIT 1",
        [city_id, feed, own, list(ENDS), me.sender, me.identifier],
    )
    row = cursor.fetchone()
    return alert_from_json(_content(row[0])) if row else None


def list_standing(
    cursor: CursorWrapper, city_id: int, now: datetime, *, public: bool, own: bool | None = None, most: int = 200
) -> list[Warning]:
    """The warnings that hold now or will: actual ones that are neither ended nor expired, the worst and newest first.

    `public`: those for everybody only.
    """
    cursor.execute(
        "SELECT id, own, feed, state, content, received_at FROM sensing_warning WHERE city_id = %s AND state = %s "
        "AND status = 'Actual' AND (expires IS NULL OR expires > %s) AND (NOT %s OR scope = 'Public') "
        "AND (%s::boolean IS NULL OR own = %s) ORDER BY array_position("
        "ARRAY['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown']::varchar[], severity), sent DESC LIMIT %s",
        [city_id, STANDING, now, public, own, own, most],
    )
    return [_warning(row) for row in cursor.fetchall()]


def list_own(cursor: CursorWrapper, city_id: int, most: int = 100) -> list[Warning]:
    """What the city itself said, updates and cancellations with it, the newest first."""
    cursor.execute(
        "SELECT id, own, feed, state, content, received_at FROM sensing_warning "
        "WHERE city_id = %s AND own ORDER BY sent DESC, id DESC LIMIT %s",
        [city_id, most],
    )
    return [_warning(row) for row in cursor.fetchall()]


def find_own(cursor: CursorWrapper, city_id: int, identifier: str) -> Warning | None:
    """One of the city's own messages; None when there is none of that identifier."""
    cursor.execute(
        "SELECT id, own, feed, state, content, received_at FROM sensing_warning "
        "WHERE city_id = %s AND own AND identifier = %s",
        [city_id, identifier],
    )
    row = cursor.fetchone()
    return _warning(row) if row else None


def _warning(row: Sequence[object]) -> Warning:
    number, own, feed, state, content, received_at = row
    return Warning(number, own, feed, state, alert_from_json(_content(content)), received_at)  # type: ignore[arg-type]


def _content(value: object) -> dict[str, object]:
    told: dict[str, object] = json.loads(value) if isinstance(value, str) else value  # type: ignore[assignment]
    return told


def bounds_of(alert: Alert) -> tuple[float, float, float, float] | None:
    """West, south, east, north of all its outlines; None where it has none."""
    points = list(_corners(alert))
    if not points:
        return None
    lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
    return min(lons), min(lats), max(lons), max(lats)


def _corners(alert: Alert) -> Iterable[tuple[float, float]]:
    for info in alert.infos:
        for area in info.areas:
            for ring in area.polygons:
                yield from ring
            for circle in area.circles:
                d_lat = circle.radius_km / 111.32
                d_lon = d_lat / max(0.01, cos(radians(circle.lat)))
                yield circle.lon - d_lon, circle.lat - d_lat
                yield circle.lon + d_lon, circle.lat + d_lat
