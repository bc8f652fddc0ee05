"""The thread of the worker that sends webhooks: beside clocks and messages, so that no receiver holds those up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection

from cityloom.app import metrics
from cityloom.base.clock import Clock
from cityloom.base.patience import Patience
from cityloom.city.snapshot_values import City
from cityloom.exchange.webhooks.courier import Courier
from cityloom.exchange.webhooks.posting import Poster

log = logging.getLogger("cityloom.webhooks")

IDLE_S = 0.4
END_S = 5.0


def courier_of_settings(clock: Clock, city_of: Callable[[int], City]) -> Courier:
    """The courier as the settings want it."""
    return Courier(clock, city_of, Poster(settings.CITYLOOM_WEBHOOK_HOSTS), settings.WEBHOOK_RULES, count=_count)


@dataclass
class Delivering:
    """Rounds of a courier in a thread with its own connection, until `stop` is set."""

    courier: Courier
    stop: threading.Event
    _patience: Patience = field(default_factory=Patience)
    _thread: threading.Thread = field(init=False)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait a little until what is on its way was marked; what is not will be sent again under its id."""
        self._thread.join(END_S)

    def _work(self) -> None:
        while not self.stop.is_set():
            try:
                done = self.courier.round(wait_s=IDLE_S)
            except (OperationalError, InterfaceError) as why:
                if not self._patience.failures:
                    log.warning("database=away reason=%r; webhooks wait", str(why).strip())
                self._begin_anew()
            except Exception:
                log.exception("round=failed")
                self._begin_anew()
            else:
                self._patience.it_worked()
                if not done and not self.courier.is_flying:
                    self.stop.wait(IDLE_S)
        self._end()

    def _begin_anew(self) -> None:
        """A fresh connection, a little later; what was on its way is marked with the next round."""
        _close()
        self._patience.wait_after_failure(self.stop)

    def _end(self) -> None:
        try:
            self.courier.close()
        except DatabaseError as why:
            log.warning("database=away reason=%r; what was sent last may be sent again", str(why).strip())
        _close()


def _close() -> None:
    try:
        connection.close()
    except DatabaseError as why:
        log.debug("closing the connection failed: %s", why)
        connection.connection = None


def _count(result: str) -> None:
    metrics.DELIVERIES.labels(result).inc()
