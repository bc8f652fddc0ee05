"""Give a webhook a new secret; the one before signs beside it for a while, so that no message is refused."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction

from cityloom.base.clock import Clock
from cityloom.base.keys import vault
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.exchange import models
from cityloom.exchange.actions.change_webhook import locked
from cityloom.exchange.webhooks.errors import BadWebhook, WebhookNotNow
from cityloom.exchange.webhooks.rows import get_webhook
from cityloom.exchange.webhooks.signing import new_secret
from cityloom.exchange.webhooks.values import Webhook

log = logging.getLogger("cityloom.webhooks")
OVERLAP_H = 24
MOST_OVERLAP_H = 7 * 24


def rotate_webhook_secret(
    city: City, webhook_id: int, by: Post, clock: Clock, overlap_h: int = OVERLAP_H, version: int | None = None
) -> tuple[Webhook, str]:
    """The webhook and its new secret, which is told this once. With `overlap_h` 0 the old one ends at once.

    Raises WebhookNotNow while an earlier rotation still overlaps, so that a receiver which has not yet taken over
    the last secret is not cut off by chance; 0 hours end that overlap too.
    """
    if not 0 <= overlap_h <= MOST_OVERLAP_H:
        raise BadWebhook("webhook.bad_overlap", most=MOST_OVERLAP_H)
    at, secret, safe = clock.now(), new_secret(), vault()
    with transaction.atomic():
        hook = locked(city, webhook_id, by, version)
        if overlap_h and hook.old_until is not None and at < hook.old_until:
            until = hook.old_until.astimezone(city.calendar().tz)
            raise WebhookNotNow("webhook.rotating", until=f"{until:%Y-%m-%d %H:%M}")
        row = models.Webhook.objects.get(id=hook.id)
        before = b""
        if overlap_h:  # sealed again with the key in use, which the row's mark names
            before = safe.seal(safe.open(bytes(row.secret_sealed)))
        row.old_secret_sealed = before
        row.old_until = at + timedelta(hours=overlap_h) if overlap_h else None
        row.secret_sealed, row.key_mark = safe.seal(secret), safe.key_mark
        row.version, row.changed_at, row.changed_by = row.version + 1, at, by.login
        row.save()
    log.info("webhook=%d secret_rotated_by=%s overlap_h=%d", hook.id, by.login, overlap_h)
    return get_webhook(city, by, webhook_id), secret
