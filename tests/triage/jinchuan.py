"""The gazetteer of the fictional city Jinchuan, made anew from its seed: no file, no database."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
import shapely

from cityloom.cases.gazetteers import KINDS, middles_of, places_of
from cityloom.city.folder_values import Feature
from cityloom.city.trees import chains
from cityloom.city.values import Area, Name
from cityloom.exchange.demo import ways
from cityloom.exchange.demo.city import City
from cityloom.exchange.demo.make import build_city
from cityloom.triage.gazetteer import Gazetteer, build_gazetteer

SEED = 7


@lru_cache(maxsize=1)
def jinchuan() -> Gazetteer:
    """Built in some seconds the first time."""
    city = build_city(SEED, lambda _step, _share: None)
    listed = city.areas.all
    shapes = _in_degrees(area.shape for area in listed)
    areas = [
        Area(area.code, area.parent, area.level, area.name, geometry=shapely.to_wkb(shape))
        for area, shape in zip(listed, shapes, strict=True)
    ]
    above = chains({area.code: area.parent for area in areas})
    places = [place for layer in KINDS for place in places_of(layer, _features(city, layer))]
    return build_gazetteer(places, areas, middles_of(areas, above), _finder(areas, shapes), above)


def _features(city: City, layer: str) -> list[Feature]:
    drawn: dict[str, Any] = {
        "roads": lambda: city.ways.features(city.network),
        "housing": lambda: city.places.housing,
        "facilities": lambda: city.places.facilities,
        "parks": lambda: city.places.parks,
        "water": lambda: ways.water_features(city.terrain, city.plane),
    }
    found = list(drawn[layer]())
    shapes = shapely.to_wkb(_in_degrees(shape for shape, _ in found))
    return [
        Feature(layer, told["code"], Name(told.get("name_zh", ""), told.get("name_en", "")), "", {}, shape)
        for (_, told), shape in zip(found, shapes, strict=True)
    ]


def _in_degrees(shapes: Iterable[Any]) -> np.ndarray:
    """With the seven decimals that the city's files have."""
    return shapely.transform(np.array(list(shapes), dtype=object), lambda points: points.round(7))


def _finder(areas: list[Area], shapes: np.ndarray):
    """The grid with the lowest code at each place."""
    grids = sorted((area.code, i) for i, area in enumerate(areas) if area.level == "grid")
    tree = shapely.STRtree(shapes[[i for _, i in grids]])

    def find_areas(lon, lat):
        found: list[str | None] = [None] * len(lon)
        at, grid = tree.query(shapely.points(lon, lat), predicate="intersects")
        for place, number in sorted(zip(at.tolist(), grid.tolist(), strict=True), reverse=True):
            found[place] = grids[number][0]
        return found

    return find_areas
