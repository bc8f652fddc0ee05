"""Play a record through the real actions at its own times."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.exchange.actions.replay_records import Replayed

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "map_file", type=click.Path(path_type=Path), required=True, help="The mapping, MAP.toml.")
@click.option("--city", "city_code", required=True, help="Code of the city, loaded before.")
@click.option("--from", "first", type=_DAY, help="First day of opening, in the city's time zone.")
@click.option("--until", "last", type=_DAY, help="Last day of opening.")
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where rejected rows are written; FILE.rejects.csv in this folder if not given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@needs_database
def command(
    file: Path,
    map_file: Path,
    city_code: str,
    first: datetime | None,
    last: datetime | None,
    rejects: Path | None,
    as_json: bool,
) -> None:
    """Replay the records of FILE: each is received, dispatched, signed for and closed when it really was.

    The clocks run at the record's own time, so let no `cityloom worker` work on this database meanwhile. Reports
    already there are not received again. Exit code 1 when rows were rejected or refused.
    """
    from cityloom.city.snapshot import current_city
    from cityloom.exchange.actions.replay_records import replay_records
    from cityloom.exchange.mapping import read_mapping

    rejects = rejects or Path.cwd() / f"{file.name.split('.')[0]}.rejects.csv"

    def tell(done: "Replayed") -> None:
        speed = f", {done.rows_per_second:.0f} rows/s" if done.rows_per_second else ""
        click.echo(f"\r{done.received:,} received, {sum(done.moves.values()):,} moves{speed}   ", nl=False, err=True)

    done = replay_records(
        current_city(city_code),
        file,
        read_mapping(map_file),
        first=first.date() if first else None,
        last=last.date() if last else None,
        rejects=rejects,
        progress=tell,
    )
    click.echo("", err=True)
    speed = round(done.rows_per_second, 1) if done.rows_per_second else None
    figures = {**vars(done), "seconds": round(done.seconds, 1), "rows_per_second": speed}
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False, indent=2))
    else:
        _tell(figures)
    if done.rejected:
        click.echo(f"The rejected rows and their reasons are in {rejects}.", err=True)
    if done.rejected or done.refused:
        raise click.exceptions.Exit(1)


def _tell(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        if isinstance(value, dict):
            for word, number in sorted(value.items()):
                click.echo(f"{name.replace('_', ' ')}: {word:<40}{number:>10,}")
        elif value is not None:
            click.echo(f"{name.replace('_', ' '):<40}{value:>12,}")
