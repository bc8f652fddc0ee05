"""Write the city's cases as open data: Parquet, CSV or GeoJSON."""

import json
from datetime import datetime
from pathlib import Path

import click

from cityloom.app.ready import needs_database

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def command() -> None:
    """Write the city's cases as open data: Parquet, CSV or GeoJSON."""


@command.command()
@click.option("--city", "city_code", required=True, help="Code of the city.")
@click.option("--since", type=_DAY, help="First day of opening, YYYY-MM-DD.")
@click.option("--until", type=_DAY, help="Last day of opening, YYYY-MM-DD.")
@click.option("--format", "format_name", type=click.Choice(["parquet", "csv", "geojson"]), default=None,
              help="Format of the file; by its ending when not given.")  # fmt: skip
@click.option("--out", "file", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@needs_database
def cases(
    city_code: str, since: datetime | None, until: datetime | None, format_name: str | None, file: Path, as_json: bool
) -> None:
    """Write cases without personal data, places coarsened by the city's rule, and a data dictionary beside them.

    Confidential cases and complaints about a unit are left out and only counted. docs/open-data.md has the fields.
    """
    import sys

    from cityloom.app.progress import shown_progress
    from cityloom.city.snapshot import current_city
    from cityloom.exchange.actions.export_cases import export_cases

    with shown_progress("Writing cases", sys.stderr) as tell:
        done = export_cases(
            current_city(city_code),
            file,
            since=since.date() if since else None,
            until=until.date() if until else None,
            format_name=format_name or "",
            progress=lambda rows, total: tell(f"{rows:,}", rows / total if total else 1.0),
        )
    if as_json:
        click.echo(json.dumps({**vars(done), "seconds": round(done.seconds, 2)}, default=str, ensure_ascii=False))
        return
    click.echo(f"{done.rows:,} cases in {done.file} ({done.seconds:.1f} s); {done.left_out:,} left out by rule.")
    click.echo(f"The fields and the rules of coarsening are in {done.dictionary}.")
