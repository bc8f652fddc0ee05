"""Writing readings so that each (stream, time) is kept once, by two ways that know of each other.

The ingest process has the newest time of each stream in memory: what is newer goes by COPY into the partition of its
day, all else into `sensing_late`, whose key refuses repetitions. Doors (`keep_readings`) write into `sensing_late`
only; each writing draws the next generation of the city, by which ingest hears of it before its next batch.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

from cityloom.sensing.values import FIRST_MS, LAST_MS, Readings, Whole, joined, no_readings, readings_of
from cityloom.sensing.watermarks import Sorted, Watermarks

DAY_MS = 86_400_000
EARLY_S = 300  # how far a device's clock may run ahead
MAIN_DAYS = 7  # older ones go beside the partitions, so that a wrong clock makes no partition of its own
PART_HOURS = 2  # a day lies in parts of so many hours: only the newest has no index by stream
PART_MS = PART_HOURS * 3_600_000
INDEX_ENDING = "_stream_at"
UNSUMMARIZED = 100_000  # readings that may lie where the block ranges do not tell streams apart yet
FEW_LATE = 200  # up to here each is looked up by itself, above in one pass over the days
_POSTGRES_EPOCH_MS = 946_684_800_000
_HEAD = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
_TAIL = b"\xff\xff"
_ROW = np.dtype(
    [("n", ">i2"), ("l1", ">i4"), ("stream", ">i8"), ("l2", ">i4"), ("at", ">i8"), ("l3", ">i4"), ("value", ">f8")]
)


class Kept(NamedTuple):
    """What became of a batch: newly stored in all, said before, of the stored those that were late; and refused:
    those too far in the future, and those before 2010.
    """

    stored: int
    repeated: int
    late: int
    early: Readings = no_readings()
    ancient: Readings = no_readings()


class Batch(NamedTuple):
    """A batch that stands in the open transaction: its counts, and what rules are to judge, in the order of arrival.

    `place`: where each of `fresh` stands among the readings given, -1 for what doors brought, which comes first.
    """

    kept: Kept
    fresh: Readings
    generation: int
    place: Whole = np.zeros(0, np.int64)


class Keeper:
    """The one writer into the partitions for its part of the devices, with the newest time of each stream.

    Call `keep` inside a transaction and `committed` after it; after a rollback nothing is remembered.
    """

    def __init__(
        self,
        city_id: int,
        marks: Watermarks,
        generation: int = 0,
        early_s: float = EARLY_S,
        judges: Callable[[Whole], NDArray[np.bool_]] | None = None,  # streams whose readings of doors it has judged
    ) -> None:
        self.city_id = city_id
        self.marks = marks
        self.generation = generation
        self._early_ms = round(early_s * 1000)
        self._judges = judges
        self._days: set[int] = set()
        self._unsummarized = 0
        self._parts: set[int] = set()  # in which they lie

    def keep(self, cursor: CursorWrapper, readings: Readings, now_ms: int) -> Batch:
        """Store a batch; readings of a time later than `now_ms` and a tolerance are refused.

        What doors wrote since the last batch comes first among the fresh ones, where it is newer than what was known.
        """
        generation, doors = self._hear_doors(cursor)
        if len(doors.stream):
            doors = self.marks.sort(doors, LAST_MS).fresh
            self.marks.advance(doors)  # stands in the database whatever becomes of this transaction
            doors = self._judged_here(doors)
        found = self.sort(readings, now_ms)
        self._copy(cursor, found.fresh)
        late = keep_late(cursor, found.late, 0, judged=True)
        repeated = found.repeated + len(found.late.stream) - late
        kept = Kept(len(found.fresh.stream) + late, repeated, late, found.early, found.ancient)
        place = np.concatenate([np.full(len(doors.stream), -1, np.int64), np.sort(found.arrival)])
        return Batch(kept, joined([doors, found.as_they_came]), generation, place)

    def sort(self, readings: Readings, now_ms: int) -> Sorted:
        """The batch taken apart as `keep` does, and nothing stored."""
        return self.marks.sort(readings, now_ms + self._early_ms, now_ms - MAIN_DAYS * DAY_MS)

    def remember_doors(self, cursor: CursorWrapper, until: int) -> Readings:
        """What doors wrote up to a generation, known from now on; that which rules have judged before a restart."""
        told, asked = self._written_by_doors(cursor, until)
        self.marks.advance(told)
        fresh = self.marks.sort(asked, LAST_MS).fresh
        self.marks.advance(fresh)
        self.generation = max(until, self.generation)
        return self._judged_here(fresh)

    def committed(self, batch: Batch) -> None:
        """Remember a batch whose transaction has ended well."""
        self.marks.advance(batch.fresh)
        self.generation = batch.generation
        self._unsummarized += len(batch.fresh.stream)
        self._parts |= set(np.unique(batch.fresh.at_ms // PART_MS).tolist())

    def summarize(self) -> None:
        """Have the block ranges of what was committed say which streams they hold, once it is much.

        PostgreSQL does so by itself a minute later; meanwhile a chart would read all that lies there. In a
        transaction of its own; where another process does it already, there is nothing to do.
        """
        if self._unsummarized < UNSUMMARIZED:
            return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT brin_summarize_new_values(i.indexrelid) FROM pg_index i "
                "JOIN pg_class part ON part.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid "
                "JOIN pg_am a ON a.oid = x.relam AND a.amname = 'brin' WHERE part.relname = ANY(%s) "
                "AND pg_get_indexdef(i.indexrelid, 1, false) = 'stream' "
                "AND (SELECT pg_try_advisory_xact_lock(hashtext('sensing_reading_brin')))",
                [[_part_of(part) for part in self._parts]],
            )
        self._unsummarized, self._parts = 0, set()

    def rolled_back(self) -> None:
        """Forget which partitions were there: one made in the transaction is gone."""
        self._days.clear()

    def _judged_here(self, doors: Readings) -> Readings:
        """Of several processes each has judged what doors brought of the devices that it hears."""
        return doors if self._judges is None else doors.pick(self._judges(doors.stream))

    def _hear_doors(self, cursor: CursorWrapper) -> tuple[int, Readings]:
        """The generation, held until the commit, and what doors have written for the rules since the last one."""
        cursor.execute("SELECT generation FROM sensing_writer WHERE city_id = %s FOR SHARE", [self.city_id])
        row = cursor.fetchone()
        if row is None or row[0] == self.generation:
            return self.generation, no_readings()
        told, asked = self._written_by_doors(cursor, row[0])
        self.marks.advance(told)
        return row[0], asked

    def _written_by_doors(self, cursor: CursorWrapper, until: int) -> tuple[Readings, Readings]:
        """What came after the generation that is known: what rules need not look at, and what they are to judge."""
        cursor.execute(
            "SELECT l.stream, (extract(epoch FROM l.at) * 1000)::bigint, l.value, l.judged FROM sensing_late l "
            "JOIN sensing_stream s ON s.id = l.stream AND s.city_id = %s "
            "WHERE l.generation > %s AND l.generation <= %s AND l.generation > 0 ORDER BY l.generation, l.at",
            [self.city_id, self.generation, until],
        )
        rows = cursor.fetchall()
        return _of_rows([r[:3] for r in rows if r[3]]), _of_rows([r[:3] for r in rows if not r[3]])

    def _copy(self, cursor: CursorWrapper, fresh: Readings) -> None:
        if not len(fresh.stream):
            return
        days = fresh.at_ms // DAY_MS
        for day in np.unique(days).tolist():
            if day not in self._days:
                ensure_partition(cursor, day_of(day))
                self._days.add(day)
            of_day = fresh if days[0] == day and (days == day).all() else fresh.pick(days == day)
            with cursor.copy(f"COPY {partition_of(day_of(day))} FROM STDIN (FORMAT binary)") as copy:
                copy.write(copy_bytes(of_day))


def keep_readings(
    cursor: CursorWrapper, city_id: int, readings: Readings, now: datetime, *, judged: bool = False
) -> Kept:
    """Store what a door brought, inside the caller's transaction; with its commit it is durable and counts once.

    `judged`: rules are not to look at it, as for a history that is filled in. Streams must be of the city.
    """
    if not len(readings.stream):
        return Kept(0, 0, 0)
    latest_ms = round(now.timestamp() * 1000) + EARLY_S * 1000
    early, ancient = readings.at_ms > latest_ms, readings.at_ms < FIRST_MS
    cursor.execute(
        "INSERT INTO sensing_writer (city_id, generation) VALUES (%s, 1) "
        "ON CONFLICT (city_id) DO UPDATE SET generation = sensing_writer.generation + 1 RETURNING generation",
        [city_id],
    )
    (generation,) = cursor.fetchone()
    good = readings.pick(~(early | ancient))
    stored = keep_late(cursor, good, generation, judged=judged)
    return Kept(stored, len(good.stream) - stored, 0, readings.pick(early), readings.pick(ancient))


def keep_late(cursor: CursorWrapper, late: Readings, generation: int, *, judged: bool) -> int:
    """Add readings beside the partitions unless they are there or in a partition; how many were new."""
    count = len(late.stream)
    if not count:
        return 0
    cursor.execute(f"SET LOCAL enable_hashjoin = {'off' if count <= FEW_LATE else 'on'}")
    cursor.execute(f"SET LOCAL enable_mergejoin = {'off' if count <= FEW_LATE else 'on'}")
    cursor.execute(
        "INSERT INTO sensing_late (stream, at, value, generation, judged) "
        "SELECT l.stream, l.at, l.value, %s, %s FROM ("
        "  SELECT stream, 'epoch'::timestamptz + ms * interval '1 millisecond' AS at, value "
        "  FROM unnest(%s::bigint[], %s::bigint[], %s::float8[]) WITH ORDINALITY u(stream, ms, value, n) ORDER BY n"
        ") l WHERE NOT EXISTS (SELECT 1 FROM sensing_reading r WHERE r.stream = l.stream AND r.at = l.at "
        "  AND r.at BETWEEN %s AND %s) "
        "ON CONFLICT DO NOTHING",
        [
            generation, judged, late.stream.tolist(), late.at_ms.tolist(), late.value.tolist(),
            moment(int(late.at_ms.min())), moment(int(late.at_ms.max())),
        ],
    )  # fmt: skip
    return int(cursor.rowcount)


def _of_rows(rows: list[tuple[int, int, float]]) -> Readings:
    return readings_of(*zip(*rows, strict=True)) if rows else no_readings()


def copy_bytes(readings: Readings) -> bytes:
    """The readings in PostgreSQL's binary COPY format, in their order."""
    rows = np.zeros(len(readings.stream), _ROW)
    rows["n"], rows["l1"], rows["l2"], rows["l3"] = 3, 8, 8, 8
    rows["stream"], rows["value"] = readings.stream, readings.value
    rows["at"] = (readings.at_ms - _POSTGRES_EPOCH_MS) * 1000
    return b"".join((_HEAD, rows.tobytes(), _TAIL))


