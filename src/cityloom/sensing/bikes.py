"""Shared bikes and their parking places: who stands where, what is too much, who clears it in time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, floor, radians
from typing import NamedTuple

import h3.api.basic_int as h3
import numpy as np
import shapely
from numpy.typing import NDArray

from cityloom.sensing.indicators import Band

Whole = NDArray[np.int64]
Real = NDArray[np.float64]

SLACK_M = 3.0  # how far beside a place a bike may be said to stand and still count as in it
M_PER_DEGREE = 111_320.0
OUTSIDE_CELL = 11  # of H3, by which density out of places is watched: about 2,150 m², 50 m across
KEPT_GOOD, KEPT_WATCH = 0.9, 0.75  # shares of clearances within the limit


class Vehicles(NamedTuple):
    """What an operator says stands where: parallel."""

    codes: tuple[str, ...]
    forms: tuple[str, ...]
    lon: Real
    lat: Real
    reserved: NDArray[np.bool_]
    disabled: NDArray[np.bool_]


def vehicles_of(rows: Sequence[tuple[str, str, float, float, bool, bool]]) -> Vehicles:
    """Rows of code, form, longitude, latitude, reserved, disabled as arrays; the last one of a code counts."""
    last = {row[0]: row for row in rows}
    kept = list(last.values())
    return Vehicles(
        tuple(row[0] for row in kept),
        tuple(row[1] for row in kept),
        np.array([row[2] for row in kept], np.float64),
        np.array([row[3] for row in kept], np.float64),
        np.array([row[4] for row in kept], bool),
        np.array([row[5] for row in kept], bool),
    )


class Places:
    """Parking places, found for many vehicles at once by a tree of their outlines."""

    def __init__(self, ids: Sequence[int], outlines: Sequence[bytes], slack_m: float = SLACK_M) -> None:
        self.ids = np.array(ids, np.int64)
        shapes = shapely.from_wkb(list(outlines)) if len(outlines) else np.array([], dtype=object)
        self._shapes = np.asarray(shapes, dtype=object)
        self._tree = shapely.STRtree(self._shapes)
        middle = shapely.total_bounds(self._shapes)[1::2].mean() if len(self._shapes) else 0.0
        self._wide = cos(radians(float(middle)))  # a degree of longitude is shorter by this
        self._slack_deg = slack_m / M_PER_DEGREE

    def __len__(self) -> int:
        return len(self.ids)

    def of(self, lon: Real, lat: Real) -> Whole:
        """For each point the id of the place it stands in, or of the nearest within the slack; −1 for none."""
        found = np.full(len(lon), -1, np.int64)
        if not len(self.ids) or not len(lon):
            return found
        points = shapely.points(lon, lat)
        point, place = self._tree.query(points, predicate="within")
        found[point[::-1]] = self.ids[place[::-1]]  # the first of several counts
        open_ = np.flatnonzero(found < 0)
        if not self._slack_deg:
            return found
        near_point, near = self._tree.query_nearest(
            points[open_], max_distance=self._slack_deg / self._wide, all_matches=False
        )
        if len(near_point):
            close = self._distance_m(points[open_[near_point]], self._shapes[near]) <= self._slack_deg * M_PER_DEGREE
            found[open_[near_point[close]]] = self.ids[near[close]]
        return found

    def _distance_m(self, points: NDArray[np.object_], shapes: NDArray[np.object_]) -> Real:
        """Metres between points and the nearest corner or side of shapes, on a plane about each point."""
        line = shapely.shortest_line(points, shapes)
        ends = shapely.get_coordinates(line).reshape(-1, 2, 2)
        d_lon = (ends[:, 0, 0] - ends[:, 1, 0]) * self._wide
        d_lat = ends[:, 0, 1] - ends[:, 1, 1]
        metres: Real = np.hypot(d_lon, d_lat) * M_PER_DEGREE
        return metres


def cells_outside(lon: Real, lat: Real, fences: Whole) -> Whole:
    """For each vehicle that stands in no place (fence −1) its cell of H3; 0 for the others."""
    found = np.zeros(len(lon), np.int64)
    for i in np.flatnonzero(fences < 0).tolist():
        found[i] = h3.latlng_to_cell(float(lat[i]), float(lon[i]), OUTSIDE_CELL)
    return found


def middle_of(lon: Real, lat: Real, which: NDArray[np.bool_]) -> tuple[float, float]:
    """Longitude and latitude in the middle of these vehicles, where a person finds them; one at least."""
    return float(np.median(lon[which])), float(np.median(lat[which]))


def room_of(area_m2: float, m2_per_bike: float) -> int:
    """How many bikes fit on an area, one at least. 10 m² with 1.2 m² each: 8."""
    return max(1, floor(area_m2 / m2_per_bike))


def area_m2(shape: shapely.Geometry) -> float:
    """The area of a small outline in degrees, in square metres, on a plane at its own latitude."""
    centre = shape.centroid
    return float(shape.area * M_PER_DEGREE * M_PER_DEGREE * cos(radians(centre.y)))


def shares_of_room(quotas: Mapping[str, int | None]) -> dict[str, float]:
    """Which part of every place is whose: by quota where all have one, else alike. 3,000 and 1,000: 0.75 and 0.25."""
    known = [quota for quota in quotas.values() if quota]
    if len(known) < len(quotas):
        return dict.fromkeys(quotas, 1 / max(1, len(quotas)))
    return {code: (quota or 0) / sum(known) for code, quota in quotas.items()}


class Heap(NamedTuple):
    """Too many bikes of an operator: how many it has there, and for how many there is room.

    `place` is the id of a parking place or, out of any, a cell of H3.
    """

    place: int
    operator: str
    vehicles: int
    room: int
    outside: bool = False


def heaps_of(
    counts: Mapping[int, Mapping[str, int]],
    rooms: Mapping[int, int],
    shares: Mapping[str, float],
    over_share: float,
    least_over: int,
    *,
    outside: bool = False,
) -> list[Heap]:
    """Where more stand than `over_share` of the room and `least_over` beyond, and which operators are beyond theirs.

    An operator's own room is its share of the place's, one at least. `outside`: the places are cells.
    """
    found = []
    for place, by_operator in counts.items():
        room = rooms.get(place, 0)
        if sum(by_operator.values()) <= over_share * room + least_over:
            continue
        for operator, vehicles in by_operator.items():
            own = own_room(room, shares.get(operator, 0.0))
            if vehicles > own:
                found.append(Heap(place, operator, vehicles, own, outside))
    return found


def own_room(room: int, share: float) -> int:
    """An operator's part of a room, one at least. 10 with a share of 0.25: 2."""
    return max(1, round(room * share))


