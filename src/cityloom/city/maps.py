"""Reading a map of a city folder: GeoJSON features as codes, properties and sound geometry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

from cityloom.city.problems import nearest
from cityloom.city.sheets import CODE_CHARS, NAME_CHARS, Notes, read_text

NAMES = ("name_zh", "name_en")
TEXTS = ("code", "parent", "level", "kind", "owner", "keeper", "supervisor", "scheme", "version", *NAMES)

_SAME_SYSTEM = ("CRS84", "4326", "4490", "4479", "CGCS2000", "WGS84", "WGS 84")
_REFUSED_SYSTEM = ("GCJ", "BD09", "BD-09")


@dataclass(frozen=True)
class MapFeature:
    """One feature, `number` counted from 1; its geometry is two-dimensional, valid and of an expected kind."""

    number: int
    properties: Mapping[str, Any]
    geometry: BaseGeometry
    wkb: bytes = b""

    def text(self, name: str) -> str:
        """A text property; blank when nothing was given."""
        return str(self.properties.get(name) or "")


@dataclass(frozen=True)
class MapForm:
    """What the features of a file must look like; `needed` and `known` name their properties.

    `words` are all that a property may say. With `strict` an unknown property is a fault, otherwise a warning;
    `known` empty lets any property pass.
    """

    kinds: tuple[str, ...]
    needed: tuple[str, ...] = ("code",)
    known: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] | None = None
    strict: bool = True


def read_map(path: Path, form: MapForm, notes: Notes) -> list[MapFeature]:
    """The features that can be used; the others are noted with their number and code."""
    data = read_json(path, notes)
    if data is None:
        return []
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection":
        notes.at_key("file_unreadable", detail="no FeatureCollection", form="GeoJSON")
        return []
    _check_system(data, notes)
    features = data.get("features")
    found: list[MapFeature] = []
    unknown: set[str] = set()
    for number, feature in enumerate(features if isinstance(features, list) else [], 1):
        read = _read_feature(number, feature, form, unknown, notes)
        found += [read] if read else []
    return _sound(found, notes)


def _sound(features: list[MapFeature], notes: Notes) -> list[MapFeature]:
    """The features with a valid geometry, flat and with its WKB; all at once, as that is much faster."""
    geometries = np.array([feature.geometry for feature in features], dtype=object)
    valid, flat = shapely.is_valid(geometries), shapely.force_2d(geometries)
    for i in np.flatnonzero(~valid).tolist():
        detail = shapely.is_valid_reason(geometries[i])
        notes.at_feature("geometry_invalid", features[i].number, features[i].text("code"), detail=detail)
    wkb = shapely.to_wkb(flat)
    return [
        MapFeature(feature.number, feature.properties, flat[i], wkb[i])
        for i, feature in enumerate(features)
        if valid[i]
    ]


def read_json(path: Path, notes: Notes) -> Any:
    """The content of a JSON file; None when it cannot be read."""
    text = read_text(path, "GeoJSON", notes)
    if text is None:
        return None
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        notes.at_line("file_unreadable", error.lineno, detail=error.msg, form="GeoJSON")
    except (ValueError, RecursionError) as error:
        notes.at_key("file_unreadable", detail=str(error), form="GeoJSON")
    return None


def _refuse(constant: str) -> None:
    """JSON has no NaN and no infinity, though Python reads them."""
    raise ValueError(constant)


def _check_system(data: Mapping[str, Any], notes: Notes) -> None:
    """A stated coordinate system must be one of longitude and latitude on the earth itself."""
    crs = data.get("crs")
    if not crs:
        return
    stated = str(crs.get("properties", {}).get("name", "")) if isinstance(crs, dict) else str(crs)
    if any(word in stated.upper() for word in _REFUSED_SYSTEM):
        notes.at_key("coordinates_gcj02", "crs")
    elif not any(word in stated.upper() for word in _SAME_SYSTEM):
        notes.at_key("crs_contradicts", "crs", stated=stated, crs="CGCS2000 / WGS84")


def _read_feature(number: int, feature: object, form: MapForm, unknown: set[str], notes: Notes) -> MapFeature | None:
    faults = len(notes.problems)
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(feature, dict) or not isinstance(properties, dict):
        notes.at_feature("key_missing", number, "properties", key="properties")
        return None
    code = str(properties.get("code", ""))
    for key in form.needed:
        value = properties.get(key)
        if value is None or value == "":
            notes.at_feature("value_empty", number, code or key, key=key)
        elif not isinstance(value, str):
            notes.at_feature("value_form", number, code or key, key=key, value=value, form=f'"{value}"')
    for key in TEXTS:
        longest = NAME_CHARS if key in NAMES else CODE_CHARS
        length = len(str(properties.get(key) or ""))
        if length > longest:
            notes.at_feature("too_long", number, code[:CODE_CHARS], key=key, length=length, longest=longest)
    for key, words in (form.words or {}).items():
        value = properties.get(key)
        if value and value not in words:
            near = nearest(str(value), words)
            notes.at_feature("value_unknown", number, code, key=key, value=value, near=near, known=words)
    geometry = _read_geometry(number, code, feature.get("geometry"), form, notes)
    sound = len(notes.problems) == faults and geometry is not None
    if form.known:
        _note_unknown(number, properties, form, unknown, notes)
    return MapFeature(number, properties, geometry) if sound and geometry is not None else None


def _note_unknown(number: int, properties: Mapping[str, Any], form: MapForm, seen: set[str], notes: Notes) -> None:
    """An unknown property is told once a file, at its first feature."""
    for key in properties:
        if key not in form.known and key not in seen:
            seen.add(key)
            code = "key_unknown" if form.strict else "property_unknown"
            near = nearest(key, [k for k in form.known if k not in properties] or form.known)
            notes.at_feature(code, number, key, key=key, near=near)


def _read_geometry(number: int, code: str, data: object, form: MapForm, notes: Notes) -> BaseGeometry | None:
    expected = " / ".join(form.kinds)
    if not isinstance(data, dict) or not data.get("type"):
        notes.at_feature("geometry_missing", number, code, form=expected)
        return None
    if data["type"] not in form.kinds:
        notes.at_feature("geometry_kind", number, code, kind=data["type"], form=expected)
        return None
    try:
        is_point = data["type"] == "Point"
        geometry: BaseGeometry = Point(data["coordinates"]) if is_point else shape(data)
    except (ValueError, TypeError, IndexError, KeyError, shapely.GEOSException) as error:
        notes.at_feature("geometry_invalid", number, code, detail=str(error))
        return None
    if geometry.is_empty:
        notes.at_feature("geometry_missing", number, code, form=expected)
        return None
    return geometry