def ensure_partition(cursor: CursorWrapper, day: date) -> None:
    """Have the partition of a day (UTC) with its parts; made ones are attached without holding readers up."""
    name = partition_of(day)
    cursor.execute("SELECT to_regclass(%s)", [name])
    if cursor.fetchone()[0] is not None:
        return
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sensing_reading'))")
    cursor.execute("SELECT to_regclass(%s)", [name])
    if cursor.fetchone()[0] is not None:
        return
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    made = [f"CREATE TABLE {name} (LIKE sensing_reading INCLUDING DEFAULTS) PARTITION BY RANGE (at)"]
    for n in range(0, 24, PART_HOURS):
        part = _bounds(start + timedelta(hours=n), start + timedelta(hours=n + PART_HOURS))
        made.append(f"CREATE TABLE {name}_{n:02} PARTITION OF {name} {part}")
    made.append(f"ALTER TABLE sensing_reading ATTACH PARTITION {name} {_bounds(start, start + timedelta(days=1))}")
    cursor.execute(";".join(made))


def _part_of(part: int) -> str:
    """The table of a part of a day that begins so many parts after 1970."""
    begins = moment(part * PART_MS)
    return f"{partition_of(begins.date())}_{begins.hour:02}"


def _bounds(begins: datetime, ends: datetime) -> str:
    return f"FOR VALUES FROM ('{begins.isoformat()}') TO ('{ends.isoformat()}')"


