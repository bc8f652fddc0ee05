"""Streets inside a quarter, in the manner of its time: tangled old town, turned or curved grids, villages, trails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint, Polygon
from shapely.ops import split

from cityloom.exchange.demo.chance import stream
from cityloom.exchange.demo.skeleton import Road
from cityloom.exchange.demo.terrain import Terrain

OLD_TOWN_M = 1_350.0
CENTRE_M = 3_300.0
EDGE_M = 38.0  # no street runs along the quarter's edge closer than this


@dataclass(frozen=True)
class Manner:
    """How streets are laid: `spacing_m` across and along, share of pieces left out, kind of pattern."""

    pattern: str
    across_m: float
    along_m: float
    left_out: float


def manner_of(quarter: Polygon, rng: np.random.Generator) -> Manner:
    """Tight and tangled in the old town, grids around it, wide industrial blocks and villages outside."""
    centre = quarter.centroid
    distance = float(np.hypot(centre.x, centre.y))
    if distance < OLD_TOWN_M:
        return Manner("split", 66, 104, 0.05)
    if distance < CENTRE_M:
        pattern = "curved" if rng.random() < 0.35 else "grid"
        return Manner(pattern, rng.uniform(84, 100), rng.uniform(112, 150), 0.09)
    draw = rng.random()
    if draw < 0.22:
        return Manner("split", 125, 190, 0.12)
    if draw < 0.36:
        return Manner("grid", rng.uniform(185, 230), rng.uniform(240, 300), 0.08)
    pattern = "curved" if draw < 0.62 else "grid"
    return Manner(pattern, rng.uniform(100, 128), rng.uniform(145, 200), 0.11)


def lay_streets(quarters: list[Polygon], seed: int) -> list[Road]:
    """The streets of all quarters in metres, not yet named."""
    roads = []
    for index, quarter in enumerate(quarters):
        rng = stream(seed, f"streets {index}")
        roads += lay_quarter(quarter, manner_of(quarter, rng), rng)
    return roads


def lay_quarter(quarter: Polygon, manner: Manner, rng: np.random.Generator) -> list[Road]:
    """One quarter's streets: a pattern over its bounds, cut to its shape, some pieces left out."""
    lay = {"split": _split, "tangled": _tangled, "grid": _grid, "curved": _curved}[manner.pattern]
    lines = lay(quarter, manner, rng)
    pieces = shapely.get_parts(shapely.intersection(shapely.union_all(lines), quarter.buffer(1.5)))
    noded = shapely.get_parts(shapely.union_all(pieces, grid_size=0.01))
    edge_m = shapely.distance(noded, quarter.boundary)
    reach_m = shapely.hausdorff_distance(noded, quarter.boundary)
    middle_m = shapely.distance(shapely.line_interpolate_point(noded, 0.5, normalized=True), quarter.boundary)
    hugging = (middle_m < EDGE_M) & (shapely.length(noded) > 2.2 * middle_m + 10) & (edge_m > 2)
    running_along = (edge_m <= 2) & (shapely.length(noded) > 4 * (middle_m + 4)) & (reach_m < 1e9)
    kept = ~hugging & ~running_along & (rng.random(len(noded)) > manner.left_out)
    kind_draw = rng.random(len(noded))
    lane_share = 0.35 if manner.pattern == "split" else 0.12
    return [
        Road(line, "path" if draw < lane_share else "street")
        for line, keep, draw in zip(noded, kept, kind_draw, strict=True)
        if keep and line.length > 4
    ]


def lay_trails(terrain: Terrain, seed: int) -> list[Road]:
    """Footpaths through the hills, the large parks, and around the lakes."""
    rng = stream(seed, "trails")
    roads = []
    for area, spacing_m in (
        (terrain.hills.intersection(terrain.outline), 420.0),
        *((park, 120.0) for park in terrain.great_parks),
        *((shore.difference(lake.buffer(25)), 150.0)
          for shore, lake in zip(terrain.lake_shores, terrain.lakes, strict=True)),
    ):  # fmt: skip
        lines = _tangled(area, Manner("tangled", spacing_m, spacing_m, 0), rng)
        inside = shapely.intersection(shapely.union_all(lines), area.buffer(1.5))
        roads += [Road(line, "path") for line in shapely.get_parts(inside) if line.length > 4]
    roads += [Road(LineString(lake.buffer(25).exterior.coords), "path") for lake in terrain.lakes]
    return roads


def _split(area: Polygon, manner: Manner, rng: np.random.Generator) -> list[LineString]:
    """Plots halved again and again across their longer side, as land was divided between heirs."""
    largest_m2 = 1.35 * manner.across_m * manner.along_m
    lines: list[LineString] = []
    plots = [area]
    while plots:
        plot = plots.pop()
        if plot.area < largest_m2 * rng.uniform(0.6, 1.25):
            continue
        cut = _cut_across(plot, rng)
        halves = [half for half in split(plot, cut).geoms if half.area > 1]
        if len(halves) < 2:
            continue
        lines += [part for part in shapely.get_parts(cut.intersection(plot)) if part.length > 1]
        plots += halves
    return lines


