"""`make bench`: runs every module here that has `run`, and prints one table with the machine named.

A module's `run` may ask for `stand` (a filled installation, shared by all that ask), `cases`, `var` (an empty
folder) and `say`, and gives back rows of name, figure and unit.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from benchmarks.machine import describe_machine

HERE = Path(__file__).parent
Figure = tuple[str, float, str]


def modules() -> list[str]:
    """The names of the benchmarks: files here that define `run`, in the order of the budgets as far as known."""
    known = [path.stem for path in sorted(HERE.glob("[a-z]*.py")) if "\ndef run(" in path.read_text(encoding="utf-8")]
    first = ["receiving", "listing", "doors"]
    return [name for name in first if name in known] + [name for name in known if name not in first]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(modules()))
@click.option(
    "--cases", type=click.IntRange(1000), default=1_000_000, show_default=True, help="Cases to store first."
)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep the filled database in this folder."
)
def main(names: tuple[str, ...], cases: int, keep: Path | None) -> None:
    """Measure what NAMES say (all of them when none is named) and print a table."""
    from cityloom.app.postgres import postgres_binaries

    machine = describe_machine(postgres_binaries())
    rows: list[Figure] = []
    with contextlib.ExitStack() as closing:
        offered = _Offered(cases, keep, closing)
        for name in names or modules():
            began = time.monotonic()
            click.echo(f"{name} …", err=True)
            module = importlib.import_module(f"benchmarks.{name}")
            rows += module.run(**offered.to(module))
            click.echo(f"{name}: {time.monotonic() - began:.0f} s", err=True)
    _print(machine, rows, offered)


class _Offered:
    """What the benchmarks may ask for, made when the first one asks."""

    def __init__(self, cases: int, keep: Path | None, closing: contextlib.ExitStack) -> None:
        self._cases, self._keep, self._closing = cases, keep, closing
        self._stand: Any = None

    def to(self, module: ModuleType) -> dict[str, Any]:
        makers: dict[str, Callable[[], Any]] = {
            "stand": self._filled,
            "cases": lambda: self._cases,
            "var": lambda: Path(self._closing.enter_context(tempfile.TemporaryDirectory(prefix="cityloom-bench-"))),
            "say": lambda: _say,
        }
        return {name: makers[name]() for name in inspect.signature(module.run).parameters if name in makers}

    def _filled(self) -> Any:
        from benchmarks.fill import stand

        if self._stand is None:
            self._stand = self._closing.enter_context(stand(self._cases, self._keep, _say))
        return self._stand

    @property
    def has_stand(self) -> bool:
        return self._stand is not None


def _say(text: str) -> None:
    click.echo(f"  {text}", err=True)


def _print(machine: list[tuple[str, str]], rows: list[Figure], offered: _Offered) -> None:
    if offered.has_stand:
        machine = [*machine, ("stored cases", f"{offered._cases:,}")]
    click.echo("\n| measured on | |\n|---|---|")
    for name, value in machine:
        click.echo(f"| {name} | {value} |")
    click.echo("\n| what | figure | unit |\n|---|---:|---|")
    for name, figure, unit in rows:
        click.echo(f"| {name} | {_shown(figure)} | {unit} |")


def _shown(figure: float) -> str:
    return f"{figure:,.0f}" if abs(figure) >= 1000 else f"{figure:,.3g}" if abs(figure) < 10 else f"{figure:,.1f}"


if __name__ == "__main__":
    main()
