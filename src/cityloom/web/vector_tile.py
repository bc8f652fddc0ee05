"""Vector tiles (the Mapbox specification 2.1), written small: shapes in degrees in, bytes out. Knows no city.

A tile is a protobuf message of layers; a layer has features, and keys and values that they share. Geometry is a list
of commands over whole numbers from 0 to 4096, each point told as the step from the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import atan, degrees, pi, sinh

import numpy as np
import shapely
from numpy.typing import NDArray

EXTENT = 4096
BUFFER = 96  # units beyond the edge, so that lines do not end where tiles meet
_POINT, _LINE, _POLYGON = 1, 2, 3
_MOVE, _DRAW, _CLOSE = 1, 2, 7
Value = str | int
Point = tuple[int, int]
Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Shapes:
    """The shapes of a layer, points, lines or polygons in degrees, and what is told of each."""

    geometries: Geometries
    told: Sequence[Mapping[str, Value]]


def tile_box(z: int, x: int, y: int, buffer: int = 0) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile in degrees, with so many units around it."""
    beyond = buffer / EXTENT
    n = 2**z

    def lat(row: float) -> float:
        return degrees(atan(sinh(pi * (1 - 2 * row / n))))

    return (x - beyond) / n * 360 - 180, lat(y + 1 + beyond), (x + 1 + beyond) / n * 360 - 180, lat(y - beyond)


def encode_tile(layers: Mapping[str, Shapes], z: int, x: int, y: int) -> bytes:
    """The tile with these layers; what lies outside it is cut off, what becomes smaller than a unit is left out."""
    box = tile_box(z, x, y, BUFFER)
    encoded = [_layer(name, shapes, box, z, x, y) for name, shapes in layers.items()]
    return b"".join(_part(3, body) for body in encoded if body)


def _layer(name: str, shapes: Shapes, box: tuple[float, float, float, float], z: int, x: int, y: int) -> bytes:
    keys: dict[str, int] = {}
    values: dict[Value, int] = {}
    features = []
    for number, kind, commands in _features(shapely.clip_by_rect(shapes.geometries, *box), z, x, y):
        tags = [
            n
            for key, value in shapes.told[number].items()
            for n in (keys.setdefault(key, len(keys)), values.setdefault(value, len(values)))
        ]
        features.append(_part(2, _packed(2, tags) + _number(3, kind) + _packed(4, commands)))
    if not features:
        return b""
    head = _number(15, 2) + _part(1, name.encode())
    tables = b"".join(_part(3, key.encode()) for key in keys) + b"".join(_part(4, _value(v)) for v in values)
    return head + b"".join(features) + tables + _number(5, EXTENT)


def _features(cut: Geometries, z: int, x: int, y: int) -> Iterator[tuple[int, int, list[int]]]:
    """The number, kind and commands of each shape of which something can be seen."""
    parts, owners = shapely.get_parts(cut, return_index=True)
    dimensions = shapely.get_dimensions(parts)
    for dimension, kind in ((2, _POLYGON), (1, _LINE), (0, _POINT)):
        chosen = np.flatnonzero(dimensions == dimension)
        if not len(chosen):
            continue
        lines, of_part = parts[chosen], np.arange(len(chosen))
        if dimension == 2:
            lines, of_part = shapely.get_rings(lines, return_index=True)
        outer = np.diff(of_part, prepend=-1) != 0  # the first ring of a polygon is its outer one
        yield from _drawn(kind, _grid(lines, z, x, y), owners[chosen][of_part].tolist(), outer.tolist())


def _drawn(
    kind: int, paths: Iterable[list[Point]], owners: list[int], outer: list[bool]
) -> Iterator[tuple[int, int, list[int]]]:
    owner, at, hidden = -1, (0, 0), False
    commands: list[int] = []
    for path, own, is_outer in zip(paths, owners, outer, strict=True):
        if own != owner:
            if commands:
                yield owner, kind, commands
            owner, commands, at = own, [], (0, 0)
        if kind == _POLYGON:
            path = _ring(path, is_outer)
            hidden = not path if is_outer else hidden
            path = [] if hidden else path
        elif kind == _LINE and len(path) < 2:
            continue
        if path:
            _add_steps(commands, at, path)
            at = path[-1]
            if kind == _POLYGON:
                commands.append(_CLOSE | 1 << 3)
    if commands:
        yield owner, kind, commands


def _grid(lines: Geometries, z: int, x: int, y: int) -> Iterator[list[Point]]:
    """The points of each line in whole tile units, without repetitions."""
    lonlat, of_line = shapely.get_coordinates(lines, return_index=True)
    n = 2.0**z
    column = np.rint(((lonlat[:, 0] + 180) / 360 * n - x) * EXTENT)
    row = np.rint(((1 - np.arcsinh(np.tan(np.radians(lonlat[:, 1]))) / pi) / 2 * n - y) * EXTENT)
    repeated = (np.diff(column) == 0) & (np.diff(row) == 0) & (np.diff(of_line) == 0)
    kept = np.concatenate(([True], ~repeated)) if len(column) else np.zeros(0, dtype=bool)
    points = list(zip(column[kept].astype(int).tolist(), row[kept].astype(int).tolist(), strict=True))
    ends = np.searchsorted(of_line[kept], np.arange(len(lines)), side="right").tolist()
    begin = 0
    for end in ends:
        yield points[begin:end]
        begin = end


def _ring(points: list[Point], outer: bool) -> list[Point]:
    """A ring as it is drawn: open, outer ones clockwise on the screen, holes against it; empty without an area."""
    if len(points) > 1 and points[0] == points[-1]:
        points = points[:-1]
    if len(points) < 3:
        return []
    twice_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True))
    if twice_area == 0:
        return []
    return points if (twice_area > 0) == outer else points[::-1]


def _add_steps(commands: list[int], at: Point, points: list[Point]) -> None:
    px, py = at
    for number, (px_new, py_new) in enumerate(points):
        if number < 2:
            commands.append(_MOVE | 1 << 3 if number == 0 else _DRAW | (len(points) - 1) << 3)
        dx, dy = px_new - px, py_new - py
        commands.append((dx << 1) ^ (dx >> 63))
        commands.append((dy << 1) ^ (dy >> 63))
        px, py = px_new, py_new


# --- protobuf -----------------------------------------------------------------------------------------------------


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _packed(field: int, values: Sequence[int]) -> bytes:
    out = bytearray()
    for value in values:
        while value > 127:
            out.append(value & 127 | 128)
            value >>= 7
        out.append(value)
    return _part(field, bytes(out)) if values else b""


def _part(field: int, body: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(body)) + body


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _value(value: Value) -> bytes:
    """Strings as field 1, whole numbers as 6 (zigzag)."""
    return _number(6, (value << 1) ^ (value >> 63)) if isinstance(value, int) else _part(1, value.encode())
