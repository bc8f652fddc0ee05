"""`kill -9` of ingest, message server and database in turn while devices speak: the alarms are those of a calm day.

One story, drawn from a seed, is played twice to the same rules by two sets of devices: first undisturbed, then with
kills. Devices send again until they are told that a reading was taken (QoS 1). Those of the story speak in turn, so
that both times the log has one order; beside them others send columns as fast as they are answered.

`python -m benchmarks.kill_devices --rounds 60` prints what was found.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import click
import psycopg

from benchmarks.kill import StaysDown, _patiently
from cityloom.app.nats_server import NatsDidNotStart
from cityloom.app.parts import NatsPart
from cityloom.app.places import project_root
from cityloom.app.postgres import PostgresDidNotStart, RunningPostgres, start_postgres
from cityloom.app.processes import free_port

CITY = "990100"
GAUGES, TALKERS = 6, 2
SETS = ("calm", "storm")
VICTIMS = ("ingest", "nats", "postgres", "worker")
WAIT_S = 300.0  # nobody waits so long but on a machine that does much else
INSISTS_S = 240.0  # so long a device tries to be heard
COLUMN = 20  # readings in a message of a talker
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
return_s = 1
flaps = 100000

[rule.high_long]
name_zh = "水位长时间高"
name_en = "Water is high for long"
type = "water_level"
stream = "depth_cm"
above = 15
for_s = 10
class = "gb2013:E0506"
severity = "ordinary"
return_s = 1
flaps = 100000

[rule.three]
name_zh = "三处水位高"
name_en = "High at three near one another"
of = ["high"]
at_least = 3
within_m = 60
class = "gb2013:E0506"
severity = "high"
return_s = 1
flaps = 100000
"""


class Reading(NamedTuple):
    """What a device of either set says: its name in the set, milliseconds since the story began, the value."""

    device: str
    at_ms: int
    value: float


