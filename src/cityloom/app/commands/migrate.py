"""Bring the database's tables to this version."""

import click

from cityloom.app.ready import ready


@click.command()
@click.option("--check", is_flag=True, help="Only list what waits; exit code 1 when something does.")
def command(check: bool) -> None:
    """Bring the database's tables to this version. Data stays; make a backup first in production."""
    with ready(migrated=False):
        from django.core.management import call_command

        from cityloom.app.ready import waiting_migrations

        waiting = waiting_migrations()
        for name in waiting:
            click.echo(name)
        if not waiting:
            click.echo("The tables are up to date.")
        elif check:
            raise click.exceptions.Exit(1)
        else:
            call_command("migrate", verbosity=0, interactive=False)
            click.echo(f"{len(waiting)} migrations applied.")
