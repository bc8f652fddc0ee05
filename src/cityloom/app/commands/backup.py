"""Write the database, photos, files and archived days of readings into one backup file, or check one."""

import sys
from pathlib import Path

import click

from cityloom.app.exits import Exit, Refused, WrongUsage
from cityloom.app.options import AS_JSON, example, print_json


@click.command(
    epilog=example("cityloom backup /backup/cityloom.tar", "cityloom backup --verify /backup/cityloom.tar")
)
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--verify", is_flag=True, help="Only read the backup TARGET to its end and say whether it is whole.")
@AS_JSON
def command(target: Path, verify: bool, as_json: bool) -> None:
    """Write database, photos, files and archived days into TARGET, one tar file, while everything keeps running.

    Exit code 1 when archived days that the database names are missing or damaged; the backup is made without them.
    The keys are not in it: keep the folder `secrets` of the running data, or the settings that hold the keys,
    in another safe place; without them names and phones stay unreadable for good.
    """
    if verify:
        _verify(target, as_json)
    else:
        _make(target, as_json)


def _make(target: Path, as_json: bool) -> None:
    from datetime import UTC, datetime

    from cityloom import __version__
    from cityloom.app.backup import make_backup
    from cityloom.app.progress import shown_progress
    from cityloom.app.ready import database_at_hand, set_up_django

    with database_at_hand() as url:
        set_up_django()
        from django.conf import settings

        with shown_progress("Backing up", sys.stderr) as tell:
            made = make_backup(
                url, Path(settings.MEDIA_ROOT), target.absolute(),
                version=__version__, now=datetime.now(UTC), archive=Path(settings.CITYLOOM_ARCHIVE), tell=tell,
            )  # fmt: skip
    if as_json:
        told = {"rows": made.rows, "made_at": made.made_at, "days": len(made.days), "days_absent": made.absent}
        print_json({"file": target, "bytes": target.stat().st_size, **told})
        tell_absent(made.absent)
        return
    total = sum(made.rows.values())
    size_mb = target.stat().st_size / 1e6
    click.echo(
        f"{target}: {total:,} rows of {len(made.rows)} tables, {len(made.days):,} archived days, {size_mb:,.1f} MB. "
        "The keys are not in it."
    )
    tell_absent(made.absent)


def tell_absent(absent: list[str]) -> None:
    """Name archived days whose files are not as they were written; exit code 1 when there are any."""
    if absent:
        more = f" and {len(absent) - 3} more" if len(absent) > 3 else ""
        click.echo(f"Archived days are missing or damaged: {', '.join(absent[:3])}{more}.", err=True)
        raise click.exceptions.Exit(Exit.FOUND)


def _verify(source: Path, as_json: bool) -> None:
    """Exit code 1 when it is no whole backup."""
    from cityloom.app.backup import NotABackup, verify_backup
    from cityloom.app.progress import shown_progress

    if not source.is_file():
        raise WrongUsage("command.no_file", file=source)
    try:
        with shown_progress("Reading", sys.stderr) as tell:
            found = verify_backup(source, tell)
    except NotABackup as wrong:
        raise Refused("command.file_unusable", why=str(wrong)) from wrong
    made, rows = found.manifest, sum(found.manifest.rows.values())
    if as_json:
        told = {"made_at": made.made_at, "version": made.version, "digests": made.format > 1,
                "days": found.days, "days_absent": made.absent}  # fmt: skip
        print_json({"file": source, "bytes": found.size, "rows": made.rows, "files": found.files, **told})
        tell_absent(made.absent)
        return
    unchecked = "" if made.format > 1 else " It is of a release that kept no digests: only its dump was checked."
    click.echo(
        f"{source} is whole: {rows:,} rows of {len(made.rows)} tables, {found.files:,} photos and files, "
        f"{found.days:,} archived days, {found.size / 1e6:,.1f} MB, made at {made.made_at} by version "
        f"{made.version}.{unchecked}"
    )
    tell_absent(made.absent)
