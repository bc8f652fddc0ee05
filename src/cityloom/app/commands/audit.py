"""Ask whether history is as it was written."""

import sys
from typing import TYPE_CHECKING

import click

from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.cases.verifying import Broken


@click.group()
def command() -> None:
    """Ask whether history is as it was written."""


@command.command()
@click.option("--city", "city_code", help="Code of one city; all of them if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts and what is broken as JSON.")
@needs_database
def verify(city_code: str | None, as_json: bool) -> None:
    """Follow the chain of every case and hold its rows against what its history says.

    Sees the cases as they stood when it began; nothing has to be stopped for it. Exit code 1 when anything is broken.
    """
    import json

    from cityloom.city.snapshot import NoSuchCity, list_cities

    codes = [city.code for city in list_cities()]
    if city_code is not None and city_code not in codes:
        raise NoSuchCity(city_code, codes)
    found = {code: _verify_city(code) for code in ([city_code] if city_code else codes)}
    if as_json:
        told = {
            code: {"cases": cases, "broken": [vars(b) for b in broken]} for code, (cases, broken) in found.items()
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for code, (cases, broken) in found.items():
            for each in broken:
                click.echo(f"{code}  {each.number}  entry {each.seq}: {each.what}")
            click.echo(f"{code}: {cases:,} cases, {len(broken):,} breaks")
    if any(broken for _, broken in found.values()):
        raise click.exceptions.Exit(1)


def _verify_city(code: str) -> "tuple[int, list[Broken]]":
    """How many cases there are and all that is broken, at one moment of the database."""
    from django.db import connection, transaction

    from cityloom.cases.queries_audit import broken_in, count_cases, list_strays, walk_cases
    from cityloom.city.models import City

    city_id = City.objects.values_list("pk", flat=True).get(code=code)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        total = count_cases(city_id)
        broken = list_strays(city_id)
        with click.progressbar(length=total, label=f"Verifying {code}", file=sys.stderr) as bar:
            for batch in walk_cases(city_id):
                broken += broken_in(code, batch)
                bar.update(len(batch))
    return total, broken
