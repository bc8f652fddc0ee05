"""A new device takes the place of an old one: its components, its parent, its children, its history and its rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing import alarming
from cityloom.sensing.actions.give_secret import give_secret
from cityloom.sensing.alarm_keeping import keep_alarms, keep_window, read_alarms, read_windows
from cityloom.sensing.alarm_subjects import areas_of
from cityloom.sensing.device_care import NOTE_CHARS, BadReplacement, check_replacement, require_care
from cityloom.sensing.device_queries import DeviceRow, NoSuchDevice, get_device
from cityloom.sensing.ingest_rows import tell_register_changed


class Replaced(NamedTuple):
    """The new device's code, its secret for MQTT (told once), and how many alarms of the old one ended."""

    code: str
    secret: str
    alarms: int


def replace_device(
    city: City, old: str, new: str, by: Post, clock: Clock, *, reason: str, serial: str = "", type_: str = ""
) -> Replaced:
    """End the device `old` and let `new` take its place; a `new` that is registered already keeps what it is.

    The old one rests with its readings and opens no door any more. Alarms of it that stand end with this reason, and
    the new one is judged from its own readings on. Raises NoSuchDevice, NotYourDevice or BadReplacement; then nothing
    has changed.
    """
    now = clock.now()
    today = now.astimezone(city.calendar().tz).date()
    new = new.strip()
    check_replacement(old, new, reason)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sensing_device'), %s)", [city.id])
        leaving = get_device(cursor, city, old)
        require_care(by, leaving.owner, areas_of(city, leaving.area, leaving.lon, leaving.lat))
        coming = _coming(cursor, city, leaving, new)
        if coming is None:
            id_ = _make(cursor, city.id, leaving.id, new, type_.strip() or leaving.type, serial.strip(), today)
        else:
            id_ = coming.id
            _note_serial(cursor, id_, serial.strip())
        _hand_over(cursor, leaving.id, id_, now)
        _retire(cursor, leaving.id, id_, today)
        _hand_over_windows(cursor, city.id, leaving.id, id_, now)
        ended = _end_alarms(cursor, city.id, leaving.id, new, now)
        cursor.execute(
            "INSERT INTO sensing_replacement (city_id, old_id, new_id, at, reason, by_login, by_role, by_unit) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [city.id, leaving.id, id_, now, reason.strip()[:NOTE_CHARS], by.login, by.role.value, by.unit or ""],
        )
        tell_register_changed(cursor, city.id)
        secret = give_secret(city, new, clock)
    return Replaced(new, secret, ended)


def _coming(cursor: CursorWrapper, city: City, leaving: DeviceRow, new: str) -> DeviceRow | None:
    """The new device where it is registered already; raises BadReplacement where it cannot take that place."""
    if leaving.replaced_by_id is not None:
        cursor.execute("SELECT code FROM sensing_device WHERE id = %s", [leaving.replaced_by_id])
        raise BadReplacement("replacement.done", code=leaving.code, new=cursor.fetchone()[0])
    try:
        coming = get_device(cursor, city, new)
    except NoSuchDevice:
        return None
    if coming.state == "retired":
        raise BadReplacement("replacement.new_retired", code=new)
    if coming.owner != leaving.owner:
        raise BadReplacement("replacement.other_owner", code=new)
    cursor.execute("SELECT code FROM sensing_device WHERE replaced_by_id = %s", [coming.id])
    if (before := cursor.fetchone()) is not None:
        raise BadReplacement("replacement.new_taken", code=new, old=before[0])
    return coming


def _make(cursor: CursorWrapper, city_id: int, old: int, code: str, type_: str, serial: str, today: date) -> int:
    """A device like the old one, with streams like its streams that nobody has calibrated."""
    properties = json.dumps({"serial": serial} if serial else {})
    cursor.execute(
        "INSERT INTO sensing_device (city_id, code, type, name_zh, name_en, component, area, owner, lon, lat, since, "
        "source, state, description, properties, quarantine_reason, errors, readings, is_private) "
        "SELECT city_id, %s, %s, name_zh, name_en, component, area, owner, lon, lat, %s, 'api', 'active', "
        "description, %s, '{}', 0, 0, is_private FROM sensing_device WHERE id = %s RETURNING id",
        [code, type_, today, properties, old],
    )
    (id_,) = cursor.fetchone()
    cursor.execute(
        "INSERT INTO sensing_stream (city_id, device_id, name, property_id, sensor_id, interval_s, low, high, "
        'unit_name, unit_symbol, unit_definition, factor, "offset", description, properties, observation_type) '
        "SELECT city_id, %s, name, property_id, sensor_id, interval_s, low, high, unit_name, unit_symbol, "
        "unit_definition, 1, 0, description, '{}', observation_type FROM sensing_stream WHERE device_id = %s "
        "ORDER BY id",
        [id_, old],
    )
    return int(id_)


