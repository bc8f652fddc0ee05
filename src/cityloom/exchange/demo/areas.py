"""City, districts, streets, communities and unit grids: the blocks of one map, merged upwards, so that they tile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon

from cityloom.city.values import Name
from cityloom.exchange.demo.blocks import Blocks
from cityloom.exchange.demo.chance import split_whole, stream
from cityloom.exchange.demo.names import place_names, with_ending
from cityloom.exchange.demo.network import Network
from cityloom.exchange.demo.partition import FaceGraph, cluster, grow

CITY_CODE = "660100"
CITY_NAME = Name("锦川市", "Jinchuan")
DISTRICT_SEEDS = (
    ("jc", Name("锦城区", "Jincheng District"), (-100.0, 150.0)),
    ("wx", Name("望溪区", "Wangxi District"), (-4_300.0, 2_400.0)),
    ("by", Name("北原区", "Beiyuan District"), (1_000.0, 5_000.0)),
    ("dh", Name("东湖区", "Donghu District"), (5_000.0, 1_200.0)),
    ("ly", Name("柳园区", "Liuyuan District"), (2_300.0, -4_300.0)),
    ("xd", Name("西渡区", "Xidu District"), (-3_600.0, -3_300.0)),
)
STREETS, COMMUNITIES = 30, 184
CROSSING = {"outline": 1.0, "river": 12.0, "ring": 6.0, "arterial": 4.0, "street": 1.0, "path": 0.8}


@dataclass(frozen=True)
class AreaShape:
    """An area with its shape in degrees and the blocks it is made of."""

    code: str
    parent: str
    level: str
    name: Name
    population: int
    shape: Polygon
    blocks: tuple[int, ...]


@dataclass(frozen=True)
class Areas:
    """All areas from the top, and for each block the codes of the areas that hold it."""

    all: tuple[AreaShape, ...]
    district_of: np.ndarray
    street_of: np.ndarray
    community_of: np.ndarray
    grid_of: np.ndarray

    def of_level(self, level: str) -> list[AreaShape]:
        return [area for area in self.all if area.level == level]

    def name_of(self, code: str) -> Name:
        return next(area.name for area in self.all if area.code == code)


def grid_side_m(distance_m: np.ndarray) -> np.ndarray:
    """How long a unit grid's side is at a distance from the old town: 100 m in the core, 400 m at the edge."""
    side: np.ndarray = np.interp(distance_m, [1_300, 2_600, 4_600, 6_500], [100, 205, 260, 400])
    return side


def divide_city(network: Network, blocks: Blocks, seed: int) -> Areas:
    """The whole tree of areas. Barriers (river, rings, arterials) are crossed by borders of higher areas least."""
    rng = stream(seed, "areas")
    graph = _face_graph(network, blocks)
    peopled = _by_people(graph, blocks)
    names = place_names(rng)
    everything = list(range(len(blocks.area_m2)))
    found = [_area(CITY_CODE, "", "city", CITY_NAME, everything, blocks)]
    districts = _districts(graph, blocks, everything)
    for number, (_key, name, _at) in enumerate(DISTRICT_SEEDS):
        members = districts[number]
        code = f"{CITY_CODE[:4]}{number + 2:02d}"
        found.append(_area(code, CITY_CODE, "district", name, members, blocks))
        share = peopled.weight[members].sum() / peopled.weight.sum()
        found += _streets(graph, peopled, blocks, members, code, max(3, round(STREETS * share)), names)
    return Areas(tuple(found), *(_codes(found, level, len(everything)) for level in
                                 ("district", "street", "community", "grid")))  # fmt: skip


def _face_graph(network: Network, blocks: Blocks) -> FaceGraph:
    centre = shapely.get_coordinates(shapely.centroid(blocks.metres))
    side = grid_side_m(np.hypot(centre[:, 0], centre[:, 1]))
    side = np.where(blocks.use == "hill", 1_000.0, side)
    neighbours: list[list[tuple[int, float]]] = [[] for _block in side]
    for (left, right), kind in zip(blocks.sides.tolist(), network.kind.tolist(), strict=True):
        if left >= 0 and right >= 0 and left != right:
            away = float(np.hypot(*(centre[left] - centre[right])))
            cost = away / float(side[left] + side[right]) * 2 * CROSSING[kind]
            neighbours[left].append((right, cost))
            neighbours[right].append((left, cost))
    return FaceGraph(centre, blocks.area_m2 / side**2, neighbours)


