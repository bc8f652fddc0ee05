"""A log under signed roots, changed by hand in the database: what verification then finds, each change taken back."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.db import DatabaseError, connection, transaction

from cityloom.cases.audit_findings import Finding
from cityloom.cases.audit_keys import trusted_keys
from cityloom.cases.audit_verifying import verify_city
from cityloom.city.snapshot_values import City

# What somebody does by SQL, what verification says of it, and why.
Tampering = tuple[str, str, str]


def tamperings_of(table: str, columns: str) -> list[Tampering]:
    """Another name, a row taken out, a row of another put in under an old date; `columns` stay as they are."""
    return [
        (f"UPDATE {table} SET by_login = 'somebody_else'", "not the one that was signed", "another name"),
        (f"DELETE FROM {table}", "is gone: root 1 holds it", "a row taken out"),
        (
            f"INSERT INTO {table} ({columns}, by_login, at) "
            f"SELECT {columns}, 'somebody_else', at - interval '3 days' FROM {table}",
            "inserted",
            "a row put in under an old date",
        ),
    ]


def each_is_named(city: City, kind: str, table: str, tamperings: Iterable[Tampering]) -> None:
    """The database refuses each change by itself; done in spite of it, verification names the row alone."""
    assert findings(city) == []
    for words, what, because in tamperings:
        mark = transaction.savepoint()
        with connection.cursor() as cursor:
            if not words.startswith("INSERT"):
                with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
                    cursor.execute(words)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_only_grows")
            cursor.execute(words)
        (found,) = findings(city)
        assert found.kind == kind, because
        assert what in found.what, (because, found.what)
        transaction.savepoint_rollback(mark)
    assert findings(city) == []


def findings(city: City) -> list[Finding]:
    """What verification finds wrong in the city."""
    return list(verify_city(city.id, city.code, trusted_keys()).findings)
