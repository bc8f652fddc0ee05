"""`kill -9` of any process, again and again, under load: what was acknowledged stays, and all of it whole.

Some clients report through the real action and others through the pages as browsers do, and each writes down what
it was told; the demo's player moves cases along; the real worker fires clocks of a time that runs a quarter of an
hour a second and tells the message server. At random moments one of them is killed, or the web server, one of its
workers, the message server, a process of PostgreSQL or its postmaster; what does not come back by itself is started
again on the same data.

`python -m benchmarks.kill --rounds 200` prints the figures of docs/benchmarks.md.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import psycopg

from benchmarks import kill_faults
from benchmarks.counting import WIDE_LIMITS
from benchmarks.kill_clients import CITY, Ack, read_acks
from cityloom.app.nats_server import NatsDidNotStart
from cityloom.app.parts import NatsPart
from cityloom.app.places import project_root
from cityloom.app.postgres import PostgresDidNotStart, RunningPostgres, start_postgres
from cityloom.app.processes import free_port
from cityloom.base.clock import DemoClock, RealClock

T = TypeVar("T")

DIRECT = ("direct0", "direct1")
BROWSERS = ("browser0", "browser1")
HOURS_A_SECOND = 0.25
BEGINS = datetime(2026, 6, 1, 1, tzinfo=UTC)  # a Monday, nine o'clock in the small city
VICTIMS = {
    "direct": 2, "browser": 2, "player": 2, "worker": 4, "web": 3, "web worker": 3, "nats": 3, "backend": 3,
    "postmaster": 3,
}  # fmt: skip
WAIT_S = 300.0  # nobody waits so long but on a machine that does much else
LACKS_SOMETHING = 3  # the exit code of a command whose database does not answer or whose port is still held
GIVES_UP = 1  # that of the web server when a worker is killed twice within five seconds


class StaysDown(Exception):
    """Something that was killed did not come back in time; its log is named."""


@dataclass
class Round:
    """One kill: who, and after how many seconds both doors had acknowledged a report again."""

    victim: str
    back_after_s: float


@dataclass
class Storm:
    """A small city under load on its own servers in `var`; call `begin`, some `strike`, then `end`."""

    var: Path
    city_folder: Path
    rounds: list[Round] = field(default_factory=list)
    _server: RunningPostgres | None = None
    _nats: NatsPart | None = None
    _port: int = 0
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _clock: DemoClock | None = None

    # --- the story ---

    def begin(self) -> None:
        """Start the servers, load the city, start everybody, and wait for each client's first acknowledged report."""
        self._server = start_postgres(self.var)
        self._nats = NatsPart(self.var, port=free_port(), mqtt_port=free_port())
        self._nats.start()
        self._port = free_port()
        self._clock = DemoClock(RealClock().now(), BEGINS, HOURS_A_SECOND * 3600)
        self._call("migrate")
        self._call("city", "load", str(self.city_folder))
        for name in ("web", "worker", "player", *DIRECT, *BROWSERS):
            self._start(name)
        self._wait_until(lambda: all(self._told(name) for name in (*DIRECT, *BROWSERS)), "the clients")

    def strike(self, chance: random.Random, victim: str) -> None:
        """Kill one at a random moment, start it again, and wait until both doors acknowledge reports again."""
        time.sleep(chance.uniform(0.05, 0.65))
        self._kill_one(chance, victim)
        began, before = time.monotonic(), [self._told(*DIRECT), self._told(*BROWSERS)]
        self._wait_until(
            lambda: self._told(*DIRECT) > before[0] and self._told(*BROWSERS) > before[1],
            f"reports after the end of {victim}",
        )
        self.rounds.append(Round(victim, time.monotonic() - began))

    def end(self) -> None:
        """Stop those who report and move; let the worker catch up with every moment that has come; stop it too.

        Before that the player has the time to see at least one case to its end, then the worker to fire a moment.
        """
        assert self._clock is not None
        self._wait_until(lambda: self._count("cases_case WHERE closed_at IS NOT NULL") > 0, "the end of a case")
        for name in (*DIRECT, *BROWSERS, "player", "web"):
            self._stop(name)
        self._wait_until(lambda: self._count("cases_entry WHERE subject = 'clock'") > 0, "a moment that fires")
        until = self._clock.now()
        catching_up_s = WAIT_S + 2 * len(self.rounds)
        self._wait_until(lambda: self._due(until) == 0, "the worker's catching up", catching_up_s)
        self._stop("worker")

    def close(self) -> None:
        """End everything that is left, however it went."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            process.wait()
        if self._nats is not None:
            self._nats.stop()
        if self._server is not None:
            self._server.stop()

    # --- what is wrong in the end ---

    def faults(self) -> list[str]:
        """Everything that is not as it must be; empty when nothing was lost, halved, told twice or not at all."""
        told = kill_faults.read_stream(self.nats_url)
        with self.connect() as connection:
            found = [
                *kill_faults.lost(connection, self.acks()),
                *kill_faults.halved(connection),
                *kill_faults.told_twice(connection),
                *kill_faults.untold(connection, told),
                *kill_faults.without_photo(connection, self.var / "media"),
            ]
        return found + self._broken_chains()

    def counts(self) -> dict[str, int]:
        """How much happened."""
        told = kill_faults.read_stream(self.nats_url)
        return {
            "acknowledged directly": self._told(*DIRECT),
            "acknowledged by the pages": self._told(*BROWSERS),
            "refused by the pages": sum(ack.was_refused for ack in self.acks()),
            "reports": self._count("cases_report"),
            "joined": self._count("cases_report") - self._count("cases_case"),
            "photos": self._count("cases_photo"),
            "cases": self._count("cases_case"),
            "ended": self._count("cases_case WHERE closed_at IS NOT NULL"),
            "moves": self._count("cases_entry WHERE subject <> 'clock'"),
            "moments fired": self._count("cases_entry WHERE subject = 'clock'"),
            "messages told": len(told.keys),
            "messages the stream holds twice": told.again,
        }

    def acks(self) -> list[Ack]:
        """What every client was told."""
        return [ack for name in (*DIRECT, *BROWSERS) for ack in read_acks(self._book(name))]

    @property
    def nats_url(self) -> str:
        """The address of the message server."""
        assert self._nats is not None
        return self._nats.url

    def _broken_chains(self) -> list[str]:
        said = subprocess.run(
            [sys.executable, "-m", "cityloom", "audit", "verify", "--json"],
            env=self._env(), stdout=subprocess.PIPE, check=False,
        )  # fmt: skip
        return [f"{b['number']}: {b['what']}" for b in json.loads(said.stdout)[CITY]["broken"]]

    # --- the processes ---

    def _start(self, name: str) -> None:
        client = ["-m", "benchmarks.kill_clients", name, str(self._book(name))]
        argv = {
            "web": ["-m", "cityloom", "web", "--port", str(self._port), "--threads", "2"],
            "worker": ["-m", "cityloom", "worker"],
            "player": ["-m", "cityloom", "demo", "play", str(self.city_folder), "--rate", "0.05"],
        }.get(name, [*client, str(self._port if name in BROWSERS else 0)])
        with (self.var / "log" / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen([sys.executable, *argv], env=self._env(), stdout=log, stderr=log)

    def _kill_one(self, chance: random.Random, victim: str) -> None:
        if victim == "postmaster":
            self._kill_postmaster()
        elif victim == "nats":
            self._kill_nats()
        elif victim == "backend":
            _kill_any(chance, self._backends())
        elif victim == "web worker":
            _kill_any(chance, children_of(self._running["web"].pid))
        else:
            among = {"direct": DIRECT, "browser": BROWSERS}.get(victim, (victim,))
            self._kill(chance.choice(among))

    def _kill(self, name: str) -> None:
        process = self._running[name]
        process.kill()
        process.wait()
        self._start(name)

    def _backends(self) -> list[int]:
        """The processes of PostgreSQL but the watcher's own; when one is killed it ends them all and recovers."""
        with self.connect() as connection:
            rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
        return [pid for (pid,) in rows]

    def _kill_postmaster(self) -> None:
        assert self._server is not None
        assert self._server.process is not None
        self._server.process.kill()
        self._server.process.wait()
        # a backend without its postmaster still holds the memory for a while
        self._server = _patiently(lambda: start_postgres(self.var), PostgresDidNotStart)

    def _kill_nats(self) -> None:
        assert self._nats is not None
        assert self._nats.server is not None
        self._nats.server.process.kill()
        self._nats.server.process.wait()
        _patiently(self._nats.start, NatsDidNotStart)

    def _stop(self, name: str) -> None:
        process = self._running.pop(name)
        process.terminate()
        code = process.wait(WAIT_S)
        if code not in (0, -signal.SIGTERM):  # the latter: asked while it was still starting
            raise StaysDown(f"{name} ended with {code} when asked to stop; see {self.var}/log/{name}.log")

    def _require_everybody(self) -> None:
        """Nobody who was at work may have ended: a database that goes away is waited for.

        One who found something missing at its own start, and a web server that gave up, is started again, as the
        supervisor does.
        """
        for name, process in list(self._running.items()):
            code = process.poll()
            if code == LACKS_SOMETHING or (name == "web" and code == GIVES_UP):
                self._start(name)
            elif code is not None:
                log = (self.var / "log" / f"{name}.log").read_text(encoding="utf-8", errors="replace")
                raise StaysDown(f"{name} ended with {process.returncode}; its last words: {log[-1500:]}")

    def _call(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "cityloom", *arguments], env=self._env(), check=True, capture_output=True
        )

    def _env(self) -> dict[str, str]:
        assert self._server is not None
        assert self._clock is not None
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CITYLOOM_")}
        root = project_root()
        return kept | {
            "CITYLOOM_VAR": str(self.var),
            "CITYLOOM_DATABASE_URL": self._server.url,
            "CITYLOOM_NATS_URL": self.nats_url,
            "CITYLOOM_CLOCK": self._clock.as_setting(),
            "CITYLOOM_LIMITS": WIDE_LIMITS,
            "PYTHONPATH": os.pathsep.join((str(root / "src"), str(root))),
        }

    # --- looking ---

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of the watcher's own; a server that still recovers from the last strike is waited for."""
        assert self._server is not None
        url = self._server.url
        return _patiently(lambda: psycopg.connect(url, autocommit=True), psycopg.OperationalError)

    def _count(self, rows: str, *params: Any) -> int:
        with self.connect() as connection:
            found = connection.execute(f"SELECT count(*) FROM {rows}", params).fetchone()  # noqa: S608
        assert found is not None
        return int(found[0])

    def _due(self, until: datetime) -> int:
        """What the worker still owes: moments that have come, and messages that wait."""
        return self._count("cases_clock WHERE fires_at <= %s", until) + self._count("base_outbox WHERE waiting")

    def _book(self, name: str) -> Path:
        return self.var / f"{name}.acks"

    def _told(self, *names: str) -> int:
        """How many reports these clients were told are kept."""
        return sum(not ack.was_refused for name in names for ack in read_acks(self._book(name)))

    def _wait_until(self, holds: Callable[[], bool], what: str, most_s: float = WAIT_S) -> None:
        until = time.monotonic() + most_s
        while not holds():
            self._require_everybody()
            if time.monotonic() > until:
                raise StaysDown(f"{what} did not come within {most_s:g} s; see {self.var}/log")
            time.sleep(0.02)


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that live."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _kill_any(chance: random.Random, pids: list[int]) -> None:
    if pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(pids), signal.SIGKILL)


