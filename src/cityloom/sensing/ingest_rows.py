"""What ingest writes beside the readings: how far it is, who floods, what was refused, how devices fare."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from cityloom.sensing.gate import Flood
from cityloom.sensing.ingesting import Refusal
from cityloom.sensing.keeping import moment


class Stood(NamedTuple):
    """Where an ingest stood: the log's number and the doors' generation, as stored and as last written down."""

    sequence: int = 0
    generation: int = 0
    flushed_sequence: int = 0
    flushed_generation: int = 0
    gate: Mapping[str, Any] = {}


def read_offset(city_id: int, part: str, log_name: str) -> Stood:
    """Where it stood; in a log of another name nothing was read yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sensing_writer (city_id, generation) VALUES (%s, 0) ON CONFLICT DO NOTHING", [city_id]
        )
        cursor.execute(
            "SELECT log, sequence, generation, flushed_sequence, flushed_generation, gate FROM sensing_offset "
            "WHERE city_id = %s AND part = %s",
            [city_id, part],
        )
        row = cursor.fetchone()
    if row is None:
        return Stood()
    gate = json.loads(row[5]) if isinstance(row[5], str) else row[5]
    return Stood(row[1], row[2], row[3], row[4], gate) if row[0] == log_name else Stood(0, row[2], 0, row[4], {})


def write_offset(
    city_id: int, part: str, log_name: str, sequence: int, generation: int, at: datetime, heard_ms: int
) -> None:
    """How far the log is stored, in the transaction that stores it; `heard_ms`: its time, 0 where it was silent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sensing_offset AS o (city_id, part, log, sequence, generation, at, heard_ms) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (city_id, part) DO UPDATE SET log = excluded.log, "
            "sequence = excluded.sequence, generation = excluded.generation, at = excluded.at, "
            "heard_ms = coalesce(nullif(excluded.heard_ms, 0), o.heard_ms), "
            "flushed_sequence = CASE o.log WHEN excluded.log THEN o.flushed_sequence ELSE 0 END",
            [city_id, part, log_name, sequence, generation, at, heard_ms],
        )


def write_checkpoint(
    cursor: CursorWrapper, city_id: int, part: str, sequence: int, generation: int, gate: Mapping[str, Any]
) -> None:
    """That memory was written down as it is after that number of the log."""
    cursor.execute(
        "UPDATE sensing_offset SET flushed_sequence = %s, flushed_generation = %s, gate = %s "
        "WHERE city_id = %s AND part = %s",
        [sequence, generation, json.dumps(gate), city_id, part],
    )


def register_state(city_id: int) -> tuple[int, int, int]:
    """What changes when the register does: the highest device and stream, and how often that was told."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce((SELECT max(id) FROM sensing_device WHERE city_id = %s), 0), "
            "coalesce((SELECT max(id) FROM sensing_stream WHERE city_id = %s), 0), "
            "coalesce((SELECT registry FROM sensing_writer WHERE city_id = %s), 0)",
            [city_id] * 3,
        )
        found: tuple[int, int, int] = cursor.fetchone()
    return found


def hold_register(cursor: CursorWrapper, city_id: int) -> None:
    """Before devices or streams are added one by one: numbers then come in the order in which they are committed."""
    cursor.execute(
        "INSERT INTO sensing_writer AS w (city_id, generation) VALUES (%s, 0) "
        "ON CONFLICT (city_id) DO UPDATE SET registry = w.registry",
        [city_id],
    )


def tell_register_changed(cursor: CursorWrapper, city_id: int) -> None:
    """Have ingest read devices and streams again; for changes that add none."""
    cursor.execute(
        "INSERT INTO sensing_writer AS w (city_id, generation, registry) VALUES (%s, 0, 1) "
        "ON CONFLICT (city_id) DO UPDATE SET registry = w.registry + 1",
        [city_id],
    )


def quarantine(cursor: CursorWrapper, flood: Flood) -> None:
    """Name a device that was shut out."""
    cursor.execute(
        "UPDATE sensing_device SET state = 'quarantined', quarantined_at = %s, quarantined_until = %s, "
        "quarantine_reason = %s WHERE id = %s",
        [
            moment(flood.at_ms), moment(flood.until_ms),
            json.dumps({"code": "sensing.flood", "params": {"messages": flood.messages, "readings": flood.readings}}),
            flood.device,
        ],
    )  # fmt: skip


def note_problems(cursor: CursorWrapper, city_id: int, refused: Sequence[Refusal], at: datetime) -> None:
    """Count what was refused by kind and device; the last sample stands."""
    cursor.execute(
        "INSERT INTO sensing_problem AS p (city_id, kind, about, count, first_at, last_at, sample) "
        "SELECT %s, kind, about, times, %s, %s, sample FROM "
        "unnest(%s::text[], %s::text[], %s::bigint[], %s::text[]) u(kind, about, times, sample) ORDER BY kind, about "
        "ON CONFLICT (city_id, kind, about) DO UPDATE SET count = p.count + excluded.count, "
        "last_at = excluded.last_at, sample = excluded.sample",
        [
            city_id, at, at, [r.kind for r in refused], [r.about for r in refused],
            [r.times for r in refused], [r.sample.replace("\x00", "") for r in refused],
        ],
    )  # fmt: skip


def count_errors(cursor: CursorWrapper, errors: Mapping[str, int], city_id: int, at: datetime) -> None:
    """Add what was refused of devices; end quarantines whose time has come."""
    if errors:
        cursor.execute(
            "UPDATE sensing_device d SET errors = d.errors + u.n "
            "FROM unnest(%s::text[], %s::bigint[]) u(code, n) WHERE d.city_id = %s AND d.code = u.code",
            [list(errors), list(errors.values()), city_id],
        )
    cursor.execute(
        "UPDATE sensing_device SET state = 'active' WHERE city_id = %s AND state = 'quarantined' "
        "AND quarantined_until <= %s",
        [city_id, at],
    )
