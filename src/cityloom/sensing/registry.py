"""The register of devices in memory, as the ingest process and the rules ask it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np
from django.db import connection

from cityloom.sensing.values import Real, Whole
from cityloom.sensing.watermarks import NEVER, Watermarks


class StreamOfDevice(NamedTuple):
    """What ingest needs of a stream: its number, and how a said value becomes the kept one."""

    id: int
    factor: float
    offset: float


@dataclass(slots=True)
class DeviceInMemory:
    """What ingest needs of a device."""

    id: int
    code: str
    type: str
    owner: str
    state: str
    streams: dict[str, StreamOfDevice] = field(default_factory=dict)


class StreamTable(NamedTuple):
    """All streams of a city as arrays of one length, ordered by `id`; NaN and blank for what is not known."""

    id: Whole
    device: Whole
    type: tuple[str, ...]
    name: tuple[str, ...]
    area: tuple[str, ...]
    lon: Real
    lat: Real
    interval_s: Real
    low: Real
    high: Real
    since_ms: Whole  # from when on it should have been heard; 0 where that was not noted


@dataclass
class Registry:
    """The devices of a city by code, and the newest time of each stream as of the last flush."""

    city_id: int
    devices: dict[str, DeviceInMemory]
    marks: Watermarks
    by_id: dict[int, DeviceInMemory] = field(default_factory=dict)
    device_of: Whole = field(default_factory=lambda: np.zeros(0, np.int64))  # by stream id, 0 for none

    def __post_init__(self) -> None:
        self.by_id = {device.id: device for device in self.devices.values()}
        self.device_of = np.zeros(len(self.marks.at_ms), np.int64)
        for device in self.devices.values():
            for stream in device.streams.values():
                self.device_of[stream.id] = device.id


def load_registry(city_id: int) -> Registry:
    """Read devices and streams; two statements."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, code, type, owner, state FROM sensing_device WHERE city_id = %s", [city_id])
        by_id = {row[0]: DeviceInMemory(*row) for row in cursor.fetchall()}
        cursor.execute(
            'SELECT id, device_id, name, factor, "offset", (extract(epoch FROM last_at) * 1000)::bigint, last_value '
            "FROM sensing_stream WHERE city_id = %s",
            [city_id],
        )
        rows = cursor.fetchall()
    marks = Watermarks(max((row[0] for row in rows), default=0))
    for id_, device, name, factor, offset, at_ms, value in rows:
        by_id[device].streams[name] = StreamOfDevice(id_, factor, offset)
        if at_ms is not None:
            marks.at_ms[id_] = at_ms
            marks.value[id_] = np.nan if value is None else value
    return Registry(city_id, {device.code: device for device in by_id.values()}, marks)


def add_new(registry: Registry, after_device: int, after_stream: int) -> bool:
    """Add to a register in memory the devices and streams of higher numbers; two statements, however large it is.

    False where a stream belongs to a device that is not known: then the register is to be read anew.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, code, type, owner, state FROM sensing_device WHERE city_id = %s AND id > %s",
            [registry.city_id, after_device],
        )
        devices = [DeviceInMemory(*row) for row in cursor.fetchall()]
        cursor.execute(
            'SELECT id, device_id, name, factor, "offset" FROM sensing_stream WHERE city_id = %s AND id > %s',
            [registry.city_id, after_stream],
        )
        streams = cursor.fetchall()
    for device in devices:
        registry.devices[device.code] = registry.by_id[device.id] = device
    short = max((row[0] for row in streams), default=0) + 1 - len(registry.device_of)
    if short > 0:
        registry.device_of = np.concatenate([registry.device_of, np.zeros(short, np.int64)])
    for id_, device_id, name, factor, offset in streams:
        if device_id not in registry.by_id:
            return False
        registry.by_id[device_id].streams[name] = StreamOfDevice(id_, factor, offset)
        registry.device_of[id_] = device_id
    return True


def has_heard(city_id: int) -> bool:
    """Whether any stream of the city was ever heard."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM sensing_stream WHERE city_id = %s AND last_at IS NOT NULL)", [city_id]
        )
        return bool(cursor.fetchone()[0])


