"""Bring the records of another system in."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityloom.app.options import (
    AS_JSON,
    CITY,
    MAP,
    REJECTS,
    chosen_city,
    example,
    print_json,
    rejects_of,
    shown_count,
)
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.exchange.actions.import_cases import Imported


@click.group()
def command() -> None:
    """Bring the records of another system in, by a mapping of their columns and words to ours."""


@command.command(epilog=example("cityloom import cases requests.csv.gz --map examples/boston311/map.toml"))
@click.argument("file", type=click.Path(path_type=Path))
@MAP
@CITY
@REJECTS
@click.option(
    "--batch", type=click.IntRange(1, 100_000), default=5000, show_default=True, help="Rows kept at a time."
)
@AS_JSON
@needs_database
def cases(file: Path, map_file: Path, city_code: str | None, rejects: Path | None, batch: int, as_json: bool) -> None:
    """Import finished and open cases from FILE (CSV, also .gz; XLSX; JSON; GeoJSON).

    Original times and outcomes are kept, each case gets one `imported` entry. Nothing is taken twice, and an import
    that was interrupted goes on when it is called again. Exit code 1 when rows were rejected.
    """
    from cityloom.base.clock import RealClock
    from cityloom.exchange.actions.import_cases import import_cases
    from cityloom.exchange.mapping import read_mapping

    city, rejects = chosen_city(city_code), rejects_of(file, rejects)
    with shown_count() as count:

        def tell(done: "Imported") -> None:
            speed = f"{done.rows_per_second:,.0f} rows/s" if done.rows_per_second else ""
            count(f"{done.rows:,} rows, {done.new:,} new, {speed}")

        done = import_cases(
            city, file, read_mapping(map_file), RealClock(), rejects=rejects, batch=batch, progress=tell
        )
    if as_json:
        speed = round(done.rows_per_second) if done.rows_per_second else None
        figures = {**vars(done), "seconds": round(done.seconds, 2), "rows_per_second": speed}
        print_json(figures)
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
