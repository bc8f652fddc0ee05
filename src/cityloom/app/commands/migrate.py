"""Bring the database's tables to this version."""

import click

from cityloom.app.options import AS_JSON, example, print_json
from cityloom.app.ready import ready


@click.command(epilog=example("cityloom migrate --check", "cityloom migrate"))
@click.option("--check", is_flag=True, help="Only list what waits; exit code 1 when something does.")
@AS_JSON
def command(check: bool, as_json: bool) -> None:
    """Bring the database's tables to this version. Data stays; make a backup first in production."""
    with ready(migrated=False):
        from django.core.management import call_command

        from cityloom.app.ready import waiting_migrations

        waiting = waiting_migrations()
        if waiting and not check:
            call_command("migrate", verbosity=0, interactive=False)
        if as_json:
            print_json({"waiting": waiting if check else [], "applied": [] if check else waiting})
        else:
            _tell(waiting, check)
        if waiting and check:
            raise click.exceptions.Exit(1)


def _tell(waiting: list[str], check: bool) -> None:
    for name in waiting:
        click.echo(name)
    if not waiting:
        click.echo("The tables are up to date.")
    elif not check:
        click.echo(f"{len(waiting)} migrations applied.")
