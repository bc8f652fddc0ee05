"""Roots and leaves between their tables and `audit_roots.py`; which chains there are, and how far they have come."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.crypto import chain_hash
from cityloom.base.ids import ids
from cityloom.cases.audit_roots import CASE, ORDER, Leaf, Root

_ROOT = tuple(f.name for f in fields(Root))
_BYTES = {"tree", "leaves", "previous", "hash", "signature"}
_LEAF_COLUMNS = "kind, chain_id, number, seq, head"


class Log(NamedTuple):
    """A table that only grows: its rows of one city (`r`), the columns that make a row's hash, and its moment."""

    source: str  # FROM and the condition that takes the city's id
    columns: tuple[str, ...]
    at: str


# Every log that a root covers, row by row. What may be erased of a row, such as sealed corrections, is left out.
LOGS: dict[str, Log] = {
    "reporter_read": Log(
        "cases_reporter_read r JOIN cases_case c ON c.id = r.case_id WHERE c.city_id = %s",
        ("id", "reporter_id", "case_id", "by_login", "by_role", "by_unit", "reason", "fields", "at"),
        "at",
    ),
    "register_read": Log(
        "cases_register_read r JOIN cases_register_record c ON c.id = r.record_id WHERE c.city_id = %s",
        ("id", "record_id", "check_id", "by_login", "by_role", "at"),
        "at",
    ),
    "register_check": Log(
        "cases_register_check r WHERE r.city_id = %s AND r.outcome <> ''",
        ("id", "record_id", "kind", "outcome", "corrections", "note", "by_login", "by_role", "at", "case_number"),
        "at",
    ),
    "patrol_read": Log(
        "cases_patrol_read r WHERE r.city_id = %s",
        ("id", "patrol_id", "login", "by_login", "by_role", "at"),
        "at",
    ),
    "audit_sample": Log(
        "cases_audit_sample r WHERE r.city_id = %s",
        ("id", "seed", "asked", "found", "numbers", "root_serial", "by_login", "drawn_at"),
        "drawn_at",
    ),
    "audit_note": Log(
        "cases_audit_note r WHERE r.city_id = %s",
        ("id", "sample_id", "case_number", "result", "note", "by_login", "at"),
        "at",
    ),
    "audit_export": Log(
        "cases_audit_export r WHERE r.city_id = %s",
        ("id", "what", "asked", "rows", "digest", "by_login", "by_role", "at"),
        "at",
    ),
}
_JSON = {"corrections", "asked"}


def add_rooted_log(kind: str, log: Log) -> None:
    """Let roots cover one more log that only grows; `kind` is the name of its leaves and never changes."""
    LOGS[kind] = log


@contextmanager
def one_moment(read_only: bool = False) -> Iterator[CursorWrapper]:
    """A transaction that sees one moment of the database; inside another transaction it sees what that one sees."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            words = "REPEATABLE READ, READ ONLY" if read_only else "REPEATABLE READ"
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {words}")
        yield cursor


# --- roots ------------------------------------------------------------------------------------------------------


def list_roots(cursor: CursorWrapper, city_id: int, most: int | None = None) -> list[Root]:
    """The roots of a city in order; with `most`, only so many of the last ones."""
    columns = ", ".join(_ROOT)
    cursor.execute(
        f"SELECT {columns} FROM cases_root WHERE city_id = %s ORDER BY serial DESC LIMIT %s",  # noqa: S608
        [city_id, most],
    )
    return [_root(row) for row in reversed(cursor.fetchall())]


def _root(row: Sequence[Any]) -> Root:
    told: dict[str, Any] = dict(zip(_ROOT, row, strict=True))
    told |= {name: bytes(told[name]) for name in _BYTES}
    return Root(**told)


def find_last_root(cursor: CursorWrapper, city_id: int) -> Root | None:
    return next(iter(list_roots(cursor, city_id, 1)), None)


def keep_root(cursor: CursorWrapper, root: Root, new: Sequence[Leaf]) -> None:
    """Write a root and the leaves that are new with it."""
    holders = ", ".join(["%s"] * (len(_ROOT) + 1))
    cursor.execute(
        f"INSERT INTO cases_root (id, {', '.join(_ROOT)}) VALUES ({holders})",  # noqa: S608
        [ids.one(), *(getattr(root, name) for name in _ROOT)],
    )
    into = f"COPY cases_root_leaf (city_id, serial, {_LEAF_COLUMNS}) FROM STDIN"
    with cursor.connection.cursor() as raw, raw.copy(into) as copy:
        for leaf in new:
            copy.write_row((root.city_id, root.serial, *leaf))


# --- leaves -----------------------------------------------------------------------------------------------------


def list_latest(cursor: CursorWrapper, city_id: int, until: int | None = None) -> list[Leaf]:
    """The latest leaf of every chain, as of the root `until` or of the last one."""
    cursor.execute(
        f"SELECT DISTINCT ON (kind, chain_id) {_LEAF_COLUMNS} FROM cases_root_leaf "  # noqa: S608
        "WHERE city_id = %s AND (%s::int IS NULL OR serial <= %s) ORDER BY kind, chain_id, serial DESC",
        [city_id, until, until],
    )
    return [_leaf(row) for row in cursor.fetchall()]


def list_leaves_of(cursor: CursorWrapper, city_id: int, serial: int) -> list[Leaf]:
    """The leaves that were new with that root."""
    cursor.execute(
        f"SELECT {_LEAF_COLUMNS} FROM cases_root_leaf WHERE city_id = %s AND serial = %s",  # noqa: S608
        [city_id, serial],
    )
    return [_leaf(row) for row in cursor.fetchall()]


def leaves_of_chains(
    cursor: CursorWrapper, city_id: int, kind: str, chain_ids: Sequence[int]
) -> dict[int, list[tuple[int, Leaf]]]:
    """For each of these chains its leaves with their roots' numbers, oldest first."""
    cursor.execute(
        f"SELECT serial, {_LEAF_COLUMNS} FROM cases_root_leaf "  # noqa: S608
        "WHERE city_id = %s AND kind = %s AND chain_id = ANY(%s) ORDER BY chain_id, serial",
        [city_id, kind, list(chain_ids)],
    )
    found: dict[int, list[tuple[int, Leaf]]] = {}
    for serial, *row in cursor.fetchall():
        found.setdefault(row[1], []).append((serial, _leaf(row)))
    return found