def _by_people(graph: FaceGraph, blocks: Blocks) -> FaceGraph:
    """The same faces, those without residents counting little: what streets and communities are balanced by."""
    empty = np.isin(blocks.use, ("hill", "bank", "great park"))
    return FaceGraph(graph.position_m, graph.weight * np.where(empty, 0.06, 1.0), graph.neighbours)


def _districts(graph: FaceGraph, blocks: Blocks, everything: list[int]) -> list[list[int]]:
    usable = np.where(blocks.area_m2 > 5_000, 0.0, 1e9)
    seeds = [
        int(np.argmin(np.hypot(*(graph.position_m - np.array(at)).T) + usable)) for _key, _name, at in DISTRICT_SEEDS
    ]
    label, _cost = grow(graph, everything, seeds)
    return [[face for face in everything if label[face] == number] for number in range(len(seeds))]


def _streets(
    graph: FaceGraph,
    peopled: FaceGraph,
    blocks: Blocks,
    members: list[int],
    district: str,
    count: int,
    names: Iterator[Name],
) -> list[AreaShape]:
    found = []
    parts = _from_north_west(graph, cluster(peopled, members, count, rounds=8))
    communities = split_whole(
        round(COMMUNITIES * peopled.weight[members].sum() / peopled.weight.sum()),
        [peopled.weight[part].sum() for part in parts],
    )
    for number, (part, inside) in enumerate(zip(parts, communities, strict=True), start=1):
        code = f"{district}{number:03d}"
        name = with_ending(next(names), "街道", "Street")
        found.append(_area(code, district, "street", name, part, blocks))
        found += _communities(graph, peopled, blocks, part, code, max(2, inside), names)
    return found


def _communities(
    graph: FaceGraph,
    peopled: FaceGraph,
    blocks: Blocks,
    members: list[int],
    street: str,
    count: int,
    names: Iterator[Name],
) -> list[AreaShape]:
    found = []
    for number, part in enumerate(_from_north_west(graph, cluster(peopled, members, count, rounds=6)), start=1):
        code = f"{street}{number:03d}"
        name = next(names)
        found.append(_area(code, street, "community", with_ending(name, "社区", "Community"), part, blocks))
        grids = cluster(graph, part, max(3, round(float(graph.weight[part].sum()))))
        for serial, grid in enumerate(_from_north_west(graph, grids), start=1):
            grid_name = Name(f"{name.zh}第{serial}网格", f"{name.en} Grid {serial}")
            found.append(_area(f"{code}{serial:03d}", code, "grid", grid_name, grid, blocks))
    return found


def _from_north_west(graph: FaceGraph, groups: list[list[int]]) -> list[list[int]]:
    """The groups in reading order: rows from north to south, in a row from west to east."""
    centres = [np.average(graph.position_m[group], axis=0, weights=graph.weight[group]) for group in groups]
    weight = sum(float(graph.weight[group].sum()) for group in groups)
    extent = max(float(np.ptp([centre[1] for centre in centres])), 1.0)
    row = extent / max(1.0, min(len(groups), weight) ** 0.5) + 1.0
    top = max(float(centre[1]) for centre in centres)
    order = sorted(range(len(groups)), key=lambda i: (int((top - centres[i][1]) / row), float(centres[i][0])))
    return [groups[index] for index in order]


def _area(code: str, parent: str, level: str, name: Name, members: list[int], blocks: Blocks) -> AreaShape:
    shape = shapely.coverage_union_all(blocks.degrees[members])
    return AreaShape(code, parent, level, name, int(blocks.population[members].sum()), shape, tuple(members))


def _codes(areas: list[AreaShape], level: str, count: int) -> np.ndarray:
    codes = np.empty(count, dtype="U15")
    for area in areas:
        if area.level == level:
            codes[list(area.blocks)] = area.code
    return codes
