"""Pieces of SQL, their parameters, and the kind of value they give; what comes from outside is a parameter always."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cityloom.exchange.sensorthings.errors import BadQuery
from cityloom.sensing.values import Readings

_HOLE = re.compile(r"(?<!\{)\{(\d*)\}(?!\})")


class Kind(StrEnum):
    """What a piece gives. `result` and `json` are values of any kind, known only row by row."""

    WHOLE = "whole number"
    NUMBER = "number"
    TEXT = "text"
    BOOL = "condition"
    MOMENT = "moment"
    SPAN = "interval"
    DATE = "date"
    CLOCK = "time of day"
    DURATION = "duration"
    JSON = "json"
    RESULT = "result"
    GEOMETRY = "geometry"
    READING = "number of an observation"
    NULL = "null"


@dataclass(frozen=True)
class Sql:
    """SQL text with `%s` for each of its parameters."""

    text: str
    params: tuple[Any, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True)
class GeoColumn:
    """A geometry that rows hold: which entity's, and the SQL of the id by which it is found."""

    entity: str
    id: str


@dataclass(frozen=True)
class Term:
    """A piece of an expression. A span has its end in `end`, a result its JSON there; a literal keeps its value."""

    sql: Sql
    kind: Kind
    end: Sql | None = None
    value: Any = None
    is_literal: bool = False
    geo: GeoColumn | None = None
    alias: str = ""  # of an observation's number: whose stream and time it is made of


@dataclass(frozen=True)
class GeoQuestion:
    """Asked of all geometries of an entity before the statement runs; its answer takes this parameter's place.

    `function` with the `shape` (WKT) on the right, or on the left where `swapped`. The answer is the list of ids for
    which it holds; of geo.distance and geo.length the list of ids (`part` 0) and the list of figures (`part` 1).
    """

    entity: str
    function: str
    shape: str
    swapped: bool = False
    pattern: str = ""
    part: int = 0


class Wanted(NamedTuple):
    """Readings of closed days that may fit: which of an array do (None: all), and between which times."""

    fits: Callable[[Readings], NDArray[np.bool_]] | None
    least: datetime | None
    most: datetime | None


@dataclass(frozen=True)
class FilesQuestion:
    """Answered before the statement runs: streams (`part` 0), milliseconds (1) or values (2) of readings."""

    wanted: Wanted
    part: int


def sql(template: str, *parts: Sql | Term) -> Sql:
    """The template with `{}` (the next) and `{0}` (the first) replaced by pieces; parameters go along."""
    pieces = [p.sql if isinstance(p, Term) else p for p in parts]
    text: list[str] = []
    params: list[Any] = []
    following = 0
    for i, part in enumerate(_HOLE.split(template)):
        if i % 2 == 0:
            text.append(part.replace("{{", "{").replace("}}", "}"))
            continue
        piece = pieces[int(part) if part else following]
        following += 1
        text.append(piece.text)
        params += piece.params
    return Sql("".join(text), tuple(params))


def joined(pieces: Iterable[Sql], by: str) -> Sql:
    """Pieces behind each other."""
    kept = [p for p in pieces if p.text]
    return Sql(by.join(p.text for p in kept), tuple(v for p in kept for v in p.params))


def all_of(pieces: Iterable[Sql]) -> Sql:
    """The condition that all hold; `TRUE` for none."""
    kept = [p for p in pieces if p.text]
    return joined((sql("({})", p) for p in kept), " AND ") if kept else Sql("TRUE")


# --- as another kind --------------------------------------------------------------------------------------------

_NUMBERS = (Kind.WHOLE, Kind.NUMBER)


def as_number(term: Term, where: str) -> Term:
    """The piece as a number; raises BadQuery for what is none."""
    if term.kind in _NUMBERS:
        return term
    if term.kind is Kind.READING:
        return replace(term, kind=Kind.WHOLE)
    if term.kind is Kind.RESULT:
        assert term.end is not None, "a result brings its JSON along"
        is_number = "({1}) IS NULL OR jsonb_typeof({1}) = 'number'"
        return Term(sql(f"(CASE WHEN {is_number} THEN nullif({{0}}, 'NaN') END)", term, term.end), Kind.NUMBER)
    if term.kind is Kind.JSON:
        made = sql("(CASE WHEN jsonb_typeof({}) = 'number' THEN ({})::float8 END)", term, term)
        return Term(made, Kind.NUMBER)
    raise wrong_kind(where, Kind.NUMBER, term)


def as_text(term: Term, where: str) -> Term:
    """The piece as text; a result that is a number is written out."""
    if term.kind is Kind.TEXT:
        return term
    if term.kind is Kind.RESULT:
        assert term.end is not None, "a result brings its JSON along"
        return Term(sql("coalesce({} #>> '{{}}', nullif({}, 'NaN')::text)", term.end, term), Kind.TEXT)
    if term.kind is Kind.JSON:
        return Term(sql("(CASE WHEN jsonb_typeof({}) = 'string' THEN ({}) #>> '{{}}' END)", term, term), Kind.TEXT)
    raise wrong_kind(where, Kind.TEXT, term)


def as_condition(term: Term, where: str) -> Term:
    """The piece as something that is true or false."""
    if term.kind is Kind.BOOL:
        return term
    found = term.end if term.kind is Kind.RESULT else term.sql if term.kind is Kind.JSON else None
    if found is None:
        raise wrong_kind(where, Kind.BOOL, term)
    made = sql("(CASE WHEN jsonb_typeof({}) = 'boolean' THEN ({})::boolean END)", found, found)
    return Term(made, Kind.BOOL)


def as_moment(term: Term, where: str) -> Term:
    """The piece as a moment: of an interval its start."""
    if term.kind is Kind.MOMENT:
        return term
    if term.kind is Kind.SPAN:
        return Term(term.sql, Kind.MOMENT)
    raise wrong_kind(where, Kind.MOMENT, term)


def as_whole(term: Term, where: str) -> Sql:
    """The piece as a whole number of PostgreSQL's `integer`."""
    return sql("({})::int", as_number(term, where))


def wrong_kind(where: str, wanted: Kind, given: Term) -> BadQuery:
    """The refusal of a piece of the wrong kind."""
    return BadQuery("sta.wrong_kind", where=where, wanted=wanted.value, given=given.kind.value)
