"""What the running demo holds in memory, program by program: when it opens, while its year is loaded, and after."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.machine import family

Figure = tuple[str, float, str]
Say = Callable[[str], None]
Held = dict[str, float]  # MB by program
ALL = "all"
PATIENCE_S = 3600.0
EVERY_S = 5.0
SETTLED_AFTER_S = 120.0
YEAR = "history"


class DemoDidNotOpen(Exception):
    """`cityloom run` ended before it said its address; its words are in the message."""


def run(var: Path, say: Say) -> list[Figure]:
    """A fresh demo of its own: proportional set sizes (shared pages divided among those who share them), MB."""
    opening, loading, settled = watch(var, say)
    names = sorted(settled, key=settled.__getitem__, reverse=True)
    rows = [
        ("memory when the pages open, all", opening[ALL], "MB"),
        ("memory at most, year loading", loading[ALL], "MB"),
    ]
    rows += [(f"  of it {name}", held, "MB") for name, held in loading.items() if name == YEAR]
    return rows + [(f"memory settled, {name}", settled[name], "MB") for name in names]


def watch(var: Path, say: Say) -> tuple[Held, Held, Held]:
    """Run a demo in the empty folder `var`, with its city there too; gives what it held when it opened, at most while
    the year was loaded, and settled two minutes after."""
    env = dict(os.environ) | {"CITYLOOM_VAR": str(var)}
    argv = [sys.executable, "-m", "cityloom", "run", "--port", "8917", "--city", str(var / "jinchuan")]
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as demo:
        try:
            _wait_until_open(demo)
            opening = most = now = held_by_program(var, demo.pid)
            say(f"open with {opening[ALL]:.0f} MB; its year is being loaded")
            deadline = time.monotonic() + PATIENCE_S
            while now.get(YEAR, 0.0) > 0 and time.monotonic() < deadline:  # one that has ended holds nothing
                most = max(most, now, key=lambda held: held[ALL])
                time.sleep(EVERY_S)
                now = held_by_program(var, demo.pid)
            say(f"at most {most[ALL]:.0f} MB while loading")
            time.sleep(SETTLED_AFTER_S)
            return opening, most, held_by_program(var, demo.pid)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)


def held_by_program(var: Path, supervisor: int) -> Held:
    """MB that each program of the demo of that folder holds, with what it started, and of all together."""
    held: Held = {}
    for pid, name in _programs(var, supervisor).items():
        held[name] = held.get(name, 0.0) + _pss_mb(pid)
    return {name: round(mb, 1) for name, mb in held.items() if mb} | {ALL: round(sum(held.values()), 1)}


def _programs(var: Path, supervisor: int) -> dict[int, str]:
    """Every process of the demo with the name of its program, as `run.json` has it; `run` itself beside them."""
    children = json.loads((var / "run.json").read_text())["children"]
    found = dict.fromkeys(family(supervisor), "run")
    for child in children:
        found |= {pid: child["name"] for pid in family(child["pid"]) if pid in found}
    return found


def _pss_mb(pid: int) -> float:
    return sum(_pss_lines(pid)) / 1000


def _pss_lines(pid: int) -> Iterator[float]:
    """The proportional set size in kB; nothing for a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return
    yield from (float(line.split()[1]) * 1.024 for line in lines if line.startswith("Pss:"))


def _wait_until_open(demo: subprocess.Popen[str]) -> None:
    assert demo.stdout is not None
    said = []
    for line in demo.stdout:
        said.append(line)
        if "Cityloom is at" in line:
            return
    raise DemoDidNotOpen("".join(said))
