"""The roads that everybody knows: rings, radial arterials, embankments and bridges; between them the quarters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.ops import linemerge

from cityloom.exchange.demo.chance import stream
from cityloom.exchange.demo.terrain import QUAY_OFFSET_M, Terrain

RINGS_M = (1_420.0, 3_150.0, 5_250.0)
BRIDGE_MAX_M = 2.6 * QUAY_OFFSET_M  # a longer way over the water is no bridge but a road along the river
BRIDGE_GAP_M = 420.0
BRIDGE_EVERY_M = 1_250.0
SHORTEST_M = {"ring": 1_600.0, "arterial": 240.0}


@dataclass(frozen=True)
class Road:
    """A line before it is cut at its crossings. `kind`: ring, arterial, street, path, or a line that is no road."""

    line: LineString
    kind: str
    name: int = -1  # a number that all lines of one road share; -1: named later by its course


NOT_A_ROAD = ("outline", "river")


def lay_skeleton(terrain: Terrain, seed: int) -> list[Road]:
    """Rings, arterials and embankments in metres, ended at the hills and led over the river by bridges only."""
    rng = stream(seed, "skeleton")
    rings = _rings(rng)
    drafts: list[tuple[LineString, str]] = [(ring, "ring") for ring in rings]
    drafts += [(line, "arterial") for line in _radials(rng, rings)]
    blocked = shapely.union_all([terrain.hills, *terrain.lake_shores, *terrain.great_parks])
    bridges: list[Point] = []
    roads: list[Road] = []
    for name, (line, kind) in enumerate(drafts):
        inside = line.intersection(terrain.outline).difference(blocked)
        kept = _over_bridges(inside, terrain.quays, bridges)
        roads += [Road(part, kind, name) for part in _lines(kept) if part.length > SHORTEST_M[kind]]
    name = len(drafts)
    for line in _more_bridges(terrain, bridges):
        inside = line.intersection(terrain.outline.buffer(-200)).difference(blocked)
        roads += [Road(part, "arterial", name) for part in _lines(inside) if part.length > SHORTEST_M["arterial"]]
        name += 1
    for edge in _lines(terrain.quays.boundary.intersection(terrain.outline).difference(terrain.hills)):
        roads.append(Road(edge, "arterial", name))
        name += 1
    for area in (terrain.hills, *terrain.great_parks, *terrain.lake_shores):
        for edge in _lines(area.boundary.intersection(terrain.outline).difference(terrain.quays.buffer(-1))):
            roads.append(Road(edge, "street", name))
        name += 1
    return roads


def frame(terrain: Terrain) -> list[Road]:
    """The lines that bound areas without being roads: the city's outline and the middle of the river."""
    axis = terrain.river_axis.intersection(terrain.outline)
    outline = LineString(terrain.outline.exterior.coords)
    return [Road(outline, "outline"), *(Road(part, "river") for part in _lines(axis))]


def quarters(terrain: Terrain, roads: list[Road]) -> list[Polygon]:
    """The areas between the skeleton's roads where streets may be built, from the largest to the smallest."""
    lines = [road.line for road in (*roads, *frame(terrain))]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines, grid_size=0.01)]))
    reserved = terrain.reserved.buffer(1)
    built = [face for face in faces if not reserved.contains(face.representative_point())]
    return sorted((face for face in built if face.area > 2_000), key=lambda face: (-face.area, face.bounds))


def _rings(rng: np.random.Generator) -> list[LineString]:
    rings = []
    theta = np.linspace(0, 2 * np.pi, 145)
    for radius_m in RINGS_M:
        wobble = np.ones_like(theta)
        for harmonic in (2, 3, 4, 5):
            amplitude = rng.uniform(0.02, 0.06) * (1 if radius_m > 2_000 else 1.3)
            wobble += amplitude * np.cos(harmonic * theta + rng.uniform(0, 6.28))
        squareness = 1 / (np.abs(np.cos(theta)) ** 4 + np.abs(np.sin(theta)) ** 4) ** 0.12
        radius = radius_m * wobble * squareness
        points = np.column_stack([radius * np.cos(theta) * 1.04, radius * np.sin(theta)])
        points[-1] = points[0]
        rings.append(LineString(points))
    return rings


