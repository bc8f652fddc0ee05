"""What a condition on observations says at once: between which times, and of which Datastreams. Pure."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from odata_query import ast

from cityloom.exchange.sensorthings.odata import Moment, moment_of, path_of
from cityloom.sensing.values import FIRST_MS, LAST_MS, reading_of

Path = tuple[str, ...]
_EPOCH, _ONE_MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_MOST_WHOLE = 2**63 - 1


def number_said(literal: Any) -> float | None:
    """A number as it was written, a moment in milliseconds; None for what is neither, or too large."""
    if isinstance(literal, ast.Integer):
        whole = int(literal.val[:40])
        return whole if abs(whole) <= _MOST_WHOLE else None
    if isinstance(literal, ast.Float):
        return float(literal.val)
    return (moment_of(literal.val) - _EPOCH) / _ONE_MS if isinstance(literal, Moment) else None


def time_bounds(tree: Any, prefix: Path = ()) -> tuple[datetime | None, datetime | None]:
    """Between which moments a condition lets phenomenonTime lie, as far as plain comparisons joined by `and` say."""
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        (a, b), (c, d) = time_bounds(tree.left, prefix), time_bounds(tree.right, prefix)
        return max(filter(None, (a, c)), default=None), min(filter(None, (b, d)), default=None)
    path = path_of(tree.left) if isinstance(tree, ast.Compare) else None
    if path is None or path[:-1] != [*prefix]:
        return None, None
    if path[-1] == "id" and isinstance(tree.comparator, ast.Eq):
        at = _time_in(tree.right)
        return at, at
    if path[-1] != "phenomenonTime" or not isinstance(tree.right, Moment):
        return None, None
    value = moment_of(tree.right.val)
    if isinstance(tree.comparator, ast.Gt | ast.GtE):
        return value, None
    if isinstance(tree.comparator, ast.Lt | ast.LtE):
        return None, value
    return (value, value) if isinstance(tree.comparator, ast.Eq) else (None, None)


def _time_in(literal: Any) -> datetime | None:
    """The time that the number of an observation holds; None for what is no such number."""
    number = number_said(literal) if isinstance(literal, ast.Integer) else None
    if number is None or number < 0:
        return None
    _, at_ms = reading_of(int(number))
    return _EPOCH + at_ms * _ONE_MS if FIRST_MS <= at_ms <= LAST_MS else None


def begins_only(tree: Any) -> bool:
    """Whether a condition says nothing but from when on observations are wanted; true for none."""
    if tree is None:
        return True
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return begins_only(tree.left) and begins_only(tree.right)
    return isinstance(getattr(tree, "comparator", None), ast.Gt | ast.GtE) and time_bounds(tree)[0] is not None


def about_stream(tree: Any) -> tuple[Any, bool]:
    """What of a condition speaks of the Datastream alone, as said of the Datastream; whether that is all of it.

    `Datastream/name eq 'level' and result gt 5` gives the tree of `name eq 'level'`, and False.
    """
    if tree is None:
        return None, True
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        (left, all_left), (right, all_right) = about_stream(tree.left), about_stream(tree.right)
        both = ast.BoolOp(tree.op, left, right) if left is not None and right is not None else None
        return both or left or right, all_left and all_right
    try:
        return _of_stream(tree), True
    except _OfReading:
        return _stream_in(tree), False


class _OfReading(Exception):
    """A condition that speaks of the reading itself."""


def _of_stream(node: Any) -> Any:
    """The same said of the Datastream; raises _OfReading."""
    if isinstance(node, ast.Identifier | ast.Attribute):
        path = path_of(node)
        if path is None or path[0] != "Datastream" or len(path) == 1:
            raise _OfReading
        made: Any = ast.Identifier(path[1])
        for name in path[2:]:
            made = ast.Attribute(made, name)
        return made
    if isinstance(node, ast.CollectionLambda):
        raise _OfReading
    if isinstance(node, ast.Call):
        return replace(node, args=[_of_stream(arg) for arg in node.args])
    if not is_dataclass(node) or isinstance(node, type | ast._Literal):
        return node
    return replace(node, **{each.name: _of_stream(getattr(node, each.name)) for each in fields(node)})


def _stream_in(tree: Any) -> Any:
    """The stream that is asked for by an observation's own number, as a condition of the Datastream; or None."""
    if not isinstance(tree, ast.Compare) or not isinstance(tree.comparator, ast.Eq) or path_of(tree.left) != ["id"]:
        return None
    number = number_said(tree.right)
    return replace(tree, right=ast.Integer(str(reading_of(number)[0]))) if isinstance(number, int) else None
