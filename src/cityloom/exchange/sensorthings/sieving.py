"""Which of many readings may belong to a list, decided on arrays before any statement is asked. Pure.

What is left out here surely is none of the list; what is left in is still asked by the statement. So a condition
that cannot be read here costs time and never changes an answer.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from odata_query import ast

from cityloom.exchange.sensorthings.conditions import Path, number_said
from cityloom.exchange.sensorthings.odata import path_of
from cityloom.exchange.sensorthings.options import Options
from cityloom.sensing.values import Readings, reading_ids

Mask = NDArray[np.bool_]
Column = Callable[[Readings], NDArray[Any]]
Fits = Callable[[Readings], Mask]

_COLUMNS: dict[str, Column] = {
    "id": reading_ids,
    "Datastream/id": lambda r: r.stream,
    "Datastream/@iot.id": lambda r: r.stream,
    "phenomenonTime": lambda r: r.at_ms,  # of an interval its beginning, which lies no later than its end
    "result": lambda r: r.value,
}
_ORDERING: dict[str, Column] = _COLUMNS | {"id": lambda r: r.stream}  # a number orders by stream, then time
_SIGNS: dict[type[Any], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


@dataclass(frozen=True)
class FirstKey:
    """By which column a list is ordered first. What is without value counts as the least."""

    column: Column
    descends: bool

    def no_later(self, found: Readings, last: Any) -> Mask:
        """Those that may stand before a row with this value, or beside it."""
        values = self.column(found)
        mask: Mask = np.isnan(last) | (values >= last) if self.descends else np.isnan(values) | (values <= last)
        return mask

    def no_earlier(self, found: Readings, mark: Any) -> Mask:
        """Those that may stand behind a row with this value (None: without value), or beside it."""
        return FirstKey(self.column, not self.descends).no_later(found, np.nan if mark is None else mark)


@dataclass
class Sieve:
    """What may enter a list: fits its condition, stands behind the `mark` and before the `last` of a full page."""

    fits: Fits | None = None
    first: FirstKey | None = None
    mark: Sequence[Any] | None = None  # by what the last row of the page before was ordered
    last: Readings | None = None  # the last of the rows that fill the page so far

    def let_in(self, found: Readings) -> Readings:
        """The readings that may enter."""
        if self.fits is not None:
            found = found.pick(self.fits(found))
        if self.first is not None and self.mark is not None:
            found = found.pick(self.first.no_earlier(found, self.mark[0]))
        if self.first is not None and self.last is not None:
            found = found.pick(self.first.no_later(found, self.first.column(self.last)[0]))
        return found


def first_key(options: Options) -> FirstKey | None:
    """The column by which a list is ordered first; None where that is something else."""
    if not options.orders:
        return None
    order = options.orders[0]
    column = _column(order.tree, _ORDERING)
    return None if column is None else FirstKey(column, order.descends)


def fits_of(tree: Any, prefix: Path = ()) -> Fits | None:
    """What must hold of readings for the condition to hold; None where nothing is known of it.

    `prefix`: the path by which the condition reaches the readings.
    """
    if isinstance(tree, ast.BoolOp):
        each = (fits_of(tree.left, prefix), fits_of(tree.right, prefix))
        sides = [found for found in each if found is not None]
        if len(sides) == 2:
            left, right = sides
            joins = np.logical_and if isinstance(tree.op, ast.And) else np.logical_or
            return lambda r: joins(left(r), right(r))
        return sides[0] if sides and isinstance(tree.op, ast.And) else None
    return _compared(tree, prefix) if isinstance(tree, ast.Compare) else None


def _compared(tree: Any, prefix: Path) -> Fits | None:
    column = _column(tree.left, _COLUMNS, prefix)
    if column is None:
        return None
    if isinstance(tree.comparator, ast.In):
        each = [number for value in tree.right.val if (number := number_said(value)) is not None]
        return None if len(each) < len(tree.right.val) else lambda r: np.isin(column(r), each)
    sign, value = _SIGNS.get(type(tree.comparator)), number_said(tree.right)
    return None if sign is None or value is None else lambda r: sign(column(r), value)


def _column(tree: Any, columns: dict[str, Column], prefix: Path = ()) -> Column | None:
    path = path_of(tree)
    if path is None or tuple(path[: len(prefix)]) != prefix:
        return None
    return columns.get("/".join(path[len(prefix) :]))
