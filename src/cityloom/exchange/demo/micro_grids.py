"""Micro-grids with their wardens in a street of two districts, and departments' own grids over the whole city."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from cityloom.city.values import Name
from cityloom.exchange.demo.areas import Areas, AreaShape
from cityloom.exchange.demo.chance import pick, stream
from cityloom.exchange.demo.people import GIVEN, SURNAMES, PostRow, walk_area
from cityloom.exchange.demo.places import Feature
from cityloom.exchange.demo.units import Units

FEWEST, USUAL, MOST = 50, 60, 70  # households of a micro-grid
BEAT_COMMUNITIES = 3  # of a police beat
SECTION_DEG = (0.0172, 0.0144)  # of the lattice that sanitation sections follow: 1.6 km a side
FAULT_M = 60.0  # the side of a planted fault
EASY_LOGIN = "warden"

CITY_TOML = """
[overlays.police]
name_zh = "警务区"
name_en = "Police beats"

[overlays.sanitation]
name_zh = "环卫作业区"
name_en = "Sanitation sections"

[overlays.market]
name_zh = "市场监管网格"
name_en = "Market regulation grids"
"""


@dataclass(frozen=True)
class MicroGrid:
    """One micro-grid and its warden."""

    code: str
    community: str
    name: Name
    households: int
    warden: str
    shape: BaseGeometry

    def feature(self) -> Feature:
        return self.shape, {
            "code": self.code, "parent": self.community, "name_zh": self.name.zh, "name_en": self.name.en,
            "households": self.households, "wardens": self.warden,
        }  # fmt: skip


# --- micro-grids ------------------------------------------------------------------------------------------------


def draw_micro_grids(areas: Areas, units: Units, housing: Sequence[Feature]) -> list[MicroGrid]:
    """Homes of two streets by fifty to seventy households; what is left over of a community belongs to none."""
    points = [shape.representative_point() for shape, _ in housing]
    tree = shapely.STRtree(points)
    easy = walk_area(areas)[2]
    found: list[MicroGrid] = []
    for community in _communities(areas):
        inside = sorted(tree.query(community.shape, predicate="contains").tolist())
        plots = sorted(((housing[i][0], int(housing[i][1]["households"])) for i in inside), key=_from_north_west)
        office = units.street_office[community.parent]
        for number, (shape, households) in enumerate(_portions(plots), 1):
            login = f"warden.{office}.{community.code[9:]}.{number:02d}"
            if community.code == easy and number == 1:
                login = EASY_LOGIN
            zh = f"{community.name.zh.removesuffix('社区')}第{number}微网格"
            name = Name(zh, f"{community.name.en} micro-grid {number}")
            found.append(MicroGrid(f"{community.code}-w{number:02d}", community.code, name, households, login, shape))
    return found


def list_wardens(micro_grids: Sequence[MicroGrid], areas: Areas, units: Units, seed: int) -> Iterator[PostRow]:
    """A post for each warden, in the community's street office."""
    rng = stream(seed, "wardens")
    parents = {area.code: area.parent for area in areas.of_level("community")}
    for each in micro_grids:
        name = pick(rng, SURNAMES) + pick(rng, GIVEN)
        yield PostRow(each.warden, name, "warden", units.street_office[parents[each.community]], each.community)


def _communities(areas: Areas) -> list[AreaShape]:
    """Those of the street of the handbook's walk, and of the most populous street of the next district."""
    core, walk_street, _ = walk_area(areas)
    other = next(area.code for area in areas.of_level("district") if area.code != core)
    streets = [area for area in areas.of_level("street") if area.parent == other]
    chosen = {walk_street, max(streets, key=lambda area: (area.population, area.code)).code}
    return [area for area in areas.of_level("community") if area.parent in chosen]


def _from_north_west(plot: tuple[BaseGeometry, int]) -> tuple[float, float]:
    west, _, _, north = plot[0].bounds
    return round(-north, 3), west


def _portions(plots: Sequence[tuple[BaseGeometry, int]]) -> Iterator[tuple[BaseGeometry, int]]:
    """Large plots cut into equal strips, small neighbouring ones put together."""
    waiting: list[BaseGeometry] = []
    together = 0
    for shape, households in plots:
        if households > MOST:
            if parts := _parts_of(households):
                yield from zip(_strips(shape, parts), _even(households, parts), strict=True)
        elif together + households <= MOST:
            waiting.append(shape)
            together += households
        if together >= FEWEST:
            yield shapely.union_all(waiting), together
            waiting, together = [], 0


