"""Import the history of another system, in batches that are each kept whole or not at all.

One thread makes the rows of the next batch while another sends the last one to the database. A record is known by
`source:id`; a second run, or a run after a break, takes only what is not there yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from django.db import connection, transaction

from cityloom.base.clock import Clock, Elapsed
from cityloom.base.ids import ids
from cityloom.cases.copying import copy_in, copy_line, copy_table, row_text
from cityloom.cases.originals import originals_of
from cityloom.cases.reporters import COLUMNS, Person, reporter_row
from cityloom.cases.values import Case, Entry, Original, Place, Report, RunningClock, Task
from cityloom.city.snapshot_values import City
from cityloom.exchange.mapping import RecordMapping
from cityloom.exchange.names_of_city import with_city_names
from cityloom.exchange.past_cases import Arrivals, ids_needed
from cityloom.exchange.quick_commits import quick_commits
from cityloom.exchange.records import BadRow, Record, RecordReader
from cityloom.exchange.rejects import Rejects
from cityloom.exchange.tables import TableRow, read_table

BATCH = 5000
Progress = Callable[["Imported"], None]


@dataclass
class Imported:
    """What became of the rows: `rows = new + known + rejected`; the other counts are of the new ones.

    `known` records were in the city before. `repeated` ids within the file are rejects.
    """

    rows: int = 0
    new: int = 0
    known: int = 0
    rejected: int = 0
    finished: int = 0
    open: int = 0
    with_unit: int = 0
    place_default: int = 0
    place_outside: int = 0
    place_none: int = 0
    seconds: float = 0.0
    rejected_by: dict[str, int] = field(default_factory=dict)

    @property
    def rows_per_second(self) -> float | None:
        return self.rows / self.seconds if self.seconds else None


@dataclass(frozen=True)
class _Batch:
    """The lines of a batch, ready to be sent."""

    texts: tuple[tuple[type, bytes], ...]
    reporters: bytes


def import_cases(
    city: City,
    file: Path,
    mapping: RecordMapping,
    clock: Clock,
    *,
    rejects: Path | None = None,
    batch: int = BATCH,
    progress: Progress | None = None,
) -> Imported:
    """Take every record of the file that the city does not have yet; the counts tell what became of each row.

    Raises TableUnreadable when the file breaks off; batches sent before stay, and the next run goes on from there.
    """
    done, elapsed, mapping = Imported(), Elapsed(), with_city_names(mapping, city)
    reader = RecordReader(mapping, mapping.zone(city.time_zone))
    arrivals = Arrivals(city, clock.now(), mapping.name, mapping.language)
    seen: set[str] = set()
    rows = read_table(file, mapping)
    with quick_commits(), Rejects(rejects) as refused, ThreadPoolExecutor(1, "import-writer") as writer:
        sending: Future[None] | None = None
        try:
            for chunk in _chunks(rows, batch):
                records = _records(chunk, reader, arrivals, seen, refused)
                fresh = _unknown(city, records)
                ready = _make(city, arrivals, fresh, done, clock.now())
                if sending is not None:
                    sending.result()
                sending = writer.submit(_send, ready)
                done.rows += len(chunk)
                done.known += len(records) - len(fresh)
                done.rejected, done.rejected_by = refused.count, dict(refused.by_reason)
                done.seconds = elapsed.seconds()
                if progress is not None:
                    progress(done)
            if sending is not None:
                sending.result()
        finally:
            writer.submit(_leave).result()
    done.seconds = elapsed.seconds()
    if progress is not None:
        progress(done)
    return done


def _chunks(rows: Iterator[TableRow], size: int) -> Iterator[list[TableRow]]:
    while chunk := list(islice(rows, size)):
        yield chunk


def _records(
    rows: Sequence[TableRow], reader: RecordReader, arrivals: Arrivals, seen: set[str], refused: Rejects
) -> list[Record]:
    """The records among the rows; the others go to the rejects."""
    records: list[Record] = []
    for row in rows:
        if row.fault is not None:
            refused.add(row.number, row.fault, row.cells)
            continue
        try:
            record = reader.read(row.number, row.cells)
            if record.key in seen:
                raise BadRow("row.repeated", id=record.source_id)
            arrivals.check(record)
        except BadRow as bad:
            refused.add(row.number, bad.reason, row.cells)
            continue
        seen.add(record.key)
        records.append(record)
    return records


def _unknown(city: City, records: Sequence[Record]) -> list[Record]:
    """Those that the city does not have, neither imported nor replayed."""
    keys = [record.key for record in records]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT external_id FROM cases_report WHERE city_id = %s AND external_id = ANY(%s)", [city.id, keys]
        )
        known = {key for (key,) in cursor.fetchall()}
    return [record for record in records if record.key not in known] if known else list(records)


def _make(city: City, arrivals: Arrivals, records: Sequence[Record], done: Imported, at: datetime) -> _Batch:
    """All lines of the batch; counts what was made."""
    places = arrivals.places(records)
    drawn = iter(ids.take(sum(map(ids_needed, records))))
    lines: dict[type, list[str]] = {Original: [], Case: [], Report: [], Task: [], RunningClock: [], Entry: []}
    reporters: list[str] = []
    for record, place in zip(records, places, strict=True):
        own = list(islice(drawn, ids_needed(record)))
        reporter_id = None
        if record.name or record.phone:
            reporter_id = ids.one()
            reporters.append(_reporter_line(city, reporter_id, record, at))
        past = arrivals.arrive(record, place, own, reporter_id)
        for row in (*past.rows(), *originals_of(past.report, past.said, at)):
            lines[type(row)].append(row_text(row))
        _count(done, record, place)
    texts = tuple((kind, "".join(found).encode()) for kind, found in lines.items())
    return _Batch(texts, "".join(reporters).encode())


def _count(done: Imported, record: Record, place: Place) -> None:
    done.new += 1
    done.finished += record.closed_at is not None
    done.open += record.closed_at is None
    done.with_unit += record.lead is not None
    done.place_default += record.was_default_point
    if record.lon is not None:
        done.place_outside += place.area is None
    else:
        done.place_none += place.area is None and not record.was_default_point


def _reporter_line(city: City, reporter_id: int, record: Record, at: datetime) -> str:
    """Name and phone sealed, for the table that stands apart."""
    return copy_line(reporter_row(reporter_id, city.id, Person(record.name, record.phone), at.astimezone(UTC)))


def _send(batch: _Batch) -> None:
    """Write a batch whole, in the writer's own connection."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")  # `quick_commits` waits for the disk at the end
        if batch.reporters:
            copy_table(cursor, "cases_reporter", COLUMNS, batch.reporters)
        for kind, text in batch.texts:
            copy_in(cursor, kind, text)


def _leave() -> None:
    """Close the writer's own connection."""
    connection.close()
