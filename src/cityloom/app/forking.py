"""Programs of Cityloom that share their memory: forked from one process that has read everything they need.

Code, the city and the readers of texts take some 200 MB, of which a program changes little. A program forked from the
process that has read them shares what it leaves as it is; one that is started anew has all of it for itself. On other
systems than Linux nothing is forked: libraries there may not survive it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import multiprocessing
import multiprocessing.process
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cityloom.app.processes import die_with_parent

CAN_FORK = sys.platform == "linux"
_M_ARENA_MAX = -8  # of mallopt(3)
ARENAS = 2  # heaps of the C library; by default up to eight a core, each with what its threads gave back

# What programs import first or last; read before any of them starts.
OF_EVERY_CITY = (
    "cityloom.app.urls",
    "cityloom.app.warming",
    "cityloom.app.worker",
    "cityloom.app.ingest",
    "cityloom.app.live",
    "granian",
)
OF_THE_DEMO = ("cityloom.exchange.demo.play", "cityloom.exchange.demo.device_play", "cityloom.exchange.demo.fleets")


def read_code(modules: Sequence[str]) -> None:
    """Import what programs need, and lay out the addresses of the pages, the tables and their migrations."""
    for name in modules:
        importlib.import_module(name)
    from django.urls import get_resolver

    from cityloom.app.ready import waiting_migrations

    get_resolver().reverse_dict.keys()  # fills the resolver, which is empty until the first address is looked up
    waiting_migrations()


def read_city() -> None:
    """Read the city and build the readers of its texts. Where that cannot be yet, each program does so and tells."""
    from cityloom.app.warming import NOT_YET, warm

    with contextlib.suppress(*NOT_YET):
        warm()


def settle() -> None:
    """Make this process ready to fork: no connection of its own, no garbage, and a collector that leaves be what is.

    The collector of cycles writes into every object it looks at, which would copy the shared pages one by one.
    """
    from django.db import connections

    connections.close_all()
    for each in connections.all():
        getattr(each, "close_pool", lambda: None)()  # the threads of a pool do not live on in a forked process
    gc.collect()
    if CAN_FORK:
        libc = ctypes.CDLL(None)
        getattr(libc, "mallopt", lambda *_: None)(_M_ARENA_MAX, ARENAS)
        getattr(libc, "malloc_trim", lambda _: None)(0)
    gc.freeze()


@dataclass
class Forked:
    """A forked program, asked as `subprocess.Popen` is."""

    process: multiprocessing.process.BaseProcess

    @property
    def pid(self) -> int:
        pid = self.process.pid
        if pid is None:
            raise RuntimeError("the program has not been forked yet")
        return pid

    @property
    def returncode(self) -> int | None:
        return self.process.exitcode

    def poll(self) -> int | None:
        """How it ended, or None while it runs."""
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """How it ended; raises subprocess.TimeoutExpired when it still runs."""
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired(self.process.name, timeout or 0.0)
        return self.process.exitcode


def fork_cityloom(name: str, arguments: Sequence[str], log_file: Path) -> Forked:
    """Run the command `cityloom ARGUMENTS` in a process forked from this one, in a session and group of its own, its
    words appended to the log. It is killed when this process dies: nothing rests on a farewell, and a handler of a
    signal may wait for ever for what it has interrupted. Call it from the main thread, while there is no other."""
    log_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    dies = die_with_parent(signal.SIGKILL)
    sys.stdout.flush()
    sys.stderr.flush()

    def be_the_program() -> None:
        os.setsid()
        dies()
        for sig in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _speak_into(log_file)
        os.chdir("/")
        Path("/proc/self/comm").write_text(f"cityloom {name}"[:15], encoding="utf-8")
        _run(arguments)

    process = multiprocessing.get_context("fork").Process(target=be_the_program, name=name)
    process.start()
    return Forked(process)


def _speak_into(log_file: Path) -> None:
    """Let what is written to output and errors end in the log, line by line."""
    nothing, out = os.open(os.devnull, os.O_RDONLY), os.open(log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.dup2(nothing, 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    for handle in (nothing, out):
        os.close(handle)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def _run(arguments: Sequence[str]) -> None:
    """The command as its own program would run it; what nobody caught is told as there."""
    from cityloom.app.cli import main

    try:
        main.main(list(arguments), prog_name="cityloom")
    except Exception:
        sys.excepthook(*sys.exc_info())
        raise SystemExit(1) from None
