"""Writing and reading supervision orders; each move writes the order, its chained entry and one outbox row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from cityloom.base.crypto import canonical, chain_hash, new_salt, salted_digest
from cityloom.base.ids import ids
from cityloom.cases.errors import StaleVersion
from cityloom.cases.order_values import Answer, Order, OrderEntry
from cityloom.cases.orders import NoSuchOrder, OrderDraft, plain_of
from cityloom.city.snapshot_values import City

_LOCK = 0x4F726472  # "Ordr": the first half of the advisory lock under which a number is given
_JSON = {"topic", "answers", "asked", "warn_at", "reason", "changes"}
_LISTS = {"units", "areas"}
_BYTES = {"head", "previous", "hash", "text_salt", "text_digest"}
_ORDER = tuple(f.name for f in fields(Order))
_ENTRY = tuple(f.name for f in fields(OrderEntry))


# --- reading ----------------------------------------------------------------------------------------------------


def get_order(cursor: CursorWrapper, city_id: int, number: str, *, lock: bool = False) -> Order:
    """The order of that number (`2026-12`); raises NoSuchOrder. `lock` keeps others from moving it."""
    year, _, serial = number.partition("-")
    if not (year.isdecimal() and serial.isdecimal() and len(year) == 4 and len(serial) < 10):
        raise NoSuchOrder("order.no_order", number=number[:40])
    condition = "city_id = %s AND year = %s AND serial = %s" + (" FOR UPDATE" if lock else "")
    found = read_orders(cursor, condition, [city_id, int(year), int(serial)])
    if not found:
        raise NoSuchOrder("order.no_order", number=number)
    return found[0]


def complained_about_in(cursor: CursorWrapper, order: Order) -> tuple[str, ...]:
    """The units that the complaint of the order's case is about; none for an order about something else."""
    if order.case_id is None:
        return ()
    cursor.execute("SELECT complained_about FROM cases_case WHERE id = %s", [order.case_id])
    return tuple(cursor.fetchone()[0] or ())


def read_orders(cursor: CursorWrapper, condition: str, params: Sequence[Any]) -> list[Order]:
    """Orders as values (`cases_order o`); the condition is written by us, its parameters are bound."""
    columns = ", ".join(f'o."{name}"' for name in _ORDER)
    cursor.execute(f"SELECT {columns} FROM cases_order o WHERE {condition}", params)  # noqa: S608
    return [Order(**_read_back(_ORDER, row)) for row in cursor.fetchall()]


def list_order_entries(cursor: CursorWrapper, order_id: int) -> list[OrderEntry]:
    """The order's history in order."""
    columns = ", ".join(f'"{name}"' for name in _ENTRY)
    cursor.execute(
        f"SELECT {columns} FROM cases_order_entry WHERE order_id = %s ORDER BY seq",  # noqa: S608
        [order_id],
    )
    return [OrderEntry(**_read_back(_ENTRY, row)) for row in cursor.fetchall()]


def _read_back(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in zip(names, row, strict=True)}


def _value(name: str, value: Any) -> Any:
    if name in _JSON:
        value = json.loads(value) if isinstance(value, str) else value
        if name == "answers":
            return tuple(Answer(**each) for each in value)
        return tuple(value) if name == "warn_at" else value
    if name in _LISTS:
        return tuple(value)
    return bytes(value) if name in _BYTES and value is not None else value


# --- writing ----------------------------------------------------------------------------------------------------


