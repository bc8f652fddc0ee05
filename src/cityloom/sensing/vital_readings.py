"""What streams said in an hour, wherever its day lies: in partitions, or in the file of a closed day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.backends.utils import CursorWrapper

from cityloom.city.vital_values import Range
from cityloom.sensing.closed_days import ClosedDay, list_closed_days, read_pieces
from cityloom.sensing.day_files import read_streams
from cityloom.sensing.indicators import Real, StreamHours, Whole
from cityloom.sensing.values import Readings
from cityloom.sensing.vital_rows import count_readings, hours_of_streams

HOUR_MS = 3_600_000


def said_in(
    cursor: CursorWrapper, streams: Sequence[int], ranges: Sequence[Range | None], begins: datetime, ends: datetime
) -> StreamHours:
    """What each stream said from `begins` up to `ends`, in the order given; a stream may be asked for two ranges.

    A span of at most an hour, within a day or in days that are not closed. No day is closed until the end of the
    transaction.
    """
    closed = _closed(cursor, begins, ends)
    if not closed:
        return hours_of_streams(cursor, streams, ranges, begins, ends)
    tally = Tally(streams, ranges)
    for day in closed:
        for piece in read_pieces(cursor, day, streams, begins, ends):
            tally.add(piece)
    return tally.hours()


def count_said(
    cursor: CursorWrapper, city_id: int, streams: Sequence[int], begins: datetime, ends: datetime
) -> dict[datetime, int]:
    """How many readings each hour of a span has by now, those of these streams in files counted in."""
    closed = _closed(cursor, begins, ends)
    found = count_readings(cursor, city_id, begins, ends)
    wanted = np.unique(np.asarray(streams, np.int64))
    for day in closed if len(wanted) else ():
        from_ms, to_ms = (round(at.timestamp() * 1000) for at in (max(begins, day.begins), min(ends, day.ends)))
        for part in read_streams(day.file, wanted, from_ms, to_ms):
            hours, counts = np.unique(part.at_ms // HOUR_MS, return_counts=True)
            for hour, count in zip(hours.tolist(), counts.tolist(), strict=True):
                at = datetime.fromtimestamp(hour * HOUR_MS / 1000, UTC)
                found[at] = found.get(at, 0) + count
    return found


def _closed(cursor: CursorWrapper, begins: datetime, ends: datetime) -> list[ClosedDay]:
    """The closed days that hold some of a span whose end is left out."""
    return list_closed_days(cursor, begins, ends - timedelta(milliseconds=1))


class Tally:
    """What streams said, gathered piece by piece in the order of time. Pure."""

    def __init__(self, streams: Sequence[int], ranges: Sequence[Range | None]) -> None:
        self._streams = np.asarray(streams, np.int64)
        self._known, self._place = np.unique(self._streams, return_inverse=True)
        self._ranges = list(ranges)
        size = len(self._known)
        self._said, self._total = np.zeros(size, np.int64), np.zeros(size)
        self._low, self._high, self._last = np.full(size, np.inf), np.full(size, -np.inf), np.full(size, np.nan)
        self._inside = {span: np.zeros(size, np.int64) for span in set(ranges)}

    def add(self, piece: Readings) -> None:
        """Readings ordered by stream and time, none of them before an earlier piece's; NaN is no reading."""
        piece = piece.pick(~np.isnan(piece.value))
        at = np.searchsorted(self._known, piece.stream)
        value, size = piece.value, len(self._known)
        self._said += np.bincount(at, minlength=size)
        self._total += np.bincount(at, weights=value, minlength=size)
        np.minimum.at(self._low, at, value)
        np.maximum.at(self._high, at, value)
        self._last[at] = value  # of several the last one stays, and they stand in the order of time
        for span, counts in self._inside.items():
            counts += np.bincount(at[_within(span, value)], minlength=size)

    def hours(self) -> StreamHours:
        """All that was gathered, in the order in which the streams were asked for."""
        silent = self._said == 0
        mean = np.where(silent, np.nan, self._total / np.maximum(self._said, 1))
        low, high = (np.where(silent, np.nan, each) for each in (self._low, self._high))
        place = self._place
        inside = np.array([self._inside[span][i] for span, i in zip(self._ranges, place, strict=True)], np.int64)
        return StreamHours(
            self._streams, self._said[place], mean[place], low[place], high[place], self._last[place], inside
        )


def _within(span: Range | None, value: Real) -> Whole:
    """The positions of the values inside a range; of none all are."""
    low, high = span or (None, None)
    inside = np.ones(len(value), bool)
    if low is not None:
        inside &= value >= low
    if high is not None:
        inside &= value <= high
    return np.flatnonzero(inside)
