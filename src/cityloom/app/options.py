"""What commands share: options named, worded and completed alike, and how answers and progress are told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from cityloom.app.completing import city_codes, city_folders, logins
from cityloom.app.exits import WrongUsage, language_of

if TYPE_CHECKING:
    from cityloom.city.snapshot_values import City

P = ParamSpec("P")
R = TypeVar("R")

DAY = click.DateTime(["%Y-%m-%d"])
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
CITY = click.option(
    "--city",
    "city_code",
    shell_complete=city_codes,
    help="Code of the city; may be left out where CITYLOOM_CITY names it or there is one only.",
)
EACH_CITY = click.option(
    "--city", "city_code", shell_complete=city_codes, help="Code of one city; all of them if not given."
)
MAP = click.option(
    "--map",
    "map_file",
    type=click.Path(path_type=Path),
    required=True,
    help="The mapping of the file's columns and words to ours, MAP.toml.",
)
FIRST = click.option("--since", "--from", "first", type=DAY, help="First day of opening, in the city's time zone.")
LAST = click.option("--until", "last", type=DAY, help="Last day of opening.")
REJECTS = click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where rejected rows are written; FILE.rejects.csv in this folder if not given.",
)
LANGUAGE = click.option(
    "--language",
    "--lang",
    "language",
    type=click.Choice(["zh", "en"]),
    default=language_of,
    show_default="that of the terminal",
    help="Language of the sentences.",
)
CITY_FOLDER = click.argument("folder", metavar="DIR", type=FOLDER, shell_complete=city_folders)
LOGIN = click.argument("login", shell_complete=logins)


def takes_record(command: Callable[P, R]) -> Callable[P, R]:
    """Decorates a command on somebody's record: FILE, its mapping, the city, and the first and last day of it."""
    for option in (LAST, FIRST, CITY, MAP, click.argument("file", type=click.Path(path_type=Path))):
        command = option(command)
    return command


def days_of(first: datetime | None, last: datetime | None) -> tuple[Any, Any]:
    """The days that `--since` and `--until` name, as dates; None where nothing was said."""
    return (first.date() if first else None, last.date() if last else None)


def rejects_of(file: Path, rejects: Path | None) -> Path:
    """Where the rejected rows of FILE go when `--rejects` names no place."""
    return rejects or Path.cwd() / f"{file.name.split('.')[0]}.rejects.csv"


def example(*lines: str) -> str:
    """The end of a command's help: how it is typed."""
    return "\n".join(("\b", "Example:", *(f"  {line}" for line in lines)))


def print_json(answer: Any) -> None:
    """The answer as JSON on the standard output: readable, Chinese as Chinese, moments as ISO 8601."""
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@contextmanager
def shown_count() -> Iterator[Callable[[str], None]]:
    """Inside, telling how far it has come rewrites one line of a terminal; elsewhere nothing is written."""
    shown = sys.stderr.isatty()

    def tell(text: str) -> None:
        if shown:
            click.echo(f"\r{text}   ", nl=False, err=True)

    yield tell
    if shown:
        click.echo("", err=True)


def chosen_city(code: str | None) -> City:
    """The city that `--city` means; raises NoSuchCity, or WrongUsage where there are several and none was said."""
    from django.conf import settings

    from cityloom.city.snapshot import NoSuchCity, current_city, list_cities

    known = [city.code for city in list_cities()]
    named = code or settings.CITYLOOM_CITY or (known[0] if len(known) == 1 else "")
    if not named and known:
        raise WrongUsage("command.say_city", known=known)
    if named not in known:
        raise NoSuchCity(named, known)
    return current_city(named)


def chosen_codes(code: str | None) -> list[str]:
    """The codes of the cities that are meant: the one that was said or all; raises NoSuchCity."""
    from cityloom.city.snapshot import NoSuchCity, list_cities

    known = [city.code for city in list_cities()]
    if code is not None and code not in known:
        raise NoSuchCity(code, known)
    return [code] if code else known
