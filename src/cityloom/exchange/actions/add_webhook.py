"""Add a webhook: a place outside that is told what happens to the cases that its post may see."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from cityloom.base.clock import Clock
from cityloom.base.keys import vault
from cityloom.cases.permissions import SCOPE, Scope
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.exchange import models
from cityloom.exchange.webhooks.addresses import Inside, target_of
from cityloom.exchange.webhooks.errors import BadWebhook, WebhookNotAllowed
from cityloom.exchange.webhooks.rows import get_webhook
from cityloom.exchange.webhooks.signing import new_secret
from cityloom.exchange.webhooks.values import MOVES, Wanted, Webhook

log = logging.getLogger("cityloom.webhooks")
SEES_NOTHING = frozenset(role for role, scope in SCOPE.items() if scope in (Scope.OWN, Scope.ALL))


@dataclass(frozen=True)
class NewWebhook:
    """What is asked for; `unit`: it sees what a handler of this unit sees, instead of what its maker sees."""

    url: str
    description: str = ""
    wanted: Wanted = field(default_factory=Wanted)
    unit: str | None = None


def add_webhook(city: City, new: NewWebhook, by: Post, inside: Inside, clock: Clock) -> tuple[Webhook, str]:
    """The webhook and its secret, which is told this once.

    It acts by its maker's post, or by a unit's where an administrator of the whole city says so. Raises BadWebhook
    for an address that may not be led to or a wish that names what the city does not have, and WebhookNotAllowed.
    """
    post = _post_of(city, new, by)
    target_of(new.url, inside)
    check_wanted(new.wanted, city)
    secret, safe, at = new_secret(), vault(), clock.now()
    row = models.Webhook.objects.create(
        city_id=city.id, url=new.url, description=new.description[:200], login=by.login, role=post.role.value,
        unit=post.unit or "", area=post.area or "", moves=list(new.wanted.moves), units=list(new.wanted.units),
        areas=list(new.wanted.areas), state="active", secret_sealed=safe.seal(secret), key_mark=safe.key_mark,
        created_at=at, created_by=by.login, changed_at=at, changed_by=by.login,
    )  # fmt: skip
    log.info("webhook=%d added_by=%s role=%s unit=%s", row.pk, by.login, post.role.value, post.unit or "")
    return get_webhook(city, by, row.pk), secret


def check_wanted(wanted: Wanted, city: City) -> None:
    """Raise BadWebhook for a move, unit or area that there is not, naming the nearest."""
    _check("moves", wanted.moves, MOVES)
    _check("units", wanted.units, city.units)
    _check("areas", wanted.areas, city.areas)


def _check(name: str, values: Iterable[str], known: Iterable[str]) -> None:
    there = list(known)
    for value in values:
        if value not in there:
            near = get_close_matches(value, there, 3, 0.3) or there[:3]
            raise BadWebhook("webhook.unknown_value", name=name, value=value[:40], near=near)


def _post_of(city: City, new: NewWebhook, by: Post) -> Post:
    if new.unit is None:
        if by.role in SEES_NOTHING:
            raise WebhookNotAllowed("webhook.no_such_post", role=by.role.value)
        return Post(by.login, by.role, by.unit, by.area)
    if by.role is not Role.ADMIN or by.area is not None:
        raise WebhookNotAllowed("webhook.unit_of_area")
    _check("unit", [new.unit], city.units)
    return Post(by.login, Role.HANDLER, new.unit)
