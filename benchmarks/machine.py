"""On what a figure was measured, and how much processor time a process took."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def describe_machine(postgres_binaries: Path | None = None) -> list[tuple[str, str]]:
    """Rows of what it was measured on: processor, memory, Python build, PostgreSQL, day."""
    rows = [
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("load when begun", f"{os.getloadavg()[0]:.1f} processes wanting a core"),
        ("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"),
        ("system", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("Python", f"{platform.python_version()}, {_python_build()}"),
    ]
    if postgres_binaries is not None:
        said = subprocess.run([str(postgres_binaries / "postgres"), "--version"], capture_output=True, text=True)
        rows.append(("PostgreSQL", said.stdout.strip()))
    return [*rows, ("day", f"{datetime.now(UTC):%Y-%m-%d}")]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"


def _python_build() -> str:
    """Who built this Python and whether with the compiler's help from profiles: it moves figures by half."""
    flags = sysconfig.get_config_var("CONFIG_ARGS") or ""
    made = "with profile-guided optimisation" if "--enable-optimizations" in flags else "without profile guidance"
    lto = ", link-time optimised" if "--with-lto" in flags else ""
    home = "the distribution's" if sys.base_prefix == "/usr" else "another than the distribution's"
    return f"{home} build, {made}{lto}, {platform.python_compiler()}"


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += parents.get(found[-1], [])
    return found


def processor_seconds(pids: Iterable[int]) -> float:
    """User and system time these processes took so far, with that of their children already gone."""
    ticks = sum(sum(map(int, fields[11:15])) for pid in pids if (fields := _stat(pid)))
    return ticks / TICKS_A_SECOND


def resident_mib(pids: Iterable[int]) -> float:
    """Memory the processes hold, shared pages counted once for each process."""
    return sum(int(fields[21]) for pid in pids if (fields := _stat(pid))) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _stat(pid: int) -> list[str]:
    """The fields of `/proc/PID/stat` after the name; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
