"""`kill -9` of any process, again and again, under load: what was acknowledged stays, and all of it whole.

Clients report through the real action and write down each number they were told; the demo's player moves cases
along; the real worker fires clocks of a time that runs an hour a second. At random moments one of them, a backend of
PostgreSQL or its postmaster is killed; what does not come back by itself is started again on the same data.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from cityloom.app.places import project_root
from cityloom.app.postgres import PostgresDidNotStart, RunningPostgres, start_postgres
from cityloom.base.clock import DemoClock, RealClock

CITY = "990100"
CLIENTS = 3
HOURS_A_SECOND = 1.0
BEGINS = datetime(2026, 6, 1, 1, tzinfo=UTC)  # a Monday, nine o'clock in the small city
VICTIMS = {"client": 4, "player": 2, "worker": 4, "backend": 3, "postmaster": 3}
WAIT_S = 60.0
LACKS_SOMETHING = 3  # the exit code of a command whose database does not answer

# The clock that somebody owes in each state of an open case: one of these runs, or the case was kept by half.
OWED = {
    "reported": ("verification", "filing"),
    "verified": ("filing",),
    "registered": ("dispatch",),
    "filed": ("dispatch",),
    "dispatched": ("sign",),
    "signed": ("handling", "contact"),
    "contacted": ("handling",),
    "returned": ("adjudication",),
    "checked": ("callback", "promise"),
    "replied": ("callback",),
}


class StaysDown(Exception):
    """Something that was killed did not come back in a minute; its log is named."""


@dataclass
class Round:
    """One kill: who, and after how many seconds the next report was acknowledged."""

    victim: str
    back_after_s: float


@dataclass
class Storm:
    """A small city under load on its own database in `var`; call `begin`, some `strike`, then `end`."""

    var: Path
    city_folder: Path
    seed: int = 7
    rounds: list[Round] = field(default_factory=list)
    _server: RunningPostgres | None = None
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _clock: DemoClock | None = None

    # --- the story ---

    def begin(self) -> None:
        """Start the database, load the city, start everybody, and wait for the first acknowledged report."""
        self._server = start_postgres(self.var)
        self._clock = DemoClock(RealClock().now(), BEGINS, HOURS_A_SECOND * 3600)
        self._call("migrate")
        self._call("city", "load", str(self.city_folder))
        for name in ("worker", "player", *(f"client{i}" for i in range(CLIENTS))):
            self._start(name)
        self._wait_until(lambda: all(self._acks_of(i) for i in range(CLIENTS)), "the clients")

    def strike(self, chance: random.Random) -> None:
        """Kill one at a random moment, start it again, and wait until reports are acknowledged again."""
        time.sleep(chance.uniform(0.1, 0.9))
        victim = chance.choices(list(VICTIMS), list(VICTIMS.values()))[0]
        if victim == "client":
            victim = f"client{chance.randrange(CLIENTS)}"
        before, began = self._count_acks(), time.monotonic()
        if victim == "postmaster":
            self._kill_postmaster()
        elif victim == "backend":
            self._kill_backend(chance)
        else:
            self._kill(victim)
        self._wait_until(lambda: self._count_acks() > before, f"reports after the end of {victim}")
        self.rounds.append(Round(victim, time.monotonic() - began))
        self._require_everybody()

    def end(self) -> None:
        """Stop those who report and move; let the worker catch up with every moment that has come; stop it too.

        Before that the player is given the time to see at least one case to its end.
        """
        assert self._clock is not None
        self._wait_until(lambda: self.counts()["ended"] > 0, "the end of a case")
        for name in [n for n in self._running if n != "worker"]:
            self._stop(name)
        until = self._clock.now()
        self._wait_until(lambda: self._due(until) == 0, "the worker's catching up", WAIT_S + 2 * len(self.rounds))
        self._stop("worker")

    def close(self) -> None:
        """End everything that is left, however it went."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            process.wait()
        if self._server is not None:
            self._server.stop()

    # --- what is wrong in the end ---

    def faults(self) -> list[str]:
        """Everything that is not as it must be; empty when nothing was lost, halved or told twice."""
        with self.connect() as connection:
            found = [
                *self._lost(connection),
                *self._halved(connection),
                *self._told_twice(connection),
                *self._without_photo(connection),
            ]
        return found + self._broken_chains()

    def counts(self) -> dict[str, int]:
        """How much happened."""
        with self.connect() as connection:
            return {
                "acknowledged": self._count_acks(),
                "reports": _one(connection, "SELECT count(*) FROM cases_report"),
                "cases": _one(connection, "SELECT count(*) FROM cases_case"),
                "moves": _one(connection, "SELECT count(*) FROM cases_entry WHERE subject <> 'clock'"),
                "told": _one(connection, "SELECT count(*) FROM cases_entry WHERE subject = 'clock'"),
                "ended": _one(connection, "SELECT count(*) FROM cases_case WHERE closed_at IS NOT NULL"),
            }

    def _lost(self, connection: psycopg.Connection) -> Iterator[str]:
        kept = dict(
            connection.execute(
                "SELECT r.idempotency_key, c.number FROM cases_report r JOIN cases_case c ON c.id = r.case_id"
            ).fetchall()
        )
        for i in range(CLIENTS):
            for key, number in self._acks_of(i):
                if kept.get(key) != number:
                    yield f"acknowledged {key} as {number}, kept as {kept.get(key)}"

    def _halved(self, connection: psycopg.Connection) -> Iterator[str]:
        """Cases without a report, a first entry, their outbox rows, or the clock that their state owes."""
        for what, condition in {
            "no report": "NOT EXISTS (SELECT 1 FROM cases_report r WHERE r.case_id = c.id)",
            "no first entry": "NOT EXISTS (SELECT 1 FROM cases_entry e WHERE e.case_id = c.id AND e.seq = 1)",
            "not one message a version": "version <> (SELECT count(*) FROM base_outbox o WHERE o.key = c.number)",
        }.items():
            for (number,) in connection.execute(f"SELECT number FROM cases_case c WHERE {condition}"):  # noqa: S608
                yield f"{number}: {what}"
        for state, kinds in OWED.items():
            rows = connection.execute(
                "SELECT number, path FROM cases_case c WHERE state = %s AND closed_at IS NULL AND NOT EXISTS "
                "(SELECT 1 FROM cases_clock k WHERE k.case_id = c.id AND k.kind = ANY(%s) AND k.state = 'running')",
                [state, list(kinds)],
            )
            for number, path in rows:
                yield f"{number}: {path} case is {state} and no clock of {kinds} runs"

    def _told_twice(self, connection: psycopg.Connection) -> Iterator[str]:
        rows = connection.execute(
            "SELECT subject_id, move, occurred_at, count(*) FROM cases_entry WHERE subject = 'clock' "
            "GROUP BY 1, 2, 3 HAVING count(*) > 1"
        )
        for clock, move, moment, times in rows:
            yield f"clock {clock}: {move} of {moment} was told {times} times"
        rows = connection.execute(
            "SELECT subject_id, count(*) FROM cases_entry WHERE move = 'overdue' GROUP BY 1 HAVING count(*) > 1"
        )
        for clock, times in rows:
            yield f"clock {clock} was overdue {times} times"

    def _without_photo(self, connection: psycopg.Connection) -> Iterator[str]:
        for name, digest in connection.execute("SELECT file, sha256 FROM cases_photo"):
            path = self.var / "media" / name
            if not path.exists() or hashlib.sha256(path.read_bytes()).digest() != bytes(digest):
                yield f"photo {name} is not what its row says"

    def _broken_chains(self) -> list[str]:
        said = subprocess.run(
            [sys.executable, "-m", "cityloom", "audit", "verify", "--json"],
            env=self._env(), stdout=subprocess.PIPE, check=False,
        )  # fmt: skip
        return [f"{b['number']}: {b['what']}" for b in json.loads(said.stdout)[CITY]["broken"]]

    # --- the processes ---

    def _start(self, name: str) -> None:
        argv = {
            "worker": ["-m", "cityloom", "worker"],
            "player": ["-m", "cityloom", "demo", "play", str(self.city_folder), "--rate", "0.05"],
        }.get(name, ["-m", "benchmarks.kill", name, str(self._ack_file(name))])
        log = (self.var / "log" / f"{name}.log").open("ab")
        with log:
            self._running[name] = subprocess.Popen([sys.executable, *argv], env=self._env(), stdout=log, stderr=log)

    def _kill(self, name: str) -> None:
        process = self._running[name]
        process.kill()
        process.wait()
        self._start(name)

    def _kill_backend(self, chance: random.Random) -> None:
        """Kill the process behind one connection; PostgreSQL then ends them all and recovers by itself."""
        with self.connect() as connection:
            pids = [
                pid
                for (pid,) in connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
                    "AND pid <> pg_backend_pid()"
                )
            ]
        if pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(pids), signal.SIGKILL)

    def _kill_postmaster(self) -> None:
        assert self._server is not None
        assert self._server.process is not None
        self._server.process.kill()
        self._server.process.wait()
        until = time.monotonic() + WAIT_S
        while True:
            try:
                self._server = start_postgres(self.var)
                return
            except PostgresDidNotStart:  # a backend without its postmaster still holds the memory
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def _stop(self, name: str) -> None:
        process = self._running.pop(name)
        process.terminate()
        code = process.wait(WAIT_S)
        if code not in (0, -signal.SIGTERM):  # the latter: asked while it was still starting
            raise StaysDown(f"{name} ended with {code} when asked to stop; see {self.var}/log/{name}.log")

    def _require_everybody(self) -> None:
        """Nobody who was at work may have ended: a database that goes away is waited for.

        One who found it away at its own start ends with 3 and is started again, as the supervisor does.
        """
        for name, process in list(self._running.items()):
            if process.poll() == LACKS_SOMETHING:
                self._start(name)
            elif process.poll() is not None:
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
            "CITYLOOM_CLOCK": self._clock.as_setting(),
            "PYTHONPATH": os.pathsep.join((str(root / "src"), str(root))),
        }

    # --- looking ---

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of the watcher's own; a server that still recovers from the last strike is waited for."""
        assert self._server is not None
        until = time.monotonic() + WAIT_S
        while True:
            try:
                return psycopg.connect(self._server.url, autocommit=True)
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def _due(self, until: datetime) -> int:
        with self.connect() as connection:
            return _one(connection, "SELECT count(*) FROM cases_clock WHERE fires_at <= %s", [until])

    def _ack_file(self, name: str) -> Path:
        return self.var / f"{name}.acks"

    def _acks_of(self, i: int) -> list[tuple[str, str]]:
        """Key and number of each report that this client was told is kept; a half line was not told."""
        path = self._ack_file(f"client{i}")
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        return [tuple(line.split()) for line in lines if len(line.split()) == 2]  # type: ignore[misc]

    def _count_acks(self) -> int:
        return sum(len(self._acks_of(i)) for i in range(CLIENTS))

    def _wait_until(self, holds: Callable[[], bool], what: str, most_s: float = WAIT_S) -> None:
        until = time.monotonic() + most_s
        while not holds():
            if time.monotonic() > until:
                raise StaysDown(f"{what} did not come within {most_s:g} s; see {self.var}/log")
            time.sleep(0.02)


