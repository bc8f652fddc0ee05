"""Look after units that merged or split: their open work goes on with who took over."""

import sys

import click

from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """Look after units that merged or split: their open work goes on with who took over."""


@command.command("take-over")
@click.option("--city", "city_code", help="Code of one city; all of them if not given.")
@click.option("--dry-run", is_flag=True, help="Only say how many cases each ended unit still has.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@needs_database
def take_over(city_code: str | None, dry_run: bool, as_json: bool) -> None:
    """Move the open cases of ended units to their successors, an entry on each case.

    `cityloom city load` does this itself; run it where that was interrupted, or when the last day of a unit has
    passed. Calling it again moves nothing twice.
    """
    import json

    from cityloom.app.taking_over import take_over_and_tell
    from cityloom.city.snapshot import NoSuchCity, list_cities

    codes = [city.code for city in list_cities()]
    if city_code is not None and city_code not in codes:
        raise NoSuchCity(city_code, codes)
    say = (lambda text: None) if as_json else click.echo
    told = {
        code: take_over_and_tell(code, say, dry_run=dry_run, bar=not as_json and sys.stderr.isatty())
        for code in ([city_code] if city_code else codes)
    }
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