def next_serial(cursor: CursorWrapper, city: City, at: datetime) -> int:
    """The next number of the year; whoever asks holds it against all others until the end of the transaction.

    So the numbers of a year run from 1 without gaps: an order that is not kept gives its number back.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, city.code])
    year = at.astimezone(city.calendar().tz).year
    cursor.execute("SELECT max(serial) FROM cases_order WHERE city_id = %s AND year = %s", [city.id, year])
    return int(cursor.fetchone()[0] or 0) + 1


def keep_new_order(cursor: CursorWrapper, order: Order, draft: OrderDraft, city: City, at: datetime) -> Order:
    """Write an order that was not there before, with its first entry."""
    entry, order = _linked(replace(order, head=order_seed(city.code, order)), draft, at)
    columns, holders = ", ".join(f'"{n}"' for n in _ORDER), ", ".join(map(_holder, _ORDER))
    cursor.execute(f"INSERT INTO cases_order ({columns}) VALUES ({holders})", _row(_ORDER, order))  # noqa: S608
    _add(cursor, entry, order, at)
    return order


def keep_order_move(
    cursor: CursorWrapper, before: Order, after: Order, draft: OrderDraft, at: datetime, *, by_clock: bool = False
) -> Order:
    """Write what changed, if nobody moved the order since `before` was read; StaleVersion otherwise.

    A clock that tells its moment makes no new version: whoever looked before may still act.
    """
    after = replace(after, version=before.version + (0 if by_clock else 1))
    entry, after = _linked(after, draft, at)
    news = ", ".join(f'"{n}" = {_holder(n)}' for n in _ORDER)
    cursor.execute(
        f"UPDATE cases_order SET {news} WHERE id = %s AND version = %s AND seq = %s",  # noqa: S608
        [*_row(_ORDER, after), before.id, before.version, before.seq],
    )
    if cursor.rowcount != 1:
        raise StaleVersion("order.stale", seen=before.version, now=after.version)
    _add(cursor, entry, after, at)
    return after


def refuse_stale_order(order: Order, seen: int | None) -> None:
    """Raise StaleVersion for someone who saw the order before others moved it."""
    if seen is not None and seen != order.version:
        raise StaleVersion("order.stale", seen=seen, now=order.version)


def _add(cursor: CursorWrapper, entry: OrderEntry, order: Order, at: datetime) -> None:
    columns, holders = ", ".join(f'"{n}"' for n in _ENTRY), ", ".join(map(_holder, _ENTRY))
    cursor.execute(
        f"INSERT INTO cases_order_entry ({columns}) VALUES ({holders})",  # noqa: S608
        _row(_ENTRY, entry),
    )
    payload = {"number": order.number, "state": order.state, "units": list(order.units), "moves": [entry.move]}
    cursor.execute(
        "INSERT INTO base_outbox (id, city, topic, key, payload, created_at, waiting) "
        "VALUES (%s, %s, 'order.moved', %s, %s::jsonb, %s, true)",
        [ids.one(), str(order.city_id), order.number, json.dumps(payload), at],
    )


def _linked(order: Order, draft: OrderDraft, at: datetime) -> tuple[OrderEntry, Order]:
    salt = new_salt() if draft.text else None
    entry = OrderEntry(
        id=ids.one(),
        city_id=order.city_id,
        order_id=order.id,
        seq=order.seq + 1,
        move=draft.move,
        from_state=draft.from_state,
        to_state=draft.to_state,
        by_login=draft.by.login,
        by_role=draft.by.role.value,
        by_unit=draft.by.unit or "",
        reason=draft.reason.as_json() if draft.reason else {},
        changes=draft.changes,
        recorded_at=at.astimezone(UTC),
        previous=order.head,
        hash=b"",
        version=order.version,
        text=draft.text or None,
        text_salt=salt,
        text_digest=salted_digest(draft.text, salt) if salt else None,
    )
    entry = replace(entry, hash=order_link(entry))
    return entry, replace(order, seq=entry.seq, head=entry.hash)


def order_seed(city_code: str, order: Order) -> bytes:
    """What the first entry of an order is chained to."""
    return chain_hash(b"cityloom order", [city_code, order.number])


def order_link(entry: OrderEntry) -> bytes:
    """The hash an entry must have, from its content and the link before; its text enters as a salted digest."""
    return chain_hash(
        bytes(entry.previous),
        [
            entry.order_id,
            entry.seq,
            entry.version,
            entry.move,
            entry.from_state,
            entry.to_state,
            entry.by_login,
            entry.by_role,
            entry.by_unit,
            dict(entry.reason),
            dict(entry.changes),
            bytes(entry.text_digest).hex() if entry.text_digest else None,
            entry.recorded_at.astimezone(UTC).isoformat(),
        ],
    )


def verify_order(order: Order, entries: Sequence[OrderEntry], seed: bytes) -> list[str]:
    """Everything in an order's history that does not fit; an empty list vouches for its entries and its row."""
    found: list[str] = []
    previous, known = seed, dict[str, Any]()
    for expected, entry in enumerate(entries, 1):
        if entry.seq != expected:
            return [*found, f"entry {expected} missing or out of order"]
        if bytes(entry.previous) != previous or order_link(entry) != bytes(entry.hash):
            found.append(f"entry {expected} does not match its hash")
        if entry.text and not _text_fits(entry):
            found.append(f"the text of entry {expected} does not match its digest")
        previous = bytes(entry.hash)
        known |= {name: new for name, (_, new) in entry.changes.get("order", {}).items()}
    if order.seq != len(entries) or bytes(order.head) != previous:
        found.append("history ends elsewhere than the order says")
    told = plain_of(order)
    return found + [f"its {name} is not what its history says" for name in known if known[name] != told[name]]


def _text_fits(entry: OrderEntry) -> bool:
    if entry.text_salt is None or entry.text_digest is None:
        return False
    return salted_digest(entry.text or "", bytes(entry.text_salt)) == bytes(entry.text_digest)


def _holder(name: str) -> str:
    return "%s::jsonb" if name in _JSON else "%s::varchar[]" if name in _LISTS else "%s"


def _row(names: Sequence[str], row: Any) -> list[Any]:
    return [_stored(name, getattr(row, name)) for name in names]


def _stored(name: str, value: Any) -> Any:
    if name == "answers":
        return canonical([asdict(each) for each in value]).decode()
    if name in _JSON:
        return canonical(list(value) if isinstance(value, tuple) else dict(value)).decode()
    return list(value) if name in _LISTS else value
