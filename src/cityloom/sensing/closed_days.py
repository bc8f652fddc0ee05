"""Readings of closed days out of their files, a bounded number at a time, with what came for them afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from django.conf import settings
from django.db.backends.utils import CursorWrapper

from cityloom.sensing.day_files import read_streams
from cityloom.sensing.keeping import moment
from cityloom.sensing.series import once_each
from cityloom.sensing.values import Readings, Whole, joined, readings_of

MOST = 100_000  # readings in memory at once
_MINUTE_MS = 60_000
_BESIDE = (
    "FROM (SELECT stream, at, value FROM sensing_reading UNION ALL SELECT stream, at, value FROM sensing_late) r "
    "WHERE at >= %s AND at < %s"
)


class TooManyAtOnce(Exception):
    """More readings in one minute than are read at once."""


class ClosedDay(NamedTuple):
    """A day that lies in a file: from when until, not including, when."""

    begins: datetime
    ends: datetime
    file: Path


def list_closed_days(cursor: CursorWrapper, begins: datetime | None, ends: datetime | None) -> list[ClosedDay]:
    """The days in files that meet a span (both ends within it; None: open), the oldest first.

    While tables are read a day may be moved into a file: whoever reads both asks again afterwards.
    """
    cursor.execute(
        "SELECT day, file FROM sensing_archive WHERE dropped "
        "AND day >= coalesce((%s::timestamptz AT TIME ZONE 'UTC')::date, '-infinity'::date) "
        "AND day <= coalesce((%s::timestamptz AT TIME ZONE 'UTC')::date, 'infinity'::date) ORDER BY day",
        [begins, ends],
    )
    return [_closed(day, name) for day, name in cursor.fetchall()]


def _closed(day: date, name: str) -> ClosedDay:
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return ClosedDay(begins, begins + timedelta(days=1), Path(settings.CITYLOOM_ARCHIVE) / name)


def read_pieces(
    cursor: CursorWrapper, day: ClosedDay, streams: Sequence[int] | None, begins: datetime, ends: datetime,
    *, descends: bool = False, most: int = MOST,
) -> Iterator[Readings]:  # fmt: skip
    """What streams (None: all) said on a day from `begins` until, not including, `ends`, each reading once.

    Piece by piece in the order of time, each of at most `most` readings; raises TooManyAtOnce where a single minute
    holds more. Of two readings of one time that in the file counts, as it was said first.
    """
    wanted = None if streams is None else np.unique(np.asarray(streams, np.int64))
    from_ms, to_ms = _ms(max(begins, day.begins)), _ms(min(ends, day.ends))
    if from_ms >= to_ms or (wanted is not None and not len(wanted)):
        return
    whole = _read(cursor, day, wanted, from_ms, to_ms, most)
    if whole is not None:
        yield whole
        return
    spans = _spans(_by_minute(cursor, day, wanted, from_ms, to_ms), from_ms, to_ms, most)
    for start_ms, end_ms in reversed(spans) if descends else spans:
        piece = _read(cursor, day, wanted, start_ms, end_ms, most)
        if piece is None:
            raise TooManyAtOnce
        yield piece


def _read(
    cursor: CursorWrapper, day: ClosedDay, streams: Whole | None, from_ms: int, to_ms: int, most: int
) -> Readings | None:
    """The readings of a span by stream and time; None where there are too many."""
    parts, count = [], 0
    for part in read_streams(day.file, streams, from_ms, to_ms):
        count += len(part.stream)
        if count > most:
            return None
        parts.append(part)
    own, values = _of(streams)
    span = [moment(from_ms), moment(to_ms)]
    cursor.execute(
        f"SELECT stream, (extract(epoch FROM at) * 1000)::bigint, value {_BESIDE}{own} LIMIT %s",  # noqa: S608
        [*span, *values, most - count + 1],
    )
    rows = cursor.fetchall()
    if len(rows) > most - count:
        return None
    if rows:
        parts.append(readings_of(*zip(*rows, strict=True)))
    return once_each(joined(parts))


def _of(streams: Whole | None) -> tuple[str, list[list[int]]]:
    return ("", []) if streams is None else (" AND stream = ANY(%s)", [streams.tolist()])


def _by_minute(
    cursor: CursorWrapper, day: ClosedDay, streams: Whole | None, from_ms: int, to_ms: int
) -> dict[int, int]:
    """How many readings each minute holds, of those that hold some."""
    counts: dict[int, int] = {}
    for part in read_streams(day.file, streams, from_ms, to_ms):
        minutes, sizes = np.unique(part.at_ms // _MINUTE_MS, return_counts=True)
        for minute, size in zip(minutes.tolist(), sizes.tolist(), strict=True):
            counts[minute] = counts.get(minute, 0) + size
    own, values = _of(streams)
    cursor.execute(
        f"SELECT floor(extract(epoch FROM at) / 60)::bigint, count(*) {_BESIDE}{own} GROUP BY 1",  # noqa: S608
        [moment(from_ms), moment(to_ms), *values],
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
