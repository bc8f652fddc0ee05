"""Taking what waits in the outbox, in order, at least once; a row is done when its consumer says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction


class Message(NamedTuple):
    id: int
    city: str
    topic: str
    key: str
    payload: dict[str, Any]
    created_at: datetime


def hand_out(tell: Callable[[list[Message]], None], most: int = 500) -> int:
    """Give up to `most` waiting messages to `tell` and mark them done when it returns; how many were told.

    When `tell` raises, nothing is marked and the same messages come again. Several relays may run: each takes
    rows the others do not hold.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, city, topic, key, payload, created_at FROM base_outbox WHERE waiting "
            "ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
            [most],
        )
        rows = [
            Message(i, c, t, k, json.loads(p) if isinstance(p, str) else p, at)
            for i, c, t, k, p, at in cursor.fetchall()
        ]
        if rows:
            tell(rows)
            cursor.execute("UPDATE base_outbox SET waiting = false WHERE id = ANY(%s)", [[m.id for m in rows]])
    return len(rows)


def drop_told(before: datetime, most: int = 1000) -> int:
    """Delete what was told and made before that moment, among the `most` oldest rows; how many went."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM base_outbox WHERE id IN (SELECT id FROM base_outbox ORDER BY id LIMIT %s) "
            "AND NOT waiting AND created_at < %s",
            [most, before],
        )
        return int(cursor.rowcount)
