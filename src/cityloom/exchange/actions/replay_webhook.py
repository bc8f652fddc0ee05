"""Send again what a webhook was sent before, or a test: as new deliveries that name the first."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.exchange import models
from cityloom.exchange.webhooks.errors import BadWebhook, WebhookNotNow
from cityloom.exchange.webhooks.fan_out import event_of, insert
from cityloom.exchange.webhooks.payload import ping_body
from cityloom.exchange.webhooks.rows import get_delivery, get_webhook, read_deliveries
from cityloom.exchange.webhooks.values import PING, Delivery, Webhook

log = logging.getLogger("cityloom.webhooks")
BATCH = 500


@dataclass(frozen=True)
class Again:
    """What to send again: one delivery; or what was made in a span, all of it or only what failed."""

    delivery_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    only_failed: bool = False


def replay_webhook(city: City, webhook_id: int, again: Again, by: Post, clock: Clock) -> int:
    """How many new deliveries were made, each with the body and webhook-id of the one it repeats.

    Of a message that was replayed before, its first delivery is named; in a span each message comes once, in order,
    and only when no delivery of it still waits; of failed ones, those that were not delivered by a later replay.
    Raises WebhookNotNow for a webhook that is paused or off, BadWebhook for a span without beginning.
    """
    hook = _active(city, webhook_id, by)
    if again.delivery_id is not None:
        with transaction.atomic():
            insert([_again(get_delivery(hook, again.delivery_id), clock)])
        count = 1
    else:
        count = _replay_span(hook, again, clock)
    log.info("webhook=%d replayed=%d by=%s", hook.id, count, by.login)
    return count


def ping_webhook(city: City, webhook_id: int, by: Post, clock: Clock) -> int:
    """A test message, sent soon; the id of its delivery. Raises WebhookNotNow for a webhook that is paused or off."""
    hook, at = _active(city, webhook_id, by), clock.now()
    number = ids.one()
    body = ping_body(city.code, hook.id, at, city.calendar().tz)
    with transaction.atomic():  # before all that waits, also where the address is being left in peace
        models.Webhook.objects.filter(id=hook.id).update(probe_at=None)
        insert([[number, hook.id, event_of(number), PING, f"ping-{number}", 0, body, at, hook.created_at, None]])
    return number


def _replay_span(hook: Webhook, again: Again, clock: Clock) -> int:
    since, until = again.since, again.until or clock.now()
    if since is None or since >= until:
        raise BadWebhook("webhook.bad_window")
    total, after = 0, 0
    with transaction.atomic():
        while True:
            found = read_deliveries(
                "d.webhook_id = %s AND d.first_id IS NULL AND d.topic <> %s AND d.created_at >= %s "
                "AND d.created_at < %s AND d.id > %s AND (NOT %s OR d.state = 'failed') "
                "AND NOT EXISTS (SELECT 1 FROM exchange_webhook_delivery o WHERE o.webhook_id = d.webhook_id "
                "AND o.key = d.key AND o.event = d.event AND o.state IN ('waiting', 'sending')) "
                "AND (NOT %s OR NOT EXISTS (SELECT 1 FROM exchange_webhook_delivery o "
                "WHERE o.webhook_id = d.webhook_id AND o.first_id = d.id AND o.state = 'delivered')) "
                "ORDER BY d.id LIMIT %s",
                [hook.id, PING, since, until, after, again.only_failed, again.only_failed, BATCH],
            )
            if not found:
                return total
            insert([_again(each, clock) for each in found])
            total, after = total + len(found), found[-1].id


def _again(first: Delivery, clock: Clock) -> list[object]:
    at = clock.now()
    named = first.first_id or first.id
    return [
        ids.one(), first.webhook_id, first.event, first.topic, first.key, first.seq, first.body, at, at, named,
    ]  # fmt: skip


def _active(city: City, webhook_id: int, by: Post) -> Webhook:
    hook = get_webhook(city, by, webhook_id)
    if hook.state != "active":
        raise WebhookNotNow("webhook.not_active")
    return hook
