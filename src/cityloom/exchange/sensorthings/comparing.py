"""Comparisons and arithmetic between pieces of every kind, as the standard and OData mean them.

`ne` is true where one side is nothing. Of intervals: `lt` ends before the other begins, `gt` begins after it ends,
`le` ends no later than it, `ge` begins no earlier, `eq` has both ends in common. Arithmetic is in floating point.
"""

from __future__ import annotations

from datetime import UTC, datetime

from cityloom.exchange.sensorthings.errors import BadQuery
from cityloom.exchange.sensorthings.functions import bounds
from cityloom.exchange.sensorthings.terms import (
    Kind,
    Sql,
    Term,
    as_condition,
    as_number,
    as_text,
    sql,
    wrong_kind,
)
from cityloom.sensing.values import FIRST_MS, LAST_MS, reading_of

SIGNS = {"Eq": "=", "NotEq": "IS DISTINCT FROM", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">="}
_ANY = (Kind.JSON, Kind.RESULT)
_NUMBERS = (Kind.WHOLE, Kind.NUMBER, Kind.READING)
_SPANS = {
    "Eq": "({0} = {2} AND {1} = {3})",
    "NotEq": "(({0} = {2} AND {1} = {3}) IS NOT TRUE)",
    "Lt": "({1} < {2} AND {0} < {2})",  # the second half follows from the first, and finds the partitions
    "LtE": "({1} <= {3} AND {0} <= {3})",
    "Gt": "({0} > {3})",
    "GtE": "({0} >= {2})",
}


def compare(operator: str, left: Term, right: Term) -> Sql:
    """`left eq right` and the like, named as the tree names them; raises BadQuery where they cannot be compared."""
    if Kind.NULL in (left.kind, right.kind):
        return _with_nothing(operator, left, right)
    if Kind.READING in (left.kind, right.kind):
        return compare_numbers(operator, left, right)
    left, right = _read_as_moment(left, right), _read_as_moment(right, left)
    if Kind.SPAN in (left.kind, right.kind):
        if left.kind is Kind.DATE or right.kind is Kind.DATE:
            raise wrong_kind("comparison", left.kind, right)
        return sql(_SPANS[operator], *bounds(left, "comparison"), *bounds(right, "comparison"))
    left, right = _alike(left, right)
    return sql(f"({{}} {SIGNS[operator]} {{}})", left, right)


def _with_nothing(operator: str, left: Term, right: Term) -> Sql:
    """`x eq null`: whether there is a value; other comparisons with nothing are false."""
    term = left if right.kind is Kind.NULL else right
    if operator not in ("Eq", "NotEq"):
        return Sql("FALSE")
    missing = sql("(({}) IS NULL)", term)
    if term.kind is Kind.RESULT and term.end is not None:
        missing = sql("(({}) IS NULL AND ({}) = 'NaN')", term.end, term)
    return missing if operator == "Eq" else sql("(NOT {})", missing)


def _read_as_moment(term: Term, other: Term) -> Term:
    """A text that was written where a moment is compared, read as one."""
    if term.kind is not Kind.TEXT or not term.is_literal or other.kind not in (Kind.MOMENT, Kind.SPAN):
        return term
    try:
        value = datetime.fromisoformat(str(term.value).replace(" ", "+"))
    except ValueError as wrong:
        raise BadQuery("sta.bad_moment", value=str(term.value)[:60]) from wrong
    value = value if value.tzinfo else value.replace(tzinfo=UTC)
    return Term(Sql("(%s)::timestamptz", (value,)), Kind.MOMENT, value=value, is_literal=True)


