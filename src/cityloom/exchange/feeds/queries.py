"""Reads the latest public cases of an area, a page by its mark. The same cases as Open311 and the public map show.

A case stands at the moment at which it ended; an open one at its opening, or, once reopened, at its last step.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.cases.queries import Mark
from cityloom.city.snapshot_values import City
from cityloom.exchange.open311.mapping import IN_THE_STREET
from cityloom.exchange.open311.queries import PUBLIC_CASE, RequestRow

# Each kind of case, with the moment at which it stands: three walks along an index, each no longer than a page.
ROADS = (
    ("c.closed_at IS NULL AND c.reopen_count = 0", "c.opened_at"),
    ("c.closed_at IS NULL AND c.reopen_count > 0", "coalesce(c.state_since, c.opened_at)"),
    ("c.closed_at IS NOT NULL", "c.closed_at"),
)


class Item(NamedTuple):
    """One case of a feed and the moment at which it stands there."""

    at: datetime
    case: RequestRow


class ItemPage(NamedTuple):
    """Items, the newest first, and the mark behind which the next page begins."""

    items: list[Item]
    next: Mark | None


def list_items(
    cursor: CursorWrapper, city: City, area: str, since: datetime, after: Mark | None, limit: int
) -> ItemPage:
    """One page of what was opened or ended since a moment in an area and all that lies in it; one statement."""
    roads, params = [], []
    for which, moment in ROADS:
        sql, given = _road(city, area, since, after, which, moment)
        roads.append(f"({sql} ORDER BY moment DESC, c.id DESC LIMIT %s)")
        params += [*given, limit + 1]
    cursor.execute(
        "SELECT found.moment, c.id, c.number, c.class_code, c.standard_code, c.state, c.area, c.lead_unit, "  # noqa: S608
        "c.opened_at, c.closed_at, c.promise_due_at, c.lon, c.lat, coalesce(e.recorded_at, found.moment), NULL "
        f"FROM ({' UNION ALL '.join(roads)}) found JOIN cases_case c ON c.id = found.id "
        "LEFT JOIN cases_entry e ON e.case_id = c.id AND e.seq = c.seq "
        "ORDER BY found.moment DESC, c.id DESC LIMIT %s",
        [*params, limit + 1],
    )
    items = [Item(at, RequestRow(*row)) for at, *row in cursor.fetchall()]
    more, shown = len(items) > limit, items[:limit]
    return ItemPage(shown, Mark(shown[-1].at, shown[-1].case.id) if more else None)


def _road(
    city: City, area: str, since: datetime, after: Mark | None, which: str, moment: str
) -> tuple[str, list[Any]]:
    sql = f"SELECT c.id, {moment} AS moment FROM cases_case c WHERE c.city_id = %s AND {PUBLIC_CASE} "  # noqa: S608
    params: list[Any] = [city.id, list(IN_THE_STREET)]
    if city.areas[area].parent in city.areas:  # every case lies in the city itself, also one without a place
        sql += "AND c.areas @> ARRAY[%s]::varchar[] "
        params.append(area)
    sql += f"AND {which} AND {moment} >= %s"
    params.append(since)
    if after is not None and after.moment is not None:
        sql += f" AND {moment} <= %s AND ({moment}, c.id) < (%s, %s)"
        params += [after.moment, after.moment, after.id]
    return sql, params
