"""See what the worker does now and then, when it was done last, and do one of it now."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from cityloom.app.exits import WrongUsage
from cityloom.app.options import AS_JSON, example, print_json
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_TABLES = ("CHORES", "FAR_CHORES")


@click.group()
def command() -> None:
    """See what the worker does now and then, when it was done last, and do one of it now."""


@command.command("list", epilog=example("cityloom chores list", "cityloom chores list --json"))
@AS_JSON
@needs_database
def list_command(as_json: bool) -> None:
    """List the chores: how often each is due, when a worker did it last, what it found to do then.

    Exit code 1 when one is late: no worker did it for three times its span. Then see that `cityloom worker` runs.
    """
    from cityloom.app.chores import CHORES, FAR_CHORES
    from cityloom.base.chore_notes import chore_notes
    from cityloom.base.clock import RealClock

    notes, now, rows = chore_notes(), RealClock().now(), []
    for chore, every, _ in (*CHORES, *FAR_CHORES):
        note = notes.get(chore.__name__)
        late = note is None or now - note.done_at > 3 * every
        rows.append({
            "name": _typed(chore), "every_s": every.total_seconds(), "done_at": note and note.done_at,
            "took_ms": note and note.took_ms, "found": note.found if note else {}, "late": late,
            "what": (chore.__doc__ or "").splitlines()[0],
        })  # fmt: skip
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            click.echo(_line(row["name"], row["every_s"], row["done_at"], row["late"], row["what"]))
    if any(row["late"] for row in rows):
        raise click.exceptions.Exit(1)


def _line(name: object, every_s: object, done_at: datetime | None, late: object, what: object) -> str:
    done = f"{done_at:%Y-%m-%d %H:%M:%S %Z}" if done_at else "never"
    return f"{name:12} every {every_s:>7,.0f} s  {done:24} {'LATE' if late else '':4} {what}"


def _typed(chore: Callable[..., object]) -> str:
    return chore.__name__.replace("_", "-")


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of chores from the text of their table: loading it would load Django."""
    tree = ast.parse((Path(__file__).parents[1] / "chores.py").read_text(encoding="utf-8"))
    tables = [n for n in tree.body if isinstance(n, ast.AnnAssign) and getattr(n.target, "id", "") in _TABLES]
    rows = [row.elts[0] for table in tables if isinstance(table.value, ast.Tuple) for row in table.value.elts
            if isinstance(row, ast.Tuple)]  # fmt: skip
    names = [row.id.replace("_", "-") for row in rows if isinstance(row, ast.Name)]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@command.command(epilog=example("cityloom chores run tidy", "cityloom chores run retain --json"))
@click.argument("name", shell_complete=_names)
@AS_JSON
@needs_database
def run(name: str, as_json: bool) -> None:
    """Do the chore NAME now, once, whether it is due or not; workers may run meanwhile."""
    from cityloom.app.chores import CHORES, FAR_CHORES, do_chore
    from cityloom.base.clock import clock_of_settings

    known = {_typed(chore): chore for chore, _, _ in (*CHORES, *FAR_CHORES)}
    if name not in known:
        raise WrongUsage("command.no_chore", name=name, known=list(known))
    found = do_chore(known[name], clock_of_settings())
    if as_json:
        print_json({"name": name, "found": found})
        return
    for what, count in found.items():
        click.echo(f"{what.replace('_', ' '):40} {count:>9,}")
    click.echo(f"{name} is done.")
