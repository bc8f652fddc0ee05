"""The records of a table that a city can take up, within the days asked for; all others are told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from cityloom.city.snapshot_values import City
from cityloom.exchange.past_cases import Arrivals
from cityloom.exchange.records import BadRow, Record, RecordReader
from cityloom.exchange.rejects import Rejects
from cityloom.exchange.tables import read_table

Days = tuple[date | None, date | None]


def read_records(
    city: City,
    file: Path,
    reader: RecordReader,
    days: Days,
    refused: Rejects,
    skipped: Callable[[], None] = lambda: None,
) -> Iterator[Record]:
    """Records opened from the first to the last day (in the city's zone; None is open), each id once.

    Rows that are no record, or use words the city does not know, go to `refused`; those of other days call `skipped`.
    """
    arrivals = Arrivals(city, datetime.now(UTC), reader.mapping.name, reader.mapping.language)
    (first, last), tz = days, city.calendar().tz
    seen: set[str] = set()
    for row in read_table(file, reader.mapping):
        if row.fault is not None:
            refused.add(row.number, row.fault, row.cells)
            continue
        try:
            record = reader.read(row.number, row.cells)
            day = record.opened_at.astimezone(tz).date()
            if (first is not None and day < first) or (last is not None and day > last):
                skipped()
                continue
            if record.key in seen:
                raise BadRow("row.repeated", id=record.source_id)
            arrivals.check_words(record)
        except BadRow as bad:
            refused.add(row.number, bad.reason, row.cells)
            continue
        seen.add(record.key)
        yield record
