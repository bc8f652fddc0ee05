"""Where a list of observations lies: in the tables, and in the files of closed days; what is sought in which order.

A file is read piece by piece. What surely is none of the list is left out at once (`sieving.py`); the rest is asked
by the very statement that asks the tables, so that filters, orders and links mean the same. A list in the order of
time stops as soon as its page is full; in any other order the best so far are asked together with the next batch.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from odata_query import ast

from cityloom.exchange.sensorthings.asking import MOST_SECONDS, Asking
from cityloom.exchange.sensorthings.errors import TooHeavy
from cityloom.exchange.sensorthings.odata import path_of
from cityloom.exchange.sensorthings.options import Options
from cityloom.exchange.sensorthings.schema import READINGS_OF_FILES, READINGS_OF_OPEN_DAYS, EntityKind
from cityloom.exchange.sensorthings.sieving import Sieve, fits_of
from cityloom.exchange.sensorthings.terms import Sql
from cityloom.exchange.sensorthings.windows import Window, clipped, forwards, order_by_time, time_bounds, windows_of
from cityloom.sensing.closed_days import (
    MOST,
    ClosedDay,
    TooManyAtOnce,
    list_closed_days,
    read_in_any_order,
    read_pieces,
)
from cityloom.sensing.keeping import MAIN_DAYS
from cityloom.sensing.values import FIRST_MS, LAST_MS, Readings, joined, reading_of

_ALWAYS, _NEVER = datetime(2010, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_EARLIER = timedelta(days=MAIN_DAYS + 1)  # by which a stream's first readings may be older than the first time of it
_STREAMS_OF_FEATURE = (
    "SELECT stream FROM sensing_extra WHERE feature = %s UNION SELECT fs.id FROM sensing_stream fs "
    "JOIN sensing_place_of_device fp ON fp.device_id = fs.device_id "
    "JOIN sensing_feature f ON f.location_id = fp.location_id GROUP BY fs.id HAVING min(f.id) = %s"
)


class Part(NamedTuple):
    """One step of the search: readings of a window of time, out of a source (None: the tables)."""

    window: Window = Window()
    source: Sql | None = None


class Scope(NamedTuple):
    """What of the files a list may hold: of which streams (None: all), of which days, within which bounds."""

    streams: list[int] | None
    days: list[ClosedDay]
    begins: datetime
    ends: datetime


def scope_of(
    asking: Asking, kind: EntityKind, within: Any, options: Options, mark: datetime | None = None
) -> Scope | None:
    """What a list may hold of closed days; None for nothing. `mark`: the time at which an earlier page has ended."""
    if kind.name != "Observation":
        return None
    least, most = time_bounds(options.condition)
    if least is not None and least > asking.now - timedelta(days=MAIN_DAYS):  # no day is closed sooner
        return None
    if not closed_days(asking):
        return None
    begins, ends = least or _ALWAYS, (most or _NEVER) + timedelta(milliseconds=1)
    if mark is not None and order_by_time(options) == "asc":
        begins = max(begins, mark)
    elif mark is not None:
        ends = min(ends, mark + timedelta(milliseconds=1))
    if within is not None and within.kind.name == "Datastream":
        first = within.row["first_at"]
        if first is None:
            return None
        begins = max(begins, first - _EARLIER)
    days = [day for day in closed_days(asking) if day.begins < ends and day.ends > begins]
    return Scope(_streams(asking, within, options), days, begins, ends) if days else None


def closed_days(asking: Asking) -> list[ClosedDay]:
    """The days that lie in files, asked once for each question."""
    if asking.closed is None:
        with connection.cursor() as cursor:
            asking.closed = list_closed_days(cursor, None, None)
    return asking.closed


def has_moved(asking: Asking) -> bool:
    """Whether a day was moved into a file, or forgotten, since it was asked which days lie there; then ask anew."""
    before, asking.closed = asking.closed, None
    return before is not None and closed_days(asking) != before


def _streams(asking: Asking, within: Any, options: Options) -> list[int] | None:
    if within is None:
        named = _named_stream(options.condition)
        return None if named is None else [named]
    if within.kind.name == "Datastream":
        return [within.row["id"]]
    return [row[0] for row in asking.rows(Sql(_STREAMS_OF_FEATURE, (within.row["id"],) * 2))]


def _named_stream(tree: Any) -> int | None:
    """The stream that a condition asks for by its number, as far as plain comparisons joined by `and` say."""
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        left = _named_stream(tree.left)
        return left if left is not None else _named_stream(tree.right)
    if not isinstance(tree, ast.Compare) or not isinstance(tree.comparator, ast.Eq):
        return None
    path = path_of(tree.left)
    if path is None or path[0] != "Datastream" or path[1:] not in (["id"], ["@iot.id"]):
        return None
    return int(tree.right.val) if isinstance(tree.right, ast.Integer) and len(tree.right.val) < 19 else None


# --- in the order of time -------------------------------------------------------------------------------------------


def parts_of(
    asking: Asking, kind: EntityKind, within: Any, options: Options, scope: Scope | None, few: int | None = None
) -> Sequence[Part] | Iterator[Part]:
    """Where to look, in order; a single part for a list that is in no order of time, for which `scope` is None.

    `few`: of each piece so many in the order of time are enough.
    """
    if scope is None:
        return tuple(Part(window) for window in windows_of(asking, kind, within, options))
    direction = order_by_time(options)
    assert direction is not None, "another order is asked by batches"
    return _by_time(asking, kind, within, options, scope, direction, few)


def _by_time(
    asking: Asking, kind: EntityKind, within: Any, options: Options, scope: Scope, direction: str, few: int | None
) -> Iterator[Part]:
    spans = _spans(scope)
    last_gap = spans[-1][0]
    for window, day in reversed(spans) if direction == "desc" else spans:
        if day is None:
            for each in _live(asking, kind, within, options, direction, window, window is last_gap):
                yield Part(each)
            continue
        for piece in _pieces(asking, scope, day, Sieve(fits_of(options.condition)), descends=direction == "desc"):
            yield Part(source=of_files(_ends(piece, few, direction)))


def _spans(scope: Scope) -> list[tuple[Window, ClosedDay | None]]:
    """Closed days and what lies between them, the oldest first; the last is open to the present."""
    found: list[tuple[Window, ClosedDay | None]] = []
    at: datetime | None = None
    for day in scope.days:
        if at is None or at < day.begins:
            found.append((Window(at, day.begins), None))
        found.append((Window(day.begins, day.ends), day))
        at = day.ends
    return [*found, (Window(at, None), None)]


def _live(
    asking: Asking, kind: EntityKind, within: Any, options: Options, direction: str, gap: Window, is_last: bool
) -> Sequence[Window]:
    """How the tables are searched for what lies in a gap between closed days."""
    if not is_last or options.token:
        return (gap,)
    assert gap.start is not None, "the last gap begins where a closed day ends"
    steps = windows_of(asking, kind, within, options) if direction == "desc" else forwards(gap.start)
    return [each for step in steps if (each := clipped(step, gap)) is not None]


def _pieces(
    asking: Asking, scope: Scope, day: ClosedDay, sieve: Sieve, *, descends: bool = False
) -> Iterator[Readings]:
    """The readings of a day that the list may hold; raises TooHeavy once the question has taken too long."""
    with connection.cursor() as cursor:
        pieces = read_pieces(
            cursor, day, scope.streams, scope.begins, scope.ends, descends=descends, let_in=sieve.let_in
        )
        try:
            for piece in pieces:
                _check_time(asking)
                if len(piece.stream):
                    yield piece
        except TooManyAtOnce as many:
            raise TooHeavy("sta.too_heavy") from many
    _check_time(asking)


def _check_time(asking: Asking) -> None:
    if time.monotonic() - asking.began_s > MOST_SECONDS:
        raise TooHeavy("sta.too_heavy")


def _ends(piece: Readings, few: int | None, direction: str) -> Readings:
    if few is None or len(piece.stream) <= few:
        return piece
    order = np.lexsort((piece.stream, piece.at_ms))
    return piece.pick(order[-few:] if direction == "desc" else order[:few])


# --- in any other order, and counts --------------------------------------------------------------------------------


def batches_of(asking: Asking, scope: Scope, sieve: Sieve) -> Iterator[Readings]:
    """All of the files that passes the sieve, read once, some 100,000 at a time; raises TooHeavy after a while."""
    held: list[Readings] = []
    count = 0
    with connection.cursor() as cursor:
        for day in scope.days:
            for found in read_in_any_order(cursor, day, scope.streams, scope.begins, scope.ends, sieve.let_in):
                _check_time(asking)
                if not len(found.stream):
                    continue
                held.append(found)
                count += len(found.stream)
                if count >= MOST:
                    yield joined(held)
                    held, count = [], 0
    if held:
        yield joined(held)


def of_open_days() -> Sql:
    """What of the tables belongs to no closed day, as the source of a statement."""
    return Sql(READINGS_OF_OPEN_DAYS.replace("{a}", "t"))


def of_files(piece: Readings) -> Sql:
    """Readings as the source of a statement."""
    return Sql(READINGS_OF_FILES.replace("{a}", "t"), tuple(column.tolist() for column in piece))


def source_of_one(asking: Asking, number: int) -> Sql | None:
    """The source of an observation of a closed day; None where its day is none."""
    stream, at_ms = reading_of(number) if number >= 0 else (0, 0)
    if not FIRST_MS <= at_ms <= LAST_MS:
        return None
    at = datetime.fromtimestamp(at_ms // 1000, UTC) + timedelta(milliseconds=at_ms % 1000)
    day = next((d for d in closed_days(asking) if d.begins <= at < d.ends), None)
    if day is None:
        return None
    scope = Scope([stream], [day], at, at + timedelta(milliseconds=1))
    return of_files(joined(list(_pieces(asking, scope, day, Sieve()))))
