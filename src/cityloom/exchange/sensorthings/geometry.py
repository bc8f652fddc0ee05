"""Geometries as the filters compare them: WKT of the question, GeoJSON of the rows; shapely says how they lie."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

from cityloom.exchange.sensorthings.errors import BadQuery

Predicate = Callable[[Any, Any], Any]

PREDICATES: dict[str, Predicate] = {
    "geo.intersects": shapely.intersects,
    "st_equals": shapely.equals,
    "st_disjoint": shapely.disjoint,
    "st_touches": shapely.touches,
    "st_within": shapely.within,
    "st_overlaps": shapely.overlaps,
    "st_crosses": shapely.crosses,
    "st_intersects": shapely.intersects,
    "st_contains": shapely.contains,
}
GEO_JSON = ("application/geo+json", "application/vnd.geo+json", "application/geojson")
_PATTERN = re.compile(r"[012TF*]{9}")
_SRID = re.compile(r"^\s*SRID\s*=\s*4326\s*;", re.IGNORECASE)


def from_wkt(text: str) -> Any:
    """The geometry of a WKT; raises BadQuery. A prefix SRID=4326 is taken, as degrees are what all is in."""
    try:
        made = shapely.from_wkt(_SRID.sub("", text))
    except (shapely.errors.GEOSException, ValueError) as wrong:
        raise BadQuery("sta.bad_geometry", value=text[:60]) from wrong
    if made is None or made.is_empty:
        raise BadQuery("sta.bad_geometry", value=text[:60])
    return made


def from_geojson(value: Any) -> Any:
    """The geometry of a GeoJSON geometry or feature; None for what is none."""
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = value.get("geometry")
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        return None
    try:
        made = shape(value)
        return None if made.is_empty or not np.isfinite(made.bounds).all() else made
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, shapely.errors.ShapelyError):
        return None


def checked_pattern(pattern: str) -> str:
    """A pattern of nine signs of st_relate; raises BadQuery."""
    if not _PATTERN.fullmatch(pattern.upper()):
        raise BadQuery("sta.bad_option", name="st_relate", value=pattern[:20], example="T*F**F***")
    return pattern.upper()


def which_hold(function: str, left: Sequence[Any] | Any, right: Sequence[Any] | Any, pattern: str = "") -> Any:
    """For each pair whether the function holds; an array, or one bool of two geometries."""
    if function == "st_relate":
        return shapely.relate_pattern(left, right, checked_pattern(pattern))
    return PREDICATES[function](left, right)


def figures(function: str, left: Sequence[Any] | Any, right: Any = None) -> Any:
    """geo.distance in degrees between each pair; geo.length in degrees of each."""
    return shapely.length(left) if function == "geo.length" else shapely.distance(left, right)
