"""What forms have in common: choices of classes and units, numbers of a place, photos; parsing, no rules."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from cityloom.cases.errors import BadPhoto, BadReport
from cityloom.cases.photos import MOST_BYTES, Picture, clean_photo
from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature
from cityloom.web.naming import Names

DEFAULT_PHOTOS = 6


@dataclass(frozen=True)
class Group:
    """Choices under one heading: code and name."""

    title: str
    choices: tuple[tuple[str, str], ...]


def class_groups(city: City, named: Names, on: date, natures: Iterable[Nature] | None = None) -> tuple[Group, ...]:
    """The classes that can be filed on that day, under their topmost class."""
    wanted = None if natures is None else {n.value for n in natures}
    groups: dict[str, list[tuple[str, str]]] = {}
    for code in city.leaves:
        matter = city.classes[code]
        if matter.valid.covers(on) and (wanted is None or matter.nature.value in wanted):
            top = city.class_chain(code)[-1]
            groups.setdefault(top, []).append((code, named.matter(code)))
    return tuple(Group(named.matter(top), tuple(choices)) for top, choices in groups.items())


def class_tree(city: City, named: Names) -> tuple[Group, ...]:
    """All classes for a filter: each topmost class with itself and all below it."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for code in city.classes:
        groups.setdefault(city.class_chain(code)[-1], []).append((code, named.matter(code)))
    return tuple(Group(named.matter(top), tuple(choices)) for top, choices in groups.items())


def unit_choices(
    city: City, named: Names, on: date, codes: Iterable[str] | None = None
) -> tuple[tuple[str, str], ...]:
    """Units that live on that day, code and name; only the given ones if any are given."""
    wanted = city.units if codes is None else codes
    return tuple((c, named.unit(c)) for c in wanted if c in city.units and city.units[c].valid.covers(on))


def area_choices(city: City, named: Names) -> tuple[Group, ...]:
    """Areas for a filter, down to the level above the two smallest ones where a city has many levels."""
    levels = city.levels[1 : max(2, min(3, len(city.levels)))]
    groups: dict[str, list[tuple[str, str]]] = {}
    for code, area in city.areas.items():
        if area.level in levels:
            top = (*city.ancestors(code), code)[1]
            groups.setdefault(top, []).append((code, named.area(code)))
    return tuple(Group(named.area(top), tuple(choices)) for top, choices in groups.items())


def point_of(lon: str, lat: str) -> tuple[float | None, float | None]:
    """Longitude and latitude as typed; both open when both are empty. Raises BadReport for anything else."""
    if not lon.strip() and not lat.strip():
        return None, None
    try:
        point = float(lon), float(lat)
    except ValueError as wrong:
        raise BadReport("error.bad_point", lon=lon[:20], lat=lat[:20]) from wrong
    if not all(map(math.isfinite, point)):
        raise BadReport("error.bad_point", lon=lon[:20], lat=lat[:20])
    return point


def pictures_of(files: Iterable[Any]) -> list[Picture]:
    """The uploaded photos, re-encoded; raises BadPhoto for the first that is none."""
    cleaned = []
    for file in files:
        if (file.size or 0) > MOST_BYTES:
            raise BadPhoto("error.photo_too_large", most_mb=MOST_BYTES // 1_000_000)
        cleaned.append(clean_photo(file.read()))
    return cleaned


def most_photos(city: City) -> int:
    """How many photos one report may bring."""
    return int(city.settings.limits.get("photos_per_report", DEFAULT_PHOTOS))
