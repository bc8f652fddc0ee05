"""A mapping whose cells hold the names of a city's classes, units and areas instead of codes. Pure.

Names from the top down are joined by `/`: `城乡建设/市政设施/路灯`, `东区/东南街道`. A name that stands for several
things is left out, so that such a row is rejected and a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cityloom.city.snapshot_values import City
from cityloom.city.values import Name
from cityloom.exchange.mapping import RecordMapping

BETWEEN = "/"


def with_city_names(mapping: RecordMapping, city: City) -> RecordMapping:
    """The mapping with the city's names added to its words; what the mapping says itself goes first."""
    if not mapping.by_name:
        return mapping
    tables = {"class": class_names, "unit": unit_names, "area": area_names}
    words = {name: {**tables[name](city), **mapping.values.get(name, {})} for name in mapping.by_name}
    return replace(mapping, values={**mapping.values, **words})


def class_names(city: City) -> dict[str, str]:
    """Name → code of every class that can be filed: its own name, and the names from the top down."""
    return _unambiguous((code, _chain(city.classes[c].name for c in city.class_chain(code))) for code in city.leaves)


def unit_names(city: City) -> dict[str, str]:
    """Name → code of every unit."""
    return _unambiguous((code, [[unit.name]]) for code, unit in city.units.items())


def area_names(city: City) -> dict[str, str]:
    """Name → code of every area: its own name, and the names from a level above it down."""
    return _unambiguous(
        (code, _chain(city.areas[a].name for a in reversed(city.ancestors(code)))) for code in city.areas
    )


def _chain(names: Iterable[Name]) -> list[list[Name]]:
    """From names that begin with the thing's own: itself, with the one above, and so on, each from the top down."""
    own = list(names)
    return [own[n::-1] for n in range(len(own))]


def _unambiguous(things: Iterable[tuple[str, list[list[Name]]]]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for code, ways in things:
        for told in _told(ways):
            found.setdefault(told, set()).add(code)
    return {told: next(iter(codes)) for told, codes in found.items() if len(codes) == 1}


def _told(ways: list[list[Name]]) -> Iterator[str]:
    for way in ways:
        yield BETWEEN.join(name.zh for name in way)
        yield BETWEEN.join(name.en for name in way)
