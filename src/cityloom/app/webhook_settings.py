"""Settings of webhooks: what inside they may lead to, and how long they are tried. Known before Django."""

from __future__ import annotations

from datetime import timedelta

from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.exchange.webhooks.addresses import Inside
from cityloom.exchange.webhooks.retrying import RetryRules


def inside_of(env: Environment) -> Inside:
    """Hosts and networks inside that webhooks may be sent to."""
    try:
        return Inside.of(env.items("CITYLOOM_WEBHOOK_HOSTS"))
    except ValueError as wrong:
        raise SettingNotUnderstood(
            f"CITYLOOM_WEBHOOK_HOSTS: {wrong}; write for example hooks.city.example,10.1.0.0/16"
        ) from wrong


def rules_of(env: Environment) -> RetryRules:
    """How often and how long one message is tried, and when an address that fails is turned off."""
    return RetryRules(
        tries=max(1, env.number("CITYLOOM_WEBHOOK_TRIES")),
        give_up=timedelta(days=max(1, env.number("CITYLOOM_WEBHOOK_DAYS"))),
        turn_off=timedelta(days=max(1, env.number("CITYLOOM_WEBHOOK_OFF_DAYS"))),
    )


def kept_of(env: Environment) -> timedelta:
    """How long deliveries stay on the page after they ended."""
    return timedelta(days=max(1, env.number("CITYLOOM_WEBHOOK_KEPT_DAYS")))
