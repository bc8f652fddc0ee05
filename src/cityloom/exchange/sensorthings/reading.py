"""Lists and single entities: the statement of a page, its rows, and how many there are.

Observations in the order of time are sought in windows that widen, so that a page of a long series reads few days;
those of days that lie in files are read from there (`archived.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np

from cityloom.exchange.sensorthings.archived import (
    Scope,
    batches_of,
    count_whole,
    of_files,
    of_open_days,
    parts_of,
    scope_of,
    source_of_one,
)
from cityloom.exchange.sensorthings.asking import Asking
from cityloom.exchange.sensorthings.comparing import is_reading
from cityloom.exchange.sensorthings.options import Options
from cityloom.exchange.sensorthings.ordering import Key, after, keys_of, order_sql, token_of, values_of
from cityloom.exchange.sensorthings.schema import EntityKind, Within
from cityloom.exchange.sensorthings.sieving import Sieve, first_key, fits_of
from cityloom.exchange.sensorthings.terms import Kind, Sql, all_of, joined, sql
from cityloom.exchange.sensorthings.translating import Translator
from cityloom.exchange.sensorthings.windows import order_by_time, time_order
from cityloom.sensing.values import Readings, no_readings, readings_of
from cityloom.sensing.values import joined as one_batch

Told = TypeVar("Told")
Row = dict[str, Any]  # properties by name as the database gave them, columns that links need, and `_keys`


@dataclass(frozen=True)
class Page:
    """Rows of a list, the mark of the next page (empty at the end), and how many there are where that was asked."""

    rows: list[Row]
    token: str = ""
    count: int | None = None


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
    return _steadily(asking, lambda: _list_page(asking, kind, within, options))


def count_all(asking: Asking, kind: EntityKind, within: Within | None, options: Options) -> int:
    """How many there are, under the condition."""
    return _steadily(asking, lambda: _asked(asking, kind, within, options)[0].count())


def _steadily(asking: Asking, ask: Callable[[], Told]) -> Told:
    """What is answered, asked once more where a day was moved into a file, or out of them, meanwhile."""
    try:
        told = ask()
    except FileNotFoundError:  # the day was forgotten
        if not asking.has_moved():
            raise
        return ask()
    return ask() if asking.has_moved() else told


def _asked(asking: Asking, kind: EntityKind, within: Within | None, options: Options) -> tuple[_Asked, Translator]:
    translator = Translator(kind, "t", asking.viewer, asking.now)
    where = conditions_of(asking, kind, within)
    if options.condition is not None:
        where.append(translator.condition(options.condition))
    return _Asked(asking, kind, within, options, translator.joins, where), translator


def _list_page(asking: Asking, kind: EntityKind, within: Within | None, options: Options) -> Page:
    asked, translator = _asked(asking, kind, within, options)
    count = asked.count() if options.counts else None
    limit = options.limit(kind)
    if limit == 0:
        return Page([], "", count)
    keys = keys_of(kind, "t", options, translator)
    asked.joins = translator.joins
    names = properties_of(kind, options)
    if _is_end(kind, within, options):
        rows = asked.rows(keys, columns_of(kind, "t", names), limit)
        if len(rows) == limit and within is not None and within.row["first_at"] < rows[-1]["at"]:
            return Page(rows, token_of(keys, rows[-1]["_keys"]), count)
    rows = asked.rows(keys, columns_of(kind, "t", names), limit + 1)
    token = token_of(keys, rows[limit - 1]["_keys"]) if len(rows) > limit else ""
    return Page(rows[:limit], token, count)


def _is_end(kind: EntityKind, within: Within | None, options: Options) -> bool:
    """Whether a list is the newest of a stream that has surely said more before, so that nobody need look for it."""
    if within is None or options.condition is not None or time_order(kind, options) != "desc":
        return False
    first, last = within.row.get("first_at"), within.row.get("last_at")
    return first is not None and last is not None and first < last


_TRIPLE = Sql("t.stream, (extract(epoch FROM t.at) * 1000)::bigint, t.value")


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
        """How many there are, whatever page is asked for."""
        scope = scope_of(self.asking, self.kind, self.within, self.options)
        if scope is None:
            return self._count(None)
        if scope.is_whole:
            return self._count(of_open_days()) + count_whole(self.asking, scope)
        batches = batches_of(self.asking, scope, Sieve(fits_of(self.options.condition)))
        return self._count(of_open_days()) + sum(self._count(of_files(batch)) for batch in batches)

    def _count(self, own: Sql | None) -> int:
        asked = sql("SELECT count(*) FROM {} WHERE {}", self._source(own), all_of(self.where))
        return int(self.asking.rows(asked)[0][0])

    def _source(self, own: Sql | None) -> Sql:
        return sql("{}{}", source_of(self.kind, self.within, own=own), self.joins)

    def rows(self, keys: Sequence[Key], columns: Sequence[tuple[str, str]], limit: int) -> list[Row]:
        """The rows of the page, from as many parts as it takes to fill it."""
        options = self.options
        mark = values_of(keys, options.token) if options.token else None
        skip = 0 if mark is not None else options.skip
        where = [*self.where, after(keys, options.token) if mark is not None else Sql("")]
        chosen = joined([*(Sql(text) for _, text in columns), *(k.term.sql for k in keys)], ", ")
        time = mark[0] if mark is not None and order_by_time(options) is not None else None
        scope = scope_of(self.asking, self.kind, self.within, options, time)
        if scope is not None and order_by_time(options) is None:
            best = self._best(where, keys, limit + skip, scope, mark)
            found = self._select(of_files(best), chosen, where, keys, limit, skip)
        else:
            found = self._by_parts(scope, chosen, where, keys, limit, skip)
        names = [name for name, _ in columns]
        return [row_of(names, values) for values in found]

    def _by_parts(
        self, scope: Scope | None, chosen: Sql, where: Sequence[Sql], keys: Sequence[Key], limit: int, skip: int
    ) -> list[tuple[Any, ...]]:
        """Windows of time and files one behind the other, until the page is full."""
        is_plain = (
            self.options.condition is None and self.within is not None and self.within.kind.name == "Datastream"
        )
        few = limit + skip + 1 if is_plain else None
        parts = parts_of(self.asking, self.kind, self.within, self.options, scope, few)
        if isinstance(parts, tuple) and len(parts) == 1:
            return self._select(None, chosen, where, keys, limit, skip)
        found: list[tuple[Any, ...]] = []
        for part in parts:
            narrowed = [*where, part.window.condition("t")]
            found += self._select(part.source, chosen, narrowed, keys, limit + skip - len(found))
            if len(found) >= limit + skip:
                break
        return found[skip:]

    def _best(
        self, where: Sequence[Sql], keys: Sequence[Key], count: int, scope: Scope, mark: Sequence[Any] | None
    ) -> Readings:
        """The first so many of tables and files together, by what is no more than so many and a batch at a time."""
        sieve = Sieve(fits_of(self.options.condition), first_key(self.options), mark)
        best = self._first(of_open_days(), where, keys, count)
        for batch in batches_of(self.asking, scope, sieve):
            best = self._first(of_files(one_batch([best, batch])), where, keys, count)
            if len(best.stream) == count:
                sieve.last = best.pick(np.asarray([count - 1]))
        return best

    def _first(self, source: Sql, where: Sequence[Sql], keys: Sequence[Key], count: int) -> Readings:
        rows = self._select(source, _TRIPLE, where, keys, count)
        return readings_of(*zip(*rows, strict=True)) if rows else no_readings()

    def _select(
        self, source: Sql | None, chosen: Sql, where: Sequence[Sql], keys: Sequence[Key], limit: int, skip: int = 0
    ) -> list[tuple[Any, ...]]:
        asked = sql(
            "SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {} OFFSET {}",
            chosen,
            self._source(source),
            all_of(where),
            order_sql(keys),
            Sql("%s", (limit,)),
            Sql("%s", (skip,)),
        )
        return self.asking.rows(asked)


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
    return found() if row is None and kind.name == "Observation" and asking.has_moved() else row


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_MS = timedelta(milliseconds=1)
