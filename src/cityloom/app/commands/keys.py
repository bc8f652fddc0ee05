"""Change the keys that seal personal data."""

import sys
from typing import TYPE_CHECKING

import click

from cityloom.app.options import AS_JSON, example, print_json
from cityloom.app.progress import counted_progress
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.cases.key_rotation import Standing


@click.group()
def command() -> None:
    """Change the keys that seal personal data: status, new, rotate, retire."""


@command.command(epilog=example("cityloom keys status --json"))
@AS_JSON
@needs_database
def status(as_json: bool) -> None:
    """Tell how many rows each table keeps under older keys. Exit code 1 when rows need a key that is not present."""
    standing = _standing()
    if as_json:
        print_json([vars(each) for each in standing])
    else:
        for each in standing:
            click.echo(f"{each.table:22} {each.rows:>10,} rows  {each.older:>10,} older  {each.unknown:>6,} unknown")
    if any(each.unknown for each in standing):
        raise click.exceptions.Exit(1)


@command.command(epilog=example("cityloom keys new"))
@AS_JSON
def new(as_json: bool) -> None:
    """Print a new key, and how every process gets to know it before it seals anything."""
    from cityloom.base.crypto import new_key

    made = new_key()
    if as_json:
        print_json({"key": made})
    else:
        click.echo(made)
    click.echo(
        "Put it at the end of CITYLOOM_DATA_KEYS and restart every process, so that all can open what it seals; then "
        "put it first, restart once more, and call `cityloom keys rotate`.",
        err=True,
    )


@command.command(epilog=example("cityloom keys rotate"))
@AS_JSON
@needs_database
def rotate(as_json: bool) -> None:
    """Seal everything again with the first key; the city goes on meanwhile, and a run that broke off goes on.

    In a demo a new key is made first, when nothing waits for the present one. In production the first key of
    CITYLOOM_DATA_KEYS is used.
    """
    from django.conf import settings

    from cityloom.base.crypto import new_key
    from cityloom.base.keys import present_keys
    from cityloom.cases.key_rotation import reseal

    if settings.CITYLOOM_DATA_KEY_FILE is not None and not sum(each.older for each in _standing()):
        _write_keys([new_key(), *present_keys()])
    older = sum(each.older for each in _standing())
    with counted_progress("Sealing again", older, sys.stderr) as told:
        count = reseal(told)
    if as_json:
        print_json({"sealed_again": count, "older": older})
        return
    click.echo(f"{count:,} rows sealed again with the first key. `cityloom keys retire` tells whether others can go.")


@command.command(epilog=example("cityloom keys retire"))
@AS_JSON
@needs_database
def retire(as_json: bool) -> None:
    """Let go of the older keys, if no row needs one. Exit code 1, and nothing changed, when one does."""
    from django.conf import settings

    from cityloom.base.keys import present_keys
    from cityloom.cases.key_rotation import may_retire

    keys = present_keys()
    standing = _standing()
    if as_json:
        print_json({"keys": len(keys), "older": sum(each.older for each in standing), "may_go": may_retire(standing)})
    if not may_retire(standing):
        older = sum(each.older for each in standing)
        click.echo(f"{older:,} rows still need an older key; call `cityloom keys rotate` first.", err=True)
        raise click.exceptions.Exit(1)

    def say(text: str) -> None:
        click.echo(text, err=as_json)

    if len(keys) == 1:
        say("There is one key only.")
    elif settings.CITYLOOM_DATA_KEY_FILE is not None:
        _write_keys([keys[0]])
        say(f"{len(keys) - 1} older keys are gone. Backups made before can only be opened with them.")
    else:
        say(
            f"The last {len(keys) - 1} of the {len(keys)} keys of CITYLOOM_DATA_KEYS can go: leave the first one and "
            "restart every process. Keep the others with the backups that were made before."
        )


def _standing() -> "list[Standing]":
    from django.db import connection

    from cityloom.cases.key_rotation import list_standing

    with connection.cursor() as cursor:
        return list_standing(cursor)


def _write_keys(keys: list[str]) -> None:
    """Put the demo's keys in place of the old ones: the file is whole at every moment, and synced."""
    import os

    from django.conf import settings

    path = settings.CITYLOOM_DATA_KEY_FILE
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("\n".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
