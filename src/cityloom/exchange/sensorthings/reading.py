"""Lists and single entities: the statement of a page, its rows, and the mark by which the next page begins.

Pages go on by key, never by counting rows: the mark holds the values by which the last row was ordered.
Observations in the order of time are sought in windows that widen, so that a page of a long series reads few days;
those of days that lie in files are read from there (`archived.py`).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cityloom.exchange.sensorthings.archived import has_moved, parts_of, scope_of, source_of_one, sources_to_count
from cityloom.exchange.sensorthings.asking import Asking
from cityloom.exchange.sensorthings.comparing import is_reading
from cityloom.exchange.sensorthings.errors import BadQuery
from cityloom.exchange.sensorthings.functions import bounds
from cityloom.exchange.sensorthings.options import Options
from cityloom.exchange.sensorthings.schema import EntityKind, Within
from cityloom.exchange.sensorthings.terms import Kind, Sql, Term, all_of, as_text, joined, sql
from cityloom.exchange.sensorthings.translating import Translator
from cityloom.exchange.sensorthings.windows import order_by_time, time_order

Row = dict[str, Any]  # properties by name as the database gave them, columns that links need, and `_keys`


@dataclass(frozen=True)
class Page:
    """Rows of a list, the mark of the next page (empty at the end), and how many there are where that was asked."""

    rows: list[Row]
    token: str = ""
    count: int | None = None


@dataclass(frozen=True)
class Key:
    """One of the values that order a list."""

    term: Term
    descends: bool
    may_be_null: bool


# --- which columns ----------------------------------------------------------------------------------------------


def columns_of(kind: EntityKind, alias: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """Names and SQL of the columns that these properties and the links need."""
    found = {column: kind.made.get(column, f"{{a}}.{column}").replace("{a}", alias) for column in kind.columns}
    for name in names:
        known = kind.properties[name]
        if known.kind is Kind.READING or name in found:
            continue  # made of stream and time; or a column of the same name
        found[name] = known.sql.replace("{a}", alias)
        if known.end:
            found[f"{name}.end"] = known.end.replace("{a}", alias)
    return list(found.items())


def properties_of(kind: EntityKind, options: Options) -> list[str]:
    """The properties that are told."""
    if not options.select:
        return list(kind.properties)
    return [name for name in options.select if name in kind.properties]


# --- in which order -----------------------------------------------------------------------------------------------


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
    values = _values_of(keys, token)
    ways: list[Sql] = []
    same: list[Sql] = []
    for key, value in zip(keys, values, strict=True):
        ways.append(all_of([*same, _beyond(key, value)]))
        same.append(_equal(key, value))
    first = _not_before(keys[0], values[0])
    return all_of([first, joined((sql("({})", way) for way in ways), " OR ")])


def _values_of(keys: Sequence[Key], token: str) -> list[Any]:
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


# --- pages --------------------------------------------------------------------------------------------------------


def parent_sql(kind: EntityKind, row: Mapping[str, Any]) -> Sql:
    """The columns of one row as a source of its own, `p`."""
    pieces = [Sql(f"(%s)::{type_} AS {name}", (row[name],)) for name, type_ in kind.columns.items()]
    return sql("(SELECT {}) p", joined(pieces, ", "))


def conditions_of(asking: Asking, kind: EntityKind, within: Within | None, alias: str = "t") -> list[Sql]:
    """Which rows a list is of at all: of the city or of the row it hangs on, and seen by the asker."""
    if within is not None:
        mine = Sql(within.link.on.replace("{p}", "p").replace("{c}", alias))
    else:
        mine = Sql(kind.of_city.replace("{a}", alias), (asking.city_id,))
    return [mine, asking.viewer.sees(kind, alias)]


def source_of(kind: EntityKind, within: Within | None, alias: str = "t", own: Sql | None = None) -> Sql:
    """The FROM of a list; `own` in the place of the entity's tables."""
    own = own or Sql(kind.source.replace("{a}", alias))
    return own if within is None else sql("{} CROSS JOIN {}", parent_sql(within.kind, within.row), own)


def list_page(asking: Asking, kind: EntityKind, within: Within | None, options: Options) -> Page:
    """A page of a list; one statement for it (several where time widens, or days lie in files), one for the count."""
    page = _list_page(asking, kind, within, options)
    if kind.name == "Observation" and has_moved(asking):  # once a day for a moment
        page = _list_page(asking, kind, within, options)
    return page


