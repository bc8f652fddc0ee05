"""What anybody may read of cases on the public map: what stands in the street, nothing confidential, about no unit.

The same cases as Open311 shows. No words, no reporter, no photo.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.cases.queries import Box
from cityloom.city.snapshot_values import City

# The paths whose cases anybody may see: what stands in the street, never what a home called about.
IN_THE_STREET = ("street", "street_public")
OPEN, SOLVED = "open", "solved"
_PUBLIC = "c.city_id = %s AND c.path = ANY(%s) AND NOT c.confidential AND c.complained_about = '{}'"
_COLUMNS = (
    "c.id, c.number, c.class_code, c.state, c.area, c.lead_unit, c.opened_at, c.closed_at, c.promise_due_at, "
    "c.promise_provisional, c.lon, c.lat"
)
# Ends at which the trouble is gone; a case that was voided, merged or not accepted is not shown as solved.
_SOLVED_STATES = ("closed", "solved_on_spot")


class PublicRow(NamedTuple):
    """One case as anybody may know it."""

    id: int
    number: str
    class_code: str | None
    state: str
    area: str | None
    lead_unit: str | None
    opened_at: datetime
    closed_at: datetime | None
    promise_due_at: datetime | None
    promise_provisional: bool
    lon: float | None
    lat: float | None


class PublicStep(NamedTuple):
    """One move of a public case: what was done, when, by which unit or to which; no words."""

    move: str
    at: datetime
    by_unit: str | None
    to_unit: str | None


def list_public(
    cursor: CursorWrapper, city: City, show: str, since: datetime, classes: Sequence[str], box: Box, limit: int
) -> list[PublicRow]:
    """Open cases, or those solved since a moment, inside the box and of the classes (none: all), newest first.

    One statement.
    """
    west, south, east, north = box
    sql = "c.closed_at IS NULL"
    params: list[Any] = []
    if show == SOLVED:
        sql, params = "c.closed_at >= %s AND c.state = ANY(%s)", [since, list(_SOLVED_STATES)]
    if classes:
        sql += " AND c.class_code = ANY(%s)"
        params.append(list(classes))
    order = "c.closed_at" if show == SOLVED else "c.opened_at"
    cursor.execute(
        f"SELECT {_COLUMNS} FROM cases_case c WHERE {_PUBLIC} AND {sql} "  # noqa: S608 (the parts are written here)
        f"AND c.lon BETWEEN %s AND %s AND c.lat BETWEEN %s AND %s ORDER BY {order} DESC, c.id DESC LIMIT %s",
        [city.id, list(IN_THE_STREET), *params, west, east, south, north, limit],
    )
    return [PublicRow(*row) for row in cursor.fetchall()]


def find_public(cursor: CursorWrapper, city: City, number: str) -> PublicRow | None:
    """The public case of this number, or None: for no case, and for one that the public does not see."""
    cursor.execute(
        f"SELECT {_COLUMNS} FROM cases_case c WHERE {_PUBLIC} AND c.number = %s",  # noqa: S608
        [city.id, list(IN_THE_STREET), number],
    )
    row = cursor.fetchone()
    return PublicRow(*row) if row else None


def list_public_steps(cursor: CursorWrapper, case_id: int) -> list[PublicStep]:
    """The moves of a case itself, oldest first; of its reports, tasks and clocks none."""
    cursor.execute(
        "SELECT move, occurred_at, by_unit, changes #>> '{case,lead_unit,1}' FROM cases_entry "
        "WHERE case_id = %s AND subject = 'case' ORDER BY seq",
        [case_id],
    )
    return [PublicStep(*row) for row in cursor.fetchall()]
