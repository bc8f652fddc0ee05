"""The ingest process: from the log of the message server into the database, until it is asked to stop.

It may be killed at any moment and started again. A database or message server that is away is asked again, later
each time; meanwhile the log keeps what devices say.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError

from cityloom.app.bridge import Bridge
from cityloom.app.device_door import DeviceDoor, issuer_key
from cityloom.app.fresh_connection import drop_connection
from cityloom.app.ingest_settings import IngestSettings
from cityloom.app.logs import tell_uncaught
from cityloom.app.mqtt_guard import MqttGuard
from cityloom.app.no_space import end_stuck_server, note_log_full, said_full
from cityloom.app.relay import find_embedded
from cityloom.app.sense_log import LogAway, SenseLog
from cityloom.app.sta_mqtt import StaMqtt, find_monitor
from cityloom.base.clock import Clock, DemoClock, clock_of_settings
from cityloom.base.patience import Patience
from cityloom.city.snapshot import current_city
from cityloom.city.snapshot_values import City
from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.city_rules import CityRules
from cityloom.sensing.ingesting import MARK
from cityloom.sensing.session import Session

log = logging.getLogger("cityloom.ingest")

WAIT_S = 0.5
TOLD_EVERY_S = 60.0
MARKED_EVERY_S = 1.0  # of several processes each marks in the log how far it has read


def run(city_code: str, part: str = "", bridge: str = "") -> None:
    """Take in what devices of a city say until SIGTERM or Ctrl-C; `part` is `1/2` for the first of two processes.

    `bridge`: the address of a broker that is listened to besides.
    """
    tell_uncaught()
    stop = threading.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: stop.set())
    url = settings.CITYLOOM_NATS_URL or find_embedded(settings.CITYLOOM_VAR)
    clock = clock_of_settings()
    if url and (not part or part.startswith("1/")):
        city = current_city(city_code)
        guard = MqttGuard(url, stop, lambda why: _tell_full(city.id, why, clock))
        guard.start()
        if bridge and city.topic_rules:
            Bridge(bridge, url, city.code, city.topic_rules, stop).start()
        elif bridge:
            log.warning("bridge=idle reason='payloads.toml of the city names no [topic.…]'")
        DeviceDoor(url, issuer_key(settings.CITYLOOM_VAR), city.id, city.code, clock, stop, guard.ready).start()
        monitor = settings.CITYLOOM_NATS_MONITOR or find_monitor(settings.CITYLOOM_VAR)
        StaMqtt(stop, url, monitor, lambda: current_city(city_code), clock, settings.CITYLOOM_SITE_URL).start()
    Ingest(city_code, part, url or "", clock, stop).work()


@dataclass
class Ingest:
    """Sessions one after the other, each until something fails."""

    city_code: str
    part: str
    url: str
    clock: Clock
    stop: threading.Event
    known: IngestSettings = field(default_factory=lambda: settings.INGEST_SETTINGS)
    _patience: Patience = field(default_factory=Patience)

    def work(self) -> None:
        """Until `stop` is set."""
        while not self.stop.is_set():
            try:
                self._session()
            except LogAway as why:
                self._wait("messages", str(why))
            except (OperationalError, InterfaceError, psycopg.OperationalError) as why:  # the last one from a COPY
                full = said_full(why)
                self._wait("database", str(full or why).strip(), "full" if full else "away")
            except Exception:
                log.exception("session=failed")
                self._patience.wait_after_failure(self.stop)
            finally:
                drop_connection(log)

    def _wait(self, what: str, why: str, how: str = "away") -> None:
        if not self._patience.failures:
            log.warning("%s=%s reason=%r; asked again until it works, the log keeps what devices say", what, how, why)
        self._patience.wait_after_failure(self.stop)

    def _session(self) -> None:
        city = current_city(self.city_code)
        loaded = load_devices(city)
        if any(loaded):
            log.info("devices=%d streams=%d changed=%d retired=%d", *loaded)
        reader = SenseLog(self.url, subject_of(city.code, self.part), self.known.kept_days, self.known.kept_gb)
        try:
            session = self._open(city, reader.name)
            reader.begin_after(session.sequence)
            self._go_on(city, session, reader)
        finally:
            reader.close()

    def _open(self, city: City, log_name: str) -> Session:
        began_s = time.monotonic()
        session = Session(
            city.id,
            self.part,
            log_name,
            self.clock,
            payloads=city.payloads,
            limits=self.known.limits,
            rules=CityRules(city.code, self.clock, self.part),
            city_ms=_shift_of(self.clock),
            early_s=self.known.early_s,
        )
        took_ms = 1000 * (time.monotonic() - began_s)
        log.info("city=%s devices=%d after=%d took_ms=%d ingest=ready", city.code, len(session.registry.devices),
                 session.stored, took_ms)  # fmt: skip
        return session

    def _go_on(self, city: City, session: Session, reader: SenseLog) -> None:
        told_s = time.monotonic()
        marked_s = 0.0
        while not self.stop.is_set():
            if self.part and time.monotonic() - marked_s > MARKED_EVERY_S:
                marked_s = time.monotonic()
                reader.mark(subject_of(city.code, self.part).removesuffix(">") + MARK)
            messages = reader.fetch(WAIT_S)
            if messages:
                session.take(messages)
            else:
                session.idle()
            if failures := self._patience.it_worked():
                log.info("ingest=working after_failures=%d", failures)
            if time.monotonic() - told_s > TOLD_EVERY_S:
                told_s = time.monotonic()
                if current_city(self.city_code).version != city.version:
                    log.info("city=%s version=new; devices and rules are read again", city.code)
                    break
                log.info("messages=%d stored=%d repeated=%d late=%d refused=%d", *session.tally)
        session.close()


def _tell_full(city_id: int, why: str, clock: Clock) -> None:
    """Note that the log has no space; start it anew where it can write again and does not know."""
    try:
        note_log_full(city_id, why, clock.now())
    except DatabaseError as away:
        log.warning("problem=not_noted database=away reason=%r", str(away).strip())
    finally:
        drop_connection(log)
    embedded = find_embedded(settings.CITYLOOM_VAR)
    if embedded and settings.CITYLOOM_NATS_URL in ("", embedded):
        end_stuck_server(settings.CITYLOOM_VAR)


def subject_of(city_code: str, part: str) -> str:
    """The subjects that a process reads: all of the city, or those that the server maps to its part."""
    if not part:
        return f"sense.{city_code}.>"
    return f"sensepart.{int(part.split('/')[0]) - 1}.{city_code}.>"


def _shift_of(clock: Clock) -> Callable[[int], int] | None:
    """From the machine's milliseconds to those of a demo's clock; None where they are the same."""
    if not isinstance(clock, DemoClock):
        return None
    real_ms, began_ms = clock.real_began_at.timestamp() * 1000, clock.began_at.timestamp() * 1000
    rate = clock.rate
    return lambda ms: round(began_ms + (ms - real_ms) * rate)
