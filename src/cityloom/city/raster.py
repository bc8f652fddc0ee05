"""A raster over areas that knows, cell by cell, which areas can be there: what makes locating fast.

The root has 64 × 64 cells. A cell that several areas share is split into 4 × 4, and its parts again, while it is
large beside the smallest of them; so small areas in a dense core and wide ones around it both get fitting cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

OUTSIDE = -1
ROOT_SIDE = 64
SPLIT = 4
_MOST_LEVELS = 7
_AT_ONCE = 20_000  # pairs of an area and a cell
_CELLS_PER_AREA_SIDE = 5.0
_SLACK = 1e-6  # of a cell: cells are judged this much larger, so that rounding can never pick a wrong neighbour

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]
Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Frame:
    """Where the root lies: its south-west corner in degrees and how many of its cells make a degree."""

    west: float
    south: float
    columns_per_degree: float
    rows_per_degree: float

    @staticmethod
    def around(shapes: Shapes) -> Frame:
        """A frame a little wider than the shapes, so that their outermost points fall inside."""
        west, south, east, north = shapely.total_bounds(shapes).tolist() if len(shapes) else (0.0, 0.0, 1.0, 1.0)
        width, height = east - west, north - south
        return Frame(
            west - 0.001 * width, south - 0.001 * height, ROOT_SIDE / (1.002 * width), ROOT_SIDE / (1.002 * height)
        )

    def boxes(self, rows: Indices, columns: Indices, side: int) -> Shapes:
        """Cells of a raster of `side` cells a side as polygons, enlarged by the slack."""
        width, height = ROOT_SIDE / side / self.columns_per_degree, ROOT_SIDE / side / self.rows_per_degree
        west, south = self.west + columns * width, self.south + rows * height
        boxes: Shapes = shapely.box(
            west - _SLACK * width,
            south - _SLACK * height,
            west + (1 + _SLACK) * width,
            south + (1 + _SLACK) * height,
        )
        return boxes


@dataclass(frozen=True)
class Raster:
    """The cells as numbers: the root row by row, after it each split cell as a block of 4 × 4, row by row.

    A number ≥ 0 is the area that covers the cell; OUTSIDE says that none touches it; `first_split` - p, and what
    is below it, that the cell's block begins at position p; anything between, -2 - n, that it is undecided: the
    areas touching it are `candidates[starts[n]:starts[n + 1]]`, lowest first.
    """

    cells: NDArray[np.int32]
    first_split: int
    candidates: NDArray[np.int32]
    starts: Indices


@dataclass(frozen=True)
class _Cells:
    """Cells of one size and the areas that touch each: pairs of `owners` (positions of cells) and `candidates`."""

    rows: Indices
    columns: Indices
    owners: Indices
    candidates: NDArray[np.int32]

    def only(self, kept: Flags) -> _Cells:
        """The kept cells, renumbered."""
        pairs = kept[self.owners]
        numbers = np.cumsum(kept) - 1
        return _Cells(self.rows[kept], self.columns[kept], numbers[self.owners[pairs]], self.candidates[pairs])

    def split(self, into: int) -> _Cells:
        """Each cell as `into` × `into` smaller ones, row by row, with the candidates of the whole."""
        inner = np.arange(into * into)
        return _Cells(
            (self.rows[:, None] * into + inner // into).ravel(),
            (self.columns[:, None] * into + inner % into).ravel(),
            (self.owners[:, None] * into * into + inner).ravel(),
            self.candidates.repeat(into * into),
        )


@dataclass(frozen=True)
class _Level:
    """What one size of cells came to: numbers of the decided ones, which are split, which stay undecided."""

    numbers: Indices
    split: Flags
    undecided: Flags
    cells: _Cells


def draw_raster(shapes: Shapes, frame: Frame) -> Raster:
    """The raster of areas given as prepared shapes, in the order that decides where several hold a point."""
    levels = list(_levels(shapes, frame))
    first_split = -2 - sum(int(level.undecided.sum()) for level in levels)
    numbered, end = 0, 0
    for level in levels:
        end += len(level.numbers)
        undecided = np.flatnonzero(level.undecided)
        level.numbers[undecided] = -2 - (numbered + np.arange(len(undecided)))
        numbered += len(undecided)
        blocks = np.flatnonzero(level.split)
        level.numbers[blocks] = first_split - (end + np.arange(len(blocks)) * SPLIT**2)
    open_cells = [level.cells.only(level.undecided) for level in levels]
    counts = np.concatenate([np.bincount(cells.owners, minlength=len(cells.rows)) for cells in open_cells])
    return Raster(
        cells=np.concatenate([level.numbers for level in levels]).astype(np.int32),
        first_split=first_split,
        candidates=np.concatenate([cells.candidates for cells in open_cells]),
        starts=np.concatenate([[0], np.cumsum(counts)]),
    )


def _levels(shapes: Shapes, frame: Frame) -> Iterator[_Level]:
    """From the root down, each level the parts of the split cells of the one before."""
    cells = _root(shapes, frame)
    root_cells = shapely.area(shapes) * frame.columns_per_degree * frame.rows_per_degree
    area_sides, side = np.sqrt(root_cells), ROOT_SIDE
    for depth in range(_MOST_LEVELS):
        cells, numbers, shared = _judge(cells, shapes, frame, side)
        smallest = np.full(len(cells.rows), np.inf)
        np.minimum.at(smallest, cells.owners, area_sides[cells.candidates])
        split = shared & (ROOT_SIDE / side * _CELLS_PER_AREA_SIDE > smallest) & (depth < _MOST_LEVELS - 1)
        yield _Level(numbers, split, shared & ~split, cells)
        if not split.any():
            return
        cells, side = cells.only(split).split(SPLIT), side * SPLIT


def _root(shapes: Shapes, frame: Frame) -> _Cells:
    """The root's cells with the areas whose bounding boxes meet them."""
    rows, columns = np.divmod(np.arange(ROOT_SIDE**2), ROOT_SIDE)
    owners, candidates = shapely.STRtree(shapes).query(frame.boxes(rows, columns, ROOT_SIDE))
    return _Cells(rows, columns, owners, candidates.astype(np.int32))


