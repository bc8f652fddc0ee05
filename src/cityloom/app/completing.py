"""What the shell offers for a value: folders and codes, read within a moment and without starting anything.

Codes come from the database, if one answers at once; a server that is not running is not started for it, and then
nothing is offered. Django is not loaded: that alone takes longer than a person waits after the Tab key.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

WAIT_S = 1  # the least that libpq takes for a limit
MOST = 200
Offer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

_CITIES = "SELECT code, name_zh FROM city_city WHERE version > 0 AND starts_with(code, %(begin)s) ORDER BY code"
_CURRENT = (
    "SELECT DISTINCT r.code, r.name_zh FROM city_{table} r JOIN city_city c ON c.id = r.city_id "
    "WHERE r.version_to IS NULL AND starts_with(r.code, %(begin)s) AND (%(city)s = '' OR c.code = %(city)s) "
    "ORDER BY r.code LIMIT {most}"
)
_LOGINS = (
    "SELECT DISTINCT login, name FROM city_post WHERE version_to IS NULL AND starts_with(login, %(begin)s) "
    "ORDER BY login LIMIT 200"
)


def city_folders(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The city folders of the project, then any folder."""
    from cityloom.app.places import project_root

    root = project_root()
    files = sorted(file for folder in ("cities", "examples") for file in (root / folder).glob("*/city.toml"))
    named = [str(file.parent.relative_to(root)) for file in files]
    found = [CompletionItem(name) for name in named if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="dir")]


def _from_database(statement: str) -> Offer:
    def offer(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        asked = {"begin": incomplete, "city": ctx.params.get("city_code") or ""}
        return [CompletionItem(code, help=name or None) for code, name in _rows(statement, asked)]

    return offer


city_codes = _from_database(_CITIES)
unit_codes = _from_database(_CURRENT.format(table="unit", most=MOST))
class_codes = _from_database(_CURRENT.format(table="matterclass", most=MOST))
area_codes = _from_database(_CURRENT.format(table="area", most=MOST))
logins = _from_database(_LOGINS)


def _rows(statement: str, asked: dict[str, str]) -> list[tuple[Any, ...]]:
    """The rows, or none when no database answers: a person who presses Tab is not told of servers."""
    import psycopg

    url = _database_url()
    if not url:
        return []
    try:
        with psycopg.connect(url, connect_timeout=WAIT_S, options=f"-c statement_timeout={WAIT_S * 1000}") as db:
            return db.execute(statement.encode(), asked).fetchall()
    except psycopg.Error:
        return []


def _database_url() -> str:
    """The database that is named, or the embedded one that runs; empty when there is none."""
    from cityloom.app.environment import Environment
    from cityloom.app.places import var_dir
    from cityloom.app.postgres import find_postgres

    named = Environment.of_process().text("CITYLOOM_DATABASE_URL")
    if named:
        return named
    running = find_postgres(var_dir())
    return running.url if running is not None else ""
