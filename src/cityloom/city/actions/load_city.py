"""Make a city folder the city's next version, all of it or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import JSONField
from psycopg.types.json import Jsonb

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city import models
from cityloom.city.accounts import keep_accounts
from cityloom.city.checks import check_folder
from cityloom.city.folder import Progress, untold
from cityloom.city.folder_values import CityConfig, CityFolder
from cityloom.city.problems import Problem, has_errors
from cityloom.city.rows import TABLES, Columns, Table, digest_of
from cityloom.city.signing import Demanded
from cityloom.city.snapshot import forget_cities

_LOCK = 0x43697479  # "City": the first half of the advisory lock that a load of any city takes

register(
    {
        "city.folder_refused": (
            "城市文件夹有 {errors} 处错误，未载入；用 cityloom city check 查看",
            "the city folder has {errors} errors and was not loaded; `cityloom city check` lists them",
        ),
    }
)


class FolderRefused(CityloomError):
    """The folder has errors; nothing was changed. `problems` are all that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("city.folder_refused", errors=sum(p.level == "error" for p in self.problems))


@dataclass(frozen=True)
class TableChange:
    """What a load did to one table: rows in the new version, and those added, changed, removed by it."""

    total: int
    added: int
    changed: int
    removed: int


@dataclass(frozen=True)
class LoadResult:
    """The version that is now current; `unchanged` when the folder said what was loaded before."""

    city: str
    version: int
    unchanged: bool
    tables: Mapping[str, TableChange]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Said:
    """What the folder says of one row."""

    digest: str
    columns: Columns


@dataclass(frozen=True)
class _Difference:
    """What must happen to a table: stored rows to close, keys to write, and the counts."""

    closed: list[int]
    written: list[str]
    change: TableChange


def load_city(
    directory: Path,
    by: str,
    at: datetime,
    note: str = "",
    progress: Progress = untold,
    demanded: Demanded | None = None,
) -> LoadResult:
    """Load the folder as the next version, or leave everything as it is if it says nothing new.

    Raises FolderRefused when it has errors, and NotSigned when the signatures that are `demanded` are not there for
    exactly what it says. Two loads at once wait for each other. `progress` is told what comes next and the share of
    the work done.
    """
    folder, problems = check_folder(directory, lambda step, share: progress(step, 0.5 * share))
    if folder.config is None or has_errors(problems):
        raise FolderRefused(problems)
    said = {table.name: _said(table, folder) for table in TABLES}
    digest = _digest_of_folder(folder, said)
    signatures = demanded.check(directory, folder.config.code, digest) if demanded else ()
    with transaction.atomic():
        city, current = _claim(folder.config)
        if current is not None and current.digest == digest:
            kept = {name: TableChange(len(rows), 0, 0, 0) for name, rows in said.items()}
            return LoadResult(city.code, city.version, True, kept, tuple(problems))
        number = city.version + 1
        changes = {}
        for done, table in enumerate(TABLES):
            progress(table.name, 0.5 + 0.5 * done / len(TABLES))
            changes[table.name] = _keep(table, said[table.name], city.pk, number)
        keep_accounts(folder.posts, city.pk, number, at)
        counts = {name: vars(change) for name, change in changes.items()}
        models.Version.objects.create(
            city=city,
            number=number,
            digest=digest,
            loaded_at=at,
            loaded_by=by,
            note=note,
            counts=counts,
            settings=folder.raw_config,
            signatures=[each.as_json() for each in signatures],
        )
        _renew(city, folder.config, number)
        transaction.on_commit(forget_cities)
    forget_cities()
    return LoadResult(city.code, number, False, changes, tuple(problems))


def digest_of_folder(folder: CityFolder) -> str:
    """What the folder says, in 64 hexadecimal digits: the same for the version that a load of it would make."""
    return _digest_of_folder(folder, {table.name: _said(table, folder) for table in TABLES})


def _said(table: Table, folder: CityFolder) -> dict[str, _Said]:
    rows = {}
    for value in table.values(folder):
        columns = table.to_columns(value)
        rows[table.key(value)] = _Said(digest_of(columns), columns)
    return rows


def _digest_of_folder(folder: CityFolder, said: Mapping[str, Mapping[str, _Said]]) -> str:
    whole = hashlib.blake2b(json.dumps(folder.raw_config, sort_keys=True).encode(), digest_size=32)
    for name, rows in said.items():
        for key in sorted(rows):
            whole.update(f"\n{name}\t{key}\t{rows[key].digest}".encode())
    return whole.hexdigest()


def _claim(config: CityConfig) -> tuple[models.City, models.Version | None]:
    """The city's row, made if it is new, held against any other load until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, config.code])
    names = {"name_zh": config.name.zh, "name_en": config.name.en, "time_zone": config.time_zone}
    city, _ = models.City.objects.get_or_create(code=config.code, defaults=names)
    return city, models.Version.objects.filter(city=city, number=city.version).first()


def _renew(city: models.City, config: CityConfig, number: int) -> None:
    city.name_zh, city.name_en = config.name.zh, config.name.en
    city.time_zone = config.time_zone
    city.version = number
    city.save(update_fields=["name_zh", "name_en", "time_zone", "version"])


def _keep(table: Table, said: Mapping[str, _Said], city_id: int, number: int) -> TableChange:
    """Close the rows that changed or went, write the new and the changed ones."""
    stored = table.model._default_manager.filter(city_id=city_id, version_to=None)
    before = {key: (pk, digest) for pk, key, digest in stored.values_list("pk", "key", "digest")}
    difference = _compare(said, before)
    if difference.closed:
        table.model._default_manager.filter(pk__in=difference.closed).update(version_to=number)
    if difference.written:
        _write(table, {key: said[key] for key in difference.written}, city_id, number)
    return difference.change


def _compare(said: Mapping[str, _Said], before: Mapping[str, tuple[int, str]]) -> _Difference:
    added = [key for key in said if key not in before]
    changed = [key for key in said if key in before and before[key][1] != said[key].digest]
    removed = [key for key in before if key not in said]
    return _Difference(
        closed=[before[key][0] for key in (*changed, *removed)],
        written=[*added, *changed],
        change=TableChange(len(said), len(added), len(changed), len(removed)),
    )


def _write(table: Table, rows: Mapping[str, _Said], city_id: int, number: int) -> None:
    """COPY the rows into the table."""
    meta = table.model._meta
    fields = [f for f in meta.concrete_fields if f.attname not in ("id", "version_to")]
    columns = ", ".join(connection.ops.quote_name(f.column or f.attname) for f in fields)
    json_fields = {f.attname for f in fields if isinstance(f, JSONField)}
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {connection.ops.quote_name(meta.db_table)} ({columns}) FROM STDIN") as copy,
    ):
        for key, row in rows.items():
            own = {"city_id": city_id, "key": key, "version_from": number, "digest": row.digest}
            values: dict[str, Any] = {**row.columns, **own}
            copy.write_row(
                [Jsonb(values[f.attname]) if f.attname in json_fields else values[f.attname] for f in fields]
            )
