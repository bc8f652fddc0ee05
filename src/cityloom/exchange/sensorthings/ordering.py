"""In which order a list stands, and the mark by which its next page goes on: what the last row was ordered by."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cityloom.exchange.sensorthings.errors import BadQuery
from cityloom.exchange.sensorthings.functions import bounds
from cityloom.exchange.sensorthings.options import Options
from cityloom.exchange.sensorthings.schema import EntityKind
from cityloom.exchange.sensorthings.terms import Kind, Sql, Term, all_of, as_text, joined, sql
from cityloom.exchange.sensorthings.translating import Translator


@dataclass(frozen=True)
class Key:
    """One of the values that order a list."""

    term: Term
    descends: bool
    may_be_null: bool


def keys_of(kind: EntityKind, alias: str, options: Options, translator: Translator) -> list[Key]:
    """By what a list is ordered: as asked, and last by what no two rows share."""
    found: list[Key] = []
    for order in options.orders:
        for term in _plain(translator.value(order.tree)):
            found.append(Key(term, order.descends, _may_be_null(term, kind, alias)))
    direction = found[0].descends if found and kind.name == "Observation" else False
    known = {key.term.sql.text for key in found if not key.may_be_null}
    for text, of_kind in kind.order:
        if (column := text.replace("{a}", alias)) not in known:
            found.append(Key(Term(Sql(column), of_kind), direction, False))
    return found


def _may_be_null(term: Term, kind: EntityKind, alias: str) -> bool:
    return term.sql.text not in {text.replace("{a}", alias) for text, _ in kind.order}


def _plain(term: Term) -> list[Term]:
    """A value as something that orders: numbers before texts where rows differ in kind."""
    if term.kind is Kind.SPAN:
        start, end = bounds(term, "$orderby")
        return [Term(start, Kind.MOMENT)] if start.text.endswith(".at") else [
            Term(start, Kind.MOMENT), Term(end, Kind.MOMENT)]  # fmt: skip
    if term.kind is Kind.RESULT and term.end is not None:
        text = Term(sql("({} #>> '{{}}')", term.end), Kind.TEXT)
        return [Term(sql("nullif({}, 'NaN')", term), Kind.NUMBER), text]
    if term.kind is Kind.JSON:
        number = sql("(CASE WHEN jsonb_typeof({}) = 'number' THEN ({})::float8 END)", term, term)
        return [Term(number, Kind.NUMBER), Term(sql("({} #>> '{{}}')", term), Kind.TEXT)]
    if term.kind is Kind.READING:
        return [Term(Sql(f"{term.alias}.stream"), Kind.WHOLE), Term(Sql(f"{term.alias}.at"), Kind.MOMENT)]
    if term.kind is Kind.GEOMETRY:
        if term.geo is None:
            raise BadQuery("sta.bad_option", name="$orderby", value="geography", example="geo.distance(…) desc")
        return [Term(sql("({})::text", term), Kind.TEXT)]
    if term.kind is Kind.DURATION:
        return [Term(sql("extract(epoch FROM {})::float8", term), Kind.NUMBER)]
    if term.kind in (Kind.DATE, Kind.CLOCK):
        return [Term(sql("({})::text", term), Kind.TEXT)]
    if term.kind is Kind.NULL:
        return [Term(Sql("NULL::text"), Kind.TEXT)]
    return [term if term.kind is not Kind.TEXT else as_text(term, "$orderby")]


def order_sql(keys: Sequence[Key]) -> Sql:
    """The ORDER BY; nothing counts as the least, as OData has it."""
    words = {(False, False): "{}", (True, False): "{} DESC", (False, True): "{} NULLS FIRST"}
    return joined((sql(words.get((k.descends, k.may_be_null), "{} DESC NULLS LAST"), k.term) for k in keys), ", ")


_CASTS = {
    Kind.WHOLE: "bigint", Kind.NUMBER: "float8", Kind.TEXT: "text", Kind.BOOL: "boolean", Kind.MOMENT: "timestamptz",
}  # fmt: skip
_READ: dict[Kind, Callable[[Any], Any]] = {
    Kind.WHOLE: int, Kind.NUMBER: float, Kind.TEXT: str, Kind.BOOL: bool, Kind.MOMENT: datetime.fromisoformat,
}  # fmt: skip


def token_of(keys: Sequence[Key], values: Sequence[Any]) -> str:
    """The mark after a row with these values."""
    told = [v.isoformat() if isinstance(v, datetime) else repr(v) if isinstance(v, float) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(told, separators=(",", ":")).encode()).decode().rstrip("=")


def after(keys: Sequence[Key], token: str) -> Sql:
    """The condition that a row comes after the mark; raises BadQuery for one that is none of this list."""
    values = values_of(keys, token)
    ways: list[Sql] = []
    same: list[Sql] = []
    for key, value in zip(keys, values, strict=True):
        ways.append(all_of([*same, _beyond(key, value)]))
        same.append(_equal(key, value))
    first = _not_before(keys[0], values[0])
    return all_of([first, joined((sql("({})", way) for way in ways), " OR ")])


def values_of(keys: Sequence[Key], token: str) -> list[Any]:
    """What a mark holds, key by key; raises BadQuery for one that is none of this list."""
    try:
        told = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if not isinstance(told, list) or len(told) != len(keys):
            raise ValueError(token)
        return [None if v is None else _READ[k.term.kind](v) for k, v in zip(keys, told, strict=True)]
    except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError) as wrong:
        raise BadQuery("sta.bad_token") from wrong


def _given(key: Key, value: Any) -> Sql:
    return Sql(f"(%s)::{_CASTS[key.term.kind]}", (value,))


def _beyond(key: Key, value: Any) -> Sql:
    if value is None:  # nothing is the least
        return Sql("FALSE") if key.descends else sql("({}) IS NOT NULL", key.term)
    beyond = sql("({}) < {}" if key.descends else "({}) > {}", key.term, _given(key, value))
    return sql("({} OR ({}) IS NULL)", beyond, key.term) if key.descends and key.may_be_null else beyond


def _equal(key: Key, value: Any) -> Sql:
    if value is None:
        return sql("({}) IS NULL", key.term)
    return sql("({}) = {}", key.term, _given(key, value))


def _not_before(key: Key, value: Any) -> Sql:
    """What follows from the whole condition and lets the partitions before the mark be left out."""
    if value is None or key.may_be_null:
        return Sql("")
    return sql("({}) <= {}" if key.descends else "({}) >= {}", key.term, _given(key, value))
