"""What changed between two versions of a city, or would change by loading a folder: row by row, by their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cityloom.city import models
from cityloom.city.folder_values import CityFolder
from cityloom.city.rows import TABLES, Table, digest_of
from cityloom.city.snapshot import Identity, NoSuchVersion, list_versions, rows_at

Digests = Mapping[str, str]  # key of a row → what it says, in short


@dataclass(frozen=True)
class Difference:
    """The keys of a table's rows that are new, say something else, or are gone; each in order."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def compare(before: Digests, after: Digests) -> Difference:
    """By keys and digests."""
    return Difference(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(key for key in after.keys() & before.keys() if after[key] != before[key])),
        tuple(sorted(before.keys() - after.keys())),
    )


def compare_versions(code: str, before: int, after: int) -> dict[str, Difference]:
    """The tables that differ between two stored versions; raises NoSuchCity, NoSuchVersion."""
    old, new = _identity(code, before), _identity(code, after)
    return _differing({table.name: (_stored(table, old), _stored(table, new)) for table in TABLES})


def compare_folder(folder: CityFolder, code: str, version: int) -> dict[str, Difference]:
    """The tables in which the folder says something else than a stored version; the city may be new to us (0)."""
    at = _identity(code, version) if version else None
    return _differing({
        table.name: (_stored(table, at) if at else {}, {
            table.key(value): digest_of(table.to_columns(value)) for value in table.values(folder)
        })
        for table in TABLES
    })  # fmt: skip


def _differing(tables: Mapping[str, tuple[Digests, Digests]]) -> dict[str, Difference]:
    found = {name: compare(before, after) for name, (before, after) in tables.items()}
    return {name: difference for name, difference in found.items() if difference}


def _stored(table: Table, at: Identity) -> Digests:
    return dict(table.model._default_manager.filter(rows_at(at)).values_list("key", "digest"))


def _identity(code: str, number: int) -> Identity:
    rows = list_versions(code)
    found = next((row for row in rows if row.number == number), None)
    if found is None:
        raise NoSuchVersion(code, number, rows[0].number if rows else 0)
    return Identity(models.City.objects.values_list("pk", flat=True).get(code=code), number, found.digest)
