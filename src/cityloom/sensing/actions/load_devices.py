"""Brings the register of devices in line with the city's things.csv; doing it again changes nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import clock_of_settings
from cityloom.city.folder_values import Thing
from cityloom.city.snapshot_values import City
from cityloom.sensing.actions.place_devices import place_devices
from cityloom.sensing.ingest_rows import tell_register_changed
from cityloom.sensing.units import unit_of

_OBSERVED = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"


class LoadedDevices(NamedTuple):
    """How many devices and streams were added, changed, or came to rest because the folder has them no more."""

    devices: int
    streams: int
    changed: int
    retired: int


def load_devices(city: City) -> LoadedDevices:
    """Add and renew devices with their streams; one that the folder names no more rests and keeps its readings.

    Devices that a door made are left alone, unless the folder names their code: then the folder is the truth.
    One that was replaced rests, also where the folder still names it.
    """
    things = list(city.things.values())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sensing_device'), %s)", [city.id])
        _ensure_writer(cursor, city.id)
        _add_kinds(cursor, city.id, things)
        added, changed = _merge_devices(cursor, city.id, things)
        streams, renewed = _merge_streams(cursor, city.id, things)
        retired = _retire(cursor, city.id, [thing.code for thing in things])
        if changed or renewed or retired:
            tell_register_changed(cursor, city.id)
        place_devices(cursor, city.id, clock_of_settings().now())
    return LoadedDevices(added, streams, changed + renewed, retired)


def _ensure_writer(cursor: CursorWrapper, city_id: int) -> None:
    cursor.execute(
        "INSERT INTO sensing_writer (city_id, generation) VALUES (%s, 0) ON CONFLICT DO NOTHING", [city_id]
    )


def _add_kinds(cursor: CursorWrapper, city_id: int, things: list[Thing]) -> None:
    """What is observed, and by what kind of instrument: one row a name of a stream, one a type of device."""
    observed = sorted({stream for thing in things for stream in thing.streams})
    cursor.execute(
        "INSERT INTO sensing_property (city_id, code, name, name_zh, definition, description, properties) "
        "SELECT %s, c, c, c, d, c, '{}' FROM unnest(%s::text[], %s::text[]) u(c, d) WHERE NOT EXISTS "
        "(SELECT 1 FROM sensing_property p WHERE p.city_id = %s AND p.code = c)",
        [city_id, observed, [unit_of(stream).definition for stream in observed], city_id],
    )
    cursor.execute(
        "INSERT INTO sensing_sensor (city_id, code, name, description, encoding, metadata, properties) "
        "SELECT %s, c, c, c, 'text/plain', to_jsonb(c), '{}' FROM unnest(%s::text[]) u(c) WHERE NOT EXISTS "
        "(SELECT 1 FROM sensing_sensor s WHERE s.city_id = %s AND s.code = c)",
        [city_id, sorted({thing.type for thing in things}), city_id],
    )


def _merge_devices(cursor: CursorWrapper, city_id: int, things: list[Thing]) -> tuple[int, int]:
    columns: list[list[Any]] = [
        [thing.code for thing in things],
        [thing.type for thing in things],
        [thing.name.zh for thing in things],
        [thing.name.en for thing in things],
        [thing.component for thing in things],
        [thing.area for thing in things],
        [thing.owner for thing in things],
        [thing.lon for thing in things],
        [thing.lat for thing in things],
        [thing.valid.start for thing in things],
        [thing.valid.end for thing in things],
    ]
    cursor.execute(
        "INSERT INTO sensing_device AS d (city_id, code, type, name_zh, name_en, component, area, owner, lon, lat, "
        "since, until, source, state, description, properties, quarantine_reason, errors, readings) "
        "SELECT %s, u.*, 'folder', 'active', u.name_en, '{}', '{}', 0, 0 FROM unnest(%s::text[], %s::text[], "
        "%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::float8[], %s::float8[], %s::date[], "
        "%s::date[]) u(code, type, name_zh, name_en, component, area, owner, lon, lat, since, until) "
        "ON CONFLICT (city_id, code) DO UPDATE SET type = excluded.type, name_zh = excluded.name_zh, "
        "name_en = excluded.name_en, component = excluded.component, area = excluded.area, owner = excluded.owner, "
        "lon = excluded.lon, lat = excluded.lat, since = excluded.since, until = excluded.until, source = 'folder', "
        "state = CASE d.state WHEN 'retired' THEN 'active' ELSE d.state END "
        "WHERE d.replaced_by_id IS NULL AND ("
        "(d.type, d.name_zh, d.name_en, d.component, d.area, d.owner, d.lon, d.lat, d.since, d.until, "
        "d.source) "
        "IS DISTINCT FROM (excluded.type, excluded.name_zh, excluded.name_en, excluded.component, excluded.area, "
        "excluded.owner, excluded.lon, excluded.lat, excluded.since, excluded.until, 'folder') "
        "OR d.state = 'retired') RETURNING xmax = 0",
        [city_id, *columns],
    )
    return _counted(cursor)


def _merge_streams(cursor: CursorWrapper, city_id: int, things: list[Thing]) -> tuple[int, int]:
    rows = [(t.code, s, t.interval_s, unit_of(s), t.type) for t in things for s in t.streams]
    columns: list[list[Any]] = [
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3].name for row in rows],
        [row[3].symbol for row in rows],
        [row[3].definition for row in rows],
        [row[4] for row in rows],
    ]
    cursor.execute(
        "INSERT INTO sensing_stream AS s (city_id, device_id, name, property_id, sensor_id, interval_s, unit_name, "
        'unit_symbol, unit_definition, factor, "offset", description, properties, observation_type) '
        "SELECT %s, d.id, u.name, p.id, k.id, u.interval_s, u.unit_name, u.unit_symbol, u.unit_definition, 1, 0, "
        "u.name, '{}', %s FROM unnest(%s::text[], %s::text[], %s::float8[], %s::text[], %s::text[], %s::text[], "
        "%s::text[]) WITH ORDINALITY u(code, name, interval_s, unit_name, unit_symbol, unit_definition, type, n) "
        "JOIN sensing_device d ON d.city_id = %s AND d.code = u.code "
        "LEFT JOIN LATERAL (SELECT min(id) AS id FROM sensing_property WHERE city_id = %s AND code = u.name) p "
        "ON true "
        "LEFT JOIN LATERAL (SELECT min(id) AS id FROM sensing_sensor WHERE city_id = %s AND code = u.type) k "
        "ON true "
        "WHERE NOT EXISTS (SELECT 1 FROM sensing_stream o WHERE o.device_id = d.id AND o.name = u.name "
        "AND o.interval_s IS NOT DISTINCT FROM u.interval_s) ORDER BY u.n "
        "ON CONFLICT (device_id, name) DO UPDATE SET interval_s = excluded.interval_s RETURNING xmax = 0",
        [city_id, _OBSERVED, *columns, city_id, city_id, city_id],
    )
    return _counted(cursor)


def _retire(cursor: CursorWrapper, city_id: int, codes: list[str]) -> int:
    cursor.execute(
        "UPDATE sensing_device SET state = 'retired' WHERE city_id = %s AND source = 'folder' "
        "AND state <> 'retired' AND NOT code = ANY(%s)",
        [city_id, codes],
    )
    return int(cursor.rowcount)


def _counted(cursor: CursorWrapper) -> tuple[int, int]:
    """How many rows were added and changed."""
    added = [row[0] for row in cursor.fetchall()]
    return sum(added), len(added) - sum(added)
