"""Clearing the database after a test that commits: only what rows there are, in one round, without the triggers.

Django's own way, to truncate every table and make all permissions anew, takes longer than most of these tests.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import psycopg
from django.db import connection
from django.test import TransactionTestCase

from cityloom.app.postgres import ROLE, RunningPostgres
from cityloom.sensing.keeping import list_partitions, partition_of

MADE_BY_MIGRATE = frozenset({"django_content_type", "auth_permission"})


def let_tests_empty(server: RunningPostgres) -> None:
    """Allow the role that tests work as to delete without triggers, of which some keep history from being deleted."""
    with psycopg.connect(server.url_of("postgres", "postgres"), autocommit=True) as admin:
        admin.execute(f"GRANT SET ON PARAMETER session_replication_role TO {ROLE}")


def empty_after_tests() -> None:
    """Have every test that commits end with `empty_database` in this process."""
    TransactionTestCase._fixture_teardown = _fixture_teardown


def empty_database() -> None:
    """Delete all rows but those that migrations made, and drop the days of readings, which have no model.

    The locks wait for whoever still writes, as truncating would.
    """
    names = ", ".join(_tables(connection.settings_dict["NAME"]))
    deletes = "; ".join(f"DELETE FROM {name}" for name in names.split(", "))
    with connection.cursor() as cursor:
        cursor.execute(f"BEGIN; LOCK TABLE {names}; SET LOCAL session_replication_role = replica; {deletes}; COMMIT")
        for day in list_partitions(cursor):
            cursor.execute(f"DROP TABLE {partition_of(day)}")


@cache
def _tables(database: str) -> tuple[str, ...]:
    """The tables of all models in the database that the connection is at, quoted."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(connection.ops.quote_name(name) for name in sorted(names) if name not in MADE_BY_MIGRATE)


def _fixture_teardown(_: Any) -> None:
    empty_database()
