"""A stream across replacements: what its device says, and before it the devices whose place it took."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.sensing.downsampling import keep_peaks
from cityloom.sensing.series import readings_between
from cityloom.sensing.values import Readings, joined, no_readings

MOST_PIECES = 50
_EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


class Piece(NamedTuple):
    """A span in which a stream of that device speaks for the place: from `begins` until, not including, `ends`."""

    stream: int
    device: str
    begins: datetime
    ends: datetime

    def within(self, begins: datetime, ends: datetime) -> Piece | None:
        """The part of it in a span, if any."""
        first, last = max(self.begins, begins), min(self.ends, ends)
        return self._replace(begins=first, ends=last) if first < last else None


class Border(NamedTuple):
    """Where a series passes from one device to the next one."""

    at: datetime
    before: str
    after: str


def pieces_of(
    cursor: CursorWrapper, stream: int, begins: datetime = _EVER[0], ends: datetime = _EVER[1]
) -> list[Piece]:
    """The streams of one name at one place that speak in a span, the oldest first; one statement."""
    cursor.execute(
        "WITH RECURSIVE line(stream, device, name, code, until, depth) AS ("
        "SELECT s.id, d.id, s.name, d.code, NULL::timestamptz, 1 FROM sensing_stream s "
        "JOIN sensing_device d ON d.id = s.device_id WHERE s.id = %s UNION ALL "
        "SELECT o.id, d.id, line.name, d.code, r.at, line.depth + 1 FROM line "
        "JOIN sensing_replacement r ON r.new_id = line.device JOIN sensing_device d ON d.id = r.old_id "
        "JOIN sensing_stream o ON o.device_id = d.id AND o.name = line.name WHERE line.depth < %s) "
        "SELECT stream, code, until FROM line ORDER BY depth",
        [stream, MOST_PIECES],
    )
    found: list[Piece] = []
    rows = cursor.fetchall()
    for number, (id_, code, until) in enumerate(rows):
        since = rows[number + 1][2] if number + 1 < len(rows) else _EVER[0]
        piece = Piece(id_, code, since, until or _EVER[1]).within(begins, ends)
        if piece is not None:
            found.append(piece)
    return found[::-1]


def borders_of(pieces: Sequence[Piece]) -> list[Border]:
    """Where the pieces of a span meet."""
    return [Border(b.begins, a.device, b.device) for a, b in pairwise(pieces)]


def history_across(
    stream: int, begins: datetime, ends: datetime, points: int | None = None
) -> tuple[Readings, list[Border]]:
    """What was said at the stream's place in a span, as `series.history`, across replacements, with their moments.

    All readings carry the number of the stream that was asked for.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        pieces = pieces_of(cursor, stream, begins, ends)
        parts = [readings_between(cursor, each.stream, each.begins, each.ends) for each in pieces]
    found = joined(parts) if parts else no_readings()
    found = found._replace(stream=np.full_like(found.stream, stream))
    if points is not None:
        found = keep_peaks(found, round(begins.timestamp() * 1000), round(ends.timestamp() * 1000), points)
    return found, borders_of(pieces)
