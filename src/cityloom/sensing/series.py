"""What a stream said over a span of time, wherever it lies: in partitions, beside them, in files of closed days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.sensing.day_files import read_stream
from cityloom.sensing.downsampling import keep_peaks
from cityloom.sensing.keeping import moment
from cityloom.sensing.values import Readings, joined, no_readings, readings_of


class Latest(NamedTuple):
    """The newest reading of a stream as of the last flush, which is at most some seconds ago."""

    stream: int
    at: datetime | None
    value: float | None


def history(stream: int, begins: datetime, ends: datetime, points: int | None = None) -> Readings:
    """What a stream said from `begins` until, not including, `ends`, by time; at most `points` with peaks kept.

    Of two readings of one time the one in a partition counts, as it was said first.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")  # starting helpers takes longer than the work
        found = readings_between(cursor, stream, begins, ends)
    if points is None:
        return found
    return keep_peaks(found, _ms(begins), _ms(ends), points)


def readings_between(cursor: CursorWrapper, stream: int, begins: datetime, ends: datetime) -> Readings:
    """All that a stream said in a span, by time, each time once."""
    from_ms, to_ms = _ms(begins), _ms(ends)
    cursor.execute(
        "SELECT (extract(epoch FROM at) * 1000)::bigint, value FROM ("
        "SELECT at, value, 0 AS late FROM sensing_reading WHERE stream = %s AND at >= %s AND at < %s UNION ALL "
        "SELECT at, value, 1 FROM sensing_late WHERE stream = %s AND at >= %s AND at < %s) r ORDER BY at, late",
        [stream, begins, ends] * 2,
    )
    rows = cursor.fetchall()
    parts = [read_stream(file, stream, from_ms, to_ms) for file in archived_files(cursor, begins, ends)]
    if rows:
        at_ms, value = zip(*rows, strict=True)
        parts.append(readings_of([stream] * len(rows), at_ms, value))
    if not parts:
        return no_readings()
    return once_each(joined(parts))


def once_each(found: Readings) -> Readings:
    """Ordered by stream and time, of equal ones the first."""
    order = np.lexsort((found.at_ms, found.stream))
    sorted_ = found.pick(order)
    first = np.ones(len(order), bool)
    first[1:] = (sorted_.stream[1:] != sorted_.stream[:-1]) | (sorted_.at_ms[1:] != sorted_.at_ms[:-1])
    return sorted_ if first.all() else sorted_.pick(first)


def latest_of(streams: Sequence[int]) -> list[Latest]:
    """The newest reading of each stream, in the order asked; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.last_at, s.last_value FROM unnest(%s::bigint[]) WITH ORDINALITY u(id, n) "
            "JOIN sensing_stream s ON s.id = u.id ORDER BY u.n",
            [list(streams)],
        )
        return [Latest(*row) for row in cursor.fetchall()]


def archived_files(cursor: CursorWrapper, begins: datetime, ends: datetime) -> list[Path]:
    """The files of the closed days of a span whose partitions are gone, the oldest first."""
    cursor.execute(
        "SELECT file FROM sensing_archive WHERE dropped AND day >= (%s AT TIME ZONE 'UTC')::date "
        "AND day <= (%s AT TIME ZONE 'UTC')::date ORDER BY day",
        [begins, ends],
    )
    return [Path(settings.CITYLOOM_ARCHIVE) / name for (name,) in cursor.fetchall()]


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def moments(found: Readings) -> list[datetime]:
    """The times of readings as moments."""
    return [moment(ms) for ms in found.at_ms.tolist()]
