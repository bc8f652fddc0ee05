"""What is measured, in Prometheus' words: counters kept by each process, figures asked of the database per scrape.

The processes of one machine share a folder of counters (`prometheus_client`'s multiprocess mode), so one scrape of
any web process tells of all of them and of the worker. Labels are words of ours and few; none tells of a person.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.db import connection
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from cityloom.app.counters import FOLDER, drop_dead
from cityloom.app.figures import StoredFigures
from cityloom.base.tallies import Labels, listen

CONTENT_TYPE = CONTENT_TYPE_LATEST
LATENCIES_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
POOL_EVERY_S = 1.0

KEPT = CollectorRegistry()
REQUESTS = Counter("cityloom_requests", "Requests answered.", ["method", "route", "status"], registry=KEPT)
DURATIONS = Histogram(
    "cityloom_request_seconds", "Seconds until the answer.", ["route"], buckets=LATENCIES_S, registry=KEPT
)
MOVES = Counter("cityloom_moves", "Entries written to the history of cases.", ["move", "role"], registry=KEPT)
REPORTS = Counter("cityloom_reports", "Reports received.", ["source"], registry=KEPT)
REFUSED = Counter("cityloom_refused", "Refusals given, by their code.", ["code"], registry=KEPT)
CLOCKS = Counter("cityloom_clocks_fired", "Warnings and overdue moments told.", registry=KEPT)
TOLD = Counter("cityloom_outbox_told", "Outbox rows taken by the message server.", registry=KEPT)
DELIVERIES = Counter("cityloom_webhook_tries", "Messages of webhooks that were tried.", ["result"], registry=KEPT)
ROUNDS = Counter("cityloom_worker_rounds", "Rounds of the worker.", ["result"], registry=KEPT)
POOL = Gauge(
    "cityloom_database_connections",
    "Connections of the pools: how many there are, how many are free, how many requests wait for one.",
    ["what"],
    registry=KEPT,
    multiprocess_mode="livesum",
)
_BY_TALLY = {"moves": MOVES, "reports": REPORTS, "refused": REFUSED}
_pool_told_at_s = 0.0


def start_counting() -> None:
    """From now on this process counts what its lower folders tell."""
    listen(_count)


def _count(name: str, counted: Sequence[Labels]) -> None:
    counter = _BY_TALLY[name]
    for labels in counted:
        counter.labels(*labels).inc()


def note_pool() -> None:
    """Take down how the pool of this process stands, at most once a second."""
    global _pool_told_at_s
    now_s = time.monotonic()
    pool = getattr(connection, "pool", None) if connection.settings_dict["OPTIONS"].get("pool") else None
    if pool is None or now_s - _pool_told_at_s < POOL_EVERY_S:
        return
    _pool_told_at_s = now_s
    stats = pool.get_stats()
    for what, name in (("open", "pool_size"), ("free", "pool_available"), ("awaited", "requests_waiting")):
        POOL.labels(what).set(stats.get(name, 0))


def exposition(stored: StoredFigures) -> bytes:
    """Everything measured, in the text format."""
    registry: CollectorRegistry = KEPT
    folder = os.environ.get(FOLDER)
    if folder:
        drop_dead(Path(folder), "gauge_live")
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    parts: Iterable[CollectorRegistry] = (registry, stored.registry())
    return b"".join(generate_latest(each) for each in parts)
