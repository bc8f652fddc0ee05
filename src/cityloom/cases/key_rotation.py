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


TABLES: tuple[SealedTable, ...] = (
    SealedTable("cases_reporter", ("name_sealed", "phone_sealed", "address_sealed"), ("phone_sealed", "phone_index")),
    SealedTable("cases_relay", ("text_sealed",)),
    SealedTable("cases_rights_request", ("wish_sealed",)),
    SealedTable("city_second_factor", ("key_sealed",)),
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
    total += _reseal_messages()
    return total


def _reseal_batch(sealed: SealedTable, after_id: int) -> tuple[int, int]:
    """The last id of the batch and how many rows it had."""
    safe = vault()
    names = ", ".join(sealed.columns)
    setting = ", ".join(f"{name} = %s" for name in sealed.columns)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {names} FROM {sealed.table} WHERE key_mark <> %s AND id > %s "  # noqa: S608
            "ORDER BY id LIMIT %s FOR UPDATE",
            [safe.key_mark, after_id, BATCH],
        )
        rows = cursor.fetchall()
        for row_id, *kept in rows:
            plain = [safe.open(bytes(value)) if value else None for value in kept]
            new = [safe.seal(text) if text is not None else b"" for text in plain]
            cursor.execute(
                f"UPDATE {sealed.table} SET {setting}, key_mark = %s WHERE id = %s",  # noqa: S608
                [*new, safe.key_mark, row_id],
            )
            if sealed.index is not None:
                _index_again(cursor, sealed, row_id, plain[sealed.columns.index(sealed.index[0])] or "", safe)
    return (rows[-1][0] if rows else after_id), len(rows)


def _index_again(cursor: CursorWrapper, sealed: SealedTable, row_id: int, phone: str, safe: Vault) -> None:
    """Make the index anew, and take along what was remembered about the number under older indexes."""
    assert sealed.index is not None
    digits = plain_phone(phone)
    cursor.execute(
        f"UPDATE {sealed.table} SET {sealed.index[1]} = %s WHERE id = %s",  # noqa: S608
        [safe.blind_index(digits) if digits else b"", row_id],
    )
    if not digits:
        return
    now, *before = safe.marks("address\0" + digits)
    cursor.execute("UPDATE base_message SET to_index = %s WHERE to_index = ANY(%s)", [now, before])
    cursor.execute(
        "UPDATE base_message_wish w SET to_index = %s WHERE to_index = ANY(%s) AND NOT EXISTS (SELECT 1 FROM "
        "base_message_wish n WHERE n.city = w.city AND n.purpose = w.purpose AND n.to_index = %s)",
        [now, before, now],
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
