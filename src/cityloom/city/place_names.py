"""What places are called: finds areas, roads, estates and facilities of a city by a few typed signs. Pure.

The names are those of the city's own folder; nothing is asked from anybody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from cityloom.city.folder_values import Feature
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name

MOST = 6
# Layers with names that people know, and what their places are called where the place itself has no kind.
LAYERS = (("roads", "road"), ("housing", "estate"), ("facilities", ""), ("parks", "park"), ("water", "water"))
_NO_ROADS = frozenset({"path"})  # kinds of ways that carry the name of something else, or none
NEAR_DEG = 0.0007  # about 70 m: a road further away is not where somebody stands
_SHORTEST = {"zh": 2, "en": 4}  # a name this long, found inside what was typed, is meant


class Place(NamedTuple):
    """A named place; `kind` is `area`, `road`, `estate`, `park`, `water` or the kind of a facility; degrees."""

    name: Name
    kind: str
    lon: float
    lat: float


@dataclass(frozen=True)
class _Roads:
    tree: shapely.STRtree
    names: tuple[Name, ...]


def find_places(city: City, typed: str, language: str, most: int = MOST) -> list[Place]:
    """Places whose name holds what was typed, in either language; the closest match first, then the shortest name.

    A name inside a longer text counts too: `松塘路18号` finds 松塘路.
    """
    text = " ".join(typed.lower().split())
    if not text:
        return []
    ranked = [(_rank(place, text), place) for place in _places(city)]
    found = [(rank, place) for rank, place in ranked if rank is not None]
    found.sort(key=lambda pair: (pair[0], len(pair[1].name.in_language(language)), pair[1].name.zh))
    return [place for _, place in found[:most]]


def name_road(city: City, lon: float, lat: float) -> Name | None:
    """The road somebody stands on or beside; None where none is within about 70 m."""
    roads = _roads(city)
    if roads is None:
        return None
    nearest = roads.tree.query_nearest(shapely.Point(lon, lat), max_distance=NEAR_DEG, all_matches=False)
    return roads.names[int(nearest[0])] if len(nearest) else None


def _rank(place: Place, text: str) -> int | None:
    """0: the name itself; 1: it begins so; 2: it holds the text; 3: the text holds it; None: nothing of these."""
    best: int | None = None
    for language in ("zh", "en"):
        name = place.name.in_language(language).lower()
        rank = (
            0 if name == text
            else 1 if name.startswith(text)
            else 2 if text in name
            else 3 if len(name) >= _SHORTEST[language] and name in text
            else None
        )  # fmt: skip
        if rank is not None and (best is None or rank < best):
            best = rank
    return best


@lru_cache(maxsize=2)
def _places(city: City) -> tuple[Place, ...]:
    """Every named place once: a road of many pieces is one, standing at its longest piece."""
    return (*_area_places(city), *(p for layer, kind in LAYERS for p in _layer_places(city, layer, kind)))


def _area_places(city: City) -> Iterator[Place]:
    spoken = set(city.levels[1:4]) - ({city.levels[-1]} if len(city.levels) > 3 else set())
    for area in city.areas.values():
        if area.level in spoken and area.geometry:
            point = shapely.point_on_surface(shapely.from_wkb(area.geometry))
            yield Place(area.name, "area", point.x, point.y)


def _layer_places(city: City, layer: str, kind: str) -> Iterator[Place]:
    named = [f for f in city.features.get(layer, ()) if _is_named(f, layer)]
    if not named:
        return
    shapes = shapely.from_wkb(np.array([f.geometry for f in named], dtype=object))
    sizes = shapely.length(shapes)
    longest: dict[tuple[str, str], int] = {}
    for index, feature in enumerate(named):
        key = (feature.name.zh or feature.name.en, "" if layer == "roads" else feature.code)
        if key not in longest or sizes[index] > sizes[longest[key]]:
            longest[key] = index
    points = _points_on(shapes[list(longest.values())])
    for index, (lon, lat) in zip(longest.values(), points, strict=True):
        yield Place(named[index].name, kind or named[index].kind, float(lon), float(lat))


def _points_on(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """A point of each shape: the middle of a line, a point inside an area."""
    points = shapely.point_on_surface(shapes)
    is_line = shapely.get_dimensions(shapes) == 1
    points[is_line] = shapely.line_interpolate_point(shapes[is_line], 0.5, normalized=True)
    found: NDArray[np.float64] = shapely.get_coordinates(points)
    return found


def _is_named(feature: Feature, layer: str) -> bool:
    named = bool(feature.name.zh or feature.name.en) and bool(feature.geometry)
    return named and not (layer == "roads" and feature.kind in _NO_ROADS)


@lru_cache(maxsize=2)
def _roads(city: City) -> _Roads | None:
    named = [f for f in city.features.get("roads", ()) if _is_named(f, "roads")]
    if not named:
        return None
    return _Roads(shapely.STRtree(shapely.from_wkb([f.geometry for f in named])), tuple(f.name for f in named))
