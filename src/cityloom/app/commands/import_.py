"""Bring the records of another system in."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.exchange.actions.import_cases import Imported


@click.group()
def command() -> None:
    """Bring the records of another system in, by a mapping of their columns and words to ours."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "map_file", type=click.Path(path_type=Path), required=True, help="The mapping, MAP.toml.")
@click.option("--city", "city_code", required=True, help="Code of the city, loaded before.")
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where rejected rows are written; FILE.rejects.csv in this folder if not given.",
)
@click.option(
    "--batch", type=click.IntRange(1, 100_000), default=5000, show_default=True, help="Rows kept at a time."
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@needs_database
def cases(file: Path, map_file: Path, city_code: str, rejects: Path | None, batch: int, as_json: bool) -> None:
    """Import finished and open cases from FILE (CSV, also .gz; XLSX; JSON; GeoJSON).

    Original times and outcomes are kept, each case gets one `imported` entry. Nothing is taken twice, and an import
    that was interrupted goes on when it is called again. Exit code 1 when rows were rejected.
    """
    from cityloom.base.clock import RealClock
    from cityloom.city.snapshot import current_city
    from cityloom.exchange.actions.import_cases import import_cases
    from cityloom.exchange.mapping import read_mapping

    rejects = rejects or Path.cwd() / f"{file.name.split('.')[0]}.rejects.csv"

    def tell(done: "Imported") -> None:
        speed = f"{done.rows_per_second:,.0f} rows/s" if done.rows_per_second else ""
        click.echo(f"\r{done.rows:,} rows, {done.new:,} new, {speed}   ", nl=False, err=True)

    done = import_cases(
        current_city(city_code),
        file,
        read_mapping(map_file),
        RealClock(),
        rejects=rejects,
        batch=batch,
        progress=tell,
    )
    click.echo("", err=True)
    if as_json:
        speed = round(done.rows_per_second) if done.rows_per_second else None
        figures = {**vars(done), "seconds": round(done.seconds, 2), "rows_per_second": speed}
        click.echo(json.dumps(figures, ensure_ascii=False, indent=2))
    else:
        _tell_sums(done)
    if done.rejected:
        click.echo(f"The rejected rows and their reasons are in {rejects}.", err=True)
        raise click.exceptions.Exit(1)


def _tell_sums(done: "Imported") -> None:
    lines = [
        ("rows", done.rows),
        ("  new", done.new),
        ("    finished", done.finished),
        ("    open", done.open),
        ("    with a unit", done.with_unit),
        ("    place open: default point", done.place_default),
        ("    place open: outside the city", done.place_outside),
        ("    place open: none told", done.place_none),
        ("  known before", done.known),
        ("  rejected", done.rejected),
        *((f"    {code}", count) for code, count in sorted(done.rejected_by.items())),
    ]
    for name, count in lines:
        click.echo(f"{name:<34}{count:>10,}")
    if done.rows_per_second:
        click.echo(f"{done.seconds:.1f} s, {done.rows_per_second:,.0f} rows/s")