def _judge(cells: _Cells, shapes: Shapes, frame: Frame, side: int) -> tuple[_Cells, Indices, Flags]:
    """The cells with only the areas that touch each, the number each can answer, and which cannot answer."""
    touches = _asked(shapely.intersects, cells, np.arange(len(cells.owners)), shapes, frame, side)
    owners, candidates = cells.owners[touches], cells.candidates[touches]
    order = np.lexsort((candidates, owners))
    judged = _Cells(cells.rows, cells.columns, owners[order], candidates[order])
    touching = np.bincount(judged.owners, minlength=len(judged.rows))
    alone = np.flatnonzero(touching[judged.owners] == 1)
    covered = alone[_asked(shapely.covers, judged, alone, shapes, frame, side)]
    numbers = np.full(len(judged.rows), OUTSIDE, dtype=np.int64)
    numbers[judged.owners[covered]] = judged.candidates[covered]
    shared = touching > 0
    shared[judged.owners[covered]] = False
    return judged, numbers, shared


def _asked(
    question: Callable[[Shapes, Shapes], Flags],
    cells: _Cells,
    pairs: Indices,
    shapes: Shapes,
    frame: Frame,
    side: int,
) -> Flags:
    """The question put to the area and the cell of each pair, some at a time: cells as polygons take much memory."""
    answers = [np.empty(0, dtype=bool)]
    for start in range(0, len(pairs), _AT_ONCE):
        some = pairs[start : start + _AT_ONCE]
        owners = cells.owners[some]
        boxes = frame.boxes(cells.rows[owners], cells.columns[owners], side)
        answers.append(question(shapes[cells.candidates[some]], boxes))
    return np.concatenate(answers)
