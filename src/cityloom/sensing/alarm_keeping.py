"""Writing and reading alarms: rows as values, each change with its entry and one outbox row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.sensing.alarm_moves import NoSuchAlarm, StaleAlarm
from cityloom.sensing.alarm_values import Alarm, AlarmEntry, Window

_ALARM = tuple(f.name for f in fields(Alarm))
_WINDOW = tuple(f.name for f in fields(Window))
_JSON = {"review", "evidence"}
_LISTS = {"areas", "changes"}
_COLUMNS = ", ".join(f"a.{name}" for name in _ALARM)
_INSERT = (
    f"INSERT INTO sensing_alarm ({', '.join(_ALARM)}) "  # noqa: S608
    f"VALUES ({', '.join('%s::jsonb' if n in _JSON else '%s' for n in _ALARM)})"
)
_UPDATE = (
    "UPDATE sensing_alarm SET "  # noqa: S608
    + ", ".join(f"{n} = %s::jsonb" if n in _JSON else f"{n} = %s" for n in _ALARM if n != "id")
    + " WHERE id = %s AND version = %s"
)
MOST_ID = 2**63 - 1
# Steps that others are told of; each is one message.
TOLD = frozenset({"raise", "return", "release", "escalate", "clear", "close", "acknowledge", "flap"})


# --- reading ----------------------------------------------------------------------------------------------------


def read_alarms(cursor: CursorWrapper, condition: str, params: Sequence[Any]) -> list[Alarm]:
    """Alarms as values (`sensing_alarm a`); the condition is written by us, its parameters are bound."""
    cursor.execute(f"SELECT {_COLUMNS} FROM sensing_alarm a WHERE {condition}", params)  # noqa: S608
    return [Alarm(**dict(zip(_ALARM, map(_read_back, _ALARM, row), strict=True))) for row in cursor.fetchall()]


def get_alarm(cursor: CursorWrapper, city_id: int, alarm_id: int, *, lock: bool = False) -> Alarm:
    """The alarm of that number; raises NoSuchAlarm."""
    condition = "a.city_id = %s AND a.id = %s" + (" FOR UPDATE" if lock else "")
    found = read_alarms(cursor, condition, [city_id, alarm_id]) if alarm_id <= MOST_ID else []
    if not found:
        raise NoSuchAlarm("alarm.no_alarm", number=alarm_id)
    return found[0]


def newest_of(cursor: CursorWrapper, city_id: int, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Alarm]:
    """The newest alarm of each rule and subject, locked in the order of their ids."""
    cursor.execute(
        "SELECT x.id FROM unnest(%s::varchar[], %s::varchar[]) k(rule, subject) CROSS JOIN LATERAL ("
        "SELECT id FROM sensing_alarm WHERE city_id = %s AND rule = k.rule AND subject = k.subject "
        "ORDER BY id DESC LIMIT 1) x",
        [[rule for rule, _ in keys], [subject for _, subject in keys], city_id],
    )
    newest = [row[0] for row in cursor.fetchall()]
    found = read_alarms(cursor, "a.id = ANY(%s) ORDER BY a.id FOR UPDATE", [newest]) if newest else []
    return {(a.rule, a.subject): a for a in found}


def list_alarm_entries(cursor: CursorWrapper, alarm_id: int) -> list[dict[str, Any]]:
    """The alarm's history in order."""
    names = ("move", "from_state", "to_state", "by_login", "by_role", "by_unit", "for_login", "reason", "note",
             "changes", "occurred_at", "recorded_at")  # fmt: skip
    cursor.execute(
        f"SELECT {', '.join(names)} FROM sensing_alarm_entry WHERE alarm_id = %s ORDER BY id",  # noqa: S608
        [alarm_id],
    )
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row["reason"] = _reason(row["reason"])
        row["changes"] = _plain_json(row["changes"]) or {}
    return rows


def read_windows(cursor: CursorWrapper, condition: str, params: Sequence[Any]) -> list[Window]:
    """Maintenance windows as values (`sensing_window w`)."""
    columns = ", ".join(f"w.{name}" for name in _WINDOW)
    cursor.execute(f"SELECT {columns} FROM sensing_window w WHERE {condition}", params)  # noqa: S608
    return [Window(**dict(zip(_WINDOW, map(_read_back, _WINDOW, row), strict=True))) for row in cursor.fetchall()]


