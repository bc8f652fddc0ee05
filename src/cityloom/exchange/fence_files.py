"""Parking places of shared bikes from a file: GeoJSON, or a table whose `FENCE_LOC` lists corners."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.snapshot_values import City
from cityloom.sensing.bikes import area_m2, room_of

MOST = 1_000_000

register(
    {
        "fences.unreadable": (
            "读不懂 {file}：{detail}；给出 GeoJSON，或带 FENCE_ID、FENCE_LOC 两列的表",
            "{file} cannot be read: {detail}; give GeoJSON, or a table with FENCE_ID and FENCE_LOC",
        ),
    }
)


class BadFenceFile(CityloomError):
    """A file that is no list of places."""


@dataclass(frozen=True)
class Fence:
    """A place as its file says it."""

    code: str
    name: str
    road: str
    outline: shapely.Geometry
    capacity: int | None


@dataclass
class FencesRead:
    """The places of a file, and why others were left out: reason → how many, with the first code of each."""

    fences: list[Fence]
    left_out: dict[str, tuple[int, str]]

    def leave_out(self, why: str, code: str) -> None:
        """Count a place that cannot be used."""
        count, first = self.left_out.get(why, (0, code))
        self.left_out[why] = (count + 1, first)


def read_fences(path: Path) -> FencesRead:
    """Every place of the file that can be used; raises BadFenceFile.

    A crossed or badly turned outline is mended; one without an area, a second of the same code and one without
    corners are left out and counted.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # published tables begin with a byte order mark
        rows = _of_table(text) if path.suffix.lower() == ".csv" else _of_geojson(text)
        return _sound(rows)
    except (OSError, ValueError, csv.Error) as wrong:
        raise BadFenceFile("fences.unreadable", file=path.name, detail=str(wrong)[:120]) from wrong


def _sound(rows: Iterator[tuple[str, dict[str, Any], Any]]) -> FencesRead:
    read, seen = FencesRead([], {}), set()
    for number, (code, told, geometry) in enumerate(rows, start=1):
        if number > MOST:
            raise ValueError(f"> {MOST}")
        if not code or len(code) > 100:
            read.leave_out("code", code[:20] or f"#{number}")
            continue
        if code in seen:
            read.leave_out("twice", code)
            continue
        outline = _mended(geometry)
        if outline is None:
            read.leave_out("outline", code)
            continue
        seen.add(code)
        capacity = told.get("capacity")
        room = capacity if isinstance(capacity, int) and not isinstance(capacity, bool) and capacity > 0 else None
        name, road = str(told.get("name") or code)[:300], str(told.get("road") or "")[:300]
        read.fences.append(Fence(code, name, road, outline, room))
    return read


def _mended(geometry: Any) -> shapely.Geometry | None:
    """The outline as valid polygons; None where nothing with an area is left."""
    try:
        outline = shape(geometry)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None
    if not outline.is_valid:
        outline = shapely.make_valid(outline)
    parts = [part for part in shapely.get_parts(outline) if part.geom_type in ("Polygon", "MultiPolygon")]
    if not parts or sum(part.area for part in parts) <= 0:
        return None
    return (
        parts[0] if len(parts) == 1 else shapely.multipolygons([p for part in parts for p in shapely.get_parts(part)])
    )


def _of_geojson(text: str) -> Iterator[tuple[str, dict[str, Any], Any]]:
    data = json.loads(text)
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list):
        raise ValueError("no features")
    for feature in features:
        told = feature.get("properties") or {}
        code = told.get("code") or told.get("id") or told.get("FENCE_ID") or feature.get("id") or ""
        yield str(code), told, feature.get("geometry")


def _of_table(text: str) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Rows whose corners stand as `"[lon,lat],[lon,lat],…"`; the road is the code up to its number."""
    rows = csv.DictReader(io.StringIO(text))
    if not {"FENCE_ID", "FENCE_LOC"} <= set(rows.fieldnames or ()):
        raise ValueError("FENCE_ID, FENCE_LOC")
    for row in rows:
        code = (row["FENCE_ID"] or "").strip()
        try:
            corners = json.loads(f"[{row['FENCE_LOC']}]")
        except ValueError:
            corners = []
        yield code, {"road": code.split("_")[0].rstrip("0123456789")}, {"type": "Polygon", "coordinates": [corners]}


def rows_of(city: City, read: FencesRead, m2_per_bike: float) -> list[list[object]]:
    """The places as the columns of `keep_fences`; a room that is not stated is reckoned from the area."""
    rows: list[list[object]] = []
    for fence in read.fences:
        centre, size = fence.outline.centroid, area_m2(fence.outline)
        room = fence.capacity if fence.capacity is not None else room_of(size, m2_per_bike)
        area = city.find_area(centre.x, centre.y) or ""
        outline = shapely.to_wkb(fence.outline)
        rows.append([fence.code, fence.name, fence.road, area, outline, centre.x, centre.y, size, room])
    return rows
