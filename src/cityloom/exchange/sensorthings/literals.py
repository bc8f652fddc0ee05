"""What is written in an expression as a value: numbers, texts, moments, intervals, durations, geometries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

from odata_query import ast

from cityloom.exchange.sensorthings.errors import BadQuery
from cityloom.exchange.sensorthings.geometry import from_wkt
from cityloom.exchange.sensorthings.odata import Interval, Moment, moment_of
from cityloom.exchange.sensorthings.terms import Kind, Sql, Term

_MOST = 2**63 - 1


def literal(tree: Any) -> Term:
    """A value as it was written; raises BadQuery for one that does not exist, such as 31 February."""
    try:
        return _literal(tree)
    except (ValueError, OverflowError) as wrong:
        raise BadQuery("sta.bad_moment", value=str(getattr(tree, "val", tree))[:60]) from wrong


def _literal(tree: Any) -> Term:
    if isinstance(tree, ast.Null):
        return Term(Sql("NULL"), Kind.NULL, is_literal=True)
    if isinstance(tree, ast.Integer) and abs(int(tree.val[:40])) <= _MOST and len(tree.val) <= 40:
        return _given("bigint", int(tree.val), Kind.WHOLE)
    if isinstance(tree, ast.Integer | ast.Float):
        return _given("float8", float(tree.val), Kind.NUMBER)
    if isinstance(tree, ast.Boolean):
        return _given("boolean", tree.py_val, Kind.BOOL)
    if isinstance(tree, ast.String | ast.GUID):
        return _given("text", tree.val, Kind.TEXT)
    if isinstance(tree, Moment):
        return _given("timestamptz", moment_of(tree.val), Kind.MOMENT)
    if isinstance(tree, Interval):
        start, end = _given("timestamptz", moment_of(tree.start), Kind.SPAN), moment_of(tree.end)
        return replace(start, end=Sql("(%s)::timestamptz", (end,)))
    if isinstance(tree, ast.Date):
        return _given("date", date.fromisoformat(tree.val), Kind.DATE)
    if isinstance(tree, ast.Time):
        return _given("time", time.fromisoformat(tree.val), Kind.CLOCK)
    if isinstance(tree, ast.Duration):
        value = tree.py_val
        if not isinstance(value, timedelta):
            raise ValueError(tree.val)
        return _given("interval", value, Kind.DURATION)
    assert isinstance(tree, ast.Geography), tree
    from_wkt(tree.val)  # so that a bad one is told before anything is asked
    return Term(Sql("NULL"), Kind.GEOMETRY, value=tree.val, is_literal=True)


def _given(type_: str, value: Any, kind: Kind) -> Term:
    return Term(Sql(f"(%s)::{type_}", (value,)), kind, value=value, is_literal=True)
