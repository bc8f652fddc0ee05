"""Statements that are sent together, without waiting for the answer of one before sending the next.

For the writes of a hot path, whose ids are known beforehand and whose answers nobody needs: they cross to the
database and back once, and each is prepared once per connection.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg
from django.db import connection


class Statement(NamedTuple):
    """SQL of ours with its parameters bound."""

    sql: str
    params: Sequence[Any]


def send_together(statements: Sequence[Statement]) -> None:
    """Run them in order, inside the caller's transaction; the first that fails raises Django's error for it."""
    if connection.queries_logged or connection.execute_wrappers:  # somebody counts them: let Django see each
        with connection.cursor() as cursor:
            for sql, params in statements:
                cursor.execute(sql, params)
        return
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw = connection.connection
        with raw.pipeline(), psycopg.RawCursor(raw) as cursor:
            for sql, params in statements:
                cursor.execute(_numbered(sql), params, prepare=True)


@lru_cache(maxsize=512)
def _numbered(sql: str) -> bytes:
    """The statement with the server's own `$1`, so that the driver need not read it again for each row it sends."""
    parts = sql.split("%s")
    return "".join(f"{part}${i}" for i, part in enumerate(parts[:-1], 1)).encode() + parts[-1].encode()
