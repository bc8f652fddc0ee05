"""Starts the processes of a running city, keeps them running and leaves none behind.

Every child has its own process group. The kernel stops a child whose supervisor dies (Linux); what is left all the
same, the next start finds in `var/run.json` and ends. A child that ends by itself is started again, later each
time; after five quick ends the supervisor gives up and says where to read why.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cityloom.app.processes import (
    CannotStart,
    group_members,
    is_alive,
    spawn,
    started_ticks,
    stop_group,
)

QUICK_S = 20.0
QUICK_ENDS_ALLOWED = 5
BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 8.0)
MARK = "CITYLOOM_RUN"


class AlreadyRunning(CannotStart):
    """Another supervisor works on the same folder."""


class KeepsEnding(CannotStart):
    """A child ended again and again; its log says why."""


class Part(Protocol):
    """Something the supervisor keeps running."""

    name: str

    def start(self) -> None: ...

    def pid(self) -> int | None: ...

    def has_ended(self) -> bool: ...

    def stop(self) -> None: ...


class Child(Protocol):
    """A process of ours, as `subprocess.Popen` and a forked one are asked."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...


@dataclass
class Program:
    """A program as a part: started from its arguments, its words kept in a log. `fork`: another way to start it."""

    name: str
    argv: list[str]
    log: Path
    env: dict[str, str]
    stop_signal: int = signal.SIGTERM
    stop_wait_s: float = 12.0
    process: Child | None = None
    fork: Callable[[], Child] | None = None

    def start(self) -> None:
        if self.fork is not None:
            self.process = self.fork()
        else:
            self.process = spawn(self.argv, log=self.log, env=self.env, on_parent_death=signal.SIGTERM)

    def pid(self) -> int | None:
        return self.process.pid if self.process is not None else None

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """End the whole group, also workers that outlived their leader."""
        if self.process is None:
            return
        with _collected(self.process):
            stop_group(self.process.pid, sig=self.stop_signal, wait_s=self.stop_wait_s)


@dataclass
class _Kept:
    part: Part
    started_s: float
    quick_ends: int = 0
    again_at_s: float | None = None


@dataclass
class Supervisor:
    """Keeps parts running until it is told to stop; stops them in the reverse order of their start."""

    var: Path
    say: Callable[[str], None]
    _kept: list[_Kept] = field(default_factory=list)
    _stop: bool = False

    @property
    def state_file(self) -> Path:
        """Who runs, for the next start and for `cityloom check`."""
        return self.var / "run.json"

    def begin(self) -> None:
        """Refuse beside another supervisor; end what a killed one left behind."""
        self.var.mkdir(parents=True, exist_ok=True)
        left = read_state(self.var)
        if left is not None:
            pid, ticks = left["pid"], left["ticks"]
            if is_alive(pid) and started_ticks(pid) == ticks and pid != os.getpid():
                raise AlreadyRunning(
                    f"cityloom already runs here (pid {pid}); stop it with Ctrl-C or `kill {pid}`, "
                    "or give this one its own folder: CITYLOOM_VAR=another/folder",
                    f"cityloom 已在这里运行（进程 {pid}）；请用 Ctrl-C 或 `kill {pid}` 停止它，"
                    "或给这一个另设文件夹：CITYLOOM_VAR=another/folder",
                )
            for ended in end_what_is_left(left):
                self.say(f"ended {ended}, left behind by a run that was killed")
        self._write_state()

    def start(self, part: Part) -> None:
        """Start a part and keep it running from now on."""
        part.start()
        self._kept.append(_Kept(part, time.monotonic()))
        self._write_state()

    def ask_to_stop(self) -> None:
        """Let `watch` return; safe in a signal handler."""
        self._stop = True

    def watch(self, every_s: float = 0.2) -> None:
        """Restart what ends until asked to stop. Raises KeepsEnding when a part will not stay up."""
        while not self._stop:
            for kept in self._kept:
                self._look_after(kept)
            time.sleep(every_s)

    def stop_all(self) -> None:
        """Stop every part, the last started first, and forget the state."""
        for kept in reversed(self._kept):
            kept.part.stop()
        self._kept.clear()
        self.state_file.unlink(missing_ok=True)

    def _look_after(self, kept: _Kept) -> None:
        now_s = time.monotonic()
        if kept.again_at_s is not None:
            if now_s >= kept.again_at_s:
                kept.again_at_s = None
                self._start_again(kept)
            return
        if not kept.part.has_ended():
            return
        kept.part.stop()
        kept.quick_ends = kept.quick_ends + 1 if now_s - kept.started_s < QUICK_S else 1
        self._plan_restart(kept)

    def _start_again(self, kept: _Kept) -> None:
        try:
            kept.part.start()
        except CannotStart as why:
            self.say(f"{kept.part.name}: {why}")
            kept.quick_ends += 1
            self._plan_restart(kept)
            return
        kept.started_s = time.monotonic()
        self._write_state()

    def _plan_restart(self, kept: _Kept) -> None:
        log = self.var / "log" / f"{kept.part.name}.log"
        if kept.quick_ends > QUICK_ENDS_ALLOWED:
            raise KeepsEnding(
                f"{kept.part.name} ended {kept.quick_ends} times in a row; the end of {log}:\n{tail(log)}"
            )
        wait_s = BACKOFF_S[kept.quick_ends - 1]
        self.say(f"{kept.part.name} ended by itself and starts again in {wait_s:g} s (see {log})")
        kept.again_at_s = time.monotonic() + wait_s

    def _write_state(self) -> None:
        own = os.getpid()
        children = [
            {"name": kept.part.name, "pid": pid, "ticks": started_ticks(pid)}
            for kept in self._kept
            if (pid := kept.part.pid()) is not None
        ]
        state = {"pid": own, "ticks": started_ticks(own), "mark": mark_of(self.var), "children": children}
        draft = self.state_file.with_suffix(".draft")
        draft.write_text(json.dumps(state))
        draft.replace(self.state_file)


def mark_of(var: Path) -> str:
    """What the environment of every child of this folder carries, so that it can be told from a stranger."""
    return str(var.absolute())


def read_state(var: Path) -> dict[str, Any] | None:
    """The state a supervisor left in this folder, or None."""
    try:
        state: dict[str, Any] = json.loads((var / "run.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return state


def end_what_is_left(state: dict[str, Any]) -> list[str]:
    """End the processes a killed supervisor left: those of its groups that carry its mark. Gives their names."""
    ended = []
    for child in state["children"]:
        same_leader = is_alive(child["pid"]) and started_ticks(child["pid"]) == child["ticks"]
        members = group_members(child["pid"])
        if same_leader or any(_carries(pid, state["mark"]) for pid in members):
            stop_group(child["pid"], sig=_stop_signal(child["name"]))
            ended.append(f"{child['name']} (pid {child['pid']})")
    return ended


def _stop_signal(name: str) -> int:
    """PostgreSQL's word for a clean quick stop is SIGINT."""
    return signal.SIGINT if name == "postgres" else signal.SIGTERM


def _carries(pid: int, mark: str) -> bool:
    """Whether a process is of the folder: by its environment or, as a forked one has none of its own, by its log."""
    try:
        env = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        speaks_into = Path(f"/proc/{pid}/fd/1").readlink()
    except OSError:
        return False
    return f"{MARK}={mark}".encode() in env or speaks_into.is_relative_to(Path(mark).resolve() / "log")


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


@contextlib.contextmanager
def _collected(process: Child) -> Iterator[None]:
    """Collect the ended leader, so that it does not linger as a zombie."""
    yield
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
