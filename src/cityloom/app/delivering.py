"""The thread of the worker that sends webhooks: beside clocks and messages, so that no receiver holds those up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import Error as DatabaseError

from cityloom.app import metrics
from cityloom.app.beside import Beside
from cityloom.base.clock import Clock
from cityloom.city.snapshot_values import City
from cityloom.exchange.webhooks.courier import Courier
from cityloom.exchange.webhooks.posting import Poster

log = logging.getLogger("cityloom.webhooks")

IDLE_S = 0.4


def courier_of_settings(clock: Clock, city_of: Callable[[int], City]) -> Courier:
    """The courier as the settings want it."""
    return Courier(clock, city_of, Poster(settings.CITYLOOM_WEBHOOK_HOSTS), settings.WEBHOOK_RULES, count=_count)


@dataclass
class Delivering(Beside):
    """Rounds of a courier. What was on its way when one failed is marked later, or sent again under its id."""

    courier: Courier
    name, waits, log = "webhooks", "webhooks wait", log

    def round(self) -> float:
        """Send what is due and mark what came back."""
        done = self.courier.round(wait_s=IDLE_S)
        return 0.0 if done or self.courier.is_flying else IDLE_S

    def end(self) -> None:
        """Mark what is on its way, as far as the database is there."""
        try:
            self.courier.close()
        except DatabaseError as why:
            log.warning("database=away reason=%r; what was sent last may be sent again", str(why).strip())


def _count(result: str) -> None:
    metrics.DELIVERIES.labels(result).inc()
