"""A stream over a long span by hours or days: how many readings, lowest, mean, highest, wherever they are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.sensing.day_files import read_stream
from cityloom.sensing.lineage import Border, Piece, borders_of, pieces_of
from cityloom.sensing.series import archived_files
from cityloom.sensing.values import Readings

HOUR_MS = 3_600_000
RAW_SPAN, HOURS_SPAN = timedelta(days=2), timedelta(days=62)
STEPS = ("raw", "hour", "day")


class Bucket(NamedTuple):
    """An hour or a day from `at` on; only those in which there was a reading with a value."""

    at: datetime
    readings: int
    low: float
    mean: float
    high: float


@dataclass(slots=True)
class _Sum:
    count: int = 0
    low: float = np.inf
    high: float = -np.inf
    total: float = 0.0

    def add(self, count: int, low: float, high: float, total: float) -> None:
        self.count += count
        self.low, self.high = min(self.low, low), max(self.high, high)
        self.total += total


def step_for(begins: datetime, ends: datetime) -> str:
    """How a span is best shown: `raw` up to two days, `hour` up to two months, else `day`."""
    span = ends - begins
    return "raw" if span <= RAW_SPAN else "hour" if span <= HOURS_SPAN else "day"


def roll(stream: int, begins: datetime, ends: datetime, step: str, zone: str) -> tuple[list[Bucket], list[Border]]:
    """The hours or days of a span in which something was said, across replacements; days are those of the zone.

    Hours whose readings were forgotten count as they were rolled up, whole where the span begins or ends within.
    A zone whose clocks lie off by half an hour gets days that begin at the full hour.
    """
    sums: dict[datetime, _Sum] = {}
    bucket_of = _bucket_of(step, zone)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        pieces = pieces_of(cursor, stream, begins, ends)
        for piece in pieces:
            for hour_ms, count, low, high, total in _hours(cursor, piece):
                if count:
                    at = bucket_of(hour_ms)
                    sums.setdefault(at, _Sum()).add(count, low, high, total)
    rolled = [Bucket(at, s.count, s.low, s.total / s.count, s.high) for at, s in sorted(sums.items())]
    return rolled, borders_of(pieces)


def _bucket_of(step: str, zone: str) -> Callable[[int], datetime]:
    tz = ZoneInfo(zone)

    def of(hour_ms: int) -> datetime:
        at = datetime.fromtimestamp(hour_ms / 1000, UTC).astimezone(tz)
        return at.replace(hour=0, minute=0) if step == "day" else at

    return of


def _hours(cursor: CursorWrapper, piece: Piece) -> Iterator[tuple[int, int, float, float, float]]:
    """Hour, count, lowest, highest, sum; an hour may come in several parts."""
    span: list[Any] = [piece.stream, piece.begins, piece.ends]
    cursor.execute(
        "SELECT floor(extract(epoch FROM at) / 3600)::bigint * 3600000, count(value), min(value), max(value), "
        "sum(value) FROM (SELECT at, nullif(value, 'NaN') AS value FROM sensing_reading "
        "WHERE stream = %s AND at >= %s AND at < %s UNION ALL "
        "SELECT l.at, nullif(l.value, 'NaN') FROM sensing_late l WHERE l.stream = %s AND l.at >= %s AND l.at < %s "
        "AND NOT EXISTS (SELECT 1 FROM sensing_reading r WHERE r.stream = l.stream AND r.at = l.at)) said GROUP BY 1 "
        "UNION ALL SELECT (extract(epoch FROM hour) * 1000)::bigint, count, low, high, total FROM sensing_roll_up "
        "WHERE stream = %s AND hour >= date_trunc('hour', %s, 'UTC') AND hour < %s",
        span * 3,
    )
    yield from ((int(row[0]), *row[1:]) for row in cursor.fetchall())
    from_ms, to_ms = (round(at.timestamp() * 1000) for at in (piece.begins, piece.ends))
    for file in archived_files(cursor, piece.begins, piece.ends):
        yield from _hours_of(read_stream(file, piece.stream, from_ms, to_ms))


def _hours_of(found: Readings) -> Iterator[tuple[int, int, float, float, float]]:
    """The hours of readings that are ordered by time."""
    known = found.pick(~np.isnan(found.value))
    hours, first = np.unique(known.at_ms // HOUR_MS, return_index=True)
    if not len(hours):
        return
    counts = np.diff([*first.tolist(), len(known.value)])
    low, high = (ufunc.reduceat(known.value, first) for ufunc in (np.minimum, np.maximum))
    total = np.add.reduceat(known.value, first)
    yield from zip(
        (hours * HOUR_MS).tolist(), counts.tolist(), low.tolist(), high.tolist(), total.tolist(), strict=True
    )
