"""Taking what waits in the outbox, in order, at least once; a row is done when its consumer says so.

There are two consumers, each with a mark of its own on every row: neither waits for the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from django.db import connection, transaction


class Consumer(Enum):
    """Who takes messages; the value is the column that says whether a row still waits for it."""

    RELAY = "waiting"
    HOOKS = "for_hooks"


class Message(NamedTuple):
    id: int
    city: str
    topic: str
    key: str
    payload: dict[str, Any]
    created_at: datetime


def hand_out(tell: Callable[[list[Message]], None], most: int = 500, to: Consumer = Consumer.RELAY) -> int:
    """Give up to `most` messages that wait for `to` to `tell`, marked done when it returns; how many were told.

    When `tell` raises, nothing is marked and the same messages come again. Several relays may run: each takes
    rows the others do not hold.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, city, topic, key, payload, created_at FROM base_outbox WHERE {to.value} "  # noqa: S608
            "ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
            [most],
        )
        rows = [
            Message(i, c, t, k, json.loads(p) if isinstance(p, str) else p, at)
            for i, c, t, k, p, at in cursor.fetchall()
        ]
        if rows:
            tell(rows)
            cursor.execute(
                f"UPDATE base_outbox SET {to.value} = false WHERE id = ANY(%s)",  # noqa: S608
                [[m.id for m in rows]],
            )
    return len(rows)


def drop_told(before: datetime, most: int = 1000) -> int:
    """Delete what was told to all and made before that moment, among the `most` oldest rows; how many went."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM base_outbox WHERE id IN (SELECT id FROM base_outbox ORDER BY id LIMIT %s) "
            "AND NOT waiting AND NOT for_hooks AND created_at < %s",
            [most, before],
        )
        return int(cursor.rowcount)


class Counted(NamedTuple):
    """How many messages of a topic wait, since when the oldest does, and how many were told and are still kept."""

    city: str
    topic: str
    waiting: int
    told: int
    oldest_waiting: datetime | None


def count_messages() -> list[Counted]:
    """What the outbox holds, by city and topic."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT city, topic, count(*) FILTER (WHERE waiting), count(*) FILTER (WHERE NOT waiting), "
            "min(created_at) FILTER (WHERE waiting) FROM base_outbox GROUP BY city, topic ORDER BY city, topic"
        )
        return [Counted(*row) for row in cursor.fetchall()]
