"""A city that hundreds of tests stand in: loaded from its folder once, then put back row for row, with its snapshot.

A load reads, checks and compares a folder, which takes most of the time of a small test. The first test of a process
pays for it; the others get the rows that it wrote, under the same ids.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction

from cityloom.base.ids import ids
from cityloom.cases import reading
from cityloom.city import models, snapshot
from cityloom.city.actions.load_city import load_city
from cityloom.city.rows import TABLES
from cityloom.city.snapshot_values import City
from cityloom.web.screen_figures import forget_slow_figures

LOADED_AT = datetime(2026, 1, 1, tzinfo=UTC)
_MODELS = dict.fromkeys([User, models.City, models.Version, *(table.model for table in TABLES)])


@dataclass(frozen=True)
class _Laid:
    """What a load wrote, by table, and the snapshot of it."""

    rows: tuple[tuple[str, bytes], ...]
    city: City


_laid: dict[tuple[str, Path], _Laid] = {}


def lay_city(folder: Path) -> City:
    """The folder's city in the test's database, as its first version, loaded by `test` on 1 January 2026."""
    _forget()
    if not _is_empty():
        return _load(folder)
    key = connection.settings_dict["NAME"], folder
    laid = _laid.get(key)
    if laid is None:
        city = _load(folder)
        _laid[key] = _Laid(tuple(_written()), city)
        return city
    _put_back(laid)
    return laid.city


def _load(folder: Path) -> City:
    code = load_city(folder, "test", LOADED_AT).city
    return snapshot.current_city(code)


def _is_empty() -> bool:
    """Whether no city and no account is there yet, whose rows a load would keep or change."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM auth_user) OR EXISTS (SELECT FROM city_city)")
        return not cursor.fetchone()[0]


def _written() -> Iterator[tuple[str, bytes]]:
    for model in _MODELS:
        if model.objects.exists():
            table = model._meta.db_table
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
                yield table, b"".join(copy)


def _put_back(laid: _Laid) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in laid.rows:
            with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                copy.write(rows)
    city = laid.city
    identity = snapshot.Identity(city.id, city.version, city.digest)
    snapshot._kept[city.code] = snapshot._Kept(city, identity, time.monotonic())


def _forget() -> None:
    """What this process remembers of the test before: the ids are the same, what was done in the city is not.

    How the city's own words read a text is the same in every test, and stays.
    """
    ids.forget()
    snapshot.forget_cities()
    cache.clear()
    forget_slow_figures()
    before = dict(reading._kept)
    reading.forget_classifiers()
    for laid in _laid.values():
        kept = before.get(laid.city.id)
        if kept is not None and kept.digest == laid.city.digest:
            reading._kept[laid.city.id] = reading._Kept(kept.cold, kept.digest)
