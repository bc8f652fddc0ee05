"""Look after units that merged or split: their open work goes on with who took over."""

import sys

import click

from cityloom.app.options import AS_JSON, EACH_CITY, chosen_codes, example, print_json
from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """Look after units that merged or split: their open work goes on with who took over."""


@command.command("take-over", epilog=example("cityloom units take-over --dry-run"))
@EACH_CITY
@click.option("--dry-run", is_flag=True, help="Only say how many cases each ended unit still has.")
@AS_JSON
@needs_database
def take_over(city_code: str | None, dry_run: bool, as_json: bool) -> None:
    """Move the open cases of ended units to their successors, an entry on each case.

    `cityloom city load` does this itself; run it where that was interrupted, or when the last day of a unit has
    passed. Calling it again moves nothing twice.
    """
    from cityloom.app.taking_over import take_over_and_tell

    say = (lambda text: None) if as_json else click.echo
    told = {
        code: take_over_and_tell(code, say, dry_run=dry_run, bar=not as_json and sys.stderr.isatty())
        for code in chosen_codes(city_code)
    }
    if as_json:
        print_json(told)
