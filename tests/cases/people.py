"""What the tests about people's data share: a city with other settings, and a search through all that is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection

from cityloom.base.crypto import NoKeyOpens
from cityloom.base.keys import vault
from cityloom.city.snapshot_values import City


def with_settings(city: City, **changes: Any) -> City:
    """The same city with some of its numbers changed."""
    return replace(city, config=replace(city.config, settings=replace(city.settings, **changes))).warm()


def places_that_hold(*secrets: str) -> list[str]:
    """Every table and file that holds one of these texts: plain, or sealed with a key that is at hand."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "JOIN information_schema.tables USING (table_schema, table_name) "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name, ordinal_position"
        )
        columns = cursor.fetchall()
        for table, column, kind in columns:
            cursor.execute(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL')
            for (value,) in cursor.fetchall():
                text = _readable(value, kind)
                found += [f"{table}.{column}: {secret}" for secret in secrets if secret in text]
    for name in _files(""):
        with default_storage.open(name) as file:
            data = file.read()
        found += [f"{name}: {secret}" for secret in secrets if secret.encode() in data]
    return sorted(set(found))


def _readable(value: Any, kind: str) -> str:
    if kind != "bytea":
        return str(value)
    raw = bytes(value)
    try:
        return vault().open(raw)
    except NoKeyOpens:
        return raw.decode("utf-8", "replace")


def _files(folder: str) -> list[str]:
    if not default_storage.exists(folder):
        return []
    folders, names = default_storage.listdir(folder)
    inside = [each for f in folders for each in _files(f"{folder}/{f}" if folder else f)]
    return [*(f"{folder}/{n}" if folder else n for n in names), *inside]
