"""Parks, housing and facilities: what stands on the blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Point, Polygon

from cityloom.city.values import Name
from cityloom.exchange.demo.areas import Areas
from cityloom.exchange.demo.blocks import Blocks
from cityloom.exchange.demo.chance import pick, stream
from cityloom.exchange.demo.names import place_names, with_ending
from cityloom.exchange.demo.terrain import Plane, Terrain

Feature = tuple[Any, dict[str, Any]]
WALL_M = 9.0  # between the middle of the road and the edge of a plot
PERSONS_A_HOUSEHOLD = 2.62

# size class in m²: how many parks are cut from the corners of housing blocks
CORNER_PARKS = (((120, 390), 26), ((450, 1_900), 46), ((2_100, 4_800), 36), ((5_100, 9_500), 22))
PARK_ENDINGS = (
    (400, "口袋绿地", "Green"),
    (5_000, "口袋公园", "Pocket Park"),
    (10_000, "游园", "Garden"),
    (1e12, "公园", "Park"),
)

GREAT_PARKS = (
    Name("锦园", "Jin Garden"), Name("柳堤公园", "Liudi Park"), Name("东郊公园", "East Park"),
    Name("翠屏公园", "Cuiping Park"), Name("北原公园", "Beiyuan Park"), Name("西苑", "West Garden"),
)  # fmt: skip


@dataclass(frozen=True)
class FacilityKind:
    """One per `every` residents, on blocks of these uses (the first that has room)."""

    kind: str
    every: int
    uses: tuple[str, ...]
    endings: tuple[tuple[str, str], ...]


FACILITIES = (
    FacilityKind("kindergarten", 4_800, ("housing",), (("幼儿园", "Kindergarten"),)),
    FacilityKind("school", 6_500, ("school",), (("小学", "Primary School"), ("中学", "Middle School"))),
    FacilityKind("clinic", 5_200, ("housing", "office"), (("社区卫生服务站", "Clinic"), ("门诊部", "Surgery"))),
    FacilityKind("hospital", 52_000, ("office", "commerce"), (("医院", "Hospital"),)),
    FacilityKind("market", 8_500, ("commerce", "housing"), (("菜市场", "Market"), ("便民市场", "Market Hall"))),
    FacilityKind("elderly_care", 7_500, ("housing",), (("养老服务站", "Day Care"), ("颐养院", "Care Home"))),
    FacilityKind("culture", 15_000, ("office", "commerce"), (("文化活动站", "Culture Room"), ("图书馆", "Library"))),
    FacilityKind("sports", 16_000, ("school", "open"), (("体育场", "Sports Ground"), ("健身中心", "Fitness Centre"))),
    FacilityKind("police", 32_000, ("office", "housing"), (("派出所", "Police Station"),)),
    FacilityKind("toilet", 5_000, ("commerce", "open", "housing"), (("公厕", "Public Toilet"),)),
    FacilityKind("charging", 6_000, ("commerce", "industry", "office"), (("充电站", "Charging Station"),)),
)


@dataclass(frozen=True)
class Places:
    """Features in degrees with their properties."""

    parks: tuple[Feature, ...]
    housing: tuple[Feature, ...]
    facilities: tuple[Feature, ...]


def settle(blocks: Blocks, areas: Areas, terrain: Terrain, plane: Plane, seed: int) -> Places:
    """Parks first, then housing on what is left of the blocks, then facilities."""
    rng = stream(seed, "places")
    names = place_names(rng)
    shapes: list[tuple[Polygon, Name, str]] = list(_great_parks(blocks, terrain, plane))
    shapes += [(_plot(blocks, block), with_ending(next(names), "公园", "Park"), "block") for block in
               blocks.of_use("park")]  # fmt: skip
    corners = _corner_parks(blocks, rng)
    for _block, shape in corners:
        ending = next((zh, en) for limit, zh, en in PARK_ENDINGS if shape.area < limit)
        shapes.append((shape, with_ending(next(names), *ending), "corner"))
    taken = dict(corners)
    return Places(
        parks=tuple(_park(shape, name, number, plane) for number, (shape, name, _how) in enumerate(shapes, start=1)),
        housing=tuple(_housing(blocks, areas, taken, plane, rng)),
        facilities=tuple(_facilities(blocks, plane, stream(seed, "facilities"))),
    )


def _plot(blocks: Blocks, block: int, wall_m: float = WALL_M) -> Polygon:
    """The block without the halves of its roads; a smaller wall where nothing would be left."""
    for wall in (wall_m, 4.0, 1.0):
        plot = _largest(blocks.metres[block].buffer(-wall, join_style="mitre"))
        if plot.area > 60:
            return plot
    return blocks.metres[block]


def _great_parks(blocks: Blocks, terrain: Terrain, plane: Plane) -> Iterator[tuple[Polygon, Name, str]]:
    for park, name in zip(terrain.great_parks, GREAT_PARKS, strict=True):
        yield park.intersection(terrain.outline).buffer(-6), name, "great"
    for shore, lake, name in zip(
        terrain.lake_shores, terrain.lakes, (Name("东湖公园", "East Lake Park"), Name("莲塘公园", "Lotus Pond Park")),
        strict=True,
    ):  # fmt: skip
        yield shore.intersection(terrain.outline).buffer(-6).difference(lake), name, "great"
    hills = terrain.hills.intersection(terrain.outline).buffer(-40)
    yield _largest(hills), Name("望溪山森林公园", "Wangxi Hills Forest Park"), "great"
    strips = []
    dry = terrain.river.buffer(14)
    for block in blocks.of_use("bank"):
        strips += shapely.get_parts(blocks.metres[block].buffer(-12).difference(dry)).tolist()
    strips = sorted((strip for strip in strips if strip.area > 3_000), key=lambda strip: strip.bounds)
    for number, strip in enumerate(strips, start=1):
        yield strip.simplify(0.5), Name(f"锦江滨水公园{number}段", f"Jin River Walk {number}"), "bank"


def _corner_parks(blocks: Blocks, rng: np.random.Generator) -> list[tuple[int, Polygon]]:
    """Parks cut from one corner of a housing block each, of all size classes."""
    free = [int(block) for block in blocks.of_use("housing") if blocks.area_m2[block] > 7_000]
    order = [free[int(index)] for index in rng.permutation(len(free))]
    found = []
    for (low, high), count in CORNER_PARKS:
        for _number in range(count):
            wanted = float(np.exp(rng.uniform(np.log(low), np.log(high))))
            at = next(i for i, block in enumerate(order) if blocks.area_m2[block] > 3.2 * wanted)
            block = order.pop(at)
            found.append((block, _corner(_plot(blocks, block, WALL_M + 2), wanted, rng)))
    return found


def _corner(plot: Polygon, area_m2: float, rng: np.random.Generator) -> Polygon:
    """The part of the plot about one of its corners, of the wanted area."""
    corner = Point(pick(rng, shapely.get_coordinates(plot).tolist()))
    low, high = 1.0, 600.0
    for _halving in range(30):
        middle = (low + high) / 2
        if plot.intersection(corner.buffer(middle, quad_segs=5)).area < area_m2:
            low = middle
        else:
            high = middle
    return _largest(plot.intersection(corner.buffer(high, quad_segs=5)))


def _park(shape: Polygon, name: Name, number: int, plane: Plane) -> Feature:
    area = shape.area
    kind = "pocket" if area < 10_000 else ("forest" if area > 1_000_000 else "park")
    properties = {"code": f"P{number:04d}", "name_zh": name.zh, "name_en": name.en, "kind": kind,
                  "area_m2": round(area)}  # fmt: skip
    return clean(plane.geometry_in_degrees(shape)), properties


def _housing(
    blocks: Blocks, areas: Areas, parks: dict[int, Polygon], plane: Plane, rng: np.random.Generator
) -> Iterator[Feature]:
    names = place_names(rng)
    endings = {"housing": (("小区", "Estate"), ("花园", "Gardens"), ("家园", "Homes"), ("苑", "Court")),
               "village": (("村", "Village"), ("新村", "New Village"))}  # fmt: skip
    used: set[str] = set()
    number = 0
    for block in blocks.of_use("housing", "village"):
        population = int(blocks.population[block])
        if not population:
            continue
        number += 1
        try:
            name = with_ending(next(names), *pick(rng, endings[str(blocks.use[block])]))
        except StopIteration:
            names = place_names(rng)
            name = with_ending(next(names), *pick(rng, endings[str(blocks.use[block])]))
        if name.zh in used:
            name = Name(f"{name.zh}二期", f"{name.en} II")
        used.add(name.zh)
        plot = _plot(blocks, block)
        if block in parks:
            plot = _largest(plot.difference(parks[block].buffer(3)))
        households = max(1, round(population / PERSONS_A_HOUSEHOLD))
        yield (
            clean(plane.geometry_in_degrees(plot)),
            {"code": f"H{number:05d}", "name_zh": name.zh, "name_en": name.en, "households": households,
             "population": population},
        )  # fmt: skip


def _facilities(blocks: Blocks, plane: Plane, rng: np.random.Generator) -> Iterator[Feature]:
    total = int(blocks.population.sum())
    smooth = _demand(blocks)
    number = 0
    for facility in FACILITIES:
        wanted = round(total / facility.every)
        room = np.concatenate([blocks.of_use(use) for use in facility.uses])
        chosen = _apart(blocks, room, smooth[room], wanted, rng)
        names = place_names(rng)
        for block in chosen:
            number += 1
            name = with_ending(next(names), *pick(rng, facility.endings))
            at = blocks.centre_m[[block]] + rng.uniform(-8, 8, (1, 2))
            point = plane.geometry_in_degrees(Point(at[0]))
            yield point, {"code": f"F{number:05d}", "name_zh": name.zh, "name_en": name.en, "kind": facility.kind}


def _demand(blocks: Blocks) -> np.ndarray:
    """Residents within about 500 m of each block."""
    homes = blocks.of_use("housing", "village")
    tree = shapely.STRtree(shapely.points(blocks.centre_m[homes]))
    which, near = tree.query(shapely.points(blocks.centre_m), predicate="dwithin", distance=500)
    return np.bincount(which, weights=blocks.population[homes][near], minlength=len(blocks.area_m2)) + 1.0


def _apart(blocks: Blocks, room: np.ndarray, demand: np.ndarray, wanted: int, rng: np.random.Generator) -> list[int]:
    """Blocks drawn by demand that keep a distance from each other; the distance shrinks until enough are found."""
    order = room[np.argsort(-np.log(rng.random(len(room))) / demand, kind="stable")]
    centre = blocks.centre_m[order]
    distance = 900.0
    while True:
        free = np.ones(len(order), dtype=bool)
        chosen: list[int] = []
        for index in range(len(order)):
            if free[index] and len(chosen) < wanted:
                chosen.append(int(order[index]))
                free &= np.hypot(*(centre - centre[index]).T) > distance
        if len(chosen) == wanted or distance < 40:
            return chosen
        distance *= 0.7


def clean(shape: Any) -> Any:
    """The shape made valid after rounding, and its largest part when that splits it."""
    return shape if shape.is_valid else _largest(shapely.make_valid(shape))


def _largest(shape: Any) -> Any:
    if isinstance(shape, Polygon):
        return shape
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return max(parts, key=lambda part: part.area, default=Polygon())
