"""Point → smallest area, in memory.

A raster answers for most points at once; where a border runs, the few areas touching the cell are asked exactly.
An area owns its border: a point on several areas, at a shared border or in an overlap, belongs to the one with the
lowest code; a point on none is outside.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from cityloom.city.raster import OUTSIDE, ROOT_SIDE, SPLIT, Frame, draw_raster
from cityloom.city.values import Area, AreaCode

Floats = NDArray[np.float64]


class Locator:
    """Finds the area at a place among areas with geometry; build it once, ask it from any thread."""

    def __init__(self, areas: Iterable[Area]) -> None:
        listed = sorted(areas, key=lambda area: area.code)
        self.codes: tuple[AreaCode, ...] = tuple(area.code for area in listed)
        self._shapes = np.array([shapely.from_wkb(area.geometry) for area in listed], dtype=object)
        shapely.prepare(self._shapes)
        self._frame = Frame.around(self._shapes)
        raster = draw_raster(self._shapes, self._frame)
        self._cells, self._first_split = raster.cells, raster.first_split
        self._candidates, self._starts = raster.candidates, raster.starts

    def find(self, lon: float, lat: float) -> AreaCode | None:
        """The code of the area at a place in degrees; None outside every area."""
        column = (lon - self._frame.west) * self._frame.columns_per_degree
        row = (lat - self._frame.south) * self._frame.rows_per_degree
        if not (0.0 <= column < ROOT_SIDE and 0.0 <= row < ROOT_SIDE):
            return None
        i, j = int(row), int(column)
        answer: int = self._cells.item(i * ROOT_SIDE + j)
        while answer <= self._first_split:
            row, column = (row - i) * SPLIT, (column - j) * SPLIT
            i, j = int(row), int(column)
            answer = self._cells.item(self._first_split - answer + i * SPLIT + j)
        if answer >= 0:
            return self.codes[answer]
        if answer == OUTSIDE:
            return None
        cell = -2 - answer
        asked = self._candidates[self._starts.item(cell) : self._starts.item(cell + 1)]
        holds = shapely.intersects_xy(self._shapes[asked], lon, lat)
        first = holds.argmax()
        return self.codes[asked[first]] if holds[first] else None

    def find_many(self, lons: ArrayLike, lats: ArrayLike) -> NDArray[np.int32]:
        """For each place the index of its area in `codes`, OUTSIDE (-1) where there is none; as `find` answers."""
        x, y = np.asarray(lons, dtype=float), np.asarray(lats, dtype=float)
        column = (x - self._frame.west) * self._frame.columns_per_degree
        row = (y - self._frame.south) * self._frame.rows_per_degree
        inside = (column >= 0.0) & (column < ROOT_SIDE) & (row >= 0.0) & (row < ROOT_SIDE)
        if not inside.all():
            found = np.full(x.shape, OUTSIDE, dtype=np.int32)
            found[inside] = self.find_many(x[inside], y[inside])
            return found
        answers = self._look_up(row, column)
        undecided = np.flatnonzero(answers < OUTSIDE)
        answers[undecided] = self._decide(-2 - answers[undecided], x[undecided], y[undecided])
        return answers

    def _look_up(self, row: Floats, column: Floats) -> NDArray[np.int32]:
        """What the raster says, from the root down to the smallest cell."""
        i, j = row.astype(np.int64), column.astype(np.int64)
        answers: NDArray[np.int32] = self._cells[i * ROOT_SIDE + j]
        deeper = np.flatnonzero(answers <= self._first_split)
        row, column = (row - i)[deeper], (column - j)[deeper]
        while len(deeper):
            row, column = row * SPLIT, column * SPLIT
            i, j = row.astype(np.int64), column.astype(np.int64)
            below = self._cells[self._first_split - answers[deeper] + i * SPLIT + j]
            answers[deeper] = below
            again = below <= self._first_split
            deeper, row, column = deeper[again], (row - i)[again], (column - j)[again]
        return answers

    def _decide(self, cells: NDArray[np.int32], x: Floats, y: Floats) -> NDArray[np.int32]:
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
