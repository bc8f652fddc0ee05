"""The functions that an expression may call: by name how many arguments each takes and what it becomes in SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from cityloom.exchange.sensorthings.errors import BadQuery
from cityloom.exchange.sensorthings.geometry import PREDICATES, checked_pattern, figures, from_wkt, which_hold
from cityloom.exchange.sensorthings.terms import (
    GeoQuestion,
    Kind,
    Sql,
    Term,
    as_moment,
    as_number,
    as_text,
    as_whole,
    sql,
    wrong_kind,
)

Made = Callable[[Sequence[Term], datetime], Term]


class Function(NamedTuple):
    """Fewest and most arguments, and what it becomes, given the arguments and the moment of asking."""

    least: int
    most: int
    made: Made


def call(name: str, args: Sequence[Term], now: datetime) -> Term:
    """The call of a function; raises BadQuery for an unknown one, a wrong number of arguments or a wrong kind."""
    function = FUNCTIONS.get(name.lower())
    if function is None:
        raise BadQuery("sta.no_function", name=name[:40], known=sorted(FUNCTIONS))
    if not function.least <= len(args) <= function.most:
        wanted = str(function.least) if function.least == function.most else f"{function.least}–{function.most}"
        raise BadQuery("sta.arguments", name=name, wanted=wanted, given=len(args))
    return function.made(args, now)


# --- what each kind of function is made by ------------------------------------------------------------------------


def _texts(name: str, template: str, kind: Kind, count: int = 2) -> Function:
    def made(args: Sequence[Term], now: datetime) -> Term:
        return Term(sql(template, *(as_text(a, name) for a in args)), kind)

    return Function(count, count, made)


def _numbers(name: str, template: str) -> Function:
    def made(args: Sequence[Term], now: datetime) -> Term:
        return Term(sql(template, as_number(args[0], name)), Kind.NUMBER)

    return Function(1, 1, made)


def _substring(args: Sequence[Term], now: datetime) -> Term:
    text, begin = as_text(args[0], "substring"), as_whole(args[1], "substring")
    if len(args) == 2:
        return Term(sql("substr({}, greatest({}, 0) + 1)", text, begin), Kind.TEXT)
    length = as_whole(args[2], "substring")
    return Term(sql("substr({}, greatest({}, 0) + 1, greatest({}, 0))", text, begin, length), Kind.TEXT)


def _of_moment(name: str, template: str, kind: Kind = Kind.NUMBER) -> Function:
    """Of a moment in UTC; of a date too where the kind allows it."""

    def made(args: Sequence[Term], now: datetime) -> Term:
        term = args[0]
        if term.kind is Kind.DATE and name in ("year", "month", "day"):
            return Term(sql(template, term), kind)
        if term.kind is Kind.CLOCK and name in ("hour", "minute", "second", "fractionalseconds"):
            return Term(sql(template, term), kind)
        return Term(sql(template, sql("(({}) AT TIME ZONE 'UTC')", as_moment(term, name))), kind)

    return Function(1, 1, made)


def _moment(at: Callable[[datetime], datetime]) -> Function:
    def made(args: Sequence[Term], now: datetime) -> Term:
        value = at(now)
        return Term(Sql("(%s)::timestamptz", (value,)), Kind.MOMENT, value=value, is_literal=True)

    return Function(0, 0, made)


def bounds(term: Term, where: str) -> tuple[Sql, Sql]:
    """Start and end of an interval; of a moment twice itself."""
    if term.kind is Kind.SPAN and term.end is not None:
        return term.sql, term.end
    at = as_moment(term, where).sql
    return at, at


def _times(name: str, template: str) -> Function:
    """Between two intervals: {0} to {1}, and {2} to {3}."""

    def made(args: Sequence[Term], now: datetime) -> Term:
        return Term(sql(template, *bounds(args[0], name), *bounds(args[1], name)), Kind.BOOL)

    return Function(2, 2, made)


def _shape(term: Term, where: str) -> str:
    """The WKT of a geometry that was written down."""
    if term.kind is not Kind.GEOMETRY or not term.is_literal:
        raise wrong_kind(where, Kind.GEOMETRY, term)
    return str(term.value)


def _geo(name: str) -> Function:
    """A relation of two geometries, at least one of them written down."""
    count = 3 if name == "st_relate" else 2

    def made(args: Sequence[Term], now: datetime) -> Term:
        left, right = args[:2]
        pattern = checked_pattern(_literal_text(args[2], name)) if count == 3 else ""
        for each in (left, right):
            if each.kind is not Kind.GEOMETRY:
                raise wrong_kind(name, Kind.GEOMETRY, each)
        if left.geo is None and right.geo is None:
            holds = bool(which_hold(name, from_wkt(left.value), from_wkt(right.value), pattern))
            return Term(Sql("(%s)::boolean", (holds,)), Kind.BOOL)
        column, other, swapped = (left, right, False) if left.geo is not None else (right, left, True)
        assert column.geo is not None, "one of the two stands in rows"
        question = GeoQuestion(column.geo.entity, name, _shape(other, name), swapped, pattern)
        return Term(Sql(f"({column.geo.id} = ANY(%s))", (question,)), Kind.BOOL)

    return Function(count, count, made)


def _literal_text(term: Term, where: str) -> str:
    if term.kind is not Kind.TEXT or not term.is_literal:
        raise wrong_kind(where, Kind.TEXT, term)
    return str(term.value)


def _geo_figure(name: str, count: int) -> Function:
    def made(args: Sequence[Term], now: datetime) -> Term:
        for each in args:
            if each.kind is not Kind.GEOMETRY:
                raise wrong_kind(name, Kind.GEOMETRY, each)
        column = next((a for a in args if a.geo is not None), None)
        if column is None or column.geo is None:
            shapes = [from_wkt(str(a.value)) for a in args]
            return Term(Sql("(%s)::float8", (float(figures(name, *shapes)),)), Kind.NUMBER)
        other = next((a for a in args if a is not column), None)
        text = _shape(other, name) if other is not None else ""
        ids, found = (GeoQuestion(column.geo.entity, name, text, part=part) for part in (0, 1))
        lookup = (
            f"(SELECT g.figure FROM unnest((%s)::bigint[], (%s)::float8[]) AS g (id, figure) "  # noqa: S608
            f"WHERE g.id = {column.geo.id})"
        )
        return Term(Sql(lookup, (ids, found)), Kind.NUMBER)

    return Function(count, count, made)


FUNCTIONS: dict[str, Function] = {
    "substringof": _texts("substringof", "(strpos({1}, {0}) > 0)", Kind.BOOL),
    "contains": _texts("contains", "(strpos({}, {}) > 0)", Kind.BOOL),
    "startswith": _texts("startswith", "starts_with({}, {})", Kind.BOOL),
    "endswith": _texts("endswith", "starts_with(reverse({}), reverse({}))", Kind.BOOL),
    "length": _texts("length", "length({})", Kind.WHOLE, 1),
    "indexof": _texts("indexof", "(strpos({}, {}) - 1)", Kind.WHOLE),
    "substring": Function(2, 3, _substring),
    "tolower": _texts("tolower", "lower({})", Kind.TEXT, 1),
    "toupper": _texts("toupper", "upper({})", Kind.TEXT, 1),
    "trim": _texts("trim", "btrim({})", Kind.TEXT, 1),
    "concat": _texts("concat", "({} || {})", Kind.TEXT),
    "year": _of_moment("year", "extract(year FROM {})::int", Kind.WHOLE),
    "month": _of_moment("month", "extract(month FROM {})::int", Kind.WHOLE),
    "day": _of_moment("day", "extract(day FROM {})::int", Kind.WHOLE),
    "hour": _of_moment("hour", "extract(hour FROM {})::int", Kind.WHOLE),
    "minute": _of_moment("minute", "extract(minute FROM {})::int", Kind.WHOLE),
    "second": _of_moment("second", "floor(extract(second FROM {}))::int", Kind.WHOLE),
    "fractionalseconds": _of_moment("fractionalseconds", "mod(extract(second FROM {}), 1)::float8"),
    "date": _of_moment("date", "({})::date", Kind.DATE),
    "time": _of_moment("time", "({})::time", Kind.CLOCK),
    "totaloffsetminutes": _of_moment("totaloffsetminutes", "(0 * extract(minute FROM {}))::int", Kind.WHOLE),
    "now": _moment(lambda now: now),
    "mindatetime": _moment(lambda now: datetime(1, 1, 1, tzinfo=UTC)),
    "maxdatetime": _moment(lambda now: datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
    "before": _times("before", "({1} < {2} AND {0} < {2})"),
    "after": _times("after", "({0} > {3})"),
    "meets": _times("meets", "({1} = {2})"),
    "during": _times("during", "({0} >= {2} AND {1} <= {3} AND {0} <= {3})"),
    "overlaps": _times("overlaps", "({0} <= {3} AND {1} >= {2})"),
    "starts": _times("starts", "({0} = {2})"),
    "finishes": _times("finishes", "({1} = {3})"),
    "round": _numbers("round", "round(({})::numeric)::float8"),
    "floor": _numbers("floor", "floor(({})::float8)"),
    "ceiling": _numbers("ceiling", "ceil(({})::float8)"),
    "geo.distance": _geo_figure("geo.distance", 2),
    "geo.length": _geo_figure("geo.length", 1),
    **{name: _geo(name) for name in (*PREDICATES, "st_relate")},
}
