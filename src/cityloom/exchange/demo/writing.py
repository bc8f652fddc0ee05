"""How the city's files are written: always the same bytes for the same city."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import shapely


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of a table that comes with this package."""
    text = resources.files("cityloom.exchange.demo").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def read_text(name: str) -> str:
    return resources.files("cityloom.exchange.demo").joinpath("data", name).read_text(encoding="utf-8")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A header and rows; None becomes an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def write_layer(path: Path, features: Iterable[tuple[Any, dict[str, Any]]]) -> None:
    """A FeatureCollection of (geometry in degrees, properties), one feature a line, seven decimals."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"type":"FeatureCollection","features":[\n')
        for index, (geometry, properties) in enumerate(features):
            text = json.dumps(properties, ensure_ascii=False, separators=(",", ":"))
            file.write(",\n" if index else "")
            file.write(f'{{"type":"Feature","properties":{text},"geometry":{geometry_json(geometry)}}}')
        file.write("\n]}\n")


def geometry_json(geometry: Any) -> str:
    """GeoJSON of a point, line or (multi)polygon; polygons turn anticlockwise outside, as RFC 7946 asks."""
    kind = geometry.geom_type
    if kind == "Point":
        return f'{{"type":"Point","coordinates":{_pair(geometry.x, geometry.y)}}}'
    if kind == "LineString":
        return f'{{"type":"LineString","coordinates":{_ring(geometry)}}}'
    if kind == "Polygon":
        return f'{{"type":"Polygon","coordinates":{_polygon(geometry)}}}'
    if kind == "MultiPolygon":
        parts = ",".join(_polygon(part) for part in geometry.geoms)
        return f'{{"type":"MultiPolygon","coordinates":[{parts}]}}'
    raise ValueError(f"a {kind} cannot be written to a layer; use a point, a line or a polygon")


def _polygon(polygon: Any) -> str:
    turned = shapely.orient_polygons(polygon)
    return "[" + ",".join(_ring(ring) for ring in (turned.exterior, *turned.interiors)) + "]"


def _ring(line: Any) -> str:
    return "[" + ",".join(_pair(x, y) for x, y in shapely.get_coordinates(line).tolist()) + "]"


def _pair(lon: float, lat: float) -> str:
    return f"[{lon:.7f},{lat:.7f}]"
