"""Where things happen: places along the roads and in the estates, some of them hot spots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from cityloom.city.values import Name
from cityloom.exchange.demo.chance import pick, shares, stream
from cityloom.exchange.demo.network import end_points
from cityloom.exchange.demo.ways import points_beside

if TYPE_CHECKING:
    from cityloom.exchange.demo.city import City

HOT_SPOTS, HOT_RADIUS_M, HOT_SHARE = 4, 260.0, 0.32


@dataclass(frozen=True)
class Spot:
    """A place with the words people use for it and the areas that hold it."""

    lon: float
    lat: float
    grid: str
    street: str
    district: str
    address: str
    places_zh: tuple[str, ...]
    places_en: tuple[str, ...]


@dataclass(frozen=True)
class Candidates:
    """Where a matter may be: points in metres with weights; each stands for a way or an estate."""

    centre_m: np.ndarray
    weight: np.ndarray
    tree: shapely.STRtree

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Numbers of candidates, about a third of them around a few hot spots of their own."""
        everywhere = rng.choice(len(self.weight), size=count, p=self.weight)
        hot = rng.choice(len(self.weight), size=HOT_SPOTS, p=self.weight)
        near = [np.sort(self.tree.query(shapely.points(self.centre_m[at]), "dwithin", HOT_RADIUS_M)) for at in hot]
        which = rng.choice(HOT_SPOTS, size=count, p=shares([4, 3, 2, 1]))
        is_hot = rng.random(count) < HOT_SHARE
        for index in np.flatnonzero(is_hot):
            everywhere[index] = pick(rng, near[int(which[index])].tolist())
        return everywhere


@dataclass(frozen=True)
class Spots:
    """All places where something may be the matter."""

    city: City
    roads: Candidates
    riverside: Candidates
    estates: Candidates
    crossing: list[list[Name]]  # for each way the names of the roads that meet it
    estate_name: list[Name]
    street_names: dict[str, Name]
    estate_near: np.ndarray  # for each way the estate nearest to it

    def draw(self, at: str, count: int, rng: np.random.Generator) -> list[Spot]:
        """Places at the roads, or in the estates; without `at` (a mere question) any estate."""
        if not count:
            return []
        if at in ("road", "river"):
            chosen = (self.roads if at == "road" else self.riverside).draw(count, rng)
            points = points_beside(self.city.network, self.city.ways, chosen, rng, 0.9)
            describe: Callable[[int, list[float], int, np.random.Generator], Spot] = self._at_road
        else:
            chosen = self.estates.draw(count, rng)
            points = self.estates.centre_m[chosen] + rng.uniform(-7, 7, (count, 2))
            describe = self._in_estate
        degrees = np.round(self.city.plane.degrees(points), 7).tolist()
        found = zip(chosen.tolist(), degrees, self.city.blocks.at(points).tolist(), strict=True)
        return [describe(number, lonlat, block, rng) for number, lonlat, block in found]

    def _at_road(self, way: int, at: list[float], block: int, rng: np.random.Generator) -> Spot:
        road = self.city.ways.names[way]
        number = int(rng.integers(1, 280))
        estate = self.estate_name[int(self.estate_near[way])]
        zh = [
            f"{road.zh}{number}号附近",
            f"{road.zh}{number}号门口",
            f"{road.zh}靠近{estate.zh}",
            f"{estate.zh}外的{road.zh}",
        ]
        en = [f"{number} {road.en}", f"{road.en} near {estate.en}"]
        for cross in self.crossing[way]:
            zh += [f"{road.zh}与{cross.zh}交叉口", f"{road.zh}{cross.zh}路口", f"{road.zh}（近{cross.zh}）"]
            en += [f"the corner of {road.en} and {cross.en}"]
        return self._spot(block, at, f"{road.zh}{number}号附近", zh, en)

    def _in_estate(self, estate: int, at: list[float], block: int, rng: np.random.Generator) -> Spot:
        name = self.estate_name[estate]
        building, door = int(rng.integers(1, 29)), int(rng.integers(1, 5))
        zh = [
            f"{name.zh}{building}号楼",
            f"{name.zh}{building}栋{door}单元",
            name.zh,
            f"{name.zh}{building}号楼前",
        ]
        en = [f"building {building} of {name.en}", name.en]
        return self._spot(block, at, f"{name.zh}{building}号楼", zh, en)

    def _spot(self, block: int, at: list[float], what: str, zh: list[str], en: list[str]) -> Spot:
        areas = self.city.areas
        district, street = str(areas.district_of[block]), str(areas.street_of[block])
        address = f"{self.street_names[district].zh}{self.street_names[street].zh}{what}"
        return Spot(at[0], at[1], str(areas.grid_of[block]), street, district, address, tuple(zh), tuple(en))


def find_spots(city: City, seed: int) -> Spots:
    """The roads weighted by the residents beside them, the estates by their residents."""
    rng = stream(seed, "spots")
    blocks, ways = city.blocks, city.ways
    middle = shapely.get_coordinates(
        shapely.line_interpolate_point(city.network.metres[ways.segments], 0.5, normalized=True)
    )
    dense = blocks.population / np.maximum(blocks.area_m2, 1.0) * 10_000
    busy = np.isin(blocks.use, ("commerce", "office")) * 160.0
    beside = (dense + busy)[ways.beside] + 3.0
    quiet = np.isin(blocks.use[ways.beside], ("hill", "great park", "bank"))
    wet = shapely.contains_xy(city.terrain.water, middle)
    road_weight = ways.length_m * beside * np.where(quiet, 0.03, 1.0) * np.where(wet, 0.0, 1.0)
    river = city.terrain.river.simplify(1.0)
    shapely.prepare(river)
    riverside = ways.length_m * shapely.dwithin(river, shapely.points(middle), 150) * ~wet
    homes = blocks.of_use("housing", "village")
    homes = homes[blocks.population[homes] > 0]
    estate_weight = blocks.population[homes] * rng.lognormal(0, 0.5, len(homes))
    centre = blocks.centre_m[homes]
    tree = shapely.STRtree(shapely.points(centre))
    which, near = tree.query_nearest(shapely.points(middle))
    estate_near = np.full(len(middle), len(homes))
    np.minimum.at(estate_near, which, near)
    return Spots(
        city=city,
        roads=Candidates(middle, shares(road_weight), shapely.STRtree(shapely.points(middle))),
        riverside=Candidates(middle, shares(riverside), shapely.STRtree(shapely.points(middle))),
        estates=Candidates(centre, shares(estate_weight), tree),
        crossing=_crossings(city),
        estate_name=[Name(props["name_zh"], props["name_en"]) for _shape, props in city.places.housing],
        street_names={area.code: area.name for area in city.areas.all if area.level in ("district", "street")},
        estate_near=estate_near,
    )


def _crossings(city: City) -> list[list[Name]]:
    """For each way the names of other roads at its two ends, in the order of the segments."""
    meeting: dict[tuple[float, float], list[Name]] = defaultdict(list)
    ends = end_points(city.network.degrees[city.ways.segments])
    for (first, last), name in zip(ends, city.ways.names, strict=True):
        for point in (first, last):
            if name not in meeting[point]:
                meeting[point].append(name)
    return [
        [other for point in pair for other in meeting[point] if other != name]
        for pair, name in zip(ends, city.ways.names, strict=True)
    ]