def list_partitions(cursor: CursorWrapper) -> list[date]:
    """The days that have a partition, the oldest first."""
    cursor.execute("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                   "WHERE i.inhparent = 'sensing_reading'::regclass ORDER BY 1")  # fmt: skip
    return [datetime.strptime(name[-8:], "%Y%m%d").replace(tzinfo=UTC).date() for (name,) in cursor.fetchall()]


def list_unindexed(cursor: CursorWrapper) -> list[tuple[str, datetime]]:
    """The parts of days that have no index by stream yet, with their end, the oldest first."""
    cursor.execute(
        "SELECT c.relname FROM pg_inherits d JOIN pg_inherits p ON p.inhparent = d.inhrelid "
        "JOIN pg_class c ON c.oid = p.inhrelid WHERE d.inhparent = 'sensing_reading'::regclass "
        "AND to_regclass(c.relname || %s) IS NULL ORDER BY 1",
        [INDEX_ENDING],
    )
    begins = [(name, datetime.strptime(name[-11:], "%Y%m%d_%H").replace(tzinfo=UTC)) for (name,) in cursor.fetchall()]
    return [(name, at + timedelta(hours=PART_HOURS)) for name, at in begins]


def partition_of(day: date) -> str:
    """The table of a day."""
    return f"sensing_reading_{day:%Y%m%d}"


def day_of(days: int) -> date:
    """The day that lies so many days after 1970-01-01."""
    return date(1970, 1, 1) + timedelta(days=days)


def moment(at_ms: int) -> datetime:
    """The moment of milliseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
