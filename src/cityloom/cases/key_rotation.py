"""Changing the data keys: what older keys sealed is sealed again with the one in use, in batches, while all goes on.

Every sealed row carries the mark of its key, so a run that breaks off goes on where it was, and a key may go when
no row carries its mark. The index by which a phone is found is made with the key in use as well and changes with the
row; until then both are looked under.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.crypto import Vault
from cityloom.base.keys import vault
from cityloom.cases.reporters import plain_phone

BATCH = 200


@dataclass(frozen=True)
class SealedTable:
    """A table whose rows keep sealed columns and, in `key_mark`, the mark of the key that sealed them."""

    table: str
    columns: tuple[str, ...]
    index: tuple[str, str] | None = None  # the sealed column and the blind index made from it


TABLES: list[SealedTable] = [
    SealedTable("cases_reporter", ("name_sealed", "phone_sealed", "address_sealed"), ("phone_sealed", "phone_index")),
    SealedTable("cases_original", ("sealed",)),
    SealedTable("cases_relay", ("text_sealed",)),
    SealedTable("cases_rights_request", ("wish_sealed",)),
    SealedTable("city_second_factor", ("key_sealed",)),
]


def also_seals(sealed: SealedTable) -> None:
    """A folder above keeps a sealed table too: its keys are changed with all others."""
    if sealed not in TABLES:
        TABLES.append(sealed)


# Sealed columns of tables whose rows carry no mark of their key: whether a row is older is tried.
UNMARKED: tuple[tuple[str, str], ...] = (
    ("cases_register_record", "sealed"),
    ("cases_register_check", "sealed_corrections"),
)


@dataclass(frozen=True)
class Standing:
    """How many rows each table still keeps under older keys, or under a key that is not present at all."""

    table: str
    rows: int
    older: int
    unknown: int


def list_standing(cursor: CursorWrapper) -> list[Standing]:
    """Where every sealed table stands against the present keys."""
    safe = vault()
    found = []
    for sealed in TABLES:
        cursor.execute(
            f"SELECT count(*), count(*) FILTER (WHERE key_mark <> %s), "  # noqa: S608
            f"count(*) FILTER (WHERE key_mark <> ALL(%s) AND key_mark <> ''::bytea) FROM {sealed.table}",
            [safe.key_mark, list(safe.key_marks)],
        )
        found.append(Standing(sealed.table, *cursor.fetchone()))
    found += [_standing_unmarked(cursor, safe, table, column) for table, column in UNMARKED]
    older = count_older_messages(cursor, safe)
    cursor.execute("SELECT count(*) FROM base_message WHERE to_sealed <> ''::bytea")
    found.append(Standing("base_message", int(cursor.fetchone()[0]), older, 0))
    return found


def reseal(told: Callable[[int], None] = lambda _: None) -> int:
    """Seal everything again with the key in use; how many rows were. Raises NoKeyOpens when a key is missing.

    Several may run, and the city works meanwhile: each batch takes rows that nobody else holds.
    """
    total = 0
    for sealed in TABLES:
        last = 0
        while True:
            last, count = _reseal_batch(sealed, last)
            if not count:
                break
            total += count
            told(count)
    for table, column in UNMARKED:
        total += _reseal_unmarked(table, column, told)
    total += _reseal_messages()
    return total


def _standing_unmarked(cursor: CursorWrapper, safe: Vault, table: str, column: str) -> Standing:
    cursor.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608
    rows = [bytes(sealed) for (sealed,) in cursor.fetchall()]
    return Standing(table, len(rows), sum(not safe.is_sealed_now(sealed) for sealed in rows), 0)


def _reseal_unmarked(table: str, column: str, told: Callable[[int], None]) -> int:
    """Seal a column again, batch by batch through the whole table; how many rows were older."""
    safe, last, total = vault(), 0, 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL AND id > %s "  # noqa: S608
                "ORDER BY id LIMIT %s FOR UPDATE",
                [last, BATCH],
            )
            rows = cursor.fetchall()
            if not rows:
                return total
            older = [(i, bytes(sealed)) for i, sealed in rows if not safe.is_sealed_now(bytes(sealed))]
            cursor.execute(
                f"UPDATE {table} t SET {column} = v.again FROM unnest(%s::bigint[], %s::bytea[]) "  # noqa: S608
                "AS v(id, again) WHERE t.id = v.id",
                [[i for i, _ in older], [safe.seal(safe.open(sealed)) for _, sealed in older]],
            )
        last, total = rows[-1][0], total + len(older)
        if older:
            told(len(older))


def _reseal_batch(sealed: SealedTable, after_id: int) -> tuple[int, int]:
    """The last id of the batch and how many rows it had."""
    safe = vault()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {', '.join(sealed.columns)} FROM {sealed.table} WHERE key_mark <> %s AND id > %s "  # noqa: S608
            "ORDER BY id LIMIT %s FOR UPDATE",
            [safe.key_mark, after_id, BATCH],
        )
        rows = cursor.fetchall()
        if not rows:
            return after_id, 0
        plain = [[safe.open(bytes(value)) if value else "" for value in kept] for _, *kept in rows]
        _write(cursor, sealed, [row_id for row_id, *_ in rows], plain, safe)
    return rows[-1][0], len(rows)


def _write(
    cursor: CursorWrapper, sealed: SealedTable, row_ids: list[int], plain: list[list[str]], safe: Vault
) -> None:
    """Seal these rows again in one statement, and make their index anew."""
    new = {name: [safe.seal(row[i]) if row[i] else b"" for row in plain] for i, name in enumerate(sealed.columns)}
    if sealed.index is not None:
        column, index = sealed.index
        numbers = [plain_phone(row[sealed.columns.index(column)]) for row in plain]
        new[index] = [safe.blind_index(digits) if digits else b"" for digits in numbers]
        _index_messages_again(cursor, [digits for digits in numbers if digits], safe)
    names = list(new)
    cursor.execute(
        f"UPDATE {sealed.table} t SET {', '.join(f'{n} = v.{n}' for n in names)}, key_mark = %s "  # noqa: S608
        f"FROM unnest(%s::bigint[]{', %s::bytea[]' * len(names)}) AS v(id, {', '.join(names)}) WHERE t.id = v.id",
        [safe.key_mark, row_ids, *new.values()],
    )


def _index_messages_again(cursor: CursorWrapper, numbers: list[str], safe: Vault) -> None:
    """Take along what is remembered about these numbers under older indexes: messages, and wishes about them."""
    marks = [safe.marks("address\0" + digits) for digits in dict.fromkeys(numbers)]
    now = [new for new, *before in marks for _ in before]
    old = [each for _, *before in marks for each in before]
    if not old:
        return
    changed = "FROM unnest(%s::bytea[], %s::bytea[]) AS v(old, now) WHERE to_index = v.old"
    cursor.execute(f"UPDATE base_message SET to_index = v.now {changed}", [old, now])  # noqa: S608
    cursor.execute(
        f"UPDATE base_message_wish w SET to_index = v.now {changed} AND NOT EXISTS (SELECT 1 FROM "  # noqa: S608
        "base_message_wish n WHERE n.city = w.city AND n.purpose = w.purpose AND n.to_index = v.now)",
        [old, now],
    )


# --- messages that wait: few, and without a mark of their key ----------------------------------------------------


def count_older_messages(cursor: CursorWrapper, safe: Vault) -> int:
    """Waiting messages that the key in use does not open."""
    cursor.execute("SELECT to_sealed FROM base_message WHERE to_sealed <> ''::bytea")
    return sum(not safe.is_sealed_now(bytes(sealed)) for (sealed,) in cursor.fetchall())


def _reseal_messages() -> int:
    safe, count = vault(), 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, to_sealed, params_sealed FROM base_message WHERE to_sealed <> ''::bytea "
            "ORDER BY id FOR UPDATE SKIP LOCKED"
        )
        for row_id, to, params in cursor.fetchall():
            if safe.is_sealed_now(bytes(to)):
                continue
            again = [safe.seal(safe.open(bytes(value))) if value else b"" for value in (to, params)]
            cursor.execute(
                "UPDATE base_message SET to_sealed = %s, params_sealed = %s WHERE id = %s", [*again, row_id]
            )
            count += 1
    return count


def may_retire(standing: list[Standing]) -> bool:
    """Whether every row is sealed with the key in use, so that the older ones can go. Pure."""
    return all(each.older == 0 for each in standing)