def windows_around(cursor: CursorWrapper, city_id: int, first: datetime, last: datetime) -> list[Window]:
    """The windows that meet a span."""
    condition = "w.city_id = %s AND w.until_at > %s AND w.from_at <= %s ORDER BY w.id"
    return read_windows(cursor, condition, [city_id, first, last])


# --- writing ----------------------------------------------------------------------------------------------------


def keep_alarms(
    cursor: CursorWrapper,
    new: Sequence[Alarm],
    changed: Sequence[Alarm],
    entries: Sequence[tuple[Alarm, AlarmEntry]],
    now: datetime,
) -> None:
    """Write new and changed alarms with their entries; raises StaleAlarm where somebody else was faster.

    Changed ones go first: of one rule and subject only one may stand, and one of them may make way for a new one.
    """
    for alarm in changed:
        values = [_stored(n, getattr(alarm, n)) for n in _ALARM if n not in ("id", "version")]
        cursor.execute(_UPDATE, [*values, alarm.version + 1, alarm.id, alarm.version])
        if cursor.rowcount != 1:
            raise StaleAlarm("alarm.stale")
    if new:
        cursor.executemany(_INSERT, [[_stored(n, getattr(a, n)) for n in _ALARM] for a in new])
    if entries:
        _keep_entries(cursor, entries, now)


def keep_window(cursor: CursorWrapper, window: Window) -> None:
    """Write a window, new or stopped."""
    columns = ", ".join(_WINDOW)
    marks = ", ".join(["%s"] * len(_WINDOW))
    cursor.execute(
        f"INSERT INTO sensing_window ({columns}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE "  # noqa: S608
        "SET stopped_at = excluded.stopped_at, stopped_by = excluded.stopped_by",
        [_stored(n, getattr(window, n)) for n in _WINDOW],
    )


def _keep_entries(cursor: CursorWrapper, entries: Sequence[tuple[Alarm, AlarmEntry]], now: datetime) -> None:
    rows: list[list[Any]] = []
    messages: list[list[Any]] = []
    for (alarm, entry), entry_id in zip(entries, ids.take(len(entries)), strict=True):
        by = entry.by
        reason = json.dumps(entry.reason.as_json()) if entry.reason else None
        rows.append([
            entry_id, alarm.city_id, alarm.id, entry.move, entry.from_state, entry.to_state, by.login, by.role.value,
            by.unit, by.for_login, reason, entry.note, json.dumps(dict(entry.changes)), entry.occurred_at, now,
        ])  # fmt: skip
        if entry.move in TOLD:
            messages.append(_message(alarm, entry, now))
    cursor.executemany(
        "INSERT INTO sensing_alarm_entry (id, city_id, alarm_id, move, from_state, to_state, by_login, by_role, "
        "by_unit, for_login, reason, note, changes, occurred_at, recorded_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s::jsonb, %s, %s)",
        rows,
    )
    if messages:
        cursor.executemany(
            "INSERT INTO base_outbox (id, city, topic, key, payload, created_at, waiting) "
            "VALUES (%s, %s, 'alarm.moved', %s, %s::jsonb, %s, true)",
            messages,
        )


def _message(alarm: Alarm, entry: AlarmEntry, now: datetime) -> list[Any]:
    """What others are told; a device's alarm is about no person."""
    payload = {
        "alarm": alarm.id,
        "move": entry.move,
        "state": alarm.state,
        "rule": alarm.rule,
        "subject": alarm.subject,
        "type": alarm.type,
        "severity": alarm.severity,
        "area": alarm.area,
        "unit": alarm.owner,
        "lon": alarm.lon,
        "lat": alarm.lat,
        "case": alarm.case_number,
        "rung": alarm.rung,
        "raised_at": alarm.raised_at.astimezone(UTC).isoformat(),
    }
    return [ids.one(), str(alarm.city_id), str(alarm.id), json.dumps(payload), now]


# --- columns ----------------------------------------------------------------------------------------------------


def _stored(name: str, value: Any) -> Any:
    if name in _JSON:
        return None if value is None else json.dumps(value)
    return list(value) if name in _LISTS else value


def _read_back(name: str, value: Any) -> Any:
    if name in _LISTS:
        return tuple(value or ())
    return _plain_json(value) if name in _JSON else value


def _plain_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _reason(value: Any) -> Reason | None:
    told: Mapping[str, Any] | None = _plain_json(value)
    return Reason.from_json(told) if told else None
