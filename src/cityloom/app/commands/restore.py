"""Bring back what a backup file holds."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityloom.app.commands.backup import tell_absent
from cityloom.app.exits import Refused
from cityloom.app.options import AS_JSON, example, print_json

if TYPE_CHECKING:
    from cityloom.app.backup import Manifest


@click.command(epilog=example("cityloom restore /backup/cityloom.tar"))
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Lose what the database holds now.")
@click.option(
    "--migrate/--no-migrate", default=True, show_default=True, help="Bring an older backup to this version."
)
@AS_JSON
def command(source: Path, replace: bool, migrate: bool, as_json: bool) -> None:
    """Bring back the database, photos, files and archived days of SOURCE, and compare the rows of every table.

    Stop the pages and the worker first. SOURCE is read and checked whole before anything is touched; a database with
    tables is refused unless --replace is given, a backup of a newer release always. Exit code 1: refused, or
    archived days that the database names are not there.
    """
    from cityloom.app.backup import DatabaseNotEmpty, NotABackup, RestoredDiffers, restore_backup
    from cityloom.app.progress import shown_progress
    from cityloom.app.ready import database_at_hand, known_migrations, set_up_django, waiting_migrations

    with database_at_hand() as url:
        set_up_django()
        from django.conf import settings
        from django.core.management import call_command
        from django.db import connections

        try:
            with shown_progress("Restoring", sys.stderr) as tell:
                kept = restore_backup(
                    url, Path(settings.MEDIA_ROOT), source, archive=Path(settings.CITYLOOM_ARCHIVE),
                    replace=replace, known_migrations=known_migrations(), tell=tell,
                )  # fmt: skip
        except (DatabaseNotEmpty, NotABackup, RestoredDiffers) as refused:
            raise Refused("command.file_unusable", why=str(refused)) from refused
        waiting = waiting_migrations()
        if waiting and migrate:
            call_command("migrate", verbosity=0, interactive=False)
        if as_json:
            told = {"rows": kept.rows, "made_at": kept.made_at, "version": kept.version}
            print_json({**told, "applied": waiting if migrate else [], "waiting": [] if migrate else waiting})
        else:
            _tell(kept, waiting, migrate)
        connections.close_all()
    tell_absent(kept.absent)


def _tell(kept: "Manifest", waiting: list[str], migrate: bool) -> None:
    click.echo(
        f"Restored {sum(kept.rows.values()):,} rows of {len(kept.rows)} tables, made at {kept.made_at} "
        f"by version {kept.version}."
    )
    if waiting and migrate:
        click.echo(f"{len(waiting)} migrations applied: it was of an older release.")
    elif waiting:
        click.echo(f"{len(waiting)} migrations wait; run `cityloom migrate`.")
