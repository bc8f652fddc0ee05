"""Look at what waits to be told to other systems through the message server."""

from __future__ import annotations

import click

from cityloom.app.options import AS_JSON, example, print_json
from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """Look at what waits to be told to other systems; the worker tells it, in order and at least once."""


@command.command(epilog=example("cityloom outbox show --json"))
@AS_JSON
@needs_database
def show(as_json: bool) -> None:
    """Count what waits and what was told, by city and topic, with the moment of the oldest that waits.

    What was told is kept for a week.
    """
    from cityloom.base.outbox import count_messages
    from cityloom.city.models import City

    codes = {str(pk): code for pk, code in City.objects.values_list("pk", "code")}
    found = [each._replace(city=codes.get(each.city, each.city)) for each in count_messages()]
    if as_json:
        print_json([each._asdict() for each in found])
        return
    for each in found:
        since = f"  since {each.oldest_waiting:%Y-%m-%d %H:%M:%S %Z}" if each.oldest_waiting else ""
        click.echo(f"{each.city}  {each.topic:32} {each.waiting:>9,} waiting {each.told:>9,} told{since}")
    click.echo(f"{sum(each.waiting for each in found):,} waiting")
