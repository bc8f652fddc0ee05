"""The road network: all lines cut at their crossings, with shared end points, courses and names."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import STRtree

from cityloom.exchange.demo.skeleton import NOT_A_ROAD, Road
from cityloom.exchange.demo.terrain import GRID_DEG, Plane

DANGLE_M = 14.0
Point = tuple[float, float]
Arm = tuple[int, float]  # a segment that leaves a crossing, and its heading in radians


@dataclass(frozen=True)
class Network:
    """Segments between crossings, in degrees and in metres; arrays of one length.

    `course` numbers the road that a segment belongs to: segments that run on into each other share it.
    """

    degrees: np.ndarray
    metres: np.ndarray
    kind: np.ndarray
    course: np.ndarray

    @property
    def is_road(self) -> np.ndarray:
        return ~np.isin(self.kind, NOT_A_ROAD)


def build_network(roads: list[Road], plane: Plane) -> Network:
    """Cut all lines where they cross, on the common coordinate grid; loose ends of a few metres are dropped."""
    lines = np.array([road.line for road in roads], dtype=object)
    noded = shapely.union_all(plane.geometry_in_degrees(lines), grid_size=GRID_DEG)
    degrees = shapely.transform(shapely.get_parts(noded), lambda xy: np.round(xy, 7))
    degrees = degrees[np.lexsort(shapely.get_coordinates(shapely.centroid(degrees)).T)]
    metres = plane.geometry_in_metres(degrees)
    source = _nearest_source(metres, lines)
    kind = np.array([road.kind for road in roads])[source]
    keep = _without_loose_ends(degrees, shapely.length(metres), np.isin(kind, NOT_A_ROAD))
    degrees, metres, kind, source = degrees[keep], metres[keep], kind[keep], source[keep]
    given = np.array([road.name for road in roads])[source]
    return Network(degrees, metres, kind, _courses(degrees, metres, kind, given))


def end_points(lines: np.ndarray) -> list[tuple[Point, Point]]:
    """First and last point of every line."""
    first = shapely.get_coordinates(shapely.get_point(lines, 0))
    last = shapely.get_coordinates(shapely.get_point(lines, -1))
    return [(tuple(a), tuple(b)) for a, b in zip(first.tolist(), last.tolist(), strict=True)]


def _nearest_source(segments: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """For each segment the line it was cut from: the one nearest to its middle."""
    middle = shapely.line_interpolate_point(segments, 0.5, normalized=True)
    which, source = STRtree(lines).query_nearest(middle)
    nearest = np.full(len(segments), len(lines))
    np.minimum.at(nearest, which, source)
    return nearest


def _without_loose_ends(lines: np.ndarray, length_m: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """True for segments to keep: short ones that end in nothing go, until none is left."""
    keep = np.ones(len(lines), dtype=bool)
    ends = end_points(lines)
    while True:
        degree: dict[Point, int] = defaultdict(int)
        for index in np.flatnonzero(keep):
            for point in ends[index]:
                degree[point] += 1
        loose = [
            index
            for index in np.flatnonzero(keep & ~fixed & (length_m < DANGLE_M))
            if min(degree[point] for point in ends[index]) == 1
        ]
        if not loose:
            return keep
        keep[loose] = False


def _courses(lines: np.ndarray, metres: np.ndarray, kind: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Number the roads: named lines keep their number; the others run on at a crossing where they bend least."""
    leader = list(range(len(lines)))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for arms in _arms(lines, metres, (given < 0) & ~np.isin(kind, NOT_A_ROAD)).values():
        for one, other in _straightest_pairs(arms):
            leader[find(one)] = find(other)
    first_free = int(given.max()) + 1
    number: dict[int, int] = {}
    course = given.copy()
    for index in np.flatnonzero(given < 0):
        course[index] = first_free + number.setdefault(find(int(index)), len(number))
    return course


def _arms(lines: np.ndarray, metres: np.ndarray, chosen: np.ndarray) -> dict[Point, list[Arm]]:
    """For each end point the chosen segments that leave it, with their heading in radians."""
    arms: dict[Point, list[Arm]] = defaultdict(list)
    ends = end_points(lines)
    for index in np.flatnonzero(chosen):
        xy = shapely.get_coordinates(metres[index])
        for point, here, there in ((ends[index][0], xy[0], xy[1]), (ends[index][1], xy[-1], xy[-2])):
            arms[point].append((int(index), float(np.arctan2(there[1] - here[1], there[0] - here[0]))))
    return arms


def _straightest_pairs(arms: list[Arm]) -> list[tuple[int, int]]:
    """Pairs of segments that run on into each other, the straightest first, each segment once."""
    bends = []
    for i, (one, heading) in enumerate(arms):
        for other, opposite in arms[i + 1 :]:
            bend = abs((heading - opposite) % (2 * np.pi) - np.pi)
            if one != other and bend < 0.7:
                bends.append((bend, one, other))
    used: set[int] = set()
    pairs = []
    for _bend, one, other in sorted(bends):
        if one not in used and other not in used:
            used |= {one, other}
            pairs.append((one, other))
    return pairs
