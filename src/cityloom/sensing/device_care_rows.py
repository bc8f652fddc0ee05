"""What was done to a device, read for its page: calibrations and replacements, the newest first."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper


class CalibrationRow(NamedTuple):
    """A calibration as it was recorded."""

    stream: str
    day: date
    factor: float
    offset: float
    factor_before: float
    offset_before: float
    points: list[list[float]]
    note: str
    next_due: date | None
    by_login: str
    recorded_at: datetime


def calibrations_of(cursor: CursorWrapper, device_id: int) -> list[CalibrationRow]:
    """The calibrations of a device's streams, the newest first."""
    cursor.execute(
        'SELECT s.name, c.day, c.factor, c."offset", c.factor_before, c.offset_before, c.points, c.note, c.next_due, '
        "c.by_login, c.recorded_at FROM sensing_calibration c JOIN sensing_stream s ON s.id = c.stream_id "
        "WHERE s.device_id = %s ORDER BY c.id DESC",
        [device_id],
    )
    rows = ((*row[:6], json.loads(row[6]) if isinstance(row[6], str) else row[6], *row[7:]) for row in cursor)
    return [CalibrationRow(*row) for row in rows]


class ReplacementRow(NamedTuple):
    """That one device took another's place."""

    old: str
    new: str
    at: datetime
    reason: str
    by_login: str


def replacements_of(cursor: CursorWrapper, device_id: int) -> list[ReplacementRow]:
    """The replacements in which a device came or went, the newest first."""
    cursor.execute(
        "SELECT o.code, n.code, r.at, r.reason, r.by_login FROM sensing_replacement r "
        "JOIN sensing_device o ON o.id = r.old_id JOIN sensing_device n ON n.id = r.new_id "
        "WHERE %s IN (r.old_id, r.new_id) ORDER BY r.id DESC",
        [device_id],
    )
    return [ReplacementRow(*row) for row in cursor.fetchall()]