def find_devices(city_id: int, codes: Collection[str]) -> dict[str, DeviceInMemory]:
    """The devices of these codes with their streams, by code; those that are not registered are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, code, type, owner, state FROM sensing_device WHERE city_id = %s AND code = ANY(%s)",
            [city_id, list(codes)],
        )
        by_id = {row[0]: DeviceInMemory(*row) for row in cursor.fetchall()}
        cursor.execute(
            'SELECT device_id, id, name, factor, "offset" FROM sensing_stream WHERE device_id = ANY(%s)',
            [list(by_id)],
        )
        for device, id_, name, factor, offset in cursor.fetchall():
            by_id[device].streams[name] = StreamOfDevice(id_, factor, offset)
    return {device.code: device for device in by_id.values()}


def note_known_streams(city_id: int, at: datetime) -> int:
    """Note since when streams are known, once for each; how many there were that nobody had noted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sensing_known_stream (stream, since) SELECT s.id, %s FROM sensing_stream s "
            "WHERE s.city_id = %s AND NOT EXISTS (SELECT 1 FROM sensing_known_stream k WHERE k.stream = s.id) "
            "ON CONFLICT DO NOTHING",
            [at, city_id],
        )
        return int(cursor.rowcount)


def load_stream_table(city_id: int, zone: str = "UTC") -> StreamTable:
    """The streams of a city with what rules ask of them; `zone`: whose day that of an installation is.

    A stream should have been heard since it was noted, since its device was installed, or since it was heard last,
    whichever is newest.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.device_id, d.type, s.name, d.area, d.lon, d.lat, s.interval_s, s.low, s.high, "
            "CASE WHEN k.since IS NULL THEN 0 ELSE (extract(epoch FROM "
            "greatest(k.since, s.last_at, d.since::timestamp AT TIME ZONE %s)) * 1000)::bigint END "
            "FROM sensing_stream s JOIN sensing_device d ON d.id = s.device_id "
            "LEFT JOIN sensing_known_stream k ON k.stream = s.id "
            "WHERE s.city_id = %s AND d.state <> 'retired' ORDER BY s.id",
            [zone, city_id],
        )
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * 11
    whole = [np.asarray(columns[i], np.int64) for i in (0, 1, 10)]
    real = [np.asarray([np.nan if v is None else v for v in columns[i]], np.float64) for i in (5, 6, 7, 8, 9)]
    lon, lat, interval_s, low, high = real
    words = columns[2], columns[3], columns[4]
    return StreamTable(whole[0], whole[1], *words, lon, lat, interval_s, low, high, whole[2])


def flush_latest(marks: Watermarks, changed: Whole, seen: datetime) -> int:
    """Write the newest time and value of these streams into their rows, and when their devices were seen last.

    Inside the caller's transaction; how many streams it was.
    """
    if not len(changed):
        return 0
    known = changed[marks.at_ms[changed] > NEVER]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH u AS MATERIALIZED (SELECT * FROM "
            "unnest(%s::bigint[], %s::bigint[], %s::float8[]) u(id, ms, value)), "
            "s AS (UPDATE sensing_stream s SET last_at = 'epoch'::timestamptz + u.ms * interval '1 millisecond', "
            "first_at = coalesce(s.first_at, 'epoch'::timestamptz + u.ms * interval '1 millisecond'), "
            "last_value = u.value FROM u WHERE s.id = u.id "
            "RETURNING s.device_id, CASE WHEN s.name LIKE 'battery%%' THEN u.value END AS battery) "
            "UPDATE sensing_device d SET last_seen = greatest(d.last_seen, %s), "
            "battery = coalesce(t.battery, d.battery) "
            "FROM (SELECT device_id, max(battery) AS battery FROM s GROUP BY 1) t WHERE d.id = t.device_id",
            [known.tolist(), marks.at_ms[known].tolist(), marks.value[known].tolist(), seen],
        )
    return len(known)
