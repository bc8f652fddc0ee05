"""Keep accounts in line with a list of people; see what people asked about their own data."""

import click

from cityloom.app.commands import _people_sync
from cityloom.app.options import AS_JSON, EACH_CITY, chosen_codes, example, print_json
from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """Keep accounts in line with a list of people; see what people asked about their own data.

    A data steward decides what was asked on the page /requests/.
    """


for each in (_people_sync.sync, _people_sync.show, _people_sync.release):
    command.add_command(each)


@command.command(epilog=example("cityloom people requests --json"))
@EACH_CITY
@click.option("--all", "every", is_flag=True, help="Also those that were decided.")
@AS_JSON
@needs_database
def requests(city_code: str | None, every: bool, as_json: bool) -> None:
    """List requests to see, correct or erase, by what falls due first. Names nobody; exit code 1 when one is late."""
    from django.db import connection

    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.rights import list_requests
    from cityloom.city.snapshot import current_city

    now, rows = clock_of_settings().now(), []
    for code in chosen_codes(city_code):
        with connection.cursor() as cursor:
            for each in list_requests(cursor, current_city(code).id, only_open=not every):
                late = each.is_open and now > each.due_at
                rows.append({"city": code, "id": each.id, "kind": each.kind, "state": each.state,
                             "asked_at": each.asked_at.isoformat(), "due_at": each.due_at.isoformat(),
                             "late": late})  # fmt: skip
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            mark = "LATE" if row["late"] else ""
            click.echo(
                f"{row['city']}  {row['id']:>10}  {row['kind']:8} {row['state']:8} due {row['due_at']:25} {mark}"
            )
        click.echo(f"{len(rows):,} requests")
    if any(row["late"] for row in rows):
        raise click.exceptions.Exit(1)
