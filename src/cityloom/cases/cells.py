"""Open cases counted by H3 cell: reading the stored counts, folding what was appended to them.

Every write to the cases appends what it changed (a trigger does, so that imports count too); `fold_cells` adds that
up now and then. A reader adds what is not folded yet, so that a count is never behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.cases.permissions import SCOPE, Scope
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

FINEST = 10  # the resolution of the cell that a case keeps
COARSE = (6, 7, 8, 9)
_FOLDING = 0x63656C6C  # the lock that one folder holds


class Cell(NamedTuple):
    """How many open cases lie in a cell of H3: all, overdue against their promise, urgent."""

    cell: int
    open: int
    overdue: int
    urgent: int


def _parent(res: str) -> str:
    """SQL for the parent of `cell` at a resolution: its four bits set, the digits below it all ones."""
    finer = "((1::bigint << (3 * (15 - {r}))) - 1)"
    return f"((cell & ~(15::bigint << 52)) | ({{r}}::bigint << 52) | {finer})".format(r=res)


def list_cells(
    cursor: CursorWrapper, city: City, post: Post | None, res: int, areas: Iterable[str] | None = None
) -> list[Cell]:
    """The cells of a resolution (6 to 10) with open cases that the post may see; one statement.

    `areas`: only cases of these smallest areas. Without a post only what stands in the street is counted; a post
    that does not reach by area (a unit's handler) has no counts by cell and gets none.
    """
    inside = _inside(city, post, areas)
    if inside is None:
        return []
    counted = "open, overdue, urgent" if post is not None else "street AS open, 0 AS overdue, 0 AS urgent"
    coarse = res < FINEST and not inside.condition
    stored = "res = %s" if coarse else f"res = {FINEST}"
    parent = _parent("%s::int")
    at_stored = [city.id, res] if coarse else [res, res, city.id]
    cursor.execute(
        f"SELECT at, sum(open), sum(overdue), sum(urgent) FROM ("  # noqa: S608 (the parts are written by us)
        f"SELECT {'cell' if coarse else parent} AS at, {counted} FROM cases_cell_count "
        f"WHERE city_id = %s AND {stored}{inside.condition} UNION ALL "
        f"SELECT {parent} AS at, {counted} FROM cases_cell_delta WHERE city_id = %s{inside.condition}"
        ") counts GROUP BY at HAVING sum(open) > 0 ORDER BY at",
        [*at_stored, *inside.params, res, res, city.id, *inside.params],
    )
    return [Cell(at, int(count), int(overdue), int(urgent)) for at, count, overdue, urgent in cursor.fetchall()]


class _Inside(NamedTuple):
    condition: str = ""
    params: tuple[list[str], ...] = ()


def _inside(city: City, post: Post | None, areas: Iterable[str] | None) -> _Inside | None:
    """The condition on the smallest area, empty for the whole city; None for a post that reaches otherwise."""
    reach: set[str] | None = None
    if post is not None:
        if SCOPE[post.role] not in (Scope.AREA, Scope.ALL):
            return None
        reach = None if post.area is None else set(areas_within(city, post.area))
    if areas is not None:
        asked = set(areas)
        reach = asked if reach is None else reach & asked
    return _Inside() if reach is None else _Inside(" AND area = ANY(%s)", (sorted(reach),))


@lru_cache(maxsize=256)
def areas_within(city: City, code: str) -> tuple[str, ...]:
    """The area and all that lie in it, down to the smallest."""
    found, waiting = [], [code]
    while waiting:
        at = waiting.pop()
        found.append(at)
        waiting += city.children.get(at, ())
    return tuple(found)


def fold_cells(most: int = 20_000) -> int:
    """Add appended changes to the counts; how many. 0 while another process folds."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_FOLDING])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_FOLD, [most])
        (folded,) = cursor.fetchone()
        if folded:
            cursor.execute(
                "DELETE FROM cases_cell_count WHERE open = 0 AND overdue = 0 AND urgent = 0 AND street = 0"
            )
    return int(folded)


def recount_cells() -> int:
    """Count all open cases anew, after rows were written with triggers off; how many cells and areas have some."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE cases_case IN SHARE MODE")
        cursor.execute("DELETE FROM cases_cell_delta")
        cursor.execute("DELETE FROM cases_cell_count")
        cursor.execute(_RECOUNT)
        counted = int(cursor.rowcount)
    while fold_cells():
        pass
    return counted


_RECOUNT = """
INSERT INTO cases_cell_delta (city_id, cell, area, open, overdue, urgent, street)
SELECT city_id, cell, coalesce(area, ''), count(*), count(*) FILTER (WHERE overdue_raw),
    count(*) FILTER (WHERE urgency = 'urgent'), count(*) FILTER (WHERE path IN ('street', 'street_public'))
FROM cases_case WHERE closed_at IS NULL AND cell IS NOT NULL AND NOT confidential
    AND cardinality(complained_about) = 0
GROUP BY 1, 2, 3
"""
_COUNTS = "open, overdue, urgent, street"
_SUMS = ", ".join(f"sum({name}) AS {name}" for name in _COUNTS.split(", "))
_ADDED = ", ".join(f"{name} = cases_cell_count.{name} + EXCLUDED.{name}" for name in _COUNTS.split(", "))
_FOLD = f"""
WITH gone AS (
    DELETE FROM cases_cell_delta WHERE id IN (SELECT id FROM cases_cell_delta ORDER BY id LIMIT %s) RETURNING *
), added AS (
    INSERT INTO cases_cell_count (city_id, res, cell, area, {_COUNTS})
    SELECT city_id, {FINEST}, cell, area, {_SUMS} FROM gone GROUP BY city_id, cell, area
    UNION ALL
    SELECT city_id, level, {_parent("level")}, '', {_SUMS}
    FROM gone CROSS JOIN unnest(ARRAY{list(COARSE)}) AS level GROUP BY 1, 2, 3
    ON CONFLICT (city_id, res, cell, area) DO UPDATE SET {_ADDED}
)
SELECT count(*) FROM gone
"""  # noqa: S608 (the names are ours)
