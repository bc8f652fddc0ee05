"""Figures that only the database knows, asked at most every few seconds by statements that stay cheap."""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import Error as DatabaseError
from django.db import connection
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cityloom import __version__
from cityloom.base.clock import Clock
from cityloom.city.snapshot import current_city
from cityloom.exchange.actions.meet_partners import Silent, asked_by_worker, list_silent

KEPT_S = 10.0
MOST_COUNTED = 100_000  # a queue longer than this is told as this: counting on would cost more than it tells


@dataclass(frozen=True)
class Queue:
    """Something that waits: how many, up to MOST_COUNTED, and the age of the oldest in seconds (0: none)."""

    count: int
    oldest_s: float


@dataclass(frozen=True)
class Figures:
    """One look at the database; `answers` is False when it gave none, and then nothing else is known."""

    answers: bool
    open_cases: tuple[tuple[str, str, int], ...] = ()  # city, state, count
    outbox: Queue | None = None
    late_clocks: Queue | None = None
    webhooks: Queue | None = None
    webhooks_failing: int = 0
    silent_partners: tuple[tuple[str, str, float], ...] = ()  # city, partner, seconds


def look(at: datetime) -> Figures:
    """Open cases by state and what waits; few statements over partial indexes."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT y.code, c.state, count(*) FROM cases_case c JOIN city_city y ON y.id = c.city_id "
                "WHERE c.closed_at IS NULL GROUP BY y.code, c.state ORDER BY y.code, c.state"
            )
            open_cases = tuple((city, state, int(count)) for city, state, count in cursor.fetchall())
        waits = (outbox_queue(at), clock_queue(at), webhook_queue(at))
        silent = tuple((each.city, each.partner, (at - each.since).total_seconds()) for each in silences())
        return Figures(True, open_cases, *waits, failing_webhooks(), silent)
    except DatabaseError:
        return Figures(False)


def outbox_queue(at: datetime) -> Queue:
    """What waits to be told to the message server."""
    return _queue("SELECT created_at AS since FROM base_outbox WHERE waiting ORDER BY id", [], at)


def clock_queue(at: datetime) -> Queue:
    """Warnings and due moments that have come and that no worker has told yet."""
    return _queue("SELECT fires_at AS since FROM cases_clock WHERE fires_at <= %s ORDER BY fires_at", [at], at)


def webhook_queue(at: datetime) -> Queue:
    """Messages that webhooks have not taken yet, those of paused ones too."""
    return _queue(
        "SELECT created_at AS since FROM exchange_webhook_delivery WHERE state IN ('waiting', 'sending')", [], at
    )


def failing_webhooks() -> int:
    """Webhooks whose address fails, and those that were turned off for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM exchange_webhook "
            "WHERE state = 'off' OR (state = 'active' AND failing_since IS NOT NULL)"
        )
        return int(cursor.fetchone()[0])


def _queue(rows: str, params: list[datetime], at: datetime) -> Queue:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), min(since) FROM ({rows} LIMIT {MOST_COUNTED}) q",  # noqa: S608
            params,
        )
        count, since = cursor.fetchone()
    return Queue(int(count), max(0.0, (at - since).total_seconds()) if since else 0.0)


def silences() -> list[Silent]:
    """Partners whose Open311 server gives no good answer; one statement while there is none."""
    return [each for each in list_silent() if each.partner in asked_by_worker(current_city(each.city))]


@dataclass
class StoredFigures:
    """The figures of this moment, or of a few seconds ago; many scrapes ask the database once."""

    clock: Callable[[], Clock]
    kept_s: float = KEPT_S
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _figures: Figures | None = None
    _at_s: float = 0.0

    def figures(self) -> Figures:
        with self._lock:
            now_s = time.monotonic()
            if self._figures is None or now_s - self._at_s >= self.kept_s:
                self._figures, self._at_s = look(self.clock().now()), now_s
            return self._figures

    def registry(self) -> CollectorRegistry:
        """The figures as a registry of its own."""
        registry = CollectorRegistry()
        registry.register(_Told(self.figures()))
        return registry


@dataclass(frozen=True)
class _Told(Collector):
    figures: Figures

    def collect(self) -> Iterable[Metric]:
        build = GaugeMetricFamily("cityloom_build_info", "Which version answers.", labels=["version", "python"])
        build.add_metric([__version__, platform.python_version()], 1)
        yield build
        yield GaugeMetricFamily(
            "cityloom_database_up", "Whether the database answered this scrape.", value=self.figures.answers
        )
        if self.figures.answers:
            yield from self._stored()

    def _stored(self) -> Iterator[Metric]:
        cases = GaugeMetricFamily("cityloom_open_cases", "Open cases by state.", labels=["city", "state"])
        for city, state, count in self.figures.open_cases:
            cases.add_metric([city, state], count)
        yield cases
        waiting = (
            ("outbox", "rows not yet told to the message server", self.figures.outbox),
            ("late_clocks", "due moments not yet told by a worker", self.figures.late_clocks),
            ("webhooks", "messages not yet taken by their receivers", self.figures.webhooks),
        )
        yield GaugeMetricFamily(
            "cityloom_webhooks_failing", "Webhooks that fail or were turned off.", value=self.figures.webhooks_failing
        )
        silent = GaugeMetricFamily(
            "cityloom_partner_silent_seconds", "Since when a partner's server is silent.", labels=["city", "partner"]
        )
        for city, partner, seconds in self.figures.silent_partners:
            silent.add_metric([city, partner], seconds)
        yield silent
        for name, what, queue in waiting:
            if queue is not None:
                yield GaugeMetricFamily(f"cityloom_{name}_waiting", f"How many: {what}.", value=queue.count)
                yield GaugeMetricFamily(
                    f"cityloom_{name}_oldest_seconds", f"Age of the oldest: {what}.", value=queue.oldest_s
                )
