"""What sends messages: the adapters that the settings name, and each city's rules for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings

from cityloom.base.clock import Clock
from cityloom.base.message_rules import MessageRules
from cityloom.base.sending import send_messages
from cityloom.cases import callback_words  # noqa: F401 (its message templates are registered)
from cityloom.city.snapshot import current_city
from cityloom.exchange.messages.choosing import choose_adapters

AT_ONCE = 20


def messenger() -> Callable[[Clock], int]:
    """What a worker calls each round: sends some of what waits and tells how many. Raises for a wrong setting."""
    adapters = choose_adapters(
        settings.CITYLOOM_SMS_URL,
        settings.CITYLOOM_MAIL_URL,
        settings.CITYLOOM_SMS_FORM,
        settings.CITYLOOM_VAR,
        production=settings.PRODUCTION,
    )
    return lambda clock: send_messages(adapters, clock, rules_of, AT_ONCE)


def rules_of(code: str) -> MessageRules:
    """The rules of a city, by its code."""
    city = current_city(code)
    return _rules(city.code, city.version)


@lru_cache(maxsize=16)
def _rules(code: str, version: int) -> MessageRules:
    city = current_city(code)
    return MessageRules.of_limits(city.settings.limits, city.calendar().tz, city.name.zh, city.name.en)
