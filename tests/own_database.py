"""A database of a test's own beside the run's: empty at first, Django works on it, gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from psycopg import sql

from cityloom.app.ready import DATABASE_URL
from cityloom.base.ids import ids
from cityloom.city.snapshot import forget_cities

Fill = Callable[[str], None]


@contextmanager
def own_database(postgres_url: str, ending: str, blocker: Any, fill: Fill = lambda url: None) -> Iterator[str]:
    """Gives its address; `fill` is called with it before Django looks. Commands work on it too."""
    from django.conf import settings

    name = f"{settings.DATABASES['default']['NAME']}_{ending}"
    url = postgres_url.replace("@/cityloom?", f"@/{name}?")
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(drop)
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    fill(url)
    with blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        connections.close_all()
        patch.setitem(connection.settings_dict, "NAME", name)
        patch.setenv(DATABASE_URL, url)
        _forget()
        yield url
        _forget()
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(drop)


def _forget() -> None:
    """What this process remembers of a database that is exchanged under it."""
    connections.close_all()
    ids.forget()
    forget_cities()
