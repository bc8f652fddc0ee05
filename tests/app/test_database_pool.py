"""The pool of connections after the database was away."""

import contextlib
import time

import psycopg
from psycopg_pool import ConnectionPool

from cityloom.app.postgres import start_postgres
from cityloom.app.settings import database_from_url


def test_after_the_database_was_away_the_next_request_tries_at_once(var_folder):
    """The pool gives up by itself, so it never sleeps through the moment at which the database is back."""
    server = start_postgres(var_folder)
    options = database_from_url(server.url, pool=2)["OPTIONS"]["pool"]
    with ConnectionPool(server.url, **options) as pool:
        pool.wait(30)
        server.process.kill()
        server.process.wait()
        until = time.monotonic() + 60
        while pool.get_stats()["pool_size"]:  # given up: no attempt is planned for later
            with contextlib.suppress(psycopg.OperationalError), pool.connection() as connection:
                connection.execute("SELECT 1")
            assert time.monotonic() < until, "the pool goes on trying, each time later"
        server = start_postgres(var_folder)
        try:
            with pool.connection() as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        finally:
            server.stop()
