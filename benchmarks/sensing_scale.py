"""Large sensing: a breach until its case stands, a start with a million streams, a day's chart, topics without end.

`python -m benchmarks.sensing_scale --rows 50000000 --streams 1000000 --breaches 300`; `make bench` takes small sizes.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.devices import connect, packet
from benchmarks.sensing import Figure, _asked, _servers, _wait

CITY = "990100"
ROWS, STREAMS, BREACHES, TOPICS = 2_000_000, 50_000, 50, 100_000
LOADERS, RATE_S, SECONDS = 60, 10_000, 60
HEAD = "code,type,name_zh,name_en,component,area,owner,lon,lat,streams,interval_s,from,until\n"
RULES = """
[rule.high]
name_zh = "水位高"
name_en = "Water is high"
type = "water_level"
stream = "depth_cm"
above = 15
clear = 10
class = "gb2013:E0506"
severity = "high"

[rule.fast]
name_zh = "流速大"
name_en = "It flows fast"
type = "water_level"
stream = "depth_cm"
above = 30
for_s = 600
class = "gb2013:E0506"
severity = "high"
"""


def run(var: Path, say: Callable[[str], None], sizes: tuple[int, int, int, int] = (ROWS, STREAMS, BREACHES, TOPICS),
        only: str = "") -> list[Figure]:  # fmt: skip
    """All figures at these sizes: rows of the day, streams of the restart, breaches, topics."""
    os.chmod(var, 0o755)  # noqa: S103 (the server runs under an account of its own)
    rows, streams, breaches, topics = sizes
    found: list[Figure] = []
    with _servers(var) as server:
        import django

        django.setup()
        load_city(var / "city", breaches)
        for name, figures in {
            "breach": lambda: breach_to_case(server, breaches, say),
            "topics": lambda: many_topics(server, topics),
            "chart": lambda: day_chart(rows, say),
            "restart": lambda: cold_restart(streams, say),
        }.items():
            if only in ("", name):
                say(f"{name}, load {os.getloadavg()[0]:.1f}")
                found += figures()
    return found


def load_city(folder: Path, breaches: int) -> None:
    """The small city of the tests with a gauge for each breach and some devices that make the load."""
    from django.core.management import call_command
    from tests.city.small_city import write_small_city

    from cityloom.city.actions.load_city import load_city as load
    from cityloom.city.snapshot import current_city
    from cityloom.sensing.actions.load_devices import load_devices

    write_small_city(folder)
    rows = [
        f"gauge{n},water_level,水位计,Gauge,,,water_co,{110.0003 + n % 25 * 0.0003:.4f},"
        f"{30.0003 + n // 25 % 25 * 0.0003:.4f},depth_cm,60,,"
        for n in range(breaches)
    ]
    rows += [f"load{n},flow_meter,流量计,Meter,,,water_co,110.001,30.001,flow_ls,1,," for n in range(LOADERS)]
    (folder / "things.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    call_command("migrate", verbosity=0)
    load(folder, "bench", datetime.now(UTC))
    load_devices(current_city(CITY))


# --- a breach until its case stands -----------------------------------------------------------------------------


def breach_to_case(server: Any, breaches: int, say: Callable[[str], None]) -> list[Figure]:
    """Seconds from the publishing of a reading until its case is committed, beside single messages at full rate."""
    user, password = server.url.removeprefix("nats://").split("@")[0].split(":")
    running = [subprocess.Popen([sys.executable, "-m", "cityloom", name]) for name in ("ingest", "worker")]
    stop, sent = threading.Event(), [0]
    loader = threading.Thread(target=_make_load, args=(connect(server.mqtt_port, user, password, "load"), stop, sent))
    try:
        _wait(lambda: _asked("SELECT count(*) FROM sensing_offset") > 0 or _asked(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle'") >= 4)  # fmt: skip
        time.sleep(5)  # until they wait for messages
        loader.start()
        time.sleep(5)
        device = connect(server.mqtt_port, user, password)
        published, stands = {}, {}
        began, stored = time.monotonic(), _asked("SELECT count(*) FROM sensing_reading")
        pause_s = SECONDS / breaches
        while len(stands) < breaches and time.monotonic() - began < 3 * SECONDS:
            now = time.monotonic()
            if len(published) < breaches and now - began >= len(published) * pause_s:
                code = f"gauge{len(published)}"
                published[code] = time.monotonic()
                device.sendall(packet(f"sense/{CITY}/{code}", b'{"depth_cm": 20}'))
            for code in _cases_of(stands):
                stands[code] = time.monotonic()
            time.sleep(0.01)
        took_s = time.monotonic() - began
        rate = (_asked("SELECT count(*) FROM sensing_reading") - stored) / took_s
    finally:
        stop.set()
        loader.join()
        for process in running:
            process.terminate()
        for process in running:
            process.wait(60)
    waits = sorted(1000 * (stands[code] - published[code]) for code in stands)
    if not waits:
        raise TimeoutError("no case came; see the log of the processes")
    say(f"{len(waits)} of {breaches} breaches became cases")
    return [
        ("breaches that became cases", len(waits), f"of {breaches}"),
        ("breach published to case committed, p50", round(waits[len(waits) // 2]), "ms"),
        ("breach published to case committed, p99", round(waits[int(len(waits) * 0.99)]), "ms"),
        ("single messages beside it, stored", round(rate), "readings/s"),
    ]


def _make_load(device: Any, stop: threading.Event, sent: list[int]) -> None:
    """Single messages at the rate, in lots of a fiftieth of a second."""
    lot, began = RATE_S // 50, time.monotonic()
    while not stop.is_set():
        at_ms, said = round(time.time() * 1000), []
        for n in range(lot):
            topic = f"sense/{CITY}/load{(sent[0] + n) % LOADERS}/flow_ls"
            said.append(packet(topic, b'{"t":%d,"v":%d}' % (at_ms + n // LOADERS, n)))
        device.sendall(b"".join(said))
        sent[0] += lot
        time.sleep(max(0.0, began + sent[0] / RATE_S - time.monotonic()))


def _cases_of(known: dict[str, float]) -> list[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.code FROM sensing_alarm a JOIN sensing_device d ON d.id = a.device_id "
            "WHERE a.case_id IS NOT NULL"
        )
        return [code for (code,) in cursor.fetchall() if code not in known]


# --- topics without end -----------------------------------------------------------------------------------------


def many_topics(server: Any, topics: int) -> list[Figure]:
    """What distinct topics that nobody registered cost the reader of the log and the message server."""
    from cityloom.sensing.ingesting import Intake, Message

    intake, before_kb, began = Intake({}), _rss_kb(os.getpid()), time.perf_counter()
    for first in range(0, topics, 20_000):
        last = min(first + 20_000, topics)
        intake.take([Message(b"sense.990100.nobody-%d" % n, b"1", n, 0) for n in range(first, last)])
    took_s, grown_kb = time.perf_counter() - began, _rss_kb(os.getpid()) - before_kb
    user, password = server.url.removeprefix("nats://").split("@")[0].split(":")
    device, served_kb = connect(server.mqtt_port, user, password), _rss_kb(server.pid)
    for first in range(0, topics, 10_000):
        last = min(first + 10_000, topics)
        device.sendall(b"".join(packet(f"sense/{CITY}/nobody-{n}", b"1") for n in range(first, last)))
    time.sleep(3)
    return [
        (f"ingest: memory more after {topics:,} unknown topics", round(grown_kb / 1024, 1), "MB"),
        ("ingest: unknown topics", round(topics / took_s), "messages/s"),
        (
            f"message server: memory more after {topics:,} topics",
            round((_rss_kb(server.pid) - served_kb) / 1024),
            "MB",
        ),
    ]


def _rss_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


# --- a day's chart ----------------------------------------------------------------------------------------------


def day_chart(rows: int, say: Callable[[str], None]) -> list[Figure]:
    """A chart of 1,440 readings of one stream: from an open day as it comes in by batches, and from a closed one."""
    from django.db import connection, transaction

    from cityloom.base.clock import GivenClock
    from cityloom.sensing.archiving import index_closed_parts
    from cityloom.sensing.keeping import DAY_MS, Keeper
    from cityloom.sensing.series import history
    from cityloom.sensing.values import Readings
    from cityloom.sensing.watermarks import Watermarks

    streams, chance = max(rows // 1440, 60), np.random.default_rng(1)
    day = round(time.time() * 1000) // DAY_MS
    keeper, copied_s, indexed_s = Keeper(0, Watermarks()), 0.0, 0.0
    begins = datetime.fromtimestamp(day * 86_400, UTC)
    order = chance.permutation(streams) + 1
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE sensing_reading")
    for second in range(0, 86_400, 10):  # each stream once a minute; a batch is what came in ten seconds
        mine = order[second // 10 % 6 :: 6]
        batch = Readings(mine, np.full(len(mine), day * DAY_MS + second * 1000), np.full(len(mine), 1.5))
        began = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            done = keeper.keep(cursor, batch, (day + 1) * DAY_MS)
        keeper.committed(done)
        copied_s += time.perf_counter() - began
        if second % 600 == 590:
            began = time.perf_counter()
            index_closed_parts(GivenClock(begins + timedelta(seconds=second)))
            indexed_s += time.perf_counter() - began

    def chart() -> float:
        took = []
        for stream in chance.integers(1, streams, 25).tolist():
            began = time.perf_counter()
            found = history(stream, begins, begins + timedelta(days=1), 1000)
            took.append(1000 * (time.perf_counter() - began))
            if not len(found.stream):
                raise RuntimeError("an empty chart")
        return round(sorted(took)[12], 1)

    open_ms = chart()
    say(f"{streams * 1440:,} rows of an open day: {open_ms} ms")
    size = _asked("SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('sensing_reading')")
    index_closed_parts(GivenClock(begins + timedelta(days=2)))
    closed_ms = chart()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE sensing_reading")
    return [
        ("rows of the day", streams * 1440, f"rows, {size / 2**30:.1f} GB"),
        ("stored by COPY, ten seconds a batch", round(streams * 1440 / copied_s), "readings/s"),
        ("indexing closed parts, of the time of COPY", round(100 * indexed_s / copied_s, 1), "%"),
        ("a day's chart of one stream, open day, median", open_ms, "ms"),
        ("a day's chart of one stream, closed day, median", closed_ms, "ms"),
    ]


# --- a start with many streams ----------------------------------------------------------------------------------


def cold_restart(streams: int, say: Callable[[str], None]) -> list[Figure]:
    """Starts with so many streams in fresh processes: one that knows nothing, one from the checkpoint of the first.

    Each hears one single message of every stream once it is ready.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        own = _columns(cursor, "sensing_device", ("id", "code"))
        cursor.execute(
            f"INSERT INTO sensing_device (code, {own}) SELECT 'many' || n, {own} "  # noqa: S608
            "FROM sensing_device, generate_series(1, %s) n WHERE code = 'gauge0'", [streams],
        )  # fmt: skip
        own = _columns(cursor, "sensing_stream", ("id", "device_id"))
        one = "SELECT * FROM sensing_stream WHERE device_id = (SELECT id FROM sensing_device WHERE code = 'gauge0')"
        cursor.execute(
            f"INSERT INTO sensing_stream (device_id, {own}) SELECT m.id, s.{own.replace(', ', ', s.')} "  # noqa: S608
            f"FROM sensing_device m, ({one}) s WHERE m.code LIKE 'many%'"
        )
        cursor.execute("ANALYZE sensing_device, sensing_stream")
    figures: list[Figure] = []
    for how in ("cold", "from a checkpoint"):
        say(f"{how}, load {os.getloadavg()[0]:.1f}")
        argv = [sys.executable, "-m", "benchmarks.sensing_scale", "--start"]
        found = json.loads(subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout)
        what = f"start with {streams:,} streams, {how}"
        figures += [
            (f"{what}: process begun to ready", round(found["ready_s"], 1), "s"),
            (f"{what}: the same, of the process's own CPU", round(found["ready_cpu_s"], 1), "s"),
            (f"{what}: memory when ready", round(found["ready_mb"]), "MB"),
            (f"{what}: ready to the first 100,000 readings stored", round(found["some_s"], 1), "s"),
            (f"{what}: ready to one reading of each stream stored", round(found["all_s"], 1), "s"),
            (f"{what}: memory then", round(found["rss_mb"]), "MB"),
            (f"{what}: memory at its highest", round(found["peak_mb"]), "MB"),
        ]
    return figures


