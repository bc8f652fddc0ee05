"""From the outbox to deliveries: in one transaction each message gets a row for every webhook that asks for it.

One worker at a time does it, in the order of the outbox. A webhook gets what happened since it was made, of the cases
that its post may see at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction

from cityloom.base.ids import ids
from cityloom.base.outbox import Consumer, Message, hand_out
from cityloom.cases.permissions import visible_to
from cityloom.city.snapshot_values import City
from cityloom.exchange.webhooks.matching import is_wanted
from cityloom.exchange.webhooks.payload import case_body
from cityloom.exchange.webhooks.rows import listening
from cityloom.exchange.webhooks.values import CASE_MOVED, Webhook

AT_ONCE = 500
_LOCK = 0x436C_486B  # "ClHk", of the transaction that fans out
Key = tuple[int, str]


def fan_out(city_of: Callable[[int], City], most: int = AT_ONCE) -> int:
    """Make the deliveries of up to `most` messages that wait for webhooks; how many messages were taken."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")  # forgotten in a crash, it is done again as a whole
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        return hand_out(lambda messages: _deliver(messages, city_of), most, Consumer.HOOKS)


def event_of(number: int) -> str:
    """The webhook-id of a message: of its row in the outbox, the same for every webhook, try and replay."""
    return f"msg_{number}"


def _deliver(messages: list[Message], city_of: Callable[[int], City]) -> None:
    moved = [m for m in messages if m.topic == CASE_MOVED and "version" in m.payload]
    hooks = listening(sorted({int(m.city) for m in moved})) if moved else []
    for hook in hooks:
        if rows := _rows(hook, moved, city_of(hook.city_id)):
            insert(rows)


def _rows(hook: Webhook, messages: Sequence[Message], city: City) -> list[list[Any]]:
    asked = [
        m for m in messages
        if int(m.city) == hook.city_id and m.created_at >= hook.created_at and is_wanted(hook.wanted, m.payload, city)
    ]  # fmt: skip
    seen = _seen_by(hook, city, sorted({m.key for m in asked}), asked) if asked else set()
    zone = city.calendar().tz
    return [
        [
            ids.one(), hook.id, event_of(m.id), m.topic, m.key, m.payload["version"],
            case_body(m.payload, city.code, m.created_at, zone), m.created_at, m.created_at, None,
        ]
        for m in asked if m.key in seen
    ]  # fmt: skip


def _seen_by(hook: Webhook, city: City, numbers: list[str], asked: Sequence[Message]) -> set[str]:
    """Which of the cases the webhook's post may see."""
    day = asked[-1].created_at.astimezone(city.calendar().tz).date()
    sql, params = visible_to(city.placed(hook.post, day))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.number FROM cases_case c WHERE c.city_id = %s AND c.number = ANY(%s) AND ({sql})",  # noqa: S608
            [city.id, numbers, *params],
        )
        return {number for (number,) in cursor.fetchall()}


def insert(rows: Sequence[Sequence[Any]]) -> int:
    """Keep new deliveries: id, webhook, event, topic, key, seq, body, made at, next try at, the first they repeat.

    One message has one delivery to a webhook, however often it is fanned out; replays are kept beside it.
    """
    values = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting', 0, '', '{}'::jsonb)"] * len(rows))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO exchange_webhook_delivery (id, webhook_id, event, topic, key, seq, body, "  # noqa: S608
            f"created_at, next_at, first_id, state, attempts, answer, reason) VALUES {values} "
            "ON CONFLICT (webhook_id, event) WHERE first_id IS NULL DO NOTHING",
            [value for row in rows for value in row],
        )
        return int(cursor.rowcount)
