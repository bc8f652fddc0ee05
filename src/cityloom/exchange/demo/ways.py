"""Roads with names and the water as layers, and points along the roads for what stands in the street."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from cityloom.city.values import Name
from cityloom.exchange.demo.blocks import Blocks
from cityloom.exchange.demo.chance import stream
from cityloom.exchange.demo.names import RING_NAMES, road_names
from cityloom.exchange.demo.network import Network
from cityloom.exchange.demo.places import clean
from cityloom.exchange.demo.terrain import Plane, Terrain

HALF_WIDTH_M = {"ring": 20.0, "arterial": 15.0, "street": 7.0, "path": 3.0}


@dataclass(frozen=True)
class Ways:
    """The segments that are roads: their numbers in the network, names, lengths, and a block beside each."""

    segments: np.ndarray
    names: list[Name]
    length_m: np.ndarray
    beside: np.ndarray

    def features(self, network: Network) -> Iterator[tuple[Any, dict[str, Any]]]:
        for number, (segment, name) in enumerate(zip(self.segments.tolist(), self.names, strict=True), start=1):
            yield (
                network.degrees[segment],
                {
                    "code": f"R{number:06d}",
                    "name_zh": name.zh,
                    "name_en": name.en,
                    "kind": str(network.kind[segment]),
                },
            )


def name_ways(network: Network, blocks: Blocks, seed: int) -> Ways:
    """Every road named once, by its course; the rings are called by their number."""
    rng = stream(seed, "road names")
    fresh = {kind: road_names(stream(seed, f"names of {kind}"), kind) for kind in ("arterial", "street", "path")}
    segments = np.flatnonzero(network.is_road)
    named: dict[int, Name] = {}
    rings = 0
    for segment in segments.tolist():
        course, kind = int(network.course[segment]), str(network.kind[segment])
        if course in named:
            continue
        if kind == "ring":
            named[course] = RING_NAMES[rings] if course < len(RING_NAMES) else next(fresh["arterial"])
        else:
            named[course] = next(fresh[kind])
    for ring, name in enumerate(RING_NAMES):
        if ring in named:
            named[ring] = name
    sides = blocks.sides[segments]
    first = rng.integers(0, 2, len(segments))
    beside = sides[np.arange(len(segments)), first]
    beside = np.where(beside < 0, sides[np.arange(len(segments)), 1 - first], beside)
    dead_end = np.flatnonzero(beside < 0)
    middle = shapely.line_interpolate_point(network.metres[segments[dead_end]], 0.5, normalized=True)
    beside[dead_end] = blocks.at(shapely.get_coordinates(middle))
    names = [named[int(course)] for course in network.course[segments]]
    return Ways(segments, names, shapely.length(network.metres[segments]), beside)


def water_features(terrain: Terrain, plane: Plane) -> Iterator[tuple[Any, dict[str, Any]]]:
    river = terrain.river.intersection(terrain.outline)
    yield clean(plane.geometry_in_degrees(river)), _water("W001", Name("锦江", "Jin River"), "river")
    names = (Name("东湖", "East Lake"), Name("莲塘", "Lotus Pond"))
    for number, (lake, name) in enumerate(zip(terrain.lakes, names, strict=True), start=2):
        yield clean(plane.geometry_in_degrees(lake)), _water(f"W{number:03d}", name, "lake")


def _water(code: str, name: Name, kind: str) -> dict[str, Any]:
    return {"code": code, "name_zh": name.zh, "name_en": name.en, "kind": kind}


def points_beside(
    network: Network, ways: Ways, chosen: np.ndarray, rng: np.random.Generator, share: float = 1.0
) -> np.ndarray:
    """Points in metres at the side of the chosen ways (indices into `ways`), at random along each.

    `share` tells how far out: 1 is the edge of the road, 0 its middle.
    """
    lines = network.metres[ways.segments[chosen]]
    at = rng.uniform(0.06, 0.94, len(chosen))
    here = shapely.get_coordinates(shapely.line_interpolate_point(lines, at, normalized=True))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(lines, at + 0.01, normalized=True))
    along = ahead - here
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    width = np.array([HALF_WIDTH_M[kind] for kind in network.kind[ways.segments[chosen]].tolist()])
    side = np.where(rng.random(len(chosen)) < 0.5, -1.0, 1.0) * width * share
    beside: np.ndarray = here + np.column_stack([-along[:, 1], along[:, 0]]) * side[:, None]
    return beside
