"""Reads what a unit owes and by when: of each open case that the post may see, the unit's next due moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.cases.permissions import SCOPE, Scope, visible_to
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

BEHIND, AHEAD, MOST = timedelta(days=90), timedelta(days=90), 1000
OF_THE_CITY = "city"  # who owes the promise to the resident; the unit that leads keeps it


class DueCase(NamedTuple):
    """One open case: its version, when it last changed, and which clock of the unit falls due when."""

    number: str
    class_code: str | None
    area: str | None
    state: str
    version: int
    clock: str
    due_at: datetime
    changed_at: datetime


def units_read_as(post: Post, city: City, unit: str) -> Sequence[str]:
    """The units that a calendar of this one is about: it and those it took over; none where the post may not read it.

    A handler reads the own units; posts that reach over an area read any unit's cases of that area.
    """
    match SCOPE[post.role]:
        case Scope.UNIT:
            return post.units if unit == post.unit else ()
        case Scope.AREA | Scope.ALL:
            return (unit,) if unit in city.units else ()
        case _:
            return ()


def list_due(cursor: CursorWrapper, city: City, post: Post, units: Sequence[str], now: datetime) -> list[DueCase]:
    """By what falls due first, from 90 days ago to 90 days ahead, at most a thousand; one statement."""
    seen, params = visible_to(post)
    wanted = list(units)
    cursor.execute(
        "SELECT c.number, c.class_code, c.area, c.state, c.version, k.kind, k.due_at, "  # noqa: S608
        "coalesce(e.recorded_at, c.opened_at) FROM cases_case c "
        "JOIN LATERAL (SELECT kind, due_at FROM cases_clock o WHERE o.case_id = c.id AND o.state = 'running' "
        "AND (o.owed_by = ANY(%s) OR (o.owed_by = %s AND c.lead_unit = ANY(%s))) ORDER BY o.due_at, o.id LIMIT 1) k "
        "ON k.due_at >= %s AND k.due_at < %s LEFT JOIN cases_entry e ON e.case_id = c.id AND e.seq = c.seq "
        "WHERE c.city_id = %s AND c.closed_at IS NULL AND (c.lead_unit = ANY(%s) OR c.id = ANY(ARRAY("
        "SELECT t.case_id FROM cases_task t WHERE t.city_id = %s AND t.unit = ANY(%s) AND t.ended_at IS NULL))) "
        f"AND {seen} ORDER BY k.due_at, c.id LIMIT %s",
        [wanted, OF_THE_CITY, wanted, now - BEHIND, now + AHEAD, city.id, wanted, city.id, wanted, *params, MOST],
    )
    return [DueCase(*row) for row in cursor.fetchall()]
