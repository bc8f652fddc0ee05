"""Checks of the map: a tree of areas that tile their parents, and coordinates where the city is."""

from __future__ import annotations

from collections.abc import Iterable
from math import cos, pi, radians, sin, sqrt

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cityloom.city.checking import Findings
from cityloom.city.problems import nearest
from cityloom.city.trees import circles

_EQUATOR_M = 6_378_137.0  # semi-major axis of GRS 80, to which CGCS2000 and WGS 84 agree within a millimetre
_ECCENTRICITY_2 = 0.006_694_38


def square_metres(geometry: BaseGeometry) -> float:
    """The area of a polygon in degrees, by the size of a degree at its middle on the ellipsoid.

    Meant for slivers: measured in the plane of longitude and latitude, where borders are straight, so that a
    vertex of one area on an edge of the next makes no gap. At 40° N a degree is 85,394 m × 111,035 m.
    """
    if geometry.is_empty:
        return 0.0
    _, south, _, north = geometry.bounds
    latitude = radians((south + north) / 2)
    bend = 1 - _ECCENTRICITY_2 * sin(latitude) ** 2
    meridian_m = _EQUATOR_M * (1 - _ECCENTRICITY_2) / (bend * sqrt(bend))
    parallel_m = _EQUATOR_M * cos(latitude) / sqrt(bend)
    return float(geometry.area) * meridian_m * parallel_m * (pi / 180) ** 2


def check_areas(found: Findings) -> None:
    """Codes, levels and parents, then the tiling of every parent."""
    areas, levels = found.folder.areas, found.config.levels
    found.repeated("areas", (area.code for area in areas))
    by_code = {area.code: area for area in areas}
    roots = [i for i, area in enumerate(areas) if not area.parent]
    if len(roots) != 1:
        found.in_file("city_area_count", "areas.geojson", count=len(roots))
    for ring in circles({area.code: area.parent for area in areas}):
        found.in_file("circle", "areas.geojson", ring[0], codes=list(ring))
    for i, area in enumerate(areas):
        if area.level not in levels:
            near = nearest(area.level, levels)
            found.at("value_unknown", "areas", i, area.code, key="level", value=area.level, near=near, known=levels)
            continue
        if area.parent and area.parent not in by_code:
            found.unknown("areas", i, area.code, "parent", area.parent, by_code)
            continue
        expected = levels[levels.index(area.level) - 1] if area.level != levels[0] else ""
        parent_level = by_code[area.parent].level if area.parent else ""
        if parent_level != expected:
            found.at(
                "level_wrong",
                "areas",
                i,
                area.code,
                level=area.level,
                parent_level=parent_level or "-",
                expected=expected or "-",
            )
    _check_tiling(found)


def _check_tiling(found: Findings) -> None:
    areas, levels = found.folder.areas, found.config.levels
    shapes = np.array([shapely.from_wkb(area.geometry) for area in areas], dtype=object)
    inside: dict[str, list[int]] = {}
    for i, area in enumerate(areas):
        if area.parent:
            inside.setdefault(area.parent, []).append(i)
    for i, area in enumerate(areas):
        if area.code in inside:
            _check_parent(found, i, shapes[i], inside[area.code], shapes)
        elif area.level in levels[:-1]:
            found.at("area_childless", "areas", i, area.code, expected=levels[levels.index(area.level) + 1])


def _check_parent(
    found: Findings, parent: int, outline: BaseGeometry, members: list[int], shapes: NDArray[np.object_]
) -> None:
    code = found.folder.areas[parent].code
    allowed = found.config.tolerance
    parts = shapes[members]
    gap = shapely.difference(outline, shapely.union_all(parts))
    size_m2 = square_metres(gap)
    if size_m2 > allowed.gap_m2:
        found.at("area_gap", "areas", parent, code, **_place(gap, size_m2, allowed.gap_m2))
    _check_overlaps(found, parent, members, parts)
    beyond = shapely.difference(parts, outline)
    sizes = [square_metres(each) for each in beyond]
    if sum(sizes) > allowed.overlap_m2:
        for position in _until_tolerated(sizes, allowed.overlap_m2):
            place = _place(beyond[position], sizes[position], allowed.overlap_m2)
            member = members[position]
            found.at("area_outside", "areas", member, found.folder.areas[member].code, **place)


