"""A city's ground as vector tiles: water, parks, built land, roads, the borders of its areas and their names.

Each layer tells from which zoom on it is drawn, so that a tile of the whole city stays as small as one of a street.
Built once per version of the city and kept; tiles are made when they are first asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from shapely import STRtree

from cityloom.city.folder_values import Feature
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name
from cityloom.web.vector_tile import BUFFER, EXTENT, Shapes, Value, encode_tile, tile_box

MAX_ZOOM = 16  # beyond it the browser enlarges
ROADS_FROM = {"ring": 8, "arterial": 10, "street": 13, "path": 15}
GROUND_FROM = {"water": 6, "parks": 10, "housing": 13}
AREAS_FROM = (6, 8, 11, 13, 15)  # by the place of the level: city, district, street, community, grid
NAMES_FROM = 13  # of roads
TOLERANCE = 4  # units of a tile, half a pixel
LEAST = 12  # units across: smaller land is left out


@dataclass
class Layer:
    """Shapes of one kind with what is told of each; `since` is the zoom from which each is drawn."""

    name: str
    shapes: Any
    told: Sequence[dict[str, Value]]
    since: Any
    named_since: int = 0
    is_land: bool = False  # what may be left out where it would be smaller than a pixel
    tree: STRtree = field(init=False)
    bounds: Any = field(init=False)

    def __post_init__(self) -> None:
        self.tree = STRtree(self.shapes)
        self.bounds = shapely.bounds(self.shapes)

    def within(self, z: int, box: tuple[float, float, float, float]) -> Shapes:
        """What of the layer belongs on a tile of that zoom in that box, simplified for it."""
        found = np.sort(self.tree.query(shapely.box(*box)))
        chosen = found[self.since[found] <= z]
        unit = 360 / 2**z / EXTENT
        if self.is_land and z < MAX_ZOOM:
            west, south, east, north = self.bounds[chosen].T
            chosen = chosen[np.maximum(east - west, north - south) > LEAST * unit]
        shapes = self.shapes[chosen]
        if z < MAX_ZOOM and len(shapes):
            shapes = shapely.simplify(shapes, TOLERANCE * unit)
        named = z >= self.named_since
        told = [self.told[n] if named else {k: v for k, v in self.told[n].items() if k == "kind"} for n in chosen]
        return Shapes(shapes, told)


@lru_cache(maxsize=2)
def layers_of_ground(city: City) -> tuple[Layer, ...]:
    """The layers of a city, lowest first."""
    made = [_ground(city, name) for name in GROUND_FROM if city.features.get(name)]
    if city.features.get("roads"):
        made.append(_roads(city.features["roads"]))
    for depth, level in enumerate(city.levels):
        areas = [a for a in city.areas.values() if a.level == level and a.geometry]
        since = AREAS_FROM[min(depth, len(AREAS_FROM) - 1)]
        told: list[dict[str, Value]] = [{"code": a.code, **_named(a.name)} for a in areas]
        if areas:
            made.append(_layer(f"area{depth}", [a.geometry for a in areas], told, [since] * len(areas)))
            made.append(_labels(f"label{depth}", [a.geometry for a in areas], told, since))
    return tuple(made)


def tile_of(city: City, z: int, x: int, y: int) -> bytes:
    """One tile of the ground; empty where the city has none."""
    box = tile_box(z, x, y, BUFFER)
    return encode_tile({layer.name: layer.within(z, box) for layer in layers_of_ground(city)}, z, x, y)


def _ground(city: City, name: str) -> Layer:
    features = [f for f in city.features[name] if f.geometry]
    told = [{"kind": f.kind or name, **_named(f.name)} for f in features]
    named = 11 if name != "housing" else MAX_ZOOM + 1
    layer = _layer(name, [f.geometry for f in features], told, [GROUND_FROM[name]] * len(features), named)
    layer.is_land = name != "water"
    return layer


def _roads(features: Sequence[Feature]) -> Layer:
    """Pieces of one road that touch are drawn as one line: a fifth of the features, and names have room."""
    pieces: dict[tuple[str, str, str], list[bytes]] = {}
    for f in features:
        if f.geometry:
            pieces.setdefault((f.kind or "street", f.name.zh, f.name.en), []).append(f.geometry)
    lines: list[Any] = []
    told: list[dict[str, Value]] = []
    for (kind, zh, en), wkb in pieces.items():
        merged = shapely.get_parts(shapely.line_merge(shapely.union_all(shapely.from_wkb(wkb))))
        lines += list(merged)
        told += [{"kind": kind, **_named(Name(zh, en))}] * len(merged)
    since = np.array([ROADS_FROM.get(str(each["kind"]), ROADS_FROM["street"]) for each in told])
    return Layer("roads", np.array(lines, dtype=object), told, since, NAMES_FROM)


def _layer(
    name: str, wkb: Sequence[bytes], told: Sequence[dict[str, Value]], since: Sequence[int], named_since: int = 0
) -> Layer:
    return Layer(name, np.array(shapely.from_wkb(wkb), dtype=object), told, np.array(since), named_since)


def _labels(name: str, wkb: Sequence[bytes], told: Sequence[dict[str, Value]], since: int) -> Layer:
    shapes = np.array(shapely.from_wkb(wkb), dtype=object)
    middles = shapely.centroid(shapes)
    outside = ~shapely.contains(shapes, middles)
    middles[outside] = shapely.point_on_surface(shapes[outside])
    return Layer(name, middles, told, np.array([since] * len(told)))


def _named(name: Name) -> dict[str, Value]:
    return {key: text for key, text in (("zh", name.zh), ("en", name.en)) if text}