def _alike(left: Term, right: Term) -> tuple[Term, Term]:
    """Both sides as one kind."""
    if left.kind in _ANY and right.kind in _ANY:
        return as_text(left, "comparison"), as_text(right, "comparison")
    kind = right.kind if left.kind in _ANY else left.kind
    if kind in _NUMBERS:
        return as_number(left, "comparison"), as_number(right, "comparison")
    if kind is Kind.TEXT:
        return as_text(left, "comparison"), as_text(right, "comparison")
    if kind is Kind.BOOL:
        return as_condition(left, "comparison"), as_condition(right, "comparison")
    if left.kind is right.kind and kind in (Kind.MOMENT, Kind.DATE, Kind.CLOCK, Kind.DURATION):
        return left, right
    if {left.kind, right.kind} == {Kind.MOMENT, Kind.DATE}:
        return tuple(_as_day_begins(t) for t in (left, right))  # type: ignore[return-value]
    raise wrong_kind("comparison", left.kind, right)


def _as_day_begins(term: Term) -> Term:
    """A date as its first moment in UTC."""
    if term.kind is Kind.MOMENT:
        return term
    return Term(sql("(({})::timestamp AT TIME ZONE 'UTC')", term), Kind.MOMENT)


def compare_numbers(operator: str, left: Term, right: Term) -> Sql:
    """An observation's number with another: equal to a written one means its stream and its time, found by them."""
    if Kind.NULL in (left.kind, right.kind):
        return _with_nothing(operator, left, right)
    column, other = (left, right) if left.kind is Kind.READING else (right, left)
    if operator == "Eq" and other.kind is Kind.WHOLE and other.is_literal:
        return is_reading(column.alias, int(other.value))
    left, right = as_number(left, "comparison"), as_number(right, "comparison")
    return sql(f"({{}} {SIGNS[operator]} {{}})", left, right)


def is_reading(alias: str, number: int) -> Sql:
    """The condition that a row is the reading of that number; false for a number that none can have."""
    if number < 0:
        return Sql("FALSE")
    stream, at_ms = reading_of(number)
    if not FIRST_MS <= at_ms <= LAST_MS:
        return Sql("FALSE")
    at = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
    return Sql(f"({alias}.stream = %s AND {alias}.at = %s)", (stream, at))


# --- arithmetic -----------------------------------------------------------------------------------------------------

_TIMES: dict[tuple[str, Kind, Kind], tuple[str, Kind]] = {
    ("Add", Kind.MOMENT, Kind.DURATION): ("({} + {})", Kind.MOMENT),
    ("Add", Kind.DURATION, Kind.MOMENT): ("({} + {})", Kind.MOMENT),
    ("Sub", Kind.MOMENT, Kind.DURATION): ("({} - {})", Kind.MOMENT),
    ("Sub", Kind.MOMENT, Kind.MOMENT): ("({} - {})", Kind.DURATION),
    ("Add", Kind.DURATION, Kind.DURATION): ("({} + {})", Kind.DURATION),
    ("Sub", Kind.DURATION, Kind.DURATION): ("({} - {})", Kind.DURATION),
    ("Add", Kind.DATE, Kind.DURATION): ("(({} + {})::date)", Kind.DATE),
    ("Sub", Kind.DATE, Kind.DURATION): ("(({} - {})::date)", Kind.DATE),
}
_FIGURES = {
    "Add": "(({})::float8 + ({})::float8)",
    "Sub": "(({})::float8 - ({})::float8)",
    "Mult": "(({})::float8 * ({})::float8)",
    "Div": "(({})::float8 / nullif(({})::float8, 0))",
    "Mod": "(mod(({})::numeric, nullif(({})::numeric, 0))::float8)",
}
_WORDS = {"Add": "add", "Sub": "sub", "Mult": "mul", "Div": "div", "Mod": "mod"}


def arithmetic(operator: str, left: Term, right: Term) -> Term:
    """`left add right` and the like; nothing where something would be divided by nought."""
    word = _WORDS[operator]
    sides = [Term(t.sql, Kind.MOMENT) if t.kind is Kind.SPAN else t for t in (left, right)]
    if (known := _TIMES.get((operator, sides[0].kind, sides[1].kind))) is not None:
        template, kind = known
        return Term(sql(template, *sides), kind)
    return Term(sql(_FIGURES[operator], *(as_number(t, word) for t in sides)), Kind.NUMBER)
