"""Change a webhook: its address, its wish, whether it is paused; or remove it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from cityloom.base.clock import Clock
from cityloom.base.reasons import Reason
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.exchange import models
from cityloom.exchange.actions.add_webhook import check_wanted
from cityloom.exchange.webhooks.addresses import Inside, target_of
from cityloom.exchange.webhooks.errors import WebhookChanged
from cityloom.exchange.webhooks.rows import get_webhook
from cityloom.exchange.webhooks.taking import turn_off
from cityloom.exchange.webhooks.values import Wanted, Webhook

log = logging.getLogger("cityloom.webhooks")


@dataclass(frozen=True)
class WebhookChange:
    """What becomes another; None stays as it is. `state`: active or paused."""

    url: str | None = None
    description: str | None = None
    wanted: Wanted | None = None
    state: str | None = None


def change_webhook(
    city: City, webhook_id: int, change: WebhookChange, by: Post, inside: Inside, clock: Clock,
    version: int | None = None,
) -> Webhook:  # fmt: skip
    """The webhook after the change; `version` is the one that was seen.

    Resuming forgets its failures, and what waits goes out at once. Raises NoSuchWebhook, BadWebhook, WebhookChanged.
    """
    if change.url is not None:
        target_of(change.url, inside)
    if change.wanted is not None:
        check_wanted(change.wanted, city)
    with transaction.atomic():
        hook = locked(city, webhook_id, by, version)
        _keep(hook.id, _changes(change), by, clock)
        if change.state == "active":
            _let_go(hook.id, clock)
    log.info("webhook=%d changed_by=%s state=%s", hook.id, by.login, change.state or hook.state)
    return get_webhook(city, by, webhook_id)


def remove_webhook(city: City, webhook_id: int, by: Post, clock: Clock, version: int | None = None) -> None:
    """Nothing more is sent or kept for it, its secrets are gone; its deliveries stay as long as others."""
    with transaction.atomic():
        hook = locked(city, webhook_id, by, version)
        turn_off(hook.id, Reason("webhook.removed"), clock.now(), "removed")
        _keep(hook.id, {"secret_sealed": b"", "old_secret_sealed": b"", "old_until": None}, by, clock)
    log.info("webhook=%d removed_by=%s", hook.id, by.login)


def locked(city: City, webhook_id: int, by: Post, version: int | None) -> Webhook:
    """The webhook for a change, held until the transaction ends; raises WebhookChanged for a version that is past."""
    models.Webhook.objects.select_for_update().filter(id=webhook_id, city_id=city.id).first()
    hook = get_webhook(city, by, webhook_id)
    if version is not None and version != hook.version:
        raise WebhookChanged("webhook.stale", seen=version, now=hook.version)
    return hook


def _changes(change: WebhookChange) -> dict[str, Any]:
    given: dict[str, Any] = {"url": change.url, "description": change.description, "state": change.state}
    if change.wanted is not None:
        given |= {name: list(getattr(change.wanted, name)) for name in ("moves", "units", "areas")}
    if change.state is not None:
        given["reason"] = {}
    return {name: value for name, value in given.items() if value is not None}


def _let_go(webhook_id: int, clock: Clock) -> None:
    models.Webhook.objects.filter(id=webhook_id).update(failures=0, failing_since=None, probe_at=None)
    models.WebhookDelivery.objects.filter(webhook_id=webhook_id, state="waiting").update(next_at=clock.now())


def _keep(webhook_id: int, values: dict[str, Any], by: Post, clock: Clock) -> None:
    row = models.Webhook.objects.get(id=webhook_id)
    for name, value in {
        **values, "version": row.version + 1, "changed_at": clock.now(), "changed_by": by.login
    }.items():  # fmt: skip
        setattr(row, name, value)
    row.save()
