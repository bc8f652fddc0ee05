"""The gazetteer of a city: built once per version from its areas and the named things on its maps."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence

import shapely

from cityloom.city.folder_values import Feature
from cityloom.city.raster import OUTSIDE
from cityloom.city.snapshot_values import City
from cityloom.city.values import Area, AreaCode
from cityloom.triage.gazetteer import FindAreas, Gazetteer, NamedPlace, build_gazetteer, reach_m

# Layers with names that people use, and what their places are called; other layers keep their own name. Grids of
# departments and micro-grids are nobody's address.
KINDS = {"roads": "road", "housing": "estate", "facilities": "facility", "parks": "park", "water": "water"}
LEFT_OUT = frozenset({"overlays", "micro_grids"})
KEPT = 4  # versions of cities whose gazetteers stay in memory

_kept: dict[tuple[str, int, str], Gazetteer] = {}
_lock = threading.Lock()


def gazetteer_of(city: City) -> Gazetteer:
    """The gazetteer of this version of the city; the first asking builds it, in about a second for a large city."""
    key = (city.code, city.version, city.digest)
    if (found := _kept.get(key)) is not None:
        return found
    with _lock:
        if key not in _kept:
            while len(_kept) >= KEPT:
                _kept.pop(next(iter(_kept)))
            _kept[key] = make_gazetteer(city)
        return _kept[key]


def kept_gazetteer(city: City) -> Gazetteer | None:
    """The gazetteer of this version of the city where it is built already; nobody waits for it."""
    return _kept.get((city.code, city.version, city.digest))


def make_gazetteer(city: City) -> Gazetteer:
    """A gazetteer of the city's areas and of what bears a name on its maps."""
    areas = list(city.areas.values())
    chains = {code: city.ancestors(code) for code in city.areas}
    return build_gazetteer(_places(city), areas, middles_of(areas, chains), _finder(city), chains)


def middles_of(
    areas: Sequence[Area], chains: Mapping[AreaCode, tuple[AreaCode, ...]]
) -> dict[AreaCode, tuple[float, float]]:
    """A point in each area: of its own outline, else of the area in it that lies nearest to the middle of all."""
    drawn = [a for a in areas if a.geometry]
    inside = shapely.get_coordinates(shapely.point_on_surface(shapely.from_wkb([a.geometry for a in drawn])))
    middles = {a.code: (float(x), float(y)) for a, (x, y) in zip(drawn, inside, strict=True)}
    parts: dict[AreaCode, list[tuple[float, float]]] = {}
    for code, at in list(middles.items()):
        for holder in chains[code]:
            if holder not in middles:
                parts.setdefault(holder, []).append(at)
    for holder, points in parts.items():
        lon, lat = (sum(c) / len(points) for c in zip(*points, strict=True))
        middles[holder] = min(points, key=lambda p: (p[0] - lon) ** 2 + (p[1] - lat) ** 2)
    return middles


def _places(city: City) -> Iterator[NamedPlace]:
    for layer in city.features:
        if layer not in LEFT_OUT:
            yield from places_of(layer, city.features[layer])


def places_of(layer: str, features: Iterable[Feature]) -> Iterator[NamedPlace]:
    """What bears a name on one layer of the map."""
    if named := [f for f in features if f.name.zh or f.name.en]:
        shapes = shapely.from_wkb([f.geometry for f in named])
        for feature, shape in zip(named, shapes, strict=True):
            if shape is not None and not shape.is_empty:
                yield _place(KINDS.get(layer, layer), feature, shape)


def _place(kind: str, feature: Feature, shape: shapely.Geometry) -> NamedPlace:
    if kind == "road":
        points = tuple(map(tuple, shapely.get_coordinates(shape).tolist()))
        return NamedPlace(kind, (feature.code,), feature.name, points)
    at = shapely.point_on_surface(shape)
    west, south, east, north = shape.bounds
    reach = reach_m(((west, south), (east, north)))
    return NamedPlace(kind, (feature.code,), feature.name, ((at.x, at.y),), (), reach)


def _finder(city: City) -> FindAreas:
    def find(lon: Sequence[float], lat: Sequence[float]) -> list[AreaCode | None]:
        found = city.locator.find_many(lon, lat)
        return [None if i == OUTSIDE else city.locator.codes[i] for i in found.tolist()]

    return find