def story(seed: int, count: int) -> list[Reading]:
    """Gauges a second apart each: calm, with floods of few readings or of many.

    None lasts about as long as a condition must hold, so that it does not matter when time itself is looked at.
    """
    chance = random.Random(seed)
    left, high = dict.fromkeys(range(GAUGES), 0), dict.fromkeys(range(GAUGES), False)
    told = []
    for n in range(count):
        gauge = n % GAUGES
        if not left[gauge]:
            high[gauge] = not high[gauge] and chance.random() < 0.7
            left[gauge] = chance.choice((2, 4, 5, 16, 20)) if high[gauge] else chance.randint(6, 25)
        left[gauge] -= 1
        value = chance.uniform(20, 40) if high[gauge] else chance.uniform(1, 8)
        told.append(Reading(f"gauge{gauge}", n // GAUGES * 1000 + gauge, round(value, 2)))
    return told


def write_city(folder: Path) -> Path:
    """The small city of the tests with two sets of devices far from each other."""
    from tests.city.small_city import write_small_city

    write_small_city(folder)
    head = "code,type,name_zh,name_en,component,area,owner,lon,lat,streams,interval_s,from,until\n"
    rows = []
    for number, name in enumerate(SETS):
        area, lon = ("990101001001001", 110.0004) if number == 0 else ("990102001001001", 110.0084)
        for n in range(GAUGES):
            place = f"{lon + n * 0.0002:.4f},30.001"
            rows.append(f"{name}-gauge{n},water_level,水位计,Gauge,,{area},water_co,{place},depth_cm,1,,")
        for n in range(TALKERS):
            rows.append(f"{name}-talker{n},flow_meter,流量计,Meter,,{area},water_co,{lon:.4f},30.0015,flow_ls,1,,")
    (folder / "things.csv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    return folder


@dataclass
class Storm:
    """A small city on its own servers in `var`: `begin`, `play` each set, `settle`, then look at `faults`."""

    var: Path
    city_folder: Path
    seed: int = 7
    began_ms: int = field(default_factory=lambda: round(time.time() * 1000) - 7_200_000)
    kills: Counter[str] = field(default_factory=Counter)
    acked: dict[str, list[Reading]] = field(default_factory=lambda: {name: [] for name in SETS})
    _until: int = 0  # so many readings of the story may be told now
    _server: RunningPostgres | None = None
    _nats: NatsPart | None = None
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _secrets: dict[str, str] = field(default_factory=dict)
    _failed: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Start the servers, load the city, give each device its secret, start who takes in and who works."""
        self._server = start_postgres(self.var)
        self._nats = NatsPart(self.var, port=free_port(), mqtt_port=free_port())
        self._nats.start()
        for arguments in (["migrate"], ["city", "load", str(self.city_folder)], ["devices", "load"]):
            self._call("cityloom", *arguments)
        self._secrets = json.loads(self._call("benchmarks.kill_devices", "--secrets"))
        for name in VICTIMS:
            self._start(name)

    def play(self, name: str, told: list[Reading], kills: int = 0) -> None:
        """Have a set of devices tell the story; meanwhile kill that often, each victim in turn.

        However fast they speak, a part of the story is told beside each kill, and one is left for after it.
        """
        done = threading.Event()
        parts = [(number + 1) * len(told) // (kills + 2) for number in range(kills + 2)]
        self._until = parts[0]
        talkers = [threading.Thread(target=self._talk, args=(name, n, done), daemon=True) for n in range(TALKERS)]
        teller = threading.Thread(target=self._tell, args=(name, told), daemon=True)
        for thread in (*talkers, teller):
            thread.start()
        for number in range(kills):
            self._wait_until(lambda: self._told(name) >= self._until or not teller.is_alive(), "the story")
            self._until = parts[number + 1]
            self._kill(VICTIMS[number % len(VICTIMS)])
        self._until = len(told)
        self._wait_for(teller)
        done.set()
        self._wait_for(*talkers)
        if self._failed:
            raise self._stays_down(f"a device was not heard any more: {self._failed}")

    def settle(self) -> None:
        """Until all that was acknowledged is stored and every alarm has what it wants; then stop."""
        total = sum(len(said) for said in self.acked.values())
        self._wait_until(lambda: len(self._rows(STORED)) >= total, "the storing")
        self._wait_until(lambda: not self._one("SELECT count(*) FROM sensing_alarm WHERE case_wanted"), "the cases")
        for name in ("ingest", "worker"):
            self._running[name].terminate()
            self._running.pop(name).wait(WAIT_S)

    def close(self) -> None:
        """End everything that is left, however it went."""
        for process in self._running.values():
            process.kill()
            process.wait()
        if self._nats is not None:
            self._nats.stop()
        if self._server is not None:
            self._server.stop()

    # --- what is wrong in the end ---

    def faults(self) -> Iterator[str]:
        """Everything that is not as it must be."""
        for name in SETS:
            wanted = Counter((f"{name}-{r.device}", r.at_ms, r.value) for r in self.acked[name])
            stored = Counter(self.stored(name))
            yield from (f"acknowledged and not stored: {each}" for each in list((wanted - stored).elements())[:5])
            yield from (f"stored and never acknowledged, or twice: {each}" for each in (stored - wanted).elements())
        calm, storm = (self.alarms(name) for name in SETS)
        yield from (f"alarm missed: {each}" for each in sorted((calm - storm).elements(), key=str))
        yield from (f"alarm too many: {each}" for each in sorted((storm - calm).elements(), key=str))
        for alarm, reports in self._rows(
            "SELECT a.id, (SELECT count(*) FROM cases_report r WHERE r.idempotency_key = 'alarm-' || a.id) "
            "FROM sensing_alarm a"
        ):
            if reports != 1:
                yield f"alarm {alarm} was reported {reports} times"

    def stored(self, name: str) -> list[tuple[str, int, float]]:
        """The readings of a set: device, milliseconds since the story began, value."""
        return [
            (code, at_ms - self.began_ms, value)
            for code, at_ms, value in self._rows(
                "SELECT d.code, (extract(epoch FROM r.at) * 1000)::bigint, r.value "  # noqa: S608
                f"FROM ({STORED}) r JOIN sensing_stream s ON s.id = r.stream "
                f"JOIN sensing_device d ON d.id = s.device_id WHERE d.code LIKE '{name}-%'"
            )
        ]

    def alarms(self, name: str) -> Counter[tuple[Any, ...]]:
        """The alarms of a set: rule, device in the set, raised, cleared, whether it has a case."""
        return Counter(
            (rule, code.removeprefix(f"{name}-"), raised, cleared, has_case)
            for rule, code, raised, cleared, has_case in self._rows(
                "SELECT a.rule, d.code, extract(epoch FROM a.raised_at)::float8 * 1000 - %s, "
                "extract(epoch FROM a.cleared_at)::float8 * 1000 - %s, a.case_id IS NOT NULL "
                "FROM sensing_alarm a JOIN sensing_device d ON d.id = a.device_id WHERE d.code LIKE %s",
                self.began_ms, self.began_ms, f"{name}-%",
            )
        )  # fmt: skip

    # --- devices ---

    def _tell(self, name: str, told: list[Reading]) -> None:
        """The story, one reading after the other, each until it was taken."""
        devices: dict[str, Insisting] = {}
        try:
            for number, reading in enumerate(told):
                while number >= self._until:
                    time.sleep(0.01)
                code = f"{name}-{reading.device}"
                device = devices.setdefault(code, Insisting(self.mqtt_port, code, self._secrets[code]))
                device.say(f"sense/{CITY}/{code}/depth_cm", {"t": self.began_ms + reading.at_ms, "v": reading.value})
                self.acked[name].append(reading)
        except TimeoutError as why:
            self._failed.append(str(why))

    def _talk(self, name: str, number: int, done: threading.Event) -> None:
        """Columns of readings that no rule looks at, for as long as the story goes."""
        code = f"{name}-talker{number}"
        device, n = Insisting(self.mqtt_port, code, self._secrets[code]), 0
        try:
            while not done.is_set():
                said = [Reading(f"talker{number}", 10 * (n + i), float(n + i)) for i in range(COLUMN)]
                times = [self.began_ms + r.at_ms for r in said]
                device.say(f"sense/{CITY}/{code}/flow_ls", {"t": times, "v": [r.value for r in said]})
                self.acked[name] += said
                n += COLUMN
                done.wait(0.002)
        except TimeoutError as why:
            self._failed.append(str(why))

    def _told(self, name: str) -> int:
        return sum(reading.device.startswith("gauge") for reading in self.acked[name].copy())

    # --- processes ---

    @property
    def mqtt_port(self) -> int:
        """Where devices come in."""
        assert self._nats is not None
        assert self._nats.mqtt_port is not None
        return self._nats.mqtt_port

    def _start(self, name: str) -> None:
        if name not in ("ingest", "worker"):
            return
        argv = [sys.executable, "-m", "cityloom", name]
        with (self.var / "log" / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(argv, env=self._env(), stdout=log, stderr=log)

    def _kill(self, victim: str) -> None:
        self.kills[victim] += 1
        if victim == "postgres":
            assert self._server is not None
            assert self._server.process is not None
            self._server.process.kill()
            self._server.process.wait()
            self._server = _patiently(lambda: start_postgres(self.var), PostgresDidNotStart)
        elif victim == "nats":
            assert self._nats is not None
            assert self._nats.server is not None
            self._nats.server.process.kill()
            self._nats.server.process.wait()
            _patiently(self._nats.start, NatsDidNotStart)
        else:
            self._running[victim].kill()
            self._running[victim].wait()
            self._start(victim)

    def _call(self, module: str, *arguments: str) -> str:
        said = subprocess.run(
            [sys.executable, "-m", module, *arguments], env=self._env(), check=True, stdout=subprocess.PIPE
        )
        return said.stdout.decode()

    def _env(self) -> dict[str, str]:
        assert self._server is not None
        assert self._nats is not None
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CITYLOOM_")}
        root = project_root()
        return kept | {
            "CITYLOOM_VAR": str(self.var),
            "CITYLOOM_DATABASE_URL": self._server.url,
            "CITYLOOM_NATS_URL": self._nats.url,
            "CITYLOOM_DEVICE_MESSAGES": "100000",
            "PYTHONPATH": os.pathsep.join((str(root / "src"), str(root))),
        }

    def _rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        assert self._server is not None
        url = self._server.url
        with _patiently(lambda: psycopg.connect(url, autocommit=True), psycopg.OperationalError) as connection:
            return connection.execute(sql, params or None).fetchall()  # type: ignore[arg-type]

    def _one(self, sql: str) -> int:
        return int(self._rows(sql)[0][0])

    def _wait_until(self, holds: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + WAIT_S
        while not holds():
            self._start_ended()
            if time.monotonic() > until:
                raise self._stays_down(f"{what} did not come within {WAIT_S:g} s")
            time.sleep(0.05)

    def _wait_for(self, *threads: threading.Thread) -> None:
        """Until devices have said what they had to say; they themselves give up."""
        while any(thread.is_alive() for thread in threads):
            self._start_ended()
            time.sleep(0.05)

    def _start_ended(self) -> None:
        """Start who has ended, as the supervisor does: the database was away while it started."""
        for name, process in list(self._running.items()):
            if process.poll() is not None:
                self._start(name)

    def _stays_down(self, why: str) -> StaysDown:
        """The error with the last words of who takes in."""
        log = (self.var / "log" / "ingest.log").read_text(encoding="utf-8", errors="replace")
        return StaysDown(f"{why}; see {self.var}/log; last words of ingest: {log[-3000:]}")


STORED = "SELECT stream, at, value FROM sensing_reading UNION ALL SELECT stream, at, value FROM sensing_late"


class Insisting:
    """A device that says a thing until it is told that it was taken."""

    def __init__(self, port: int, code: str, secret: str) -> None:
        self._port, self._code, self._secret = port, code, secret
        self._device: Any = None
        self._number = 0

    def say(self, topic: str, told: Any) -> None:
        """Publish; raises TimeoutError when nobody takes it for very long."""
        from tests.app.mqtt_device import MqttDevice

        body = json.dumps(told).encode()
        self._number = self._number % 65_535 + 1
        until, again = time.monotonic() + INSISTS_S, False
        while True:
            try:
                if self._device is None:
                    self._device = MqttDevice(self._port, self._code, self._secret, self._code)
                self._device.say(topic, body, self._number, again)
                return
            except OSError as why:
                if time.monotonic() > until:
                    raise TimeoutError(f"{self._code}: {why}") from why
                again, self._device = True, None
                time.sleep(0.1)


def storm(var: Path, city_folder: Path, readings: int, kills: int, seed: int = 7) -> tuple[Storm, list[str]]:
    """One calm day and one with kills; the storm as it ended, its servers still there, and what is wrong."""
    weather = Storm(var, city_folder, seed)
    told = story(seed, readings)
    try:
        weather.begin()
        weather.play("calm", told)
        weather.play("storm", told, kills)
        weather.settle()
        return weather, list(weather.faults())
    except BaseException:
        weather.close()
        raise


def print_secrets() -> None:
    """A secret for each device of the city, as JSON."""
    from cityloom.app.ready import set_up_django

    set_up_django()
    from cityloom.base.clock import RealClock
    from cityloom.city.snapshot import current_city
    from cityloom.sensing.actions.give_secret import give_secret

    city = current_city(CITY)
    click.echo(json.dumps({code: give_secret(city, code, RealClock()) for code in city.things}))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", default=60, show_default=True, type=click.IntRange(1), help="How many kills.")
@click.option("--readings", default=6000, show_default=True, type=click.IntRange(600), help="Length of the story.")
@click.option("--seed", default=7, show_default=True, type=int, help="Draws the story.")
@click.option("--secrets", is_flag=True, help="Print secrets of the devices; for the script itself.")
def main(rounds: int, readings: int, seed: int, secrets: bool) -> None:
    """Kill those who take in and tell what was lost, doubled or missed."""
    if secrets:
        print_secrets()
        return
    with tempfile.TemporaryDirectory(prefix="cityloom-kill-") as folder:
        Path(folder).chmod(0o755)
        began = time.monotonic()
        weather, faults = storm(Path(folder) / "var", write_city(Path(folder) / "city"), readings, rounds, seed)
        try:
            for victim, times in weather.kills.items():
                click.echo(f"{victim:<10}{times:>6} kills")
            for name in SETS:
                alarms = weather.alarms(name)
                click.echo(f"{name:<10}{len(weather.acked[name]):>9,} acknowledged, {alarms.total():,} alarms")
            click.echo(f"{time.monotonic() - began:.0f} s")
        finally:
            weather.close()
    for fault in faults:
        click.echo(fault, err=True)
    click.echo(f"{len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
