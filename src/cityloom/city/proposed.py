"""A city as it would be after a load that has not happened: from a whole folder, or with some tables exchanged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cityloom.city.checks import check_tables
from cityloom.city.folder_values import CityFolder, Feature
from cityloom.city.problems import Problem
from cityloom.city.rows import FEATURES, TABLES
from cityloom.city.sheets import Notes, read_sheet
from cityloom.city.snapshot import Identity, make_city
from cityloom.city.snapshot_values import City
from cityloom.city.table_files import DUTIES, STANDARDS, duties_of, standards_of

NOT_LOADED = 0  # the version number of a city that was never loaded
EXCHANGEABLE = {
    "duties.csv": ("duties", DUTIES, duties_of),
    "standards.csv": ("standards", STANDARDS, standards_of),
}


def city_of_folder(folder: CityFolder, city_id: int, digest: str) -> City:
    """The city that the folder describes, as if it were loaded; ask `check_folder` first whether it is sound."""
    if folder.config is None:
        raise ValueError("a folder without city.toml describes no city")
    values = {table.name: list(table.values(folder)) for table in TABLES if table is not FEATURES}
    layers: dict[str, list[Feature]] = {}
    for feature in folder.features:
        layers.setdefault(feature.layer, []).append(feature)
    identity = Identity(city_id, NOT_LOADED, digest)
    return make_city(identity, folder.config, values, {name: tuple(found) for name, found in layers.items()})


def with_tables(city: City, files: Mapping[str, Path]) -> tuple[City, list[Problem]]:
    """The city with these tables (`duties.csv`, `standards.csv`) in place of its own, and what is wrong in them."""
    read: dict[str, Any] = {}
    where: dict[str, tuple[int, ...]] = {}
    problems: list[Problem] = []
    for file, path in files.items():
        name, columns, to_values = EXCHANGEABLE[file]
        notes = Notes(file)
        read[name], where[name] = to_values(read_sheet(path, columns, notes), notes)
        problems += notes.problems
    standards = tuple(s for rows in city.standards.values() for s in rows)
    folder = CityFolder(
        config=city.config,
        areas=tuple(city.areas.values()),
        units=tuple(city.units.values()),
        classes=tuple(city.classes.values()),
        standards=read.get("standards", standards),
        duties=read.get("duties", city.duties),
        where=where,
    )
    problems += check_tables(folder, read)
    grouped: dict[str, tuple[Any, ...]] = {}
    for standard in folder.standards:
        grouped[standard.class_code] = (*grouped.get(standard.class_code, ()), standard)
    changed = replace(city, version=NOT_LOADED, digest="", standards=grouped, duties=folder.duties)
    errors_break = any(p.level == "error" for p in problems)
    return (city if errors_break else changed.warm()), problems
