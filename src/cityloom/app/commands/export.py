"""Write the city's cases as open data: Parquet, CSV or GeoJSON."""

import sys
from datetime import datetime
from pathlib import Path

import click

from cityloom.app.options import AS_JSON, CITY, FIRST, LAST, chosen_city, days_of, example, print_json
from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """Write the city's cases as open data: Parquet, CSV or GeoJSON."""


@command.command(epilog=example("cityloom export cases --since 2026-01-01 --out cases-2026.parquet"))
@CITY
@FIRST
@LAST
@click.option("--format", "format_name", type=click.Choice(["parquet", "csv", "geojson"]), default=None,
              help="Format of the file; by its ending when not given.")  # fmt: skip
@click.option("--out", "file", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write.")
@AS_JSON
@needs_database
def cases(
    city_code: str | None,
    first: datetime | None,
    last: datetime | None,
    format_name: str | None,
    file: Path,
    as_json: bool,
) -> None:
    """Write cases without personal data, places coarsened by the city's rule, and a data dictionary beside them.

    Confidential cases and complaints about a unit are left out and only counted. docs/open-data.md has the fields.
    """
    from cityloom.app.progress import shown_progress
    from cityloom.exchange.actions.export_cases import export_cases

    city, (since, until) = chosen_city(city_code), days_of(first, last)
    with shown_progress("Writing cases", sys.stderr) as tell:
        done = export_cases(
            city,
            file,
            since=since,
            until=until,
            format_name=format_name or "",
            progress=lambda rows, total: tell(f"{rows:,}", rows / total if total else 1.0),
        )
    if as_json:
        print_json({**vars(done), "seconds": round(done.seconds, 2)})
        return
    click.echo(f"{done.rows:,} cases in {done.file} ({done.seconds:.1f} s); {done.left_out:,} left out by rule.")
    click.echo(f"The fields and the rules of coarsening are in {done.dictionary}.")
