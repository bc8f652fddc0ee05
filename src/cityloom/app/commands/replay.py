"""Play a record through the real actions at its own times."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityloom.app.options import (
    AS_JSON,
    REJECTS,
    chosen_city,
    days_of,
    example,
    print_json,
    rejects_of,
    shown_count,
    takes_record,
)
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.exchange.actions.replay_records import Replayed


@click.command(epilog=example("cityloom replay requests.csv --map MAP.toml --city CODE --since 2026-03-01"))
@takes_record
@REJECTS
@AS_JSON
@needs_database
def command(
    file: Path,
    map_file: Path,
    city_code: str | None,
    first: datetime | None,
    last: datetime | None,
    rejects: Path | None,
    as_json: bool,
) -> None:
    """Replay the records of FILE: each is received, dispatched, signed for and closed when it really was.

    The clocks run at the record's own time, so let no `cityloom worker` work on this database meanwhile. Reports
    already there are not received again. Exit code 1 when rows were rejected or refused.
    """
    from cityloom.exchange.actions.replay_records import replay_records
    from cityloom.exchange.mapping import read_mapping

    city, rejects = chosen_city(city_code), rejects_of(file, rejects)
    begins, ends = days_of(first, last)
    with shown_count() as count:

        def tell(done: "Replayed") -> None:
            speed = f", {done.rows_per_second:.0f} rows/s" if done.rows_per_second else ""
            count(f"{done.received:,} received, {sum(done.moves.values()):,} moves{speed}")

        done = replay_records(
            city, file, read_mapping(map_file), first=begins, last=ends, rejects=rejects, progress=tell
        )
    speed = round(done.rows_per_second, 1) if done.rows_per_second else None
    figures = {**vars(done), "seconds": round(done.seconds, 1), "rows_per_second": speed}
    if as_json:
        print_json(figures)
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
