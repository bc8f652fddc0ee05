"""Write the database, photos and files into one backup file."""

from pathlib import Path

import click


@click.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
def command(target: Path) -> None:
    """Write the database, photos and files into TARGET, one tar file, while everything keeps running.

    The keys are not in it: keep the folder `secrets` of the running data, or the settings that hold the keys,
    in another safe place; without them names and phones stay unreadable for good.
    """
    from datetime import UTC, datetime

    from cityloom import __version__
    from cityloom.app.backup import make_backup
    from cityloom.app.ready import database_at_hand, set_up_django

    with database_at_hand() as url:
        set_up_django()
        from django.conf import settings

        made = make_backup(
            url, Path(settings.MEDIA_ROOT), target.absolute(), version=__version__, now=datetime.now(UTC)
        )
    total = sum(made.rows.values())
    size_mb = target.stat().st_size / 1e6
    click.echo(f"{target}: {total:,} rows of {len(made.rows)} tables, {size_mb:,.1f} MB. The keys are not in it.")