def _patiently(do: Callable[[], T], unless: type[Exception]) -> T:
    """What `do` gives, tried again while it raises that, as long as anything is waited for."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            return do()
        except unless:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


# --- as a script ------------------------------------------------------------------------------------------------


def storm(
    var: Path, city_folder: Path, rounds: int, seed: int, say: Callable[[str], None] = lambda _: None
) -> tuple[Storm, list[str]]:
    """So many rounds, each kind of victim once before chance decides; the storm as it ended, and what is wrong."""
    chance = random.Random(seed)
    each_once = chance.sample(list(VICTIMS), len(VICTIMS))
    weather = Storm(var, city_folder)
    try:
        weather.begin()
        for number in range(rounds):
            by_chance = chance.choices(list(VICTIMS), list(VICTIMS.values()))[0]
            weather.strike(chance, each_once[number] if number < len(each_once) else by_chance)
            last = weather.rounds[-1]
            say(f"round {number + 1}: {last.victim} killed, both doors back after {last.back_after_s:.2f} s")
        weather.end()
        return weather, weather.faults()
    except BaseException:
        weather.close()
        raise


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", default=200, show_default=True, type=click.IntRange(1), help="How many kills.")
@click.option("--seed", default=7, show_default=True, type=int, help="Decides who is killed and when.")
def main(rounds: int, seed: int) -> None:
    """Kill processes of the product under load and tell what was lost, in the small city of the tests."""
    from tests.city.small_city import write_small_city

    with tempfile.TemporaryDirectory(prefix="cityloom-kill-") as folder:
        Path(folder).chmod(0o755)
        city_folder = write_small_city(Path(folder) / "city")
        weather, faults = storm(Path(folder) / "var", city_folder, rounds, seed, click.echo)
        try:
            for what, count in weather.counts().items():
                click.echo(f"{what:<34}{count:>8,}")
        finally:
            weather.close()
    for victim in VICTIMS:
        spans = sorted(r.back_after_s for r in weather.rounds if r.victim == victim)
        if spans:
            middle = spans[len(spans) // 2]
            click.echo(f"{victim:<14}{len(spans):>4} kills   back after {middle:5.2f} s, at most {spans[-1]:5.2f} s")
    for fault in faults:
        click.echo(fault, err=True)
    click.echo(f"{len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