def _cut_across(plot: Polygon, rng: np.random.Generator) -> LineString:
    """A line across the plot near its middle, square to its longer side but for a little, and a little bent."""
    heading = _long_side_angle(plot) + np.pi / 2 + rng.normal(0, 0.09)
    middle = np.array(plot.minimum_rotated_rectangle.centroid.coords[0])
    along = np.array([np.cos(heading), np.sin(heading)])
    aside = np.array([-along[1], along[0]])
    reach = np.hypot(plot.bounds[2] - plot.bounds[0], plot.bounds[3] - plot.bounds[1])
    middle = middle + aside * rng.uniform(-0.12, 0.12) * plot.area / reach
    bend = rng.uniform(-0.03, 0.03) * reach
    return LineString([middle - along * reach, middle + aside * bend, middle + along * reach])


def _tangled(area: Polygon, manner: Manner, rng: np.random.Generator) -> list[LineString]:
    """The edges of Voronoi cells around scattered points, each a little bent."""
    west, south, east, north = area.bounds
    step = manner.across_m
    x, y = np.meshgrid(np.arange(west - step, east + 2 * step, step), np.arange(south - step, north + 2 * step, step))
    points = np.column_stack([x.ravel(), y.ravel()])
    points[:, 0] += np.where(np.arange(len(points)) % 2, 0.22, -0.22) * step
    points += rng.uniform(-0.36, 0.36, points.shape) * step
    edges = shapely.get_parts(shapely.voronoi_polygons(MultiPoint(points), only_edges=True))
    whole = shapely.get_parts(shapely.union_all(edges))
    bend = rng.uniform(-0.10, 0.10, len(whole))
    return [_bow(edge, share) for edge, share in zip(whole, bend, strict=True) if edge.length > 1]


def _bow(edge: LineString, share: float) -> LineString:
    """The straight edge, bowed sideways by a share of its length."""
    (x0, y0), (x1, y1) = edge.coords[0], edge.coords[-1]
    middle = ((x0 + x1) / 2 - share * (y1 - y0), (y0 + y1) / 2 + share * (x1 - x0))
    return LineString([(x0, y0), middle, (x1, y1)])


def _ticks(rng: np.random.Generator, low: float, high: float, step: float) -> np.ndarray:
    count = int((high - low) / step) + 2
    return low + np.cumsum(step * rng.uniform(0.72, 1.28, count))


def _grid(area: Polygon, manner: Manner, rng: np.random.Generator) -> list[LineString]:
    """A grid turned by the angle of its quarter's longest side, with a slow swing in both directions."""
    centre, radius = _around(area)
    turn = _long_side_angle(area) + rng.uniform(-0.10, 0.10)
    swing, wave = rng.uniform(10, 60), rng.uniform(900, 1_700)
    phase_u, phase_v = rng.uniform(0, 6.28, 2)
    run = np.arange(-radius, radius + 1, 55.0)

    def place(u: np.ndarray, v: np.ndarray) -> LineString:
        u = u + swing * np.sin(v / wave * 6.28 + phase_u)
        v = v + swing * np.sin(u / wave * 6.28 + phase_v)
        x = centre[0] + u * np.cos(turn) - v * np.sin(turn)
        y = centre[1] + u * np.sin(turn) + v * np.cos(turn)
        return LineString(np.column_stack([x, y]))

    lines = [place(np.full_like(run, at), run) for at in _ticks(rng, -radius, radius, manner.along_m)]
    return lines + [place(run, np.full_like(run, at)) for at in _ticks(rng, -radius, radius, manner.across_m)]


def _curved(area: Polygon, manner: Manner, rng: np.random.Generator) -> list[LineString]:
    """Arcs around a point outside the quarter, crossed by rays from it."""
    centre, radius = _around(area)
    away = rng.uniform(1.25, 2.1) * radius
    towards = rng.uniform(0, 2 * np.pi)
    focus = centre + away * np.array([np.cos(towards), np.sin(towards)])
    half_angle = np.arcsin(min(radius / away, 0.98))
    angles = np.linspace(towards + np.pi - half_angle, towards + np.pi + half_angle, 70)
    lines = [
        LineString(focus + at * np.column_stack([np.cos(angles), np.sin(angles)]))
        for at in _ticks(rng, away - radius, away + radius, manner.across_m)
    ]
    run = np.linspace(max(away - radius, 60.0), away + radius, 24)
    for angle in _ticks(rng, angles[0], angles[-1], manner.along_m / away):
        sway = angle + 0.02 * np.sin(run / 300 + angle * 9)
        lines.append(LineString(focus + run[:, None] * np.column_stack([np.cos(sway), np.sin(sway)])))
    return lines


def _around(area: Polygon) -> tuple[np.ndarray, float]:
    """A centre and the radius of a circle about it that holds the area."""
    west, south, east, north = area.bounds
    return np.array([(west + east) / 2, (south + north) / 2]), float(np.hypot(east - west, north - south) / 2)


def _long_side_angle(area: Polygon) -> float:
    corners = np.array(area.minimum_rotated_rectangle.exterior.coords)
    sides = np.diff(corners, axis=0)
    longest = sides[np.argmax(np.hypot(sides[:, 0], sides[:, 1]))]
    return float(np.arctan2(longest[1], longest[0]))
