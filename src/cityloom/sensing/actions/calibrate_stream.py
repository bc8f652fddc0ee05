"""Records a calibration of a stream: ingest counts by it within seconds, what was kept before stays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.alarm_subjects import areas_of
from cityloom.sensing.device_care import (
    NOTE_CHARS,
    BadCalibration,
    Point,
    Scale,
    check_days,
    due_after,
    require_care,
    scale_after,
)
from cityloom.sensing.device_queries import get_device
from cityloom.sensing.ingest_rows import tell_register_changed


class Calibrated(NamedTuple):
    """By what the stream counts from now on, by what it did before, and when the next calibration is due."""

    factor: float
    offset: float
    factor_before: float
    offset_before: float
    next_due: date | None


def calibrate_stream(
    city: City,
    code: str,
    stream: str,
    by: Post,
    clock: Clock,
    *,
    day: date,
    factor: float | None = None,
    offset: float | None = None,
    points: Sequence[Point] = (),
    note: str = "",
    next_due: date | None = None,
) -> Calibrated:
    """Record it and count by it from now on; without `next_due` the interval of the device's type says it.

    Raises NoSuchDevice, NotYourDevice or BadCalibration; then nothing has changed.
    """
    now = clock.now()
    tz = city.calendar().tz
    with transaction.atomic(), connection.cursor() as cursor:
        device = get_device(cursor, city, code)
        require_care(by, device.owner, areas_of(city, device.area, device.lon, device.lat))
        if device.state == "retired":
            raise BadCalibration("device.retired", code=device.code)
        id_, before = _stream(cursor, device.id, device.code, stream)
        after = scale_after(before, factor, offset, points)
        kind = city.device_types.get(device.type)
        check_days(day, next_due, now.astimezone(tz).date())
        due = next_due or due_after(day, kind.calibrate_days if kind else None)
        cursor.execute(
            "INSERT INTO sensing_calibration (city_id, stream_id, day, factor, \"offset\", factor_before, "
            "offset_before, points, note, next_due, by_login, by_role, by_unit, recorded_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [city.id, id_, day, *after, *before, json.dumps(points), note.strip()[:NOTE_CHARS], due,
             by.login, by.role.value, by.unit or "", now],
        )  # fmt: skip
        cursor.execute(
            'UPDATE sensing_stream SET factor = %s, "offset" = %s, calibrated_at = %s WHERE id = %s',
            [*after, datetime.combine(day, time(), tz), id_],
        )
        tell_register_changed(cursor, city.id)
    return Calibrated(*after, *before, due)


def _stream(cursor: CursorWrapper, device: int, code: str, name: str) -> tuple[int, Scale]:
    """The stream of that name, locked; raises BadCalibration."""
    cursor.execute(
        'SELECT name, id, factor, "offset" FROM sensing_stream WHERE device_id = %s ORDER BY name FOR UPDATE',
        [device],
    )
    found = {row[0]: (row[1], Scale(row[2], row[3])) for row in cursor.fetchall()}
    if name not in found:
        raise BadCalibration("calibration.no_stream", code=code, stream=name[:60], streams=", ".join(found))
    return found[name]
