"""Readings of closed days out of their files, a bounded number at a time, with what came for them afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings
from django.db.backends.utils import CursorWrapper

from cityloom.sensing.day_files import read_streams
from cityloom.sensing.keeping import moment
from cityloom.sensing.series import once_each
from cityloom.sensing.values import Readings, Whole, joined, no_readings, reading_ids, readings_of

LetIn = Callable[[Readings], Readings]  # the readings of these that are wanted at all

MOST = 100_000  # readings in memory at once
_MINUTE_MS = 60_000
_BESIDE = (
    "FROM (SELECT stream, at, value, 0 AS late FROM sensing_reading UNION ALL "
    "SELECT stream, at, value, 1 FROM sensing_late) r WHERE at >= %s AND at < %s"
)


def _all(found: Readings) -> Readings:
    return found


class TooManyAtOnce(Exception):
    """More readings in one minute than are read at once."""


class ClosedDay(NamedTuple):
    """A day that lies in a file: from when until, not including, when."""

    begins: datetime
    ends: datetime
    file: Path
    written: datetime  # with what came late it is written anew


def list_closed_days(cursor: CursorWrapper, begins: datetime | None, ends: datetime | None) -> list[ClosedDay]:
    """The days in files that meet a span (both ends within it; None: open), the oldest first.

    While tables are read a day may be moved into a file: whoever reads both asks again afterwards.
    """
    cursor.execute(
        "SELECT day, file, at FROM sensing_archive WHERE dropped "
        "AND day >= coalesce((%s::timestamptz AT TIME ZONE 'UTC')::date, '-infinity'::date) "
        "AND day <= coalesce((%s::timestamptz AT TIME ZONE 'UTC')::date, 'infinity'::date) ORDER BY day",
        [begins, ends],
    )
    return [_closed(*row) for row in cursor.fetchall()]


def _closed(day: date, name: str, written: datetime) -> ClosedDay:
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return ClosedDay(begins, begins + timedelta(days=1), Path(settings.CITYLOOM_ARCHIVE) / name, written)


def read_pieces(
    cursor: CursorWrapper, day: ClosedDay, streams: Sequence[int] | None, begins: datetime, ends: datetime,
    *, descends: bool = False, let_in: LetIn = _all, most: int = MOST,
) -> Iterator[Readings]:  # fmt: skip
    """What streams (None: all) said on a day from `begins` until, not including, `ends`, each reading once.

    Piece by piece in the order of time, each of at most `most` readings that were let in; raises TooManyAtOnce where
    a single minute holds more. Of two readings of one time that in the file counts, as it was said first.
    """
    part = _part_of(day, streams, begins, ends)
    if part is None:
        return
    whole = _read(cursor, part, let_in, most)
    if whole is not None:
        yield whole
        return
    spans = _spans(_by_minute(cursor, part, let_in), part.from_ms, part.to_ms, most)
    for from_ms, to_ms in reversed(spans) if descends else spans:
        piece = _read(cursor, part._replace(from_ms=from_ms, to_ms=to_ms), let_in, most)
        if piece is None:
            raise TooManyAtOnce
        yield piece


def read_in_any_order(
    cursor: CursorWrapper, day: ClosedDay, streams: Sequence[int] | None, begins: datetime, ends: datetime,
    let_in: LetIn = _all, most: int = MOST,
) -> Iterator[Readings]:  # fmt: skip
    """The same, read once from end to end: some at a time as they lie, each reading once."""
    part = _part_of(day, streams, begins, ends)
    if part is None:
        return
    for found in part.lies_in_file():
        yield let_in(found)
    late = _beside(cursor, part, most)
    while len(late.stream):
        yield let_in(_not_in_file(part, late))
        late = _beside(cursor, part, most, (int(late.stream[-1]), moment(int(late.at_ms[-1]))))


class _Part(NamedTuple):
    """What of a day is wanted: of which streams (ascending; None: all), from when until, not including, when."""

    day: ClosedDay
    streams: Whole | None
    from_ms: int
    to_ms: int

    def lies_in_file(self) -> Iterator[Readings]:
        """Of the file, a row group at a time."""
        return read_streams(self.day.file, self.streams, self.from_ms, self.to_ms)

    def in_tables(self) -> tuple[str, list[Any]]:
        """The FROM and WHERE by which the rest of it is found, and its parameters."""
        span: list[Any] = [moment(self.from_ms), moment(self.to_ms)]
        if self.streams is None:
            return _BESIDE, span
        return f"{_BESIDE} AND stream = ANY(%s)", [*span, self.streams.tolist()]


def _part_of(day: ClosedDay, streams: Sequence[int] | None, begins: datetime, ends: datetime) -> _Part | None:
    wanted = None if streams is None else np.unique(np.asarray(streams, np.int64))
    from_ms, to_ms = _ms(max(begins, day.begins)), _ms(min(ends, day.ends))
    is_empty = from_ms >= to_ms or (wanted is not None and not len(wanted))
    return None if is_empty else _Part(day, wanted, from_ms, to_ms)


def _read(cursor: CursorWrapper, part: _Part, let_in: LetIn, most: int) -> Readings | None:
    """The readings of a span by stream and time; None where there are too many."""
    late = _beside(cursor, part, most + 1)
    if len(late.stream) > most:
        return None
    parts = [let_in(_not_in_file(part, late))]
    count = len(parts[0].stream)
    for found in part.lies_in_file():
        parts.append(let_in(found))
        count += len(parts[-1].stream)
        if count > most:
            return None
    return once_each(joined(parts))


def _beside(cursor: CursorWrapper, part: _Part, most: int, after: tuple[int, datetime] | None = None) -> Readings:
    """What came for the day since it was closed, by stream and time, from behind a reading on, at most so many."""
    text, values = part.in_tables()
    if after is not None:
        text, values = f"{text} AND (stream, at) > (%s, %s)", [*values, *after]
    cursor.execute(
        "SELECT DISTINCT ON (stream, at) stream, (extract(epoch FROM at) * 1000)::bigint, value "  # noqa: S608
        f"{text} ORDER BY stream, at, late LIMIT %s",
        [*values, most],
    )
    rows = cursor.fetchall()
    return readings_of(*zip(*rows, strict=True)) if rows else no_readings()


def _not_in_file(part: _Part, late: Readings) -> Readings:
    """Those that the file does not hold: what it holds was said first."""
    if not len(late.stream):
        return late
    numbers = reading_ids(late)
    known = np.zeros(len(numbers), bool)
    span = int(late.at_ms.min()), int(late.at_ms.max()) + 1
    for found in read_streams(part.day.file, np.unique(late.stream), *span):
        known |= np.isin(numbers, reading_ids(found))
    return late.pick(~known)


def _by_minute(cursor: CursorWrapper, part: _Part, let_in: LetIn) -> dict[int, int]:
    """How many readings each minute holds at most, of those that hold some."""
    counts: dict[int, int] = {}
    for found in part.lies_in_file():
        minutes, sizes = np.unique(let_in(found).at_ms // _MINUTE_MS, return_counts=True)
        for minute, size in zip(minutes.tolist(), sizes.tolist(), strict=True):
            counts[minute] = counts.get(minute, 0) + size
    text, values = part.in_tables()
    cursor.execute(
        f"SELECT floor(extract(epoch FROM at) / 60)::bigint, count(*) {text} GROUP BY 1",  # noqa: S608
        values,
    )
    for minute, size in cursor.fetchall():
        counts[minute] = counts.get(minute, 0) + size
    return counts


def _spans(by_minute: dict[int, int], from_ms: int, to_ms: int, most: int) -> list[tuple[int, int]]:
    """Spans of whole minutes that hold at most so many readings each, as few as can be."""
    edges, held = [from_ms], 0
    for minute in sorted(by_minute):
        if held and held + by_minute[minute] > most:
            edges.append(minute * _MINUTE_MS)
            held = 0
        held += by_minute[minute]
    return list(zip(edges, [*edges[1:], to_ms], strict=True))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
