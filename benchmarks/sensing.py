"""What devices say, from MQTT through rules into the database: single and batched messages, one and two processes.

The publisher runs beside them on the same machine; its share of the processor is part of the figures. Each message
is QoS 0, so that the log and not the answer to the device sets the pace.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.devices import connect, packet
from benchmarks.fill import load_demo_city

SINGLE, BATCHED, COLUMN = 60_000, 6_000, 100
Figure = tuple[str, float, str]
MAPPINGS = """
mappings = {
  "sense.*.*": "sensepart.{{partition(2,2)}}.{{wildcard(1)}}.{{wildcard(2)}}"
  "sense.*.*.*": "sensepart.{{partition(2,2)}}.{{wildcard(1)}}.{{wildcard(2)}}.{{wildcard(3)}}"
}
"""


def run(var: Path, say: Callable[[str], None]) -> list[Figure]:
    """All figures, each on a fresh log and empty tables."""
    os.chmod(var, 0o755)  # noqa: S103 (the server runs under an account of its own)
    rows: list[Figure] = []
    with _servers(var) as server:
        import django

        django.setup()
        code = _load(var, say)
        rows += _copying(say)
        for parts in (("",), ("1/2", "2/2")):
            for name, messages, readings in _loads(code):
                say(f"{name}, {len(parts)} process(es)")
                took_s = _through(server, code, parts, messages, readings)
                kind = f"{name}, {len(parts)} process" + ("es" if len(parts) > 1 else "")
                rows.append((f"MQTT to stored, {kind}", round(readings / took_s), "readings/s"))
        rows += _chart()
    return rows


@contextlib.contextmanager
def _servers(var: Path) -> Iterator[Any]:
    from cityloom.app.nats_server import start_nats
    from cityloom.app.postgres import start_postgres
    from cityloom.app.processes import free_port

    database = start_postgres(var)
    nats = start_nats(var, port=free_port(), mqtt_port=free_port())
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "cityloom.app.settings", "CITYLOOM_DATABASE_URL": database.url,
        "CITYLOOM_NATS_URL": nats.url, "CITYLOOM_VAR": str(var), "CITYLOOM_LOG_LEVEL": "WARNING",
        "CITYLOOM_DEVICE_MESSAGES": "1000000", "CITYLOOM_DEVICE_READINGS": "100000000",
    }  # fmt: skip
    try:
        yield nats
    finally:
        nats.stop()
        database.stop()


def _load(var: Path, say: Callable[[str], None]) -> str:
    from django.core.management import call_command

    from cityloom.city.snapshot import list_cities

    call_command("migrate", verbosity=0)
    load_demo_city(var, say)
    return list_cities()[0].code


def _copying(say: Callable[[str], None]) -> list[Figure]:
    """Storing alone: batches of 50,000 streams, one reading each."""
    import numpy as np
    from django.db import connection, transaction

    from cityloom.sensing.keeping import Keeper
    from cityloom.sensing.values import Readings
    from cityloom.sensing.watermarks import Watermarks

    say("copying")
    keeper, size, now_ms = Keeper(0, Watermarks()), 50_000, round(time.time() * 1000)
    stream, began = np.arange(1, size + 1), time.perf_counter()
    for turn in range(20):
        batch = Readings(stream, np.full(size, now_ms + turn), np.full(size, 1.5))
        with transaction.atomic(), connection.cursor() as cursor:
            done = keeper.keep(cursor, batch, now_ms)
        keeper.committed(done)
    took_s = time.perf_counter() - began
    _empty()
    return [("readings stored by COPY, sorted and checked for repetitions", round(20 * size / took_s), "readings/s")]


def _loads(code: str) -> Iterator[tuple[str, list[bytes], int]]:
    """Frames ready to be sent, and how many readings they hold; values stay calm, so that rules have no story."""
    from cityloom.city.snapshot import current_city

    things = [thing for thing in current_city(code).things.values() if thing.streams]
    now_ms = round(time.time() * 1000) - 3_600_000
    single = []
    for i in range(SINGLE):
        thing = things[i % len(things)]
        body = b'{"t":%d,"v":%.2f}' % (now_ms + i // len(things) * 1000, 1 + i % 7 / 100)
        single.append(packet(f"sense/{code}/{thing.code}/{thing.streams[0]}", body))
    yield "single messages", single, SINGLE
    batched, readings = [], 0
    for i in range(BATCHED):
        thing, first = things[i % len(things)], now_ms + i // len(things) * COLUMN * 1000
        told: dict[str, Any] = {"t": [first + 1000 * j for j in range(COLUMN)]}
        told |= {name: [1 + j % 7 / 100 for j in range(COLUMN)] for name in thing.streams}
        batched.append(packet(f"sense/{code}/{thing.code}", json.dumps(told).encode()))
        readings += COLUMN * len(thing.streams)
    yield "batched", batched, readings


def _through(server: Any, code: str, parts: tuple[str, ...], frames: list[bytes], readings: int) -> float:
    """Seconds from the first message sent until the last reading is stored."""
    from cityloom.app.sense_log import SenseLog

    _empty()
    _map(server, len(parts))
    argv = [sys.executable, "-m", "cityloom", "ingest", "--city", code]
    with contextlib.closing(SenseLog(server.url, "sense.>")) as told:
        before = _readers(told)
    running = [subprocess.Popen([*argv, *(["--part", part] if part else [])]) for part in parts]
    try:
        with contextlib.closing(SenseLog(server.url, "sense.>")) as told:
            _wait(lambda: len(_readers(told) - before) >= len(parts))
        user, password = re.findall(r"nats://(.*?):(.*?)@", server.url)[0]
        device = connect(server.mqtt_port, user, password)
        began = time.perf_counter()
        device.sendall(b"".join(frames))
        _wait(lambda: _asked("SELECT count(*) FROM sensing_reading") + _asked("SELECT count(*) FROM sensing_late")
              >= readings)  # fmt: skip
        return time.perf_counter() - began
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(30)


def _readers(told: Any) -> set[str]:
    """Who waits for messages; the server keeps the name of one that has ended for a moment."""
    found = told.request("$JS.API.CONSUMER.NAMES.SENSE", {}).get("consumers") or []
    return {name for name in found if name.startswith("ingest-")}


def _map(server: Any, parts: int) -> None:
    """Have the server hand devices to parts, or not; it reads its configuration again."""
    config = Path(os.environ["CITYLOOM_VAR"]) / "nats" / "nats.conf"
    text = config.read_text().replace(MAPPINGS, "")
    config.write_text(text + (MAPPINGS if parts > 1 else ""))
    os.kill(server.pid, signal.SIGHUP)
    time.sleep(1)


def _chart() -> list[Figure]:
    """A day of one stream out of what lies there, as a chart of 1,000 points."""
    from datetime import UTC, datetime, timedelta

    from cityloom.sensing.series import history

    stream, now, took = _asked("SELECT min(stream) FROM sensing_reading"), datetime.now(UTC), []
    for _ in range(20):
        began = time.perf_counter()
        history(stream, now - timedelta(days=1), now, 1000)
        took.append(1000 * (time.perf_counter() - began))
    return [("a day's chart of one stream, today's partition, median", round(sorted(took)[10], 1), "ms")]


def _asked(sql: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0] or 0)


def _empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE sensing_reading, sensing_late, sensing_rule_state, sensing_rule_tick")
        cursor.execute("UPDATE sensing_stream SET last_at = NULL, last_value = NULL")
        cursor.execute("UPDATE sensing_offset SET flushed_sequence = sequence")


def _wait(true: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 300
    while not true():
        if time.monotonic() > end_s:
            raise TimeoutError("the readings did not come through; see the log of the process")
        time.sleep(0.05)
