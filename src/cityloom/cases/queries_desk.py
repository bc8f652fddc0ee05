"""What a dispatcher's desk asks: what waits by words, which units carry how much, how today went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.backends.utils import CursorWrapper

from cityloom.cases.dispatching import Route, choose_lead
from cityloom.cases.filters import CaseFilter, Condition, all_of, condition_of
from cityloom.cases.permissions import visible_to
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


@dataclass(frozen=True)
class WaitingGroup:
    """How many cases wait with this state, class and area."""

    state: str
    class_code: str | None
    area: str | None
    count: int


@dataclass(frozen=True)
class UnitLoad:
    """Open work that a unit leads: all of it, what is late, what falls due within a day."""

    unit: str
    open: int
    overdue: int
    due_soon: int


@dataclass(frozen=True)
class Suggested:
    """Where a case would go today, and the version of the case that this was said of."""

    version: int
    route: Route


@dataclass(frozen=True)
class DispatchedToday:
    """Of the cases opened since a moment: how many were sent to a unit, and the median wait until then."""

    count: int
    median: timedelta | None  # None when none was sent


def count_waiting(
    cursor: CursorWrapper, city: City, post: Post, asked: CaseFilter, at: datetime
) -> list[WaitingGroup]:
    """What the post's filter finds, counted by state, class and area; one statement."""
    seen, params = visible_to(post)
    where = all_of([condition_of(asked, city, at), Condition(seen, tuple(params))])
    cursor.execute(
        "SELECT c.state, c.class_code, c.area, count(*) FROM cases_case c "  # noqa: S608
        f"WHERE {where.sql} GROUP BY 1, 2, 3",
        where.params,
    )
    return [WaitingGroup(*row) for row in cursor.fetchall()]


def load_of_units(cursor: CursorWrapper, city: City, units: Sequence[str], at: datetime) -> dict[str, UnitLoad]:
    """The open work of each of these units; a unit without any is there with zeros."""
    loads = {unit: UnitLoad(unit, 0, 0, 0) for unit in units}
    if units:
        cursor.execute(
            "SELECT lead_unit, count(*), count(*) FILTER (WHERE next_due_at < %s), "
            "count(*) FILTER (WHERE next_due_at >= %s AND next_due_at < %s) FROM cases_case "
            "WHERE city_id = %s AND closed_at IS NULL AND lead_unit = ANY(%s) GROUP BY 1",
            [at, at, at + timedelta(days=1), city.id, list(units)],
        )
        loads |= {row[0]: UnitLoad(*row) for row in cursor.fetchall()}
    return loads


def suggest_units(cursor: CursorWrapper, city: City, ids: Sequence[int], at: datetime) -> dict[int, Suggested]:
    """What the duty matrix says today of each of these cases, by id; one statement."""
    if not ids:
        return {}
    cursor.execute(
        "SELECT id, version, class_code, area, component_code, source, complained_about "
        "FROM cases_case WHERE id = ANY(%s)",
        [list(ids)],
    )
    return {
        case_id: Suggested(version, choose_lead(city, class_code, area, component, source, at, tuple(about or ())))
        for case_id, version, class_code, area, component, source, about in cursor.fetchall()
    }


def count_dispatched(cursor: CursorWrapper, city: City, post: Post, since: datetime) -> DispatchedToday:
    """How the day went for cases opened since a moment that the post may see."""
    seen, params = visible_to(post)
    cursor.execute(
        "SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY t.sent_at - c.opened_at) "  # noqa: S608
        "FROM cases_case c JOIN cases_task t ON t.case_id = c.id AND t.role = 'lead' AND t.hop = 1 "
        f"WHERE c.city_id = %s AND c.opened_at >= %s AND {seen}",
        [city.id, since, *params],
    )
    return DispatchedToday(*cursor.fetchone())
