"""Statements and processor time around a piece of work, in this process or over HTTP."""

from __future__ import annotations

import contextlib
import math
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.fill import Stand
from benchmarks.machine import family, processor_seconds

WEB_WAIT_S = 60.0
# All reports come from one address here: the limits are counted as ever and refuse nobody.
_COUNTED = ("report", "report_phone", "same_words", "near", "track", "api", "api_public")
WIDE_LIMITS = ",".join(f"{name}=999999/s" for name in _COUNTED)
WORKERS, THREADS = 2, 4
NO_DATA = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET ", "SHOW ", "SELECT $1")  # the pool's check
# What the database asks itself at commit, for every foreign key of every row.
REFERENCE_CHECK = re.compile(r"SELECT (1|\$\d+) FROM ONLY")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which that share of the values lies (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]


class Statements:
    """Counts the data statements of this process's connection while it is entered."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip().upper().startswith(NO_DATA):
            self.texts.append(sql)
        return execute(sql, params, many, context)

    @contextlib.contextmanager
    def counted(self) -> Iterator[Statements]:
        from django.db import connection

        with connection.execute_wrapper(self):
            yield self


def database_seconds(stand: Stand) -> float:
    """Processor time of the whole database server so far: backends, writers and those that have ended."""
    return processor_seconds(family(stand.server.pid))


def settle(stand: Stand) -> None:
    """Let the database finish what earlier work left behind, so that it is not counted here."""
    import psycopg

    with psycopg.connect(stand.server.url_of("cityloom", "postgres"), autocommit=True) as db:
        db.execute("VACUUM ANALYZE cases_case, cases_report, cases_task, cases_clock, cases_entry, base_outbox")
        db.execute("CHECKPOINT")


@contextlib.contextmanager
def server_statements(stand: Stand) -> Iterator[dict[str, int]]:
    """The statements on data that the server ran meanwhile for the application: text to number of calls.

    Those that it asks itself to check references are among them; `sent` leaves them out.
    """
    import psycopg

    found: dict[str, int] = {}
    with psycopg.connect(stand.server.url_of("cityloom", "postgres"), autocommit=True) as db:
        db.execute("SELECT pg_stat_statements_reset()")
        yield found
        rows = db.execute(
            "SELECT s.query, s.calls FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid "
            "WHERE r.rolname = 'cityloom' ORDER BY s.calls DESC"
        ).fetchall()
    found.update({text: calls for text, calls in rows if not text.lstrip().upper().startswith(NO_DATA)})


def sent(statements: Mapping[str, int]) -> dict[str, int]:
    """The statements that the application itself sent."""
    return {text: calls for text, calls in statements.items() if not REFERENCE_CHECK.match(text)}


@dataclass
class Cost:
    """What a piece of work took: seconds, processor seconds by who spent them, and the statements of the server."""

    took_s: float = 0.0
    app_s: float = 0.0
    database_s: float = 0.0
    client_s: float = 0.0
    statements: dict[str, int] = field(default_factory=dict)


@contextlib.contextmanager
def costs(stand: Stand, web: int) -> Iterator[Cost]:
    """What happens meanwhile costs the processes of `cityloom web`, the database and this process, the client."""
    cost, web_family = Cost(), family(web)
    app, database, client = processor_seconds(web_family), database_seconds(stand), time.process_time()
    with server_statements(stand) as statements:
        began = time.perf_counter()
        yield cost
        cost.took_s = time.perf_counter() - began
    cost.app_s = processor_seconds(web_family) - app
    cost.database_s = database_seconds(stand) - database
    cost.client_s = time.process_time() - client
    cost.statements = statements


@contextlib.contextmanager
def web_server(stand: Stand) -> Iterator[tuple[int, int]]:
    """`cityloom web` on a free port with its usual workers: (port, process id)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (stand.var / "web.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "cityloom", "web", "--port", str(port),
         "--workers", str(WORKERS), "--threads", str(THREADS)],
        env={**os.environ, "CITYLOOM_DATABASE_POOL": "", "CITYLOOM_LIMITS": WIDE_LIMITS},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )  # fmt: skip
    try:
        _wait_for(port, process)
        yield port, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


class WebDidNotStart(Exception):
    """`cityloom web` ended or stayed silent; its words are in `web.log` of the benchmark's folder."""


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + WEB_WAIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise WebDidNotStart("cityloom web did not answer; see web.log in the benchmark's folder (--keep DIR)")
