"""Point → smallest area, in memory.

The city's bounding box is a raster. A cell that only one area touches, and covers, answers at once; in a cell that
a border crosses the few areas touching it are asked exactly. An area owns its border: a point on several areas, at
a shared border or in an overlap, belongs to the one with the lowest code; a point on none is outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, log2, sqrt

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from cityloom.city.values import Area, AreaCode

OUTSIDE = -1
_UNDECIDED = -2
_SLACK = 1e-6  # of a cell: cells are judged this much larger, so that rounding can never pick a wrong neighbour
_CELLS_PER_AREA_SIDE = 8
_MOST_CELLS_A_SIDE = 2048


class Locator:
    """Finds the area at a place among areas with geometry; build it once, ask it from any thread."""

    def __init__(self, areas: Iterable[Area]) -> None:
        listed = sorted(areas, key=lambda area: area.code)
        self.codes: tuple[AreaCode, ...] = tuple(area.code for area in listed)
        self._shapes: NDArray[np.object_] = np.array([shapely.from_wkb(a.geometry) for a in listed], dtype=object)
        shapely.prepare(self._shapes)
        levels = ceil(log2(min(_MOST_CELLS_A_SIDE, max(2, _CELLS_PER_AREA_SIDE * sqrt(len(listed))))))
        self._side = 2**levels
        self._place_raster()
        self._draw_raster(levels)

    def find(self, lon: float, lat: float) -> AreaCode | None:
        """The code of the area at a place in degrees; None outside every area."""
        column = (lon - self._west) * self._columns_per_degree
        row = (lat - self._south) * self._rows_per_degree
        if not (0.0 <= column < self._side and 0.0 <= row < self._side):
            return None
        answer: int = self._raster.item(int(row), int(column))
        if answer >= 0:
            return self.codes[answer]
        if answer == OUTSIDE:
            return None
        cell = _UNDECIDED - answer
        for candidate in self._candidates[self._starts[cell] : self._starts[cell + 1]].tolist():
            if shapely.intersects_xy(self._shapes[candidate], lon, lat):
                return self.codes[candidate]
        return None

    def find_many(self, lons: ArrayLike, lats: ArrayLike) -> NDArray[np.int32]:
        """For each place the index of its area in `codes`, OUTSIDE (-1) where there is none; as `find` answers."""
        x, y = np.asarray(lons, dtype=float), np.asarray(lats, dtype=float)
        column = (x - self._west) * self._columns_per_degree
        row = (y - self._south) * self._rows_per_degree
        inside = (column >= 0.0) & (column < self._side) & (row >= 0.0) & (row < self._side)
        if not inside.all():
            found = np.full(x.shape, OUTSIDE, dtype=np.int32)
            found[inside] = self.find_many(x[inside], y[inside])
            return found
        answers = self._raster.ravel()[row.astype(np.int64) * self._side + column.astype(np.int64)]
        undecided = np.flatnonzero(answers <= _UNDECIDED)
        answers[undecided] = self._decide(_UNDECIDED - answers[undecided], x[undecided], y[undecided])
        return answers

    def _decide(self, cells: NDArray[np.int32], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int32]:
        """Ask the areas that touch each point's cell, the lowest code first; the first that holds it wins."""
        decided = np.full(len(cells), OUTSIDE, dtype=np.int32)
        waiting = np.arange(len(cells))
        at, end = self._starts[cells], self._starts[cells + 1]
        while len(waiting):
            asked = self._candidates[at[waiting]]
            holds = shapely.intersects_xy(self._shapes[asked], x[waiting], y[waiting])
            decided[waiting[holds]] = asked[holds]
            waiting = waiting[~holds]
            at[waiting] += 1
            waiting = waiting[at[waiting] < end[waiting]]
        return decided

    def _place_raster(self) -> None:
        """Lay the raster a little wider than the areas, so that their outermost points fall into it."""
        if len(self._shapes):
            west, south, east, north = shapely.total_bounds(self._shapes).tolist()
        else:
            west, south, east, north = 0.0, 0.0, 1.0, 1.0
        width, height = (east - west) or 1.0, (north - south) or 1.0
        self._west, self._south = west - 0.001 * width, south - 0.001 * height
        self._columns_per_degree = self._side / (1.002 * width)
        self._rows_per_degree = self._side / (1.002 * height)

    def _draw_raster(self, levels: int) -> None:
        """From one cell down: split what more than one answer is possible for, pass its candidates on."""
        raster = np.full((1, 1), _UNDECIDED, dtype=np.int32)
        count = len(self._shapes)
        rows, columns = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        cells, candidates = np.zeros(count, dtype=np.int64), np.arange(count, dtype=np.int32)
        for level in range(1, levels + 1):
            raster = raster.repeat(2, axis=0).repeat(2, axis=1)
            rows = (rows[:, None] * 2 + np.array([0, 0, 1, 1])).ravel()
            columns = (columns[:, None] * 2 + np.array([0, 1, 0, 1])).ravel()
            cells = (cells[:, None] * 4 + np.arange(4)).ravel()
            candidates = candidates.repeat(4)
            boxes = self._boxes(rows, columns, 2**level)
            touches = shapely.intersects(self._shapes[candidates], boxes[cells])
            cells, candidates = cells[touches], candidates[touches]
            order = np.lexsort((candidates, cells))
            cells, candidates = cells[order], candidates[order]
            touching = np.bincount(cells, minlength=len(rows))
            answers = np.full(len(rows), _UNDECIDED, dtype=np.int32)
            answers[touching == 0] = OUTSIDE
            alone = touching[cells] == 1
            covered = shapely.covers(self._shapes[candidates[alone]], boxes[cells[alone]])
            answers[cells[alone][covered]] = candidates[alone][covered]
            raster[rows, columns] = answers
            left = np.flatnonzero(answers == _UNDECIDED)
            renumbered = np.full(len(rows), -1, dtype=np.int64)
            renumbered[left] = np.arange(len(left))
            rows, columns = rows[left], columns[left]
            kept = renumbered[cells] >= 0
            cells, candidates = renumbered[cells[kept]], candidates[kept]
        raster[rows, columns] = _UNDECIDED - np.arange(len(rows), dtype=np.int32)
        self._raster = raster
        self._candidates = candidates
        self._starts = np.searchsorted(cells, np.arange(len(rows) + 1))

    def _boxes(self, rows: NDArray[np.int64], columns: NDArray[np.int64], side: int) -> NDArray[np.object_]:
        """The cells of a raster of that many cells a side as polygons, enlarged by the slack."""
        width = self._side / side / self._columns_per_degree
        height = self._side / side / self._rows_per_degree
        west, south = self._west + columns * width, self._south + rows * height
        return shapely.box(
            west - _SLACK * width,
            south - _SLACK * height,
            west + (1 + _SLACK) * width,
            south + (1 + _SLACK) * height,
        )
