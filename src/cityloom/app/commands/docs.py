"""Write the reference pages that are made from the code's own tables."""

from __future__ import annotations

from pathlib import Path

import click

from cityloom.app.options import example


@click.group()
def command() -> None:
    """Write the reference pages that are made from the code's own tables."""


_TO = click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; the page of the project's docs when not given.",
)


@command.command(epilog=example("cityloom docs paths"))
@_TO
def paths(target: Path | None) -> None:
    """Write the status tables of the shipped paths as a page with diagrams."""
    from cityloom.cases.draw_paths import paths_markdown

    _write("paths.md", target, paths_markdown())


@command.command(epilog=example("cityloom docs commands"))
@_TO
def commands(target: Path | None) -> None:
    """Write the page of all commands with their exit codes, from the commands themselves."""
    from cityloom.app.command_page import commands_markdown

    _write("commands.md", target, commands_markdown())


def _write(name: str, target: Path | None, text: str) -> None:
    from cityloom.app.places import project_root

    target = target or project_root() / "docs" / name
    target.write_text(text, encoding="utf-8")
    click.echo(f"wrote {target}")
