"""The blocks between the roads: what each is used for and how many people live there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from cityloom.exchange.demo.chance import split_whole, stream
from cityloom.exchange.demo.network import Network
from cityloom.exchange.demo.terrain import Plane, Terrain

POPULATION = 1_080_000
CENTRE_M = 3_300.0

# use: share of the blocks that are free to be built, by distance from the old town (inner, middle, outer)
USES = {
    "housing": (0.66, 0.66, 0.50),
    "commerce": (0.15, 0.08, 0.04),
    "office": (0.08, 0.07, 0.03),
    "school": (0.06, 0.06, 0.04),
    "industry": (0.00, 0.03, 0.14),
    "park": (0.02, 0.02, 0.012),
    "village": (0.00, 0.03, 0.15),
    "open": (0.03, 0.05, 0.088),
}


@dataclass(frozen=True)
class Blocks:
    """Every face of the map, in degrees and metres, with its use and residents; `sides` are segment → two faces."""

    degrees: np.ndarray
    metres: np.ndarray
    area_m2: np.ndarray
    centre_m: np.ndarray
    use: np.ndarray
    population: np.ndarray
    sides: np.ndarray  # (segments, 2): the faces left and right of each segment, -1 outside the city

    def of_use(self, *uses: str) -> np.ndarray:
        """The numbers of the blocks with one of these uses."""
        return np.flatnonzero(np.isin(self.use, uses))

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.metres)

    def at(self, points_m: np.ndarray) -> np.ndarray:
        """The block of each point (n, 2) in metres; the nearest one for points outside the city."""
        points = shapely.points(points_m)
        which, found = self._tree.query(points, predicate="within")
        block = np.full(len(points), -1)
        block[which] = found
        for index in np.flatnonzero(block < 0):
            block[index] = int(np.min(self._tree.query_nearest(points[index])))
        return block


def cut_blocks(network: Network, terrain: Terrain, plane: Plane, seed: int) -> Blocks:
    """The faces between all lines of the network, with uses and population drawn from the seed."""
    faces = shapely.get_parts(shapely.polygonize(list(network.degrees)))
    faces = faces[np.lexsort(shapely.get_coordinates(shapely.point_on_surface(faces)).T)]
    metres = plane.geometry_in_metres(faces)
    area = shapely.area(metres)
    centre = shapely.get_coordinates(shapely.point_on_surface(metres))
    use = _uses(metres, area, centre, terrain, stream(seed, "uses"))
    population = _residents(area, centre, use, stream(seed, "residents"))
    return Blocks(faces, metres, area, centre, use, population, _sides(network, faces))


def _uses(
    metres: np.ndarray, area: np.ndarray, centre: np.ndarray, terrain: Terrain, rng: np.random.Generator
) -> np.ndarray:
    points = shapely.points(centre)
    distance = np.hypot(centre[:, 0], centre[:, 1])
    zone = np.digitize(distance, [1_500.0, CENTRE_M + 1_400])
    names = list(USES)
    shares = np.array([USES[name] for name in names])
    use = np.empty(len(metres), dtype="U12")
    draw = rng.random(len(metres))
    for number in range(3):
        limits = np.cumsum(shares[:, number] / shares[:, number].sum())
        chosen = zone == number
        use[chosen] = np.array(names)[np.minimum(np.searchsorted(limits, draw[chosen]), len(names) - 1)]
    use[(use == "park") & (area < 6_000)] = "housing"
    use[area < 1_600] = "open"
    for name, shape in (
        ("bank", terrain.quays),
        ("hill", terrain.hills),
        ("great park", shapely.union_all([*terrain.great_parks, *terrain.lake_shores])),
    ):
        shapely.prepare(shape)
        use[shapely.contains(shape, points)] = name
    return use


def _residents(area: np.ndarray, centre: np.ndarray, use: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    distance = np.hypot(centre[:, 0], centre[:, 1])
    density = 40 + 330 * np.exp(-((distance / 3_600) ** 2)) + 90 * np.exp(-((distance / 6_500) ** 4))
    density *= rng.lognormal(0, 0.35, len(area))
    density[use == "village"] *= 0.25
    weights = np.where(np.isin(use, ("housing", "village")), density * area, 0.0)
    return np.array(split_whole(POPULATION, weights))


def _sides(network: Network, faces: np.ndarray) -> np.ndarray:
    owner: dict[tuple[float, float, float, float], int] = {}
    xy, index = shapely.get_coordinates(shapely.boundary(faces), return_index=True)
    same = index[1:] == index[:-1]
    steps = np.hstack([xy[:-1], xy[1:]])[same].tolist()
    for (x0, y0, x1, y1), face in zip(steps, index[1:][same].tolist(), strict=True):
        owner[(x0, y0, x1, y1)] = face
    sides = np.full((len(network.degrees), 2), -1)
    first = shapely.get_coordinates(shapely.get_point(network.degrees, 0)).tolist()
    second = shapely.get_coordinates(shapely.get_point(network.degrees, 1)).tolist()
    for number, ((x0, y0), (x1, y1)) in enumerate(zip(first, second, strict=True)):
        sides[number] = owner.get((x0, y0, x1, y1), -1), owner.get((x1, y1, x0, y0), -1)
    return sides