def _note_serial(cursor: CursorWrapper, device: int, serial: str) -> None:
    if serial:
        cursor.execute(
            "UPDATE sensing_device SET properties = properties || jsonb_build_object('serial', %s::text) "
            "WHERE id = %s",
            [serial, device],
        )


def _hand_over(cursor: CursorWrapper, old: int, new: int, now: datetime) -> None:
    """What is above, below and around the old one is so of the new one, which keeps a place of its own."""
    cursor.execute(
        "UPDATE sensing_device n SET parent_id = coalesce(n.parent_id, nullif(o.parent_id, n.id)), "
        "component = coalesce(nullif(n.component, ''), o.component), area = coalesce(nullif(n.area, ''), o.area), "
        "lon = coalesce(n.lon, o.lon), lat = coalesce(n.lat, o.lat), is_private = n.is_private OR o.is_private "
        "FROM sensing_device o WHERE n.id = %s AND o.id = %s",
        [new, old],
    )
    cursor.execute("UPDATE sensing_device SET parent_id = %s WHERE parent_id = %s AND id <> %s", [new, old, new])
    cursor.execute(
        "WITH placed AS (INSERT INTO sensing_place_of_device (device_id, location_id) "
        "SELECT %s, location_id FROM sensing_place_of_device WHERE device_id = %s AND NOT EXISTS "
        "(SELECT 1 FROM sensing_place_of_device p WHERE p.device_id = %s) RETURNING location_id) "
        "INSERT INTO sensing_past_location (city_id, device_id, at, locations) "
        "SELECT d.city_id, d.id, %s, jsonb_agg(placed.location_id) FROM placed, sensing_device d "
        "WHERE d.id = %s GROUP BY d.id",
        [new, old, new, now, new],
    )
    cursor.execute(
        "UPDATE sensing_fire_point SET device_id = %s WHERE device_id = %s AND NOT EXISTS "
        "(SELECT 1 FROM sensing_fire_point p WHERE p.device_id = %s)",
        [new, old, new],
    )


def _retire(cursor: CursorWrapper, old: int, new: int, today: date) -> None:
    """The old one rests; its secret opens nothing any more."""
    cursor.execute(
        "UPDATE sensing_device SET state = 'retired', until = %s, replaced_by_id = %s, secret_hash = NULL, "
        "quarantined_until = NULL WHERE id = %s",
        [today, new, old],
    )


def _hand_over_windows(cursor: CursorWrapper, city_id: int, old: int, new: int, now: datetime) -> None:
    """Maintenance that goes on is maintenance of the new one."""
    condition = "w.city_id = %s AND w.device_id = %s AND w.until_at > %s AND w.stopped_at IS NULL"
    for window in read_windows(cursor, condition, [city_id, old, now]):
        keep_window(cursor, replace(window, id=ids.one(), device_id=new))


def _end_alarms(cursor: CursorWrapper, city_id: int, old: int, new: str, now: datetime) -> int:
    """End what stands at the old device; each goes on to its close as any alarm that is over."""
    found = read_alarms(
        cursor, "a.city_id = %s AND a.device_id = %s AND a.stands AND a.state <> 'closed' ORDER BY a.id FOR UPDATE",
        [city_id, old],
    )  # fmt: skip
    stepped: Sequence[alarming.Stepped] = [
        alarming.end(alarm, now, "alarm.device_replaced", code=new) for alarm in found
    ]
    entries = [(alarm, entry) for alarm, told in stepped for entry in told]
    keep_alarms(cursor, [], [alarm for alarm, _ in stepped], entries, now)
    return len(found)