def _check_overlaps(found: Findings, parent: int, members: list[int], parts: NDArray[np.object_]) -> None:
    one, other = shapely.STRtree(parts).query(parts, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    shared = shapely.intersection(parts[one], parts[other])
    sizes = [square_metres(each) for each in shared]
    allowed_m2 = found.config.tolerance.overlap_m2
    if sum(sizes) <= allowed_m2:
        return
    for position in _until_tolerated(sizes, allowed_m2):
        codes = [found.folder.areas[members[i]].code for i in (one[position], other[position])]
        place = _place(shared[position], sizes[position], allowed_m2)
        found.at("area_overlap", "areas", members[other[position]], codes[1], codes=codes, **place)


def _until_tolerated(sizes: Iterable[float], allowed_m2: float) -> list[int]:
    """The positions of the largest faults that must be mended for the rest to be within the tolerance."""
    sizes = list(sizes)
    left = sum(sizes)
    chosen = []
    for position in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        if left <= allowed_m2:
            break
        chosen.append(position)
        left -= sizes[position]
    return chosen


def _place(geometry: BaseGeometry, size_m2: float, allowed_m2: float) -> dict[str, float]:
    """The size of a fault and a point inside its largest part."""
    largest = max(shapely.get_parts(geometry), key=lambda part: part.area)
    point = largest.representative_point()
    return {
        "size_m2": round(size_m2, 1),
        "lon": round(point.x, 6),
        "lat": round(point.y, 6),
        "tolerance_m2": allowed_m2,
    }


def check_coordinates(found: Findings) -> None:
    """Everything with a place lies inside the city's bounds; longitude and latitude exchanged are told apart."""
    folder = found.folder
    for field, values in (("areas", folder.areas), ("features", folder.features)):
        corners = shapely.bounds(np.array([shapely.from_wkb(v.geometry) for v in values], dtype=object))
        corners = corners.reshape(-1, 4)
        _check_points(found, field, [v.code for v in values], corners[:, :2])
        high = ~_outside(found, corners[:, :2])  # tell each only once
        _check_points(found, field, [v.code for v in values], corners[:, 2:], high)
    places = np.array([(c.lon, c.lat) for c in folder.components]).reshape(-1, 2)
    _check_points(found, "components", [c.code for c in folder.components], places)
    for i, thing in enumerate(folder.things):
        if (thing.lon is None) != (thing.lat is None):
            found.at("value_empty", "things", i, thing.code, key="lon" if thing.lon is None else "lat")
        elif thing.lon is not None and thing.lat is not None:
            place = np.array([[thing.lon, thing.lat]])
            if _outside(found, place)[0]:
                _tell_place(found, "things", i, thing.code, thing.lon, thing.lat)


def _outside(found: Findings, places: NDArray[np.float64]) -> NDArray[np.bool_]:
    west, south, east, north = found.config.bounds
    x, y = places[:, 0], places[:, 1]
    return ~((west <= x) & (x <= east) & (south <= y) & (y <= north))


def _check_points(
    found: Findings,
    field: str,
    codes: list[str],
    places: NDArray[np.float64],
    only: NDArray[np.bool_] | None = None,
) -> None:
    outside = _outside(found, places)
    if only is not None:
        outside &= only
    for i in np.flatnonzero(outside).tolist():
        _tell_place(found, field, i, codes[i], float(places[i, 0]), float(places[i, 1]))


def _tell_place(found: Findings, field: str, index: int, code: str, lon: float, lat: float) -> None:
    west, south, east, north = found.config.bounds
    if west <= lat <= east and south <= lon <= north:
        problem = "coordinates_swapped"
    elif not (-180 <= lon <= 180 and -90 <= lat <= 90):
        problem = "coordinates_range"
    else:
        problem = "coordinates_outside"
    found.at(problem, field, index, code, lon=lon, lat=lat)
