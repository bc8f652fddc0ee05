"""Reading stored history for a rule replay: batches of past cases in a transaction that can write nothing."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.cases.rule_values import PastCase, PastClock
from cityloom.city.paths import END_STATES
from cityloom.city.snapshot_values import City

BATCH = 5000
_GAVE_BACK = frozenset({"returned", "cancelled"})
_CASE = (
    "id, number, opened_at, source, nature, city_version, class_code, standard_code, urgency, area, lon, lat, "
    "component_code, complained_about, return_count, state, promise_due_at, closed_at, urgency = 'urgent' AND EXISTS "
    "(SELECT 1 FROM cases_entry e WHERE e.case_id = cases_case.id AND e.seq = 1 "
    "AND e.changes -> 'filled' ->> 'urgency' = 'urgent')"
)


@contextmanager
def reading_only() -> Iterator[CursorWrapper]:
    """A cursor in a transaction of which the database itself refuses every write; all is read as of one moment."""
    nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not nested:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET TRANSACTION READ ONLY")
        yield cursor


def count_past(cursor: CursorWrapper, city: City, since: datetime, most: int | None = None) -> int:
    """How many cases a replay of them would take."""
    cursor.execute("SELECT count(*) FROM cases_case WHERE city_id = %s AND opened_at >= %s", [city.id, since])
    found = int(cursor.fetchone()[0])
    return found if most is None else min(found, most)


def read_past(
    cursor: CursorWrapper, city: City, since: datetime, most: int | None = None, batch: int = BATCH
) -> Iterator[list[PastCase]]:
    """The cases opened since, the newest first, in batches; no more than `most` of them."""
    left = most
    after: tuple[datetime | str, int] = ("infinity", 0)  # beyond every moment
    while left is None or left > 0:
        size = batch if left is None else min(batch, left)
        cursor.execute(
            f"SELECT {_CASE} FROM cases_case WHERE city_id = %s AND opened_at >= %s "  # noqa: S608
            "AND (opened_at, id) < (%s, %s) ORDER BY opened_at DESC, id DESC LIMIT %s",
            [city.id, since, *after, size],
        )
        rows = cursor.fetchall()
        if not rows:
            return
        ids = [row[0] for row in rows]
        leads, clocks = _leads(cursor, ids), _clocks(cursor, ids)
        yield [_past(row, leads.get(row[0], []), clocks.get(row[0], [])) for row in rows]
        after = (rows[-1][2], rows[-1][0])
        if left is not None:
            left -= len(rows)
        if len(rows) < size:
            return


def _leads(cursor: CursorWrapper, ids: list[int]) -> dict[int, list[tuple[Any, ...]]]:
    cursor.execute(
        "SELECT case_id, unit, state, sent_at, objected_at FROM cases_task "
        "WHERE case_id = ANY(%s) AND role = 'lead' ORDER BY case_id, id",
        [ids],
    )
    return _by_case(cursor.fetchall())


def _clocks(cursor: CursorWrapper, ids: list[int]) -> dict[int, list[tuple[Any, ...]]]:
    cursor.execute(
        "SELECT case_id, kind, started_at, due_at, coalesce(stopped_at, paused_at), pauses FROM cases_clock "
        "WHERE case_id = ANY(%s) AND kind IN ('promise', 'handling') ORDER BY case_id, id",
        [ids],
    )
    return _by_case(cursor.fetchall())


def _by_case(rows: list[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    groups: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        groups[row[0]].append(row[1:])
    return groups


def _past(row: tuple[Any, ...], leads: list[tuple[Any, ...]], clocks: list[tuple[Any, ...]]) -> PastCase:
    (_, number, opened_at, source, nature, version, class_code, standard, urgency, area, lon, lat, component,
     about, returns, state, promise_due_at, closed_at, raised) = row  # fmt: skip
    kept = [unit for unit, task_state, _, _ in leads if task_state not in _GAVE_BACK]
    disputed = bool(returns) or any(s == "returned" or objected for _, s, _, objected in leads)
    past_clocks = [PastClock(kind, began, due, until, _pauses(p)) for kind, began, due, until, p in clocks]
    if promise_due_at is not None and not any(c.kind == "promise" for c in past_clocks):
        past_clocks.append(PastClock("promise", opened_at, promise_due_at, closed_at))
    return PastCase(
        number=number,
        opened_at=opened_at,
        source=source,
        nature=nature,
        city_version=version,
        class_code=class_code,
        standard_code=standard,
        urgency=urgency,
        raised=raised,
        area=area,
        lon=lon,
        lat=lat,
        component_code=component,
        complained_about=tuple(about or ()),
        dispatched_at=leads[0][2] if leads else None,
        first_lead=leads[0][0] if leads else None,
        last_lead=kept[-1] if kept else None,
        disputed=disputed,
        ended=state in END_STATES,
        clocks=tuple(past_clocks),
    )


def _pauses(stored: Any) -> tuple[tuple[str, str], ...]:
    pauses = json.loads(stored) if isinstance(stored, str) else stored
    return tuple((begins, ends) for begins, ends in pauses)