def _columns(cursor: Any, table: str, but: tuple[str, ...]) -> str:
    """The columns of a table without those, for copies of a row."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> ALL(%s)",
        [table, list(but)],
    )
    return ", ".join(f'"{name}"' for (name,) in cursor.fetchall())


def start() -> dict[str, float]:
    """A session from the beginning of its process until every stream was heard and a checkpoint is written."""
    began = time.time() - float(_age_s())
    import django

    django.setup()
    from cityloom.base.clock import RealClock
    from cityloom.city.snapshot import current_city
    from cityloom.sensing.city_rules import CityRules
    from cityloom.sensing.ingesting import Message
    from cityloom.sensing.session import Session

    city, clock = current_city(CITY), RealClock()
    session = Session(city.id, "", "bench", clock, payloads=city.payloads, rules=CityRules(city.code, clock))
    ready, found = time.time(), {"ready_cpu_s": time.process_time(), "ready_mb": _rss_kb(os.getpid()) / 1024}
    codes = [code for code in session.registry.devices if code.startswith("many")]
    now_ms, first = round(time.time() * 1000), session.sequence + 1
    for lot in range(0, len(codes), 50_000):
        session.take([
            Message(f"sense.{CITY}.{code}.depth_cm".encode(), b"1.5", first + lot + n, now_ms)
            for n, code in enumerate(codes[lot : lot + 50_000])
        ])  # fmt: skip
        if lot <= 50_000:
            found["some_s"] = time.time() - ready
    found |= {"ready_s": ready - began, "all_s": time.time() - ready, "rss_mb": _rss_kb(os.getpid()) / 1024}
    session.close()
    return {**found, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _age_s() -> float:
    """How long this process has been running."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return float(Path("/proc/uptime").read_text().split()[0]) - ticks / os.sysconf("SC_CLK_TCK")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rows", default=ROWS, show_default=True, help="Rows of the day that is charted.")
@click.option("--streams", default=STREAMS, show_default=True, help="Streams of the cold start.")
@click.option("--breaches", default=BREACHES, show_default=True, help="Breaches within a minute.")
@click.option("--topics", default=TOPICS, show_default=True, help="Topics that nobody registered.")
@click.option("--only", default="", type=click.Choice(["", "breach", "topics", "chart", "restart"]))
@click.option("--start", "starts", is_flag=True, hidden=True)
def main(rows: int, streams: int, breaches: int, topics: int, only: str, starts: bool) -> None:
    """Measure and print each figure."""
    if starts:
        click.echo(json.dumps(start()))
        return
    with tempfile.TemporaryDirectory(prefix="cityloom-bench-") as folder:
        sizes = (rows, streams, breaches, topics)
        for name, figure, unit in run(Path(folder), lambda text: click.echo(f"  {text}", err=True), sizes, only):
            click.echo(f"{name}: {figure:,} {unit}")


if __name__ == "__main__":
    main()