def _list_page(asking: Asking, kind: EntityKind, within: Within | None, options: Options) -> Page:
    translator = Translator(kind, "t", asking.viewer, asking.now)
    where = conditions_of(asking, kind, within)
    if options.condition is not None:
        where.append(translator.condition(options.condition))
    keys = keys_of(kind, "t", options, translator)
    columns = columns_of(kind, "t", properties_of(kind, options))
    asked = _Asked(asking, kind, within, options, translator.joins, where)
    count = asked.count() if options.counts else None
    limit = options.limit(kind)
    if limit == 0:
        return Page([], "", count)
    mark = None
    if options.token:
        mark = _time_of(keys, options)
        asked.where.append(after(keys, options.token))
    skip = 0 if options.token else options.skip
    if _is_end(kind, within, options):
        rows = asked.rows(keys, columns, limit, skip, mark)
        if len(rows) == limit and within is not None and within.row["first_at"] < rows[-1]["at"]:
            return Page(rows, token_of(keys, rows[-1]["_keys"]), count)
    rows = asked.rows(keys, columns, limit + 1, skip, mark)
    token = token_of(keys, rows[limit - 1]["_keys"]) if len(rows) > limit else ""
    return Page(rows[:limit], token, count)


def _is_end(kind: EntityKind, within: Within | None, options: Options) -> bool:
    """Whether a list is the newest of a stream that has surely said more before, so that nobody need look for it."""
    if within is None or options.condition is not None or time_order(kind, options) != "desc":
        return False
    first, last = within.row.get("first_at"), within.row.get("last_at")
    return first is not None and last is not None and first < last


def _time_of(keys: Sequence[Key], options: Options) -> datetime | None:
    """The time at which the page before a mark has ended, where the list is ordered by it."""
    value = _values_of(keys, options.token)[0]
    return value if isinstance(value, datetime) and order_by_time(options) is not None else None


def count_all(asking: Asking, kind: EntityKind, within: Within | None, options: Options) -> int:
    """How many there are, under the condition."""
    translator = Translator(kind, "t", asking.viewer, asking.now)
    where = conditions_of(asking, kind, within)
    if options.condition is not None:
        where.append(translator.condition(options.condition))
    return _Asked(asking, kind, within, options, translator.joins, where).count()


@dataclass
class _Asked:
    """What is asked of a list, but for the order and the columns."""

    asking: Asking
    kind: EntityKind
    within: Within | None
    options: Options
    joins: Sql
    where: list[Sql]

    def count(self) -> int:
        scope = scope_of(self.asking, self.kind, self.within, self.options)
        sources: Iterable[Sql | None] = [None] if scope is None else sources_to_count(self.asking, scope)
        return sum(self._count(own) for own in sources)

    def _count(self, own: Sql | None) -> int:
        asked = sql("SELECT count(*) FROM {} WHERE {}", self._source(own), all_of(self.where))
        return int(self.asking.rows(asked)[0][0])

    def _source(self, own: Sql | None) -> Sql:
        return sql("{}{}", source_of(self.kind, self.within, own=own), self.joins)

    def rows(
        self, keys: Sequence[Key], columns: Sequence[tuple[str, str]], limit: int, skip: int, mark: datetime | None
    ) -> list[Row]:
        """The rows, from as many parts as it takes to fill the page."""
        names = [name for name, _ in columns]
        chosen = joined([*(Sql(text) for _, text in columns), *(k.term.sql for k in keys)], ", ")
        scope = scope_of(self.asking, self.kind, self.within, self.options, mark)
        is_plain = (
            self.options.condition is None and self.within is not None and self.within.kind.name == "Datastream"
        )
        few = limit + skip + 1 if is_plain else None
        parts = parts_of(self.asking, self.kind, self.within, self.options, scope, few)
        is_single = isinstance(parts, tuple) and len(parts) == 1
        found: list[tuple[Any, ...]] = []
        for part in parts:
            asked = sql(
                "SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {}",
                chosen,
                self._source(part.source),
                all_of([*self.where, part.window.condition("t")]),
                order_sql(keys),
                Sql("%s", (limit if is_single else limit + skip - len(found),)),
            )
            if is_single:
                asked = sql("{} OFFSET {}", asked, Sql("%s", (skip,)))
            found += self.asking.rows(asked)
            if len(found) >= limit + skip:
                break
        return [row_of(names, values) for values in (found if is_single else found[skip:])]


def row_of(names: Sequence[str], values: Sequence[Any]) -> Row:
    """A row by names, with the values of its keys."""
    made: Row = dict(zip(names, values, strict=False))
    made["_keys"] = values[len(names) :]
    return made


def find_one(
    asking: Asking, kind: EntityKind, within: Within | None, id: int | None, names: Sequence[str]
) -> Row | None:
    """The entity of that number, or the one that a link leads to; None where there is none to be seen."""
    where = conditions_of(asking, kind, within)
    if id is not None:
        where.append(is_reading("t", id) if kind.name == "Observation" else Sql("t.id = %s", (id,)))
    columns = columns_of(kind, "t", names)
    chosen = joined((Sql(text) for _, text in columns), ", ")
    names_of = [name for name, _ in columns]

    def found() -> Row | None:
        own = source_of_one(asking, id) if kind.name == "Observation" and id is not None else None
        asked = sql("SELECT {} FROM {} WHERE {} LIMIT 1", chosen, source_of(kind, within, own=own), all_of(where))
        rows = asking.rows(asked)
        return row_of(names_of, rows[0]) if rows else None

    row = found()
    return found() if row is None and kind.name == "Observation" and has_moved(asking) else row


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_MS = timedelta(milliseconds=1)
