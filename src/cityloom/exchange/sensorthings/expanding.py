"""What `$expand` tells within: for each link one statement over all rows, whatever their number.

The newest observation of each of many streams is what the streams' rows know; no partition is read for it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
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


def _parents(kind: EntityKind, rows: Sequence[tuple[int, Row]]) -> Sql:
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
    translator = Translator(target, "t", asking.viewer, asking.now)
    where = [Sql(link.on.replace("{p}", "p").replace("{c}", "t")), asking.viewer.sees(target, "t")]
    if options.condition is not None:
        where.append(translator.condition(options.condition))
    keys = keys_of(target, "t", options, translator) if link.is_many else []
    columns = columns_of(target, "t", properties_of(target, options))
    source = sql("{}{}", Sql(target.source.replace("{a}", "t")), translator.joins)
    numbered = list(enumerate(parents))
    limit = options.limit(target) if link.is_many else 1
    found: dict[int, list[Row]] = defaultdict(list)
    direction = time_order(target, options) if "last_at" in kind.columns and not options.skip else None
    if direction == "desc" and limit == 1 and not options.counts and begins_only(options.condition):
        newest = sql("{}{}", Sql(NEWEST_READING.replace("{a}", "t")), translator.joins)
        known = [(n, row) for n, row in numbered if _is_newest_known(row)]
        if known:
            _fill(asking, kind, known, newest, where, keys, columns, 1, 0, found)
        numbered = [(n, row) for n, row in numbered if not _is_newest_known(row)]
    elif options.condition is not None:
        direction = None
    alone = _alone(asking, kind, target, link, numbered, options) if direction != "desc" else {}
    numbered = [(n, row) for n, row in numbered if n not in alone]
    counts = _counts(asking, kind, source, where, numbered) if options.counts and link.is_many and numbered else {}
    near = _NEAR.get(direction or "", ()) if options.condition is None else ()
    for condition in (*near, "TRUE"):
        asked = [(n, row) for n, row in numbered if len(found[n]) < limit + (direction != "desc")]
        if not asked or limit == 0:
            break
        for n, _ in asked:
            found[n] = []
        pieces = [*where, Sql(condition)]
        _fill(asking, kind, asked, source, pieces, keys, columns, limit + 1, options.skip, found)
    if direction == "desc":
        short = [(n, row) for n, row in numbered if len(found[n]) < limit]
        alone = _alone(asking, kind, target, link, short, options)
    pages = [_page(keys, found[n], limit, counts.get(n)) for n in range(len(parents))]
    if direction == "desc":
        pages = [_with_older(keys, page, row, limit) for page, row in zip(pages, parents, strict=True)]
    return [alone.get(n, page) for n, page in enumerate(pages)]


def _is_newest_known(row: Row) -> bool:
    """Whether the newest reading of a stream is as it was written down when it came."""
    return row["mended_at"] is None or (row["last_at"] is not None and row["last_at"] > row["mended_at"])


def _alone(
    asking: Asking, kind: EntityKind, target: EntityKind, link: Link, parents: Sequence[tuple[int, Row]],
    options: Options,
) -> dict[int, Page]:  # fmt: skip
    """The pages of rows whose observations may lie in files of closed days, each asked for by itself."""
    if target.name != "Observation" or not link.is_many or not parents or not asking.closed_days():
        return {}
    found = {}
    for n, row in parents:
        within = Within(kind, row, link)
        if scope_of(asking, target, within, options) is not None:
            found[n] = list_page(asking, target, within, options)
    return found


def _with_older(keys: Sequence[Key], page: Page, parent: Row, limit: int) -> Page:
    """The page with a mark where the stream has spoken before the oldest of it."""
    first = parent["first_at"]
    if page.token or not page.rows or len(page.rows) < limit or first is None or first >= page.rows[-1]["at"]:
        return page
    return Page(page.rows, token_of(keys, page.rows[-1]["_keys"]), page.count)


def _page(keys: Sequence[Key], rows: list[Row], limit: int, count: int | None) -> Page:
    more = bool(keys) and limit > 0 and len(rows) > limit
    return Page(rows[:limit], token_of(keys, rows[limit - 1]["_keys"]) if more else "", count)


def _fill(
    asking: Asking,
    kind: EntityKind,
    parents: Sequence[tuple[int, Row]],
    source: Sql,
    where: Sequence[Sql],
    keys: Sequence[Key],
    columns: Sequence[tuple[str, str]],
    limit: int,
    skip: int,
    found: dict[int, list[Row]],
) -> None:
    """One statement: the rows of each parent, in order."""
    names = [name for name, _ in columns]
    chosen = joined([*(Sql(text) for _, text in columns), *(k.term.sql for k in keys)], ", ")
    outer = [
        Key(Term(Sql(f"c.k{len(names) + i}"), k.term.kind), k.descends, k.may_be_null) for i, k in enumerate(keys)
    ]
    listed = ", ".join(f"k{i}" for i in range(len(names) + len(keys)))
    inner = sql("SELECT {} FROM {} WHERE {}{}", chosen, source, all_of(where), _ordered(" ORDER BY {}", keys))
    asked = sql(
        f"SELECT p.n, c.* FROM {{}} CROSS JOIN LATERAL ({{}} LIMIT {{}} OFFSET {{}}) c ({listed}) ORDER BY p.n{{}}",  # noqa: S608
        _parents(kind, parents),
        inner,
        Sql("%s", (limit,)),
        Sql("%s", (skip,)),
        _ordered(", {}", outer),
    )
    for n, *values in asking.rows(asked):
        found[n].append(row_of(names, values))


def _ordered(template: str, keys: Sequence[Key]) -> Sql:
    return sql(template, order_sql(keys)) if keys else Sql("")


def _counts(
    asking: Asking, kind: EntityKind, source: Sql, where: Sequence[Sql], parents: Sequence[tuple[int, Row]]
) -> dict[int, int]:
    asked = sql(
        "SELECT p.n, (SELECT count(*) FROM {} WHERE {}) FROM {}", source, all_of(where), _parents(kind, parents)
    )
    return dict(asking.rows(asked))
