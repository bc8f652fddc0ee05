"""From a point to a place: the smallest area around it, the areas above, the H3 cell; and what stands near it."""

from __future__ import annotations

import math

import h3.api.basic_int as h3

from cityloom.cases.errors import BadReport
from cityloom.cases.values import Place
from cityloom.city.snapshot_values import City

CELL_RESOLUTION = 10  # edges of about 66 m
EARTH_RADIUS_M = 6_371_008.8
COMPONENT_WITHIN_M = 15.0


def locate(city: City, lon: float | None, lat: float | None, address: str = "", area: str | None = None) -> Place:
    """The place of a report. Without a point it stays open, or is the area a person named.

    An open place lies somewhere in the city, so posts of the whole city have it before them and no others.

    Raises BadReport for a point that is no longitude and latitude or lies outside the city.
    """
    if lon is None or lat is None:
        if area is not None and area in city.areas:
            return Place(area=area, areas=city.ancestors(area), address=address)
        return Place(areas=whole_city(city), address=address)
    if not (math.isfinite(lon) and math.isfinite(lat) and -180 <= lon <= 180 and -90 <= lat <= 90):
        raise BadReport("error.bad_point", lon=lon, lat=lat)
    found = city.find_area(lon, lat)
    if found is None:
        raise BadReport("error.outside_city", lon=round(lon, 6), lat=round(lat, 6))
    return Place(lon, lat, found, city.ancestors(found), cell_of(lon, lat), address)


def whole_city(city: City) -> tuple[str, ...]:
    """The areas of a place that is open: the city itself, so that posts of the whole city see it."""
    return tuple(code for code, area in city.areas.items() if area.parent is None)


def cell_of(lon: float, lat: float) -> int:
    """The H3 cell under a point, as the 64-bit number that is stored."""
    return int(h3.latlng_to_cell(lat, lon, CELL_RESOLUTION))


def cells_around(cell: int, radius_m: float) -> list[int]:
    """The cells that can hold a point within the radius of any point of this cell."""
    rings = max(1, math.ceil(radius_m / (h3.average_hexagon_edge_length(CELL_RESOLUTION, unit="m") * 1.5)))
    return list(h3.grid_disk(cell, rings))


def metres_between(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Great-circle distance by the haversine formula."""
    a, b = math.radians(lat1), math.radians(lat2)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(half))


def component_at(city: City, class_code: str | None, lon: float | None, lat: float | None) -> str | None:
    """The registered component meant by a report of a component class: the nearest of that class within 15 m."""
    if class_code is None or lon is None or lat is None:
        return None
    matter = city.classes.get(class_code)
    if matter is None or matter.kind != "component":
        return None
    near = city.find_component(class_code, lon, lat, COMPONENT_WITHIN_M)
    return near.code if near else None