def _one(connection: psycopg.Connection, sql: str, params: list[Any] | None = None) -> int:
    row = connection.execute(sql, params).fetchone()
    assert row is not None
    return int(row[0])


# --- a client, in a process of its own ----------------------------------------------------------------------------


def report_on_and_on(name: str, acks: Path) -> None:
    """Report, write down what was acknowledged, report again; after a failure the same report once more."""
    from cityloom.app.ready import set_up_django

    set_up_django()
    from django.db import InterfaceError, OperationalError, connection

    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.receive_report import NewReport, receive_report
    from cityloom.city.snapshot import current_city
    from cityloom.city.values import Post, Role

    chance = random.Random(f"{name}:{os.getpid()}")
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    book = os.open(acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    clock = clock_of_settings()
    key = ""
    while not stopped:
        key = key or f"{name}-{chance.randrange(16**12):012x}"
        new = NewReport(
            source=chance.choice(("resident", "hotline")),
            words="夜里施工很吵，睡不着",
            class_code=chance.choice(("hotline:0101", "gb2013:0137", "gb2013:E0110", "hotline:0102")),
            lon=110.0 + chance.uniform(0.0002, 0.0078),
            lat=30.0 + chance.uniform(0.0002, 0.0078),
            name="秦晓梅",
            phone="12000000000",
            idempotency_key=key,
        )
        try:
            received = receive_report(current_city(CITY), new, Post("resident", Role.RESIDENT), clock)
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(0.1)
            continue
        os.write(book, f"{key} {received.number}\n".encode())
        key = ""
        time.sleep(chance.uniform(0.0, 0.08))


# --- as a benchmark ---------------------------------------------------------------------------------------------


def storm(
    var: Path, city_folder: Path, rounds: int, seed: int, say: Callable[[str], None] = lambda _: None
) -> tuple[Storm, list[str]]:
    """So many rounds; the storm as it ended, and what is wrong (nothing, if all is well)."""
    chance = random.Random(seed)
    weather = Storm(var, city_folder, seed)
    try:
        weather.begin()
        for number in range(1, rounds + 1):
            weather.strike(chance)
            last = weather.rounds[-1]
            say(f"round {number}: {last.victim} killed, reports acknowledged again after {last.back_after_s:.2f} s")
        weather.end()
        return weather, weather.faults()
    except BaseException:
        weather.close()
        raise


if __name__ == "__main__":
    report_on_and_on(sys.argv[1], Path(sys.argv[2]))
