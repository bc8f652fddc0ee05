"""The worker: fires due moments, tells the message server and webhooks what happened, until it is asked to stop.

Everything it does is written in the database, so it may be killed at any moment and started again, and several
may run at once. A database that is away is asked again, later each time; a message server that is away holds
nothing else up.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import InterfaceError, OperationalError

from cityloom.app import metrics
from cityloom.app.alarm_rounds import AlarmRounds
from cityloom.app.chores import Chores
from cityloom.app.delivering import Delivering, courier_of_settings
from cityloom.app.far_chores import FarChores
from cityloom.app.fresh_connection import drop_connection
from cityloom.app.logs import tell_uncaught
from cityloom.app.messengers import messenger
from cityloom.app.relay import JetStream, Relay, find_embedded
from cityloom.base.clock import Clock, clock_of_settings
from cityloom.base.patience import Patience
from cityloom.cases.actions.fire_clocks import fire_clocks
from cityloom.cases.actions.fire_orders import fire_orders
from cityloom.city.models import City as StoredCity
from cityloom.city.snapshot import current_city
from cityloom.city.snapshot_values import City

log = logging.getLogger("cityloom.worker")

IDLE_S = 0.4
CLOCKS_AT_ONCE = 200


def run() -> None:
    """Work until SIGTERM or Ctrl-C."""
    tell_uncaught()
    metrics.start_counting()
    stop = threading.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: stop.set())
    url = settings.CITYLOOM_NATS_URL or find_embedded(settings.CITYLOOM_VAR)
    relay = Relay(JetStream(url), _code_of) if url else None
    if relay is None:
        log.warning("messages=waiting reason='no message server is named'; set CITYLOOM_NATS_URL to have them told")
    worker = Worker(clock_of_settings(), stop, relay, messages=messenger())
    delivering = Delivering(stop, courier_of_settings(worker.clock, city_by_id))
    delivering.start()
    far_chores = FarChores(stop, worker.clock)
    far_chores.start()
    alarms = AlarmRounds(stop, worker.clock)
    alarms.start()
    log.info("worker=started clock=%s", settings.CITYLOOM_CLOCK or "real")
    try:
        worker.work()
    finally:
        delivering.join()
        far_chores.join()
        alarms.join()
        if relay is not None:
            relay.close()
    log.info("worker=stopped")


@dataclass
class Worker:
    """One worker: rounds of firing and telling, with a short sleep when there is nothing to do."""

    clock: Clock
    stop: threading.Event
    relay: Relay | None = None
    cities: Callable[[int], City] = field(default_factory=lambda: city_by_id)
    messages: Callable[[Clock], int] | None = None
    _patience: Patience = field(default_factory=Patience)
    _chores: Chores = field(init=False)

    def __post_init__(self) -> None:
        self._chores = Chores(self.clock)

    def work(self) -> None:
        """Rounds until `stop` is set."""
        while not self.stop.is_set():
            try:
                done = self.round()
            except (OperationalError, InterfaceError) as why:
                self._database_away(why)
            except Exception:
                metrics.ROUNDS.labels("failed").inc()
                log.exception("round=failed")
                drop_connection(log)
                self._patience.wait_after_failure(self.stop)
            else:
                if failures := self._patience.it_worked():
                    log.info("worker=working after_failures=%d", failures)
                metrics.ROUNDS.labels("worked" if done else "idle").inc()
                if not done:
                    self.stop.wait(IDLE_S)

    def round(self) -> int:
        """Fire what is due, tell what waits; how many things were done."""
        began = time.monotonic()
        fired = fire_clocks(self.cities, self.clock, CLOCKS_AT_ONCE)
        fired += fire_orders(self.cities, self.clock)
        if fired:
            log.info("clocks=%d took_ms=%d", fired, 1000 * (time.monotonic() - began))
        told = self.relay.pass_on() if self.relay is not None else 0
        sent = self.messages(self.clock) if self.messages is not None else 0
        metrics.CLOCKS.inc(fired)
        metrics.TOLD.inc(told)
        self._chores.do_due()
        return fired + told + sent

    def _database_away(self, why: Exception) -> None:
        metrics.ROUNDS.labels("database_away").inc()
        if not self._patience.failures:
            log.warning("database=away reason=%r; asked again until it answers", str(why).strip())
        drop_connection(log)
        self._patience.wait_after_failure(self.stop)


_codes: dict[int, str] = {}


def city_by_id(city_id: int) -> City:
    """The city of that id at its current version."""
    return current_city(_code(city_id))


def _code(city_id: int) -> str:
    if city_id not in _codes:
        _codes[city_id] = StoredCity.objects.values_list("code", flat=True).get(pk=city_id)
    return _codes[city_id]


def _code_of(city_id: str) -> str:
    return _code(int(city_id))
