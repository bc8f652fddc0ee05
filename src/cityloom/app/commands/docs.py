"""Write the reference pages that are made from the code's own tables."""

from pathlib import Path

import click


@click.group()
def command() -> None:
    """Write the reference pages that are made from the code's own tables."""


@command.command()
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; docs/paths.md of the project when not given.",
)
def paths(target: Path | None) -> None:
    """Write the status tables of the shipped paths as a page with diagrams."""
    from cityloom.app.places import project_root
    from cityloom.cases.draw_paths import paths_markdown

    target = target or project_root() / "docs" / "paths.md"
    target.write_text(paths_markdown(), encoding="utf-8")
    click.echo(f"wrote {target}")