def is_cleared(vehicles: int, total: int, own: int, room: int, over_share: float) -> bool:
    """Whether a heap is gone: the place is within its room again, or the operator within its own."""
    return total <= over_share * room or vehicles <= own


@dataclass(frozen=True, slots=True)
class Standing:
    """How an operator did: `ended` heaps that are cleared or late, of these `kept` in time; its fleet and quota.

    `inside` of `stood` vehicles stood in a place, over all looks.
    """

    operator: str
    kept: int
    ended: int
    median_min: float | None
    open: int
    most: int
    quota: int | None
    inside: int
    stood: int

    def band(self, least_sample: int) -> Band:
        """Good from 90 % in time, to be watched from 75 %; not judged over too few."""
        if not self.ended or self.ended < least_sample:
            return Band.UNJUDGED
        value = self.kept / self.ended
        return Band.GOOD if value >= KEPT_GOOD else Band.WATCH if value >= KEPT_WATCH else Band.BAD

    @property
    def over_quota(self) -> int | None:
        """By how many it is above its quota; None without one."""
        return None if self.quota is None else max(0, self.most - self.quota)


def ranked(stood: Sequence[Standing]) -> list[Standing]:
    """Those that clear in time most often first, those with nothing to judge last."""
    return sorted(stood, key=lambda each: (-(each.kept / each.ended) if each.ended else 1.0, each.operator))
