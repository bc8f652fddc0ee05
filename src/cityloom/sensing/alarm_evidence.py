"""What an alarm was raised on: the readings of the last hours around it, thinned without losing a peak."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from django.db.backends.utils import CursorWrapper

from cityloom.city.alarm_rules import AlarmRule
from cityloom.sensing.alarm_values import Alarm
from cityloom.sensing.series import history

HOURS = 6
MOST_POINTS = 240
LIMITS = ("above", "below", "clear", "rises", "falls", "missing_s", "stuck_s", "mads", "for_s")

Points = list[tuple[int, float]]


def evidence_of(cursor: CursorWrapper, alarm: Alarm, rule: AlarmRule, now: datetime) -> dict[str, Any]:
    """The series that is kept with the alarm: points of (ms, value), what the rule asks, and the unit."""
    if alarm.stream_id is None:
        return {"points": [], "rule": rule_said(rule), "at": now.isoformat()}
    first = alarm.raised_at - timedelta(hours=HOURS)
    points = read_points(alarm.stream_id, first, max(now, alarm.raised_at))
    cursor.execute("SELECT name, unit_symbol FROM sensing_stream WHERE id = %s", [alarm.stream_id])
    name, unit = cursor.fetchone() or ("", "")
    return {"points": points, "rule": rule_said(rule), "stream": name, "unit": unit, "at": now.isoformat()}


def rule_said(rule: AlarmRule) -> dict[str, float]:
    """The limits a plot shows."""
    said = {name: getattr(rule, name) for name in LIMITS}
    return {name: float(value) for name, value in said.items() if value is not None}


def read_points(stream: int, first: datetime, last: datetime) -> Points:
    """The readings of a stream in a span, thinned so that peaks stay."""
    found = history(stream, first, last + timedelta(milliseconds=1), MOST_POINTS)
    said = zip(found.at_ms.tolist(), found.value.tolist(), strict=True)
    return [(at, value) for at, value in said if not math.isnan(value)]
