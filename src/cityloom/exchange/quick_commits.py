"""Many commits without waiting for the disk at each, for work that can be taken up again where it broke off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def quick_commits() -> Iterator[None]:
    """Inside, commits of this connection do not wait for the disk; on leaving, all that was committed is on it.

    After a power cut the last moments are missing as a whole, never in part, and are done again by the next run.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SET synchronous_commit TO DEFAULT")
                cursor.execute("SELECT pg_logical_emit_message(true, 'cityloom', 'written')")  # waits for the disk
