"""Walking all cases of a city with their history, in batches: six statements for each five hundred cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from cityloom.cases.keeping import chain_seed, read
from cityloom.cases.values import Case, CaseFile, Entry, Report, Request, RunningClock, Task
from cityloom.cases.verifying import Broken, verify_chain

BATCH = 500


def walk_cases(
    city_id: int, batch: int = BATCH, only: Sequence[int] | None = None
) -> Iterator[list[tuple[CaseFile, list[Entry]]]]:
    """Every case of the city (or those of these ids) with its entries, by ascending id, a batch at a time.

    Each batch is read in one statement per table. A case that moves between two of them would look broken, so call
    it inside a transaction that sees one moment (repeatable read).
    """
    after_id = -(2**63)  # ids of ours are positive; what somebody else put in may not be
    which, asked = ("", []) if only is None else (" AND id = ANY(%s)", [list(only)])
    while True:
        with connection.cursor() as cursor:
            condition = f"city_id = %s{which} AND id > %s ORDER BY id LIMIT %s"
            cases = read(cursor, Case, condition, [city_id, *asked, after_id, batch])
            if not cases:
                return
            case_ids = [case.id for case in cases]
            tasks, reports, clocks, requests = (
                _by_case(read(cursor, kind, "case_id = ANY(%s) ORDER BY id", [case_ids]))
                for kind in (Task, Report, RunningClock, Request)
            )
            entries = _by_case(read(cursor, Entry, "case_id = ANY(%s) ORDER BY case_id, seq", [case_ids]))
        yield [
            (
                CaseFile(c, tuple(tasks[c.id]), tuple(reports[c.id]), tuple(clocks[c.id]), tuple(requests[c.id])),
                entries[c.id],
            )
            for c in cases
        ]
        after_id = case_ids[-1]


def broken_in(city_code: str, batch: Sequence[tuple[CaseFile, list[Entry]]]) -> list[Broken]:
    """What does not fit in a batch of cases of that city."""
    return [
        broken
        for file, entries in batch
        for broken in verify_chain(file, entries, chain_seed(city_code, file.case.number))
    ]


def count_cases(city_id: int) -> int:
    """How many cases there are to walk, by the table's own count."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_case WHERE city_id = %s", [city_id])
        return int(cursor.fetchone()[0])


def list_strays(city_id: int) -> list[Broken]:
    """Rows whose case is gone: entries, tasks, reports, clocks and requests that no walk over cases would meet."""
    found: list[Broken] = []
    with connection.cursor() as cursor:
        for table in ("cases_entry", "cases_task", "cases_report", "cases_clock", "cases_request"):
            cursor.execute(
                f"SELECT DISTINCT r.case_id FROM {table} r LEFT JOIN cases_case c "  # noqa: S608
                "ON c.id = r.case_id AND c.city_id = r.city_id WHERE r.city_id = %s AND c.id IS NULL LIMIT 100",
                [city_id],
            )
            found += [
                Broken(str(i), 0, f"{table} has rows of a case that is not there") for (i,) in cursor.fetchall()
            ]
    return found


def _by_case(rows: Sequence[Any]) -> dict[int, list[Any]]:
    groups: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.case_id].append(row)
    return groups
