"""Move the open work of units that have ended to who goes on with it, each case in a transaction of its own.

May be stopped at any moment and called again: what has moved is no longer found. Several may run at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.cases.keeping import get_file_by_id, keep_moves
from cityloom.cases.taking_over import ended_units, take_over
from cityloom.cases.working_city import city_of_case
from cityloom.city.snapshot_values import City
from cityloom.city.values import UnitCode

BATCH = 500
Progress = Callable[[int], None]

_OPEN_WORK = (
    "FROM cases_task t JOIN cases_case c ON c.id = t.case_id "
    "WHERE t.city_id = %s AND t.unit = ANY(%s) AND t.ended_at IS NULL AND c.closed_at IS NULL"
)


@dataclass
class TakenOver:
    """What was done with the open cases of ended units: moved to an heir, given to the dispatcher, left as they are.

    A case is left where several heirs came and nothing names one of them; any of them may act on it.
    """

    moved: int = 0
    queued: int = 0
    left: int = 0

    @property
    def total(self) -> int:
        return self.moved + self.queued + self.left


def count_waiting(city: City, at: datetime) -> Mapping[UnitCode, int]:
    """How many open cases each ended unit still has work in; units without any are not named."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.unit, count(DISTINCT t.case_id) {_OPEN_WORK} GROUP BY t.unit ORDER BY t.unit",
            [city.id, list(ended_units(city, at))],
        )
        return dict(cursor.fetchall())


def take_over_units(city: City, clock: Clock, tell: Progress = lambda done: None) -> TakenOver:
    """Move all of it; `tell` hears after each case how many are done.

    A case that fails stays as it is and holds up no other: the others are moved first, then its error is raised.
    """
    units = list(ended_units(city, clock.now()))
    done, failed, after_id = TakenOver(), [], 0
    while case_ids := _next_cases(city, units, after_id):
        for case_id in case_ids:
            try:
                _take_over_case(city, case_id, clock, done)
            except Exception as wrong:
                failed.append(wrong)
            tell(done.total + len(failed))
        after_id = case_ids[-1]
    if failed:
        raise failed[0]
    return done


def _next_cases(city: City, units: list[UnitCode], after_id: int) -> list[int]:
    if not units:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT t.case_id {_OPEN_WORK} AND t.case_id > %s ORDER BY t.case_id LIMIT %s",
            [city.id, units, after_id, BATCH],
        )
        return [case_id for (case_id,) in cursor.fetchall()]


def _take_over_case(city: City, case_id: int, clock: Clock, done: TakenOver) -> None:
    """Move one case as it stands now; somebody may have moved it since it was listed."""
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file_by_id(cursor, case_id, lock=True)
        found = take_over(before, city_of_case(city, before.case.city_version), at, ids.one)
        if found is None:
            done.left += 1
            return
        after, drafts = found
        keep_moves(cursor, before, after, drafts, at)
    if any(draft.move == "queue" for draft in drafts):
        done.queued += 1
    else:
        done.moved += 1
