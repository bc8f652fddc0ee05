"""The lie of the land, in metres east and north of the old town: outline, river, lakes, hills and large parks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon

from cityloom.exchange.demo.chance import stream

CENTRE_LON, CENTRE_LAT = 109.02, 33.38
GRID_DEG = 1e-7  # every coordinate lies on this grid, so that neighbours share their vertices exactly
CITY_RADIUS_M = 6_950.0
QUAY_OFFSET_M = 150.0


class Plane:
    """Between degrees (CGCS2000) and metres around the old town (transverse Mercator, true to scale there)."""

    def __init__(self) -> None:
        self._projection = pyproj.Proj(
            proj="tmerc", lat_0=CENTRE_LAT, lon_0=CENTRE_LON, k=1, ellps="GRS80", units="m"
        )

    def degrees(self, metres: np.ndarray) -> np.ndarray:
        """Points (n, 2) in metres as longitude and latitude."""
        lon, lat = self._projection(metres[:, 0], metres[:, 1], inverse=True)
        return np.column_stack([lon, lat])

    def metres(self, degrees: np.ndarray) -> np.ndarray:
        """Points (n, 2) in longitude and latitude as metres."""
        x, y = self._projection(degrees[:, 0], degrees[:, 1])
        return np.column_stack([x, y])

    def geometry_in_degrees(self, geometry: Any) -> Any:
        """The geometry (or array of geometries) in degrees, its vertices on the common grid."""
        return shapely.transform(geometry, lambda xy: np.round(self.degrees(xy), 7))

    def geometry_in_metres(self, geometry: Any) -> Any:
        """The geometry (or array of geometries) in metres."""
        return shapely.transform(geometry, self.metres)


@dataclass(frozen=True)
class Terrain:
    """What was there before the first road."""

    outline: Polygon
    river_axis: LineString
    river: Polygon
    quays: Polygon  # the river and its banks, between the two embankment roads
    lakes: tuple[Polygon, ...]
    lake_shores: tuple[Polygon, ...]  # the lakes with the park around them
    hills: Polygon
    great_parks: tuple[Polygon, ...]

    @property
    def reserved(self) -> Polygon | MultiPolygon:
        """Where no street is built."""
        return shapely.union_all([self.quays, self.hills, *self.lake_shores, *self.great_parks])

    @property
    def water(self) -> Polygon | MultiPolygon:
        return shapely.union_all([self.river, *self.lakes])


def blob(
    rng: np.random.Generator,
    centre: tuple[float, float],
    radius_m: float,
    wobble: float,
    points: int = 90,
    stretch: float = 1.0,
    harmonics: int = 5,
) -> Polygon:
    """A closed curve around a centre, rounder the smaller `wobble` is."""
    theta = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radius = np.ones(points)
    for harmonic in range(2, harmonics + 1):
        phase = rng.uniform(0, 2 * np.pi)
        radius += wobble * rng.uniform(0.4, 1.0) / (harmonic - 0.5) * np.cos(harmonic * theta + phase)
    x = centre[0] + radius_m * radius * np.cos(theta) * stretch
    y = centre[1] + radius_m * radius * np.sin(theta) / stretch
    return Polygon(np.column_stack([x, y]))


def shape_terrain(seed: int) -> Terrain:
    """The land of the seed: one river through the city, hills in the north-west, two lakes, some large parks."""
    rng = stream(seed, "terrain")
    outline = blob(rng, (0, 0), CITY_RADIUS_M, 0.11, points=300, stretch=1.06, harmonics=9)
    axis_xy = _river_axis(rng)
    axis = LineString(axis_xy)
    half_width = 62 + 26 * np.sin(np.arange(len(axis_xy)) / 17.0 + rng.uniform(0, 6))
    river = _ribbon(axis_xy, half_width)
    quays = axis.buffer(QUAY_OFFSET_M, quad_segs=6)
    hills = blob(rng, (-5_900, 4_900), 3_300, 0.16, stretch=1.1).difference(quays.buffer(300))
    taken = shapely.union_all([quays, hills])
    lakes, shores = _lakes(rng, taken)
    taken = shapely.union_all([taken, *shores])
    return Terrain(
        outline=outline,
        river_axis=axis,
        river=river,
        quays=quays,
        lakes=tuple(lakes),
        lake_shores=tuple(shores),
        hills=_largest(hills),
        great_parks=tuple(_great_parks(rng, taken)),
    )


def _river_axis(rng: np.random.Generator) -> np.ndarray:
    """A meandering line from west to east that passes south of the old town."""
    x = np.arange(-11_000, 11_001, 60.0)
    bend = 0.30 * np.sin(x / 2_900 + rng.uniform(0, 6))
    y = (
        -1_450
        + 0.10 * x
        + 720 * np.sin(x / (950 * (1 + 0.12 * bend)) + rng.uniform(0, 6))
        + 620 * np.sin(x / 2_350 + rng.uniform(0, 6))
    )
    near_centre = np.exp(-((x / 1_900) ** 2))
    y = y * (1 - near_centre) + (-1_350 + 0.25 * x) * near_centre
    return np.column_stack([x, y])


def _ribbon(axis: np.ndarray, half_width: np.ndarray) -> Polygon:
    tangent = np.gradient(axis, axis=0)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    left, right = axis + normal * half_width[:, None], axis - normal * half_width[:, None]
    return Polygon(np.vstack([left, right[::-1]])).buffer(0)


def _lakes(rng: np.random.Generator, taken: Polygon) -> tuple[list[Polygon], list[Polygon]]:
    lakes, shores = [], []
    for centre, radius in (((3_600, 2_900), 430), ((-3_300, -3_900), 300)):
        lake = blob(rng, centre, radius, 0.28, stretch=1.15)
        shore = lake.buffer(110).difference(taken.buffer(60))
        lakes.append(lake.intersection(shore.buffer(-40)))
        shores.append(_largest(shore))
    return lakes, shores


def _great_parks(rng: np.random.Generator, taken: Polygon) -> list[Polygon]:
    parks = []
    for centre, radius in (((-700, 850), 170), ((1_900, -3_600), 330), ((5_100, 300), 300), ((-2_300, 2_500), 260),
                           ((600, 4_700), 280), ((-5_000, -600), 230)):  # fmt: skip
        park = blob(rng, centre, radius, 0.14, points=48).difference(taken.buffer(80))
        parks.append(_largest(park))
    return parks


def _largest(shape: Polygon | MultiPolygon) -> Polygon:
    return shape if isinstance(shape, Polygon) else max(shape.geoms, key=lambda part: part.area)
