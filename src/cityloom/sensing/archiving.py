"""What is closed: parts of days indexed once, days written to a file that is read again, rolled up, forgotten.

A day is closed when it lies further back than readings may come late into a partition. Readings that come later
still go beside the partitions, and the file of their day is made anew with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.sensing.day_files import check_day, file_of, read_day, write_day
from cityloom.sensing.keeping import INDEX_ENDING, list_partitions, list_unindexed, partition_of
from cityloom.sensing.series import once_each
from cityloom.sensing.values import Readings, joined, no_readings, readings_of

STREAMS_AT_ONCE = 20_000
WRITTEN_FOR = timedelta(minutes=10)  # after a part has ended most of its readings have come
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('sensing_archive'))"


def index_closed_parts(clock: Clock) -> int:
    """Give the parts of days into which hardly anybody writes any more an index by stream; how many got one."""
    with connection.cursor() as cursor:
        names = [name for name, ends in list_unindexed(cursor) if ends + WRITTEN_FOR <= clock.now()]
        for name in names:
            cursor.execute(f"CREATE INDEX {name}{INDEX_ENDING} ON {name} (stream, at)")
            cursor.execute(f"ANALYZE {name}")
    return len(names)


def archive_days(clock: Clock, kept_days: int) -> int:
    """Move days older than that from partitions into files; how many readings. One worker does it at a time."""
    folder, moved = Path(settings.CITYLOOM_ARCHIVE), 0
    last = clock.now().date() - timedelta(days=kept_days)
    with connection.cursor() as cursor:
        days = [day for day in list_partitions(cursor) if day < last]
    for day in days:
        moved += _archive(folder, day, clock)
    for day in _days_with_late(last):
        moved += _archive(folder, day, clock)
    return moved


def _days_with_late(last: date) -> list[date]:
    """Archived days for which something came afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day FROM sensing_archive a WHERE dropped AND day < %s AND EXISTS (SELECT 1 FROM sensing_late l "
            "WHERE l.at >= a.day::timestamp AT TIME ZONE 'UTC' "
            "AND l.at < (a.day + 1)::timestamp AT TIME ZONE 'UTC') ORDER BY day",
            [last],
        )
        return [row[0] for row in cursor.fetchall()]


def _archive(folder: Path, day: date, clock: Clock) -> int:
    """Write a day's file, read it again, and only then drop what it holds, in one transaction."""
    path = file_of(folder, day)
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    span = [begins, begins + timedelta(days=1)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT 1 FROM sensing_archive WHERE day = %s AND dropped", [day])
        before = path if cursor.fetchone() else None
        name = partition_of(day)
        cursor.execute("SELECT to_regclass(%s)", [name])
        is_there = cursor.fetchone()[0] is not None
        if is_there:
            cursor.execute(f"LOCK TABLE {name} IN SHARE MODE")  # whoever still writes into it comes first
        cursor.execute("DELETE FROM sensing_late WHERE at >= %s AND at < %s RETURNING stream, "
                       "(extract(epoch FROM at) * 1000)::bigint, value", span)  # fmt: skip
        late = _of_rows(cursor.fetchall())
        _reach_back(cursor, late)
        written, digest = write_day(path, _parts(cursor, name if is_there else "", late, before))
        check_day(path, written, digest)
        cursor.execute(
            "INSERT INTO sensing_archive (day, file, readings, digest, at, dropped) "
            "VALUES (%s, %s, %s, %s, %s, true) "
            "ON CONFLICT (day) DO UPDATE SET readings = excluded.readings, digest = excluded.digest, "
            "at = excluded.at, dropped = true",
            [day, str(path.relative_to(folder)), written, digest, clock.now()],
        )
        if is_there:
            cursor.execute(f"DROP TABLE {name}")
    return written


def _reach_back(cursor: CursorWrapper, late: Readings) -> None:
    """Streams go on knowing since when they have spoken, once what came late lies in a file."""
    cursor.execute(
        "UPDATE sensing_stream s SET first_at = least(s.first_at, u.at) FROM ("
        "SELECT stream, 'epoch'::timestamptz + min(ms) * interval '1 millisecond' AS at "
        "FROM unnest(%s::bigint[], %s::bigint[]) l (stream, ms) GROUP BY 1) u WHERE s.id = u.stream",
        [late.stream.tolist(), late.at_ms.tolist()],
    )


def _parts(cursor: CursorWrapper, table: str, late: Readings, before: Path | None) -> Iterator[Readings]:
    """The day ordered by stream and time: of equal readings that of the partition or file counts, then late ones."""
    if before is not None:
        yield once_each(joined([*read_day(before), late]))
        return
    for held in _partition(cursor, table) if table else iter(()):
        top = int(held.stream.max())
        mine = late.stream <= top
        yield once_each(joined([held, late.pick(mine)]))
        late = late.pick(~mine)
    if len(late.stream):
        yield once_each(late)


def _partition(cursor: CursorWrapper, table: str) -> Iterator[Readings]:
    """A partition by stream, some streams at a time."""
    cursor.execute(f"SELECT min(stream), max(stream) FROM {table}")  # noqa: S608
    low, high = cursor.fetchone()
    if low is None:
        return
    for first in range(low, high + 1, STREAMS_AT_ONCE):
        cursor.execute(
            f"SELECT stream, (extract(epoch FROM at) * 1000)::bigint, value FROM {table} "  # noqa: S608
            "WHERE stream >= %s AND stream < %s",
            [first, first + STREAMS_AT_ONCE],
        )
        rows = cursor.fetchall()
        if rows:
            yield _of_rows(rows)


def _of_rows(rows: list[tuple[int, int, float]]) -> Readings:
    return readings_of(*zip(*rows, strict=True)) if rows else no_readings()


def roll_up_days(clock: Clock, kept_days: int) -> int:
    """Of days older than that keep hours only: their files go once the hours stand; how many days."""
    folder = Path(settings.CITYLOOM_ARCHIVE)
    last, done = clock.now().date() - timedelta(days=kept_days), 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT day, file FROM sensing_archive WHERE dropped AND day < %s ORDER BY day", [last])
        found = cursor.fetchall()
    for day, name in found:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LOCK)
            if not cursor.fetchone()[0]:
                break  # a backup is being made, or another worker is at it
            for part in read_day(folder / name):
                _add_hours(cursor, part)
            cursor.execute("DELETE FROM sensing_archive WHERE day = %s", [day])
        (folder / name).unlink(missing_ok=True)
        done += 1
    return done


def _add_hours(cursor: CursorWrapper, part: Readings) -> None:
    """Add readings to the hours of their streams; a stream's hour may come in two parts."""
    cursor.execute(
        "INSERT INTO sensing_roll_up AS h (stream, hour, count, low, high, total, last) "
        "SELECT stream, hour, count(value), min(value), max(value), coalesce(sum(value), 0), "
        "(array_agg(value ORDER BY ms DESC))[1] FROM (SELECT stream, ms, nullif(value, 'NaN') AS value, "
        "date_trunc('hour', 'epoch'::timestamptz + ms * interval '1 millisecond', 'UTC') AS hour "
        "FROM unnest(%s::bigint[], %s::bigint[], %s::float8[]) u(stream, ms, value)) r GROUP BY stream, hour "
        "ON CONFLICT (stream, hour) DO UPDATE SET count = h.count + excluded.count, "
        "low = least(h.low, excluded.low), high = greatest(h.high, excluded.high), "
        "total = h.total + excluded.total, last = excluded.last",
        [part.stream.tolist(), part.at_ms.tolist(), part.value.tolist()],
    )
