"""Reading webhooks and their deliveries: by key, never a page by counting."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.exchange.webhooks.errors import NoSuchDelivery, NoSuchWebhook
from cityloom.exchange.webhooks.values import Delivery, Wanted, Webhook, manages

_WEBHOOK = (
    "w.id, w.city_id, w.url, w.description, w.login, w.role, w.unit, w.area, w.moves, w.units, w.areas, w.state, "
    "w.reason, w.version, w.failures, w.failing_since, w.last_success_at, w.old_until, w.created_at, w.created_by"
)
DELIVERY = (
    "d.id, d.webhook_id, d.event, d.topic, d.key, d.seq, d.body, d.state, d.attempts, d.next_at, d.created_at, "
    "d.tried_at, d.ended_at, d.status, d.duration_ms, d.answer, d.reason, d.first_id"
)


@dataclass(frozen=True)
class Health:
    """How the messages of a webhook stand."""

    waiting: int = 0
    failed: int = 0


def list_webhooks(city: City, post: Post) -> list[Webhook]:
    """The webhooks of the city that this post may manage, the newest first; removed ones are gone."""
    found = _read("w.city_id = %s AND w.state <> 'removed' ORDER BY w.id DESC", [city.id])
    return [each for each in found if manages(post, each.post)]


def get_webhook(city: City, post: Post, webhook_id: int) -> Webhook:
    """One webhook; raises NoSuchWebhook also for one that this post may not manage."""
    found = _read("w.city_id = %s AND w.id = %s AND w.state <> 'removed'", [city.id, webhook_id])
    if not found or not manages(post, found[0].post):
        raise NoSuchWebhook("webhook.no_such", id=webhook_id)
    return found[0]


def webhook_at(webhook_id: int) -> Webhook:
    """The webhook of that number, whoever manages it; raises NoSuchWebhook."""
    found = _read("w.id = %s", [webhook_id])
    if not found:
        raise NoSuchWebhook("webhook.no_such", id=webhook_id)
    return found[0]


def listening(city_ids: Sequence[int]) -> list[Webhook]:
    """The webhooks for which messages are kept."""
    return _read("w.city_id = ANY(%s) AND w.state IN ('active', 'paused') ORDER BY w.id", [list(city_ids)])


def list_deliveries(
    webhook: Webhook, state: str = "", after: int | None = None, limit: int = 50
) -> tuple[list[Delivery], int | None]:
    """Its deliveries, the newest first, and the mark of the next page (None: there is none)."""
    parts, params = ["d.webhook_id = %s"], [webhook.id]
    states = {"waiting": ["waiting", "sending"], "": []}.get(state, [state])
    if states:
        parts.append("d.state = ANY(%s)")
        params.append(states)  # type: ignore[arg-type]
    if after is not None:
        parts.append("d.id < %s")
        params.append(after)
    found = read_deliveries(f"{' AND '.join(parts)} ORDER BY d.id DESC LIMIT %s", [*params, limit + 1])
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def get_delivery(webhook: Webhook, delivery_id: int) -> Delivery:
    """One delivery of the webhook; raises NoSuchDelivery."""
    found = read_deliveries("d.webhook_id = %s AND d.id = %s", [webhook.id, delivery_id])
    if not found:
        raise NoSuchDelivery("webhook.no_such_delivery", id=webhook.id, delivery=delivery_id)
    return found[0]


def health_of(webhooks: Sequence[Webhook], since: datetime) -> dict[int, Health]:
    """How many messages of each wait, and how many made since that moment failed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT webhook_id, count(*) FILTER (WHERE state IN ('waiting', 'sending')), "
            "count(*) FILTER (WHERE state = 'failed' AND created_at >= %s) FROM exchange_webhook_delivery "
            "WHERE webhook_id = ANY(%s) AND state IN ('waiting', 'sending', 'failed') GROUP BY webhook_id",
            [since, [each.id for each in webhooks]],
        )
        return {webhook_id: Health(waiting, failed) for webhook_id, waiting, failed in cursor.fetchall()}


def read_deliveries(condition: str, params: Sequence[Any]) -> list[Delivery]:
    """Deliveries `d` as values; the condition is written by us, its parameters are bound."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {DELIVERY} FROM exchange_webhook_delivery d WHERE {condition}", params)  # noqa: S608
        return [delivery_of(row) for row in cursor.fetchall()]


def delivery_of(row: Sequence[Any]) -> Delivery:
    """A row of DELIVERY as a value."""
    made = Delivery(*row)
    return replace(made, reason=_object(made.reason))


def _read(condition: str, params: Sequence[Any]) -> list[Webhook]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_WEBHOOK} FROM exchange_webhook w WHERE {condition}", params)  # noqa: S608
        return [_webhook(row) for row in cursor.fetchall()]


def _webhook(row: Sequence[Any]) -> Webhook:
    (number, city_id, url, description, login, role, unit, area, moves, units, areas, state, reason, version,
     failures, failing_since, last_success_at, old_until, created_at, created_by) = row  # fmt: skip
    return Webhook(
        number, city_id, url, description, Post(login, Role(role), unit or None, area or None),
        Wanted(tuple(moves), tuple(units), tuple(areas)), state, _object(reason), version, failures, failing_since,
        last_success_at, old_until, created_at, created_by,
    )  # fmt: skip


def _object(value: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return loaded
