"""A mail to who owns a webhook, when it was turned off."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import User

from cityloom.base.clock import Clock
from cityloom.base.messages import About, Template, register_templates, send_later
from cityloom.base.reasons import render
from cityloom.city.snapshot_values import City
from cityloom.exchange.webhooks.rows import webhook_at
from cityloom.exchange.webhooks.taking import Turned

log = logging.getLogger("cityloom.webhooks")

register_templates(
    {
        "webhook.off": Template(
            "推送{id}（{name}）已停用：{reason}。恢复并补发：在“推送”页打开它。",
            "Webhook {id} ({name}) was turned off: {reason}. Resume it and replay what failed on the page Webhooks.",
            "推送已停用",
            "A webhook was turned off",
        ),
    }
)


def tell_owner(turned: Turned, clock: Clock, city_of: Callable[[int], City]) -> bool:
    """Keep a mail to the owner's account; whether there is an address. Without one the page and the metrics tell."""
    hook = webhook_at(turned.webhook_id)
    user = User.objects.filter(username=hook.post.login, is_active=True).exclude(email="").first()
    if user is None:
        log.warning("webhook=%d owner_without_mail=yes", hook.id)
        return False
    city = city_of(hook.city_id)
    language = settings.LANGUAGE_CODE[:2]
    told = {
        "id": hook.id,
        "name": hook.description or hook.url,
        "reason": render(turned.reason, language),
    }
    send_later(
        "mail", user.email, "webhook.off", told, language=language, purpose="account",
        about=About(city.code), clock=clock, once=f"webhook:{hook.id}:{hook.version}",
    )  # fmt: skip
    return True
