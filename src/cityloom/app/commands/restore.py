"""Bring back what a backup file holds."""

from pathlib import Path

import click


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Lose what the database holds now.")
def command(source: Path, replace: bool) -> None:
    """Bring back the database, photos and files of SOURCE, and compare the rows of every table.

    Stop the pages and the worker first. A database with tables is refused unless --replace is given.
    """
    from cityloom.app.backup import DatabaseNotEmpty, NotABackup, RestoredDiffers, restore_backup
    from cityloom.app.ready import database_at_hand, set_up_django

    with database_at_hand() as url:
        set_up_django()
        from django.conf import settings

        try:
            kept = restore_backup(url, Path(settings.MEDIA_ROOT), source, replace=replace)
        except (DatabaseNotEmpty, NotABackup, RestoredDiffers) as refused:
            raise click.ClickException(str(refused)) from refused
    click.echo(
        f"Restored {sum(kept.rows.values()):,} rows of {len(kept.rows)} tables, made at {kept.made_at} "
        f"by version {kept.version}. Run `cityloom migrate` if this version is newer."
    )