def _leaf(row: Sequence[Any]) -> Leaf:
    return Leaf(row[0], row[1], row[2], row[3], bytes(row[4]))


# --- how far the chains have come -------------------------------------------------------------------------------

_TABLES = {CASE: ("cases_case", "c.number"), ORDER: ("cases_order", "c.year || '-' || c.serial")}


def list_grown(cursor: CursorWrapper, city_id: int) -> list[Leaf]:
    """A leaf for every chain that stands elsewhere than its latest leaf says."""
    found: list[Leaf] = []
    for kind, (table, number) in _TABLES.items():
        cursor.execute(
            f"SELECT '{kind}', c.id, {number}, c.seq, c.head FROM {table} c LEFT JOIN LATERAL "  # noqa: S608
            "(SELECT l.seq, l.head FROM cases_root_leaf l WHERE l.city_id = c.city_id AND l.kind = %s "
            "AND l.chain_id = c.id ORDER BY l.serial DESC LIMIT 1) l ON true "
            "WHERE c.city_id = %s AND (l.seq IS DISTINCT FROM c.seq OR l.head IS DISTINCT FROM c.head)",
            [kind, city_id],
        )
        found += [_leaf(row) for row in cursor.fetchall()]
    for kind in LOGS:
        new = (
            "AND NOT EXISTS (SELECT 1 FROM cases_root_leaf l WHERE l.city_id = %s AND l.kind = %s "
            "AND l.chain_id = r.id)"
        )
        found += [leaf for leaf, _ in read_log(cursor, kind, city_id, new, [city_id, kind])]
    return found


def read_log(
    cursor: CursorWrapper, kind: str, city_id: int, condition: str = "", params: Sequence[Any] = ()
) -> Iterator[tuple[Leaf, datetime]]:
    """The rows of a log as leaves, with the moment each says it was written; the condition is written by us."""
    log = LOGS[kind]
    columns = ", ".join(f"r.{name}::text" if name in _JSON else f"r.{name}" for name in log.columns)
    cursor.execute(f"SELECT {columns} FROM {log.source} {condition}", [city_id, *params])  # noqa: S608
    where = log.columns.index(log.at)
    for row in cursor.fetchall():
        yield Leaf(kind, row[0], str(row[0]), 1, hash_row(kind, log.columns, row)), row[where]


def hash_row(kind: str, columns: Sequence[str], row: Sequence[Any]) -> bytes:
    """The hash of one row of a log, over the plain values of its columns."""
    return chain_hash(b"cityloom log", [kind, *map(_plain, columns, row)])


def _plain(name: str, value: Any) -> Any:
    if name in _JSON and value is not None:
        return json.loads(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value