def _radials(rng: np.random.Generator, rings: list[LineString]) -> list[LineString]:
    """Two avenues through the old town, and arterials outwards from each ring, between those from further in."""
    lines = [
        _bent(rng, (0.03, 0.0), 9_000, 0.0, both_ways=True),
        _bent(rng, (np.pi / 2 + 0.06, 0.0), 9_000, 0.0, both_ways=True),
    ]
    for ring, count, jitter, turn in zip(rings, (4, 8, 16), (0.09, 0.07, 0.04), (0.14, 0.10, 0.03), strict=True):
        inside = Polygon(ring.coords)
        start_m = 0.6 * ring.length / (2 * np.pi)
        for index in range(count):
            angle = (index + 0.5) * 2 * np.pi / count + rng.uniform(-jitter, jitter)
            line = _bent(rng, (angle, start_m), 9_000 - start_m, rng.uniform(-turn, turn))
            lines.append(max(_lines(line.difference(inside)), key=lambda part: part.length))
    return lines


def _more_bridges(terrain: Terrain, bridges: list[Point]) -> list[LineString]:
    """Short arterials straight across the river where the next bridge would be far away."""
    axis = terrain.river_axis
    lines = []
    for at in np.arange(0, axis.length, 150.0):
        middle, ahead = axis.interpolate(at), axis.interpolate(at + 20)
        inside = terrain.outline.buffer(-900).contains(middle)
        if not inside or any(middle.distance(other) < BRIDGE_EVERY_M for other in bridges):
            continue
        across = np.array([-(ahead.y - middle.y), ahead.x - middle.x]) / 20
        reach = np.linspace(-1_000, 1_000, 11)[:, None]
        lines.append(LineString(np.array([middle.x, middle.y]) + reach * across))
        bridges.append(middle)
    return lines


def _bent(
    rng: np.random.Generator, start: tuple[float, float], length_m: float, turn: float, both_ways: bool = False
) -> LineString:
    """A gently winding line outwards at an angle; `turn` is how far (in radians) it has swung at its end."""
    angle, start_m = start
    distance = np.arange(-length_m if both_ways else 0.0, length_m + 1, 110.0)
    amplitude, phase = rng.uniform(50, 130), rng.uniform(0, 6.28)
    sway = amplitude * (np.sin(distance / rng.uniform(900, 1_500) + phase) - np.sin(phase))
    heading = angle + turn * distance / length_m
    along = start_m + distance
    x = along * np.cos(heading) - sway * np.sin(heading)
    y = along * np.sin(heading) + sway * np.cos(heading)
    return LineString(np.column_stack([x, y]))


def _over_bridges(line: Any, quays: Polygon, bridges: list[Point]) -> Any:
    """The line without its parts between the embankments, save short crossings that are no double of another."""
    kept = [line.difference(quays)]
    for part in _lines(line.intersection(quays)):
        middle = part.interpolate(0.5, normalized=True)
        crosses = Point(part.coords[0]).distance(quays.boundary) < 1 > Point(part.coords[-1]).distance(quays.boundary)
        is_double = any(middle.distance(other) < BRIDGE_GAP_M for other in bridges)
        if crosses and 1.7 * QUAY_OFFSET_M < part.length < BRIDGE_MAX_M and not is_double:
            bridges.append(middle)
            kept.append(part)
    return shapely.union_all(kept)


def _lines(shape: Any) -> list[LineString]:
    """The line's parts, joined where they meet end to end."""
    if shape.geom_type == "MultiLineString":
        shape = linemerge(shape)
    return [part for part in shapely.get_parts(shape) if part.geom_type == "LineString" and part.length > 0]
