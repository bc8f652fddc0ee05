"""Windows of time in which a page of observations is sought: near the end first, then wider, at last all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from django.db import connection

from cityloom.exchange.sensorthings.asking import Asking
from cityloom.exchange.sensorthings.conditions import time_bounds
from cityloom.exchange.sensorthings.odata import path_of
from cityloom.exchange.sensorthings.options import Options
from cityloom.exchange.sensorthings.schema import EntityKind, Within
from cityloom.exchange.sensorthings.terms import Sql, all_of
from cityloom.sensing.keeping import list_partitions

STEPS = (timedelta(hours=1), timedelta(days=1), timedelta(days=5), timedelta(days=30))
_LEAST, _MOST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)


class Window(NamedTuple):
    """From a moment on and before another; None is open."""

    start: datetime | None = None
    end: datetime | None = None

    def condition(self, alias: str) -> Sql:
        """That a reading lies within; empty for the window that is open at both ends."""
        pieces = []
        if self.start is not None:
            pieces.append(Sql(f"{alias}.at >= %s", (self.start,)))
        if self.end is not None:
            pieces.append(Sql(f"{alias}.at < %s", (self.end,)))
        return all_of(pieces) if pieces else Sql("")


ALL = (Window(),)


def windows_of(asking: Asking, kind: EntityKind, within: Within | None, options: Options) -> Sequence[Window]:
    """The windows, in the order in which they are to be sought; one open window where order is not by time."""
    direction = time_order(kind, options)
    if direction is None:
        return ALL
    first, last = (within.row.get("first_at"), within.row.get("last_at")) if within is not None else (None, None)
    least, most = time_bounds(options.condition)
    if direction == "desc":
        anchor = min(filter(None, (last, most)), default=asking.now)
        is_newest = last is not None and options.condition is None and options.limit(kind) + options.skip == 1
        return _newest_first(last) if last is not None and is_newest else _backwards(anchor)
    start = max(filter(None, (first, least)), default=None) or first_day()
    return forwards(start) if start is not None else ALL


def first_day() -> datetime | None:
    """When the oldest day of readings begins; None where there is none. What doors brought may be older."""
    with connection.cursor() as cursor:
        days = list_partitions(cursor)
    return datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC) if days else None


def time_order(kind: EntityKind, options: Options) -> str | None:
    """`asc` or `desc` where a list of observations is ordered by time first; None for any other order."""
    if kind.name != "Observation" or options.token:
        return None  # a mark narrows the time by itself
    return order_by_time(options)


def order_by_time(options: Options) -> str | None:
    """`asc` or `desc` where observations are ordered by time first, on whichever page."""
    if not options.orders:
        return "asc"
    first = options.orders[0]
    if path_of(first.tree) != ["phenomenonTime"]:
        return None
    return "desc" if first.descends else "asc"


def _backwards(anchor: datetime) -> list[Window]:
    anchor = min(max(anchor, _LEAST + sum(STEPS, timedelta())), _MOST)
    edges = [anchor - step for step in STEPS]
    between = [Window(earlier, later) for later, earlier in pairwise(edges)]
    return [Window(edges[0], None), *between, Window(None, edges[-1])]


def _newest_first(last: datetime) -> list[Window]:
    """As `_backwards`, with the newest reading that is known of before all."""
    nearest, *rest = _backwards(last)
    return [Window(last, None), Window(nearest.start, last), *rest]


def forwards(anchor: datetime) -> list[Window]:
    """Windows from a moment on; the first is open to what lies before."""
    anchor = max(min(anchor, _MOST - sum(STEPS, timedelta())), _LEAST)
    edges = [anchor + step for step in STEPS]
    between = [Window(earlier, later) for earlier, later in pairwise(edges)]
    return [Window(None, edges[0]), *between, Window(edges[-1], None)]


def clipped(window: Window, by: Window) -> Window | None:
    """What of a window lies within another; None for nothing."""
    start = max((w.start for w in (window, by) if w.start is not None), default=None)
    end = min((w.end for w in (window, by) if w.end is not None), default=None)
    return None if start is not None and end is not None and start >= end else Window(start, end)
