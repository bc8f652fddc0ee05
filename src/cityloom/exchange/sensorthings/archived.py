"""Where a list of observations lies: in the tables, and in the files of closed days; what is sought in which order.

A file is read piece by piece. What surely is none of the list is left out at once (`sieving.py`); the rest is asked
by the very statement that asks the tables, so that filters, orders and links mean the same. A list in the order of
time stops as soon as its page is full; in any other order the best so far are asked together with the next batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from cityloom.exchange.sensorthings.asking import Asking
from cityloom.exchange.sensorthings.conditions import about_stream, time_bounds
from cityloom.exchange.sensorthings.errors import TooHeavy
from cityloom.exchange.sensorthings.options import Options
from cityloom.exchange.sensorthings.schema import KINDS, READINGS_OF_FILES, READINGS_OF_OPEN_DAYS, EntityKind
from cityloom.exchange.sensorthings.sieving import Sieve, fits_of
from cityloom.exchange.sensorthings.terms import Sql, all_of, sql
from cityloom.exchange.sensorthings.translating import Translator
from cityloom.exchange.sensorthings.windows import Window, clipped, forwards, order_by_time, windows_of
from cityloom.sensing.closed_days import (
    MOST,
    ClosedDay,
    TooManyAtOnce,
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
    """What of the files a list may hold: of which streams (None: all), of which days, within which bounds.

    `is_whole`: all that those streams said in those days belongs to it.
    """

    streams: list[int] | None
    days: list[ClosedDay]
    begins: datetime
    ends: datetime
    is_whole: bool = False


def scope_of(
    asking: Asking, kind: EntityKind, within: Any, options: Options, mark: datetime | None = None
) -> Scope | None:
    """What a list may hold of closed days; None for nothing. `mark`: the time at which an earlier page has ended."""
    if kind.name != "Observation":
        return None
    least, most = time_bounds(options.condition)
    if least is not None and least > asking.now - timedelta(days=MAIN_DAYS):  # no day is closed sooner
        return None
    if not asking.closed_days():
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
    days = [day for day in asking.closed_days() if day.begins < ends and day.ends > begins]
    if not days:
        return None
    streams, is_whole = _streams(asking, within, options)
    return Scope(streams, days, begins, ends, is_whole)


def _streams(asking: Asking, within: Any, options: Options) -> tuple[list[int] | None, bool]:
    """Of which streams a list may be, as far as that is asked for, and whether nothing else is asked for."""
    if within is None:
        tree, is_whole = about_stream(options.condition)
        return (None if tree is None else streams_seen(asking, tree)), is_whole
    if within.kind.name == "Datastream":
        return [within.row["id"]], options.condition is None
    return [row[0] for row in asking.rows(Sql(_STREAMS_OF_FEATURE, (within.row["id"],) * 2))], False


def streams_seen(asking: Asking, tree: Any = None) -> list[int]:
    """The streams that the asker sees, of those that fit a condition of Datastreams."""
    kind = KINDS["Datastream"]
    translator = Translator(kind, "t", asking.viewer, asking.now)
    where = [Sql(kind.of_city.replace("{a}", "t"), (asking.city_id,)), asking.viewer.sees(kind, "t")]
    if tree is not None:
        where.append(translator.condition(tree))
    source = Sql(kind.source.replace("{a}", "t"))
    return [
        row[0] for row in asking.rows(sql("SELECT t.id FROM {}{} WHERE {}", source, translator.joins, all_of(where)))
    ]


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
                asking.check_time()
                if len(piece.stream):
                    yield piece
        except TooManyAtOnce as many:
            raise TooHeavy("sta.too_heavy") from many
    asking.check_time()


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
                asking.check_time()
                if not len(found.stream):
                    continue
                held.append(found)
                count += len(found.stream)
                if count >= MOST:
                    yield joined(held)
                    held, count = [], 0
    if held:
        yield joined(held)


def count_whole(asking: Asking, scope: Scope) -> int:
    """How many readings the files hold of a scope to which all of them belong."""
    seen = scope if scope.streams is not None else scope._replace(streams=streams_seen(asking))
    return sum(len(batch.stream) for batch in batches_of(asking, seen, Sieve()))


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
    day = next((d for d in asking.closed_days() if d.begins <= at < d.ends), None)
    if day is None:
        return None
    scope = Scope([stream], [day], at, at + timedelta(milliseconds=1))
    return of_files(joined(list(_pieces(asking, scope, day, Sieve()))))
