"""The promises in a table, row by row, for holding our clocks against a record: needs a mapping and no city."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from cityloom.exchange.mapping import RecordMapping
from cityloom.exchange.records import BadRow, RecordReader
from cityloom.exchange.rejects import Rejects
from cityloom.exchange.sla_replay import PromiseRow
from cityloom.exchange.tables import read_table


def read_promises(file: Path, mapping: RecordMapping, zone: ZoneInfo, refused: Rejects) -> Iterator[PromiseRow]:
    """What each row says of its promise; rows that are no record go to the rejects."""
    reader = RecordReader(mapping, zone)
    for row in read_table(file, mapping):
        if row.fault is not None:
            refused.add(row.number, row.fault, row.cells)
            continue
        try:
            record = reader.read(row.number, row.cells)
        except BadRow as bad:
            refused.add(row.number, bad.reason, row.cells)
            continue
        yield PromiseRow(
            source_id=record.source_id,
            class_code=record.class_code or "",
            opened_at=record.opened_at.astimezone(zone),
            target_at=record.due_at.astimezone(zone) if record.due_at else None,
            closed_at=record.closed_at.astimezone(zone) if record.closed_at else None,
            recorded_ontime=record.on_time,
        )
