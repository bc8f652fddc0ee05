"""Shared bikes: load parking places, read operators' feeds, show how operators do."""

from pathlib import Path

import click

from cityloom.app.options import AS_JSON, CITY, chosen_city, example, print_json
from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """Shared bikes: load parking places, read operators' feeds, show how operators do.

    `[bikes]` in city.toml names the rules and the operators.
    """


@command.command(epilog=example("cityloom bikes fences places.geojson"))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@CITY
@AS_JSON
@needs_database
def fences(file: Path, city_code: str | None, as_json: bool) -> None:
    """Load parking places from GeoJSON, or from a table with FENCE_ID and FENCE_LOC; places not in it end.

    A room that the file does not state is reckoned from the area.
    """
    from django.db import connection, transaction

    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.fence_files import read_fences, rows_of
    from cityloom.sensing.actions.watch_bikes import bike_rules
    from cityloom.sensing.bike_rows import keep_fences

    city = chosen_city(city_code)
    rules = bike_rules(city)
    read = read_fences(file)
    with transaction.atomic(), connection.cursor() as cursor:
        ended = keep_fences(cursor, city.id, rows_of(city, read, rules.m2_per_bike), clock_of_settings().now())
    told = {"loaded": len(read.fences), "ended": ended, "left_out": {k: n for k, (n, _) in read.left_out.items()}}
    if as_json:
        print_json(told)
        return
    click.echo(f"{len(read.fences):,} places loaded, {ended:,} ended")
    for why, (count, first) in read.left_out.items():
        click.echo(f"{count:,} left out: {why}, the first {first}", err=True)


@command.command(epilog=example("cityloom bikes pull"))
@CITY
@AS_JSON
@needs_database
def pull(city_code: str | None, as_json: bool) -> None:
    """Read the GBFS feeds of all operators now; heaps become cases, cleared ones end."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.actions.pull_gbfs import pull_gbfs
    from cityloom.exchange.fetching import fetch
    from cityloom.sensing.actions.watch_bikes import bike_rules

    city = chosen_city(city_code)
    bike_rules(city)
    told: dict[str, int] = {}
    for what, count in pull_gbfs(city, fetch, clock_of_settings(), at_once=True):
        told[what] = told.get(what, 0) + count
    if as_json:
        print_json(told)
    else:
        click.echo("  ".join(f"{what} {count:,}" for what, count in told.items()) or "no operator has a GBFS address")