def _parts_of(households: int) -> int:
    """Into how many micro-grids of a usual size a plot divides; 0 when into none."""
    fitting = [
        n for n in range(2, households // FEWEST + 1) if households // n >= FEWEST and -(-households // n) <= MOST
    ]
    return min(fitting, key=lambda n: abs(households / n - USUAL), default=0)


def _even(total: int, parts: int) -> list[int]:
    return [total // parts + (number < total % parts) for number in range(parts)]


def _strips(shape: BaseGeometry, parts: int) -> list[BaseGeometry]:
    """Strips of equal area across the longer side."""
    west, south, east, north = shape.bounds
    lies = (east - west) * np.cos(np.radians(north)) >= north - south
    edges = [west if lies else south]
    for number in range(1, parts):
        low, high = edges[0], east if lies else north
        for _ in range(24):  # halved to less than a decimetre
            middle = (low + high) / 2
            left = shapely.box(west, south, middle, north) if lies else shapely.box(west, south, east, middle)
            low, high = (
                (middle, high) if shape.intersection(left).area < shape.area * number / parts else (low, middle)
            )
        edges.append(low)
    edges.append(east if lies else north)
    boxes = [shapely.box(a, south, b, north) if lies else shapely.box(west, a, east, b) for a, b in pairwise(edges)]
    return [_polygons(shape.intersection(each)) for each in boxes]


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """Only what has an area of a shape that may also hold lines and points, its vertices as they are written."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return shapely.set_precision(shapely.union_all(parts), 1e-7)


# --- departments' grids -----------------------------------------------------------------------------------------


def draw_overlays(areas: Areas, units: Units) -> Iterator[Feature]:
    """Three departments' grids: beats of communities, sections across them, and one with holes and overlaps."""
    yield from _beats(areas)
    yield from _sections(areas)
    yield from _market_grids(areas, units)


def _cell(shape: BaseGeometry, code: str, layer: str, unit: str, name: Name) -> Feature:
    return _polygons(shape), {
        "code": code, "layer": layer, "unit": unit, "name_zh": name.zh, "name_en": name.en,
    }  # fmt: skip


def _beats(areas: Areas) -> Iterator[Feature]:
    number = 0
    for _, members in groupby(areas.of_level("community"), key=lambda area: area.parent):
        communities = list(members)
        for first in range(0, len(communities), BEAT_COMMUNITIES):
            number += 1
            shape = shapely.union_all([each.shape for each in communities[first : first + BEAT_COMMUNITIES]])
            yield _cell(shape, f"P{number:03d}", "police", "police", Name(f"第{number}警务区", f"Beat {number}"))


def _sections(areas: Areas) -> Iterator[Feature]:
    """The land cut by a lattice, across unit grids and all borders."""
    (city,) = areas.of_level("city")
    west, south, east, north = city.shape.bounds
    number = 0
    for low in np.arange(south, north, SECTION_DEG[1]).tolist():
        for left in np.arange(west, east, SECTION_DEG[0]).tolist():
            shape = city.shape.intersection(shapely.box(left, low, left + SECTION_DEG[0], low + SECTION_DEG[1]))
            if shape.area > 0:
                number += 1
                name = Name(f"第{number}作业区", f"Section {number}")
                yield _cell(shape, f"S{number:03d}", "sanitation", "sanitation", name)


def _market_grids(areas: Areas, units: Units) -> Iterator[Feature]:
    """Streets, with a corner of three handed to nobody and a corner of two claimed by the next one as well."""
    streets = list(areas.of_level("street"))
    shapes = [street.shape for street in streets]
    faults = list(_corners(shapes))
    for one, _, corner in faults[:3]:
        shapes[one] = shapes[one].difference(corner)
    for one, other, corner in faults[3:5]:
        shapes[one] = shapes[one].union(corner.intersection(streets[other].shape))
    for number, (street, shape) in enumerate(zip(streets, shapes, strict=True), 1):
        unit = f"{units.district_key[street.parent]}.market"
        name = Name(f"{street.name.zh.removesuffix('街道')}市场监管网格", f"{street.name.en} market grid")
        yield _cell(shape, f"M{number:03d}", "market", unit, name)


def _corners(shapes: Sequence[BaseGeometry]) -> Iterator[tuple[int, int, BaseGeometry]]:
    """Squares on the border of two neighbours, one for each first neighbour in turn."""
    side = FAULT_M / 2 / 111_000
    taken: set[int] = set()
    for one, shape in enumerate(shapes):
        for other in range(one + 1, len(shapes)):
            border = shape.intersection(shapes[other])
            if one in taken or other in taken or border.length < 8 * side:
                continue
            at = shapely.line_merge(border) if border.geom_type == "MultiLineString" else border
            longest = max(shapely.get_parts(at), key=lambda part: part.length)
            point = longest.interpolate(0.5, normalized=True)
            taken |= {one, other}
            yield one, other, shapely.box(point.x - side, point.y - side, point.x + side, point.y + side)
            break
