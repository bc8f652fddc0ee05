"""What `$expand` tells within: for each link one statement over all rows, whatever their number.

The newest observation of each of many streams is what the streams' rows know; no partition is read for it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cityloom.exchange.sensorthings.archived import scope_of
from cityloom.exchange.sensorthings.asking import Asking
from cityloom.exchange.sensorthings.conditions import begins_only
from cityloom.exchange.sensorthings.options import Expand, Options
from cityloom.exchange.sensorthings.ordering import Key, keys_of, order_sql, token_of
from cityloom.exchange.sensorthings.reading import Page, Row, columns_of, list_page, properties_of, row_of
from cityloom.exchange.sensorthings.schema import KINDS, NEWEST_READING, EntityKind, Link, Within
from cityloom.exchange.sensorthings.terms import Sql, Term, all_of, joined, sql
from cityloom.exchange.sensorthings.translating import Translator
from cityloom.exchange.sensorthings.windows import time_order

Numbered = tuple[int, Row]  # a row and its number among those that are asked together
EXPANDED = "_expanded"
# Where the first observations of a stream stand, by the order in which they are wanted; the rest is not looked at.
_NEAR = {
    "desc": ("t.at >= p.last_at", "t.at >= p.last_at - interval '1 day'"),
    "asc": ("t.at < p.first_at + interval '1 day'",),
}
_COLUMN = re.compile(r"\{p\}\.(\w+)")


def expand(asking: Asking, kind: EntityKind, rows: Sequence[Row], options: Options) -> None:
    """Put into each row, under `_expanded`, the page of each link to many and the row (or None) of each to one."""
    for row in rows:
        row[EXPANDED] = {}
    if not rows:
        return
    for each in options.expands:
        _expand_link(asking, kind, rows, each)


def _expand_link(asking: Asking, kind: EntityKind, rows: Sequence[Row], each: Expand) -> None:
    link = kind.links[each.link]
    target = KINDS[link.target]
    parents, numbers = _distinct(kind, link, rows)
    pages = _pages(asking, kind, target, link, parents, each.options)
    if not link.is_many:
        told = [page.rows[0] if page.rows else None for page in pages]
        expand(asking, target, [row for row in told if row is not None], each.options)
        for row, n in zip(rows, numbers, strict=True):
            row[EXPANDED][each.link] = told[n]
        return
    expand(asking, target, [row for page in pages for row in page.rows], each.options)
    for row, n in zip(rows, numbers, strict=True):
        row[EXPANDED][each.link] = pages[n]


def _distinct(kind: EntityKind, link: Link, rows: Sequence[Row]) -> tuple[list[Row], list[int]]:
    """Rows that differ in what the link needs of them, and for each row which of those it is."""
    needed = sorted(set(_COLUMN.findall(link.on)) & kind.columns.keys())
    found: dict[tuple[Any, ...], int] = {}
    numbers = [found.setdefault(tuple(row[c] for c in needed), len(found)) for row in rows]
    firsts: dict[int, Row] = {}
    for row, n in zip(rows, numbers, strict=True):
        firsts.setdefault(n, row)
    return [firsts[n] for n in range(len(found))], numbers


def _parents(kind: EntityKind, rows: Sequence[Numbered]) -> Sql:
    """Many rows as a source, `p`, each with its number `n`."""
    arrays = [Sql("(%s)::int[]", ([n for n, _ in rows],))]
    for column, type_ in kind.columns.items():
        cast = "text[]::jsonb" if type_ == "jsonb" else type_
        arrays.append(Sql(f"(%s)::{cast}[]", ([row[column] for _, row in rows],)))
    names = ", ".join(["n", *kind.columns])
    return sql(f"unnest({{}}) AS p ({names})", joined(arrays, ", "))


def _pages(
    asking: Asking, kind: EntityKind, target: EntityKind, link: Link, parents: Sequence[Row], options: Options
) -> list[Page]:
    """For each of the rows its page."""
    asked = _asked(asking, kind, target, link, options)
    direction = time_order(target, options) if "last_at" in kind.columns and not options.skip else None
    numbered: list[Numbered] = list(enumerate(parents))
    if direction == "desc" and asked.limit == 1 and not options.counts and begins_only(options.condition):
        known = [(n, row) for n, row in numbered if _is_newest_known(row)]
        asked.fill(known, NEWEST_READING, 1)
        numbered = [(n, row) for n, row in numbered if not _is_newest_known(row)]
    elif options.condition is not None:
        direction = None
    alone = asked.alone(numbered) if direction != "desc" else {}
    numbered = [(n, row) for n, row in numbered if n not in alone]
    counts = asked.counts(numbered)
    near = _NEAR.get(direction or "", ()) if options.condition is None else ()
    for condition in (*near, "TRUE"):
        short = [(n, row) for n, row in numbered if len(asked.found[n]) < asked.limit + (direction != "desc")]
        asked.fill(short, target.source, asked.limit + 1, condition)
    if direction == "desc":
        alone = asked.alone([(n, row) for n, row in numbered if len(asked.found[n]) < asked.limit])
    pages = [asked.page(n, counts.get(n)) for n in range(len(parents))]
    if direction == "desc":
        pages = [asked.with_older(page, row) for page, row in zip(pages, parents, strict=True)]
    return [alone.get(n, page) for n, page in enumerate(pages)]


def _is_newest_known(row: Row) -> bool:
    """Whether the newest reading of a stream is as it was written down when it came."""
    return row["mended_at"] is None or (row["last_at"] is not None and row["last_at"] > row["mended_at"])


def _asked(asking: Asking, kind: EntityKind, target: EntityKind, link: Link, options: Options) -> _Asked:
    translator = Translator(target, "t", asking.viewer, asking.now)
    where = [Sql(link.on.replace("{p}", "p").replace("{c}", "t")), asking.viewer.sees(target, "t")]
    if options.condition is not None:
        where.append(translator.condition(options.condition))
    keys = keys_of(target, "t", options, translator) if link.is_many else []
    columns = columns_of(target, "t", properties_of(target, options))
    limit = options.limit(target) if link.is_many else 1
    return _Asked(asking, kind, target, link, options, translator.joins, where, keys, columns, limit)


@dataclass
class _Asked:
    """What is asked of a link from many rows at once; what was found, by the number of the row it hangs on."""

    asking: Asking
    kind: EntityKind
    target: EntityKind
    link: Link
    options: Options
    joins: Sql
    where: Sequence[Sql]
    keys: Sequence[Key]
    columns: Sequence[tuple[str, str]]
    limit: int
    found: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def _source(self, template: str) -> Sql:
        return sql("{}{}", Sql(template.replace("{a}", "t")), self.joins)

    def fill(self, parents: Sequence[Numbered], template: str, limit: int, condition: str = "TRUE") -> None:
        """One statement: the rows of each parent anew, in order, so many of each."""
        if not parents or self.limit == 0:
            return
        for n, _ in parents:
            self.found[n] = []
        names = [name for name, _ in self.columns]
        chosen = joined([*(Sql(text) for _, text in self.columns), *(k.term.sql for k in self.keys)], ", ")
        outer = [
            Key(Term(Sql(f"c.k{len(names) + i}"), k.term.kind), k.descends, k.may_be_null)
            for i, k in enumerate(self.keys)
        ]
        listed = ", ".join(f"k{i}" for i in range(len(names) + len(self.keys)))
        where = all_of([*self.where, Sql(condition)])
        order = _ordered(" ORDER BY {}", self.keys)
        inner = sql("SELECT {} FROM {} WHERE {}{}", chosen, self._source(template), where, order)
        asked = sql(
            "SELECT p.n, c.* FROM {} CROSS JOIN LATERAL ({} LIMIT {} OFFSET {}) "  # noqa: S608
            f"c ({listed}) ORDER BY p.n{{}}",
            _parents(self.kind, parents),
            inner,
            Sql("%s", (limit,)),
            Sql("%s", (self.options.skip,)),
            _ordered(", {}", outer),
        )
        for n, *values in self.asking.rows(asked):
            self.found[n].append(row_of(names, values))

    def counts(self, parents: Sequence[Numbered]) -> dict[int, int]:
        """How many there are of each, where that was asked."""
        if not (self.options.counts and self.link.is_many and parents):
            return {}
        asked = sql(
            "SELECT p.n, (SELECT count(*) FROM {} WHERE {}) FROM {}",
            self._source(self.target.source),
            all_of(self.where),
            _parents(self.kind, parents),
        )
        return dict(self.asking.rows(asked))

    def alone(self, parents: Sequence[Numbered]) -> dict[int, Page]:
        """The pages of rows whose observations may lie in files of closed days, each asked for by itself."""
        if self.target.name != "Observation" or not self.link.is_many or not parents:
            return {}
        if not self.asking.closed_days():
            return {}
        found = {}
        for n, row in parents:
            within = Within(self.kind, row, self.link)
            if scope_of(self.asking, self.target, within, self.options) is not None:
                found[n] = list_page(self.asking, self.target, within, self.options)
        return found

    def page(self, n: int, count: int | None) -> Page:
        """The page of the row of that number."""
        rows = self.found[n]
        more = bool(self.keys) and self.limit > 0 and len(rows) > self.limit
        token = token_of(self.keys, rows[self.limit - 1]["_keys"]) if more else ""
        return Page(rows[: self.limit], token, count)

    def with_older(self, page: Page, parent: Row) -> Page:
        """The page with a mark where the stream has spoken before the oldest of it."""
        first = parent["first_at"]
        if page.token or not page.rows or len(page.rows) < self.limit:
            return page
        if first is None or first >= page.rows[-1]["at"]:
            return page
        return Page(page.rows, token_of(self.keys, page.rows[-1]["_keys"]), page.count)


def _ordered(template: str, keys: Sequence[Key]) -> Sql:
    return sql(template, order_sql(keys)) if keys else Sql("")
