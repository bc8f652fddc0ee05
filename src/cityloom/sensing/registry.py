"""The register of devices in memory, as the ingest process and the rules ask it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from cityloom.sensing.columns import NONE, read_columns
from cityloom.sensing.parts import dealt_to, part_of
from cityloom.sensing.rules import Streams, Words
from cityloom.sensing.texts import Index, Texts
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


class DeviceColumns(NamedTuple):
    """The devices of a city as arrays of one length, ordered by `id`; NaN, blank and `NONE` for what is not known."""

    id: Whole
    code: Texts
    type: Words
    owner: Words
    state: Words
    area: Words
    lon: Real
    lat: Real
    since_day: Whole  # when it was installed, in days since 1970


class StreamColumns(NamedTuple):
    """Their streams, ordered by `id`; `device`: the place of the device among the devices."""

    id: Whole
    device: Whole
    name: Words
    factor: Real
    offset: Real
    interval_s: Real
    low: Real
    high: Real


class Registry:
    """The devices of a city by code, and the newest time of each stream as of the last flush.

    It is arrays; an object of a device is made when somebody asks for it, by `devices[CODE]` or `device(ID)`.
    """

    def __init__(
        self, city_id: int, devices: DeviceColumns, streams: StreamColumns, marks: Watermarks, part: str = ""
    ) -> None:
        self.city_id, self.marks = city_id, marks
        self._part, self._parts = part_of(part)
        self.device_columns, self.stream_columns = devices, streams
        self._index = Index(devices.code)
        self.devices = Devices(self)
        self.device_of: Whole = np.zeros(len(marks.at_ms), np.int64)  # by stream id, 0 for none
        self.device_of[streams.id] = devices.id[streams.device]
        self._is_own = np.zeros(len(marks.at_ms), bool)
        self._is_own[streams.id] = True if not part else self._are_dealt_here(list(devices.code))[streams.device]
        self._by_device = np.argsort(streams.device, kind="stable")
        self._ends = np.cumsum(np.bincount(streams.device, minlength=len(devices.id)))
        self._new: dict[int, DeviceInMemory] = {}  # what was added or extended since the arrays were read
        self._new_ids: dict[str, int] = {}

    def device(self, id_: int) -> DeviceInMemory | None:
        """The device of a number; None where there is none."""
        found = self._new.get(id_)
        if found is not None:
            return found
        row = self._row(id_)
        if row is None:
            return None
        known, said = self.device_columns, self.stream_columns
        mine = self._by_device[self._ends[row - 1] if row else 0 : self._ends[row]].tolist()
        streams = {
            said.name[n]: StreamOfDevice(int(said.id[n]), float(said.factor[n]), float(said.offset[n])) for n in mine
        }
        return DeviceInMemory(id_, known.code[row], known.type[row], known.owner[row], known.state[row], streams)

    def owns(self, streams: Whole) -> NDArray[np.bool_]:
        """Which streams are of devices that this process hears; those that are not known are not."""
        known = streams < len(self._is_own)
        return np.asarray(known & self._is_own[np.where(known, streams, 0)], np.bool_)

    def _are_dealt_here(self, codes: Sequence[str]) -> NDArray[np.bool_]:
        if self._parts == 1:
            return np.ones(len(codes), np.bool_)
        return np.equal(dealt_to(codes, self._parts), self._part)

    def id_of(self, code: str) -> int | None:
        """The number of the device of a code; None where there is none."""
        place = self._index.find(code)
        return self._new_ids.get(code) if place is None else int(self.device_columns.id[place])

    def codes(self) -> Iterator[str]:
        """The codes of all devices."""
        yield from self.device_columns.code
        yield from self._new_ids

    def __len__(self) -> int:
        return len(self.device_columns.id) + len(self._new_ids)

    def code_of(self, id_: int) -> str:
        """The code of a device that is known; no object is made for it, because each batch asks for many."""
        if id_ in self._new:
            return self._new[id_].code
        row = self._row(id_)
        if row is None:
            raise KeyError(id_)
        return self.device_columns.code[row]

    def _row(self, id_: int) -> int | None:
        ids = self.device_columns.id
        row = int(np.searchsorted(ids, id_))
        return row if row < len(ids) and ids[row] == id_ else None

    def add(self, devices: Iterable[DeviceInMemory], streams: Iterable[tuple[int, int, str, float, float]]) -> bool:
        """Add new devices, and streams as rows of id, device, name, factor and offset.

        False where a stream belongs to a device that is not known; those before it are there.
        """
        for device in devices:
            if self.id_of(device.code) is None:
                self._new_ids[device.code] = device.id
            self._new[device.id] = device
        for id_, device_id, name, factor, offset in streams:
            owner = self.device(device_id)
            if owner is None:
                return False
            owner.streams[name] = StreamOfDevice(id_, factor, offset)
            self._new[device_id] = owner
            if id_ >= len(self.device_of):
                more = id_ + 1 - len(self.device_of) + id_ // 8
                self.device_of = np.concatenate([self.device_of, np.zeros(more, np.int64)])
                self._is_own = np.concatenate([self._is_own, np.zeros(more, bool)])
            self.device_of[id_] = device_id
            self._is_own[id_] = self._are_dealt_here([owner.code])[0]
        return True


class Devices(Mapping[str, DeviceInMemory]):
    """The devices of a register by code; each is made anew when it is asked for."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __getitem__(self, code: str) -> DeviceInMemory:
        known = self._registry.id_of(code)
        found = None if known is None else self._registry.device(known)
        if found is None:
            raise KeyError(code)
        return found

    def __iter__(self) -> Iterator[str]:
        return self._registry.codes()

    def __len__(self) -> int:
        return len(self._registry)


def load_registry(city_id: int, part: str = "") -> Registry:
    """Read devices and streams; two statements. `part`: `1/2` for the first of two processes."""
    with connection.cursor() as cursor:
        said = read_columns(  # before the devices, so that the device of each is among them
            cursor,
            'SELECT id, device_id, name, factor, "offset", interval_s, low, high, last_at, last_value '
            "FROM sensing_stream WHERE city_id = %s",
            [city_id],
            whole=("id", "device_id"),
            real=("factor", "offset", "interval_s", "low", "high", "last_value"),
            moment=("last_at",),
            text=("name",),
        )
        found = read_columns(
            cursor,
            "SELECT id, code, type, owner, state, area, lon, lat, since - date '1970-01-01' AS since_day "
            "FROM sensing_device WHERE city_id = %s",
            [city_id],
            whole=("id", "since_day"),
            real=("lon", "lat"),
            text=("code", "type", "owner", "state", "area"),
        )
    devices = DeviceColumns(
        found.numbers("id"),
        found.texts("code"),
        found.texts("type").words(),
        found.texts("owner").words(),
        found.texts("state").words(),
        found.texts("area").words(),
        found.numbers("lon"),
        found.numbers("lat"),
        found.numbers("since_day"),
    )
    device = said.numbers("device_id")
    row = np.searchsorted(devices.id, device)
    is_known = np.append(devices.id, NONE)[row] == device
    known = slice(None) if is_known.all() else np.flatnonzero(is_known)
    ids = said.numbers("id")[known]
    streams = StreamColumns(
        ids,
        row[known],
        said.texts("name").words().pick(known),
        *(said.numbers(name)[known] for name in ("factor", "offset", "interval_s", "low", "high")),
    )
    marks = Watermarks(int(ids[-1]) if len(ids) else 0)
    marks.at_ms[ids] = np.maximum(said.numbers("last_at")[known], NEVER)
    marks.value[ids] = said.numbers("last_value")[known]
    return Registry(city_id, devices, streams, marks, part)


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
    return registry.add(devices, streams)


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


def note_known_streams(city_id: int, at: datetime) -> None:
    """Note since when streams are known, once for each: all those above the highest that was noted before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sensing_known_streams (city_id, highest, since) SELECT %s, max(id), %s FROM sensing_stream "
            "WHERE city_id = %s HAVING max(id) > "
            "coalesce((SELECT max(highest) FROM sensing_known_streams WHERE city_id = %s), 0) ON CONFLICT DO NOTHING",
            [city_id, at, city_id, city_id],
        )


def streams_to_judge(
    registry: Registry, zone: str = "UTC", levels: Mapping[str, Mapping[str, str]] | None = None
) -> Streams:
    """The streams of a city with what rules ask of them; `zone`: whose day that of an installation is.

    A stream should have been heard since it was noted, since its device was installed, or since it was heard last,
    whichever is newest; not here where another process hears it. Those of devices that rest are not judged.
    """
    devices, said = registry.device_columns, registry.stream_columns
    works = ~devices.state.are("retired")[said.device]
    used = slice(None) if works.all() else np.flatnonzero(works)  # a slice copies nothing
    device, ids = said.device[used], said.id[used]
    heard_ms, noted_ms = registry.marks.at_ms[ids], _noted_ms(registry.city_id, ids)
    since_ms = np.maximum(np.maximum(noted_ms, heard_ms), _midnights_ms(devices.since_day, zone)[device])
    return Streams(
        id=ids,
        device=devices.id[device],
        name=said.name.pick(used),
        type=devices.type.pick(device),
        lon=devices.lon[device],
        lat=devices.lat[device],
        area=devices.area.pick(device),
        interval_s=said.interval_s[used],
        low=said.low[used],
        high=said.high[used],
        since_ms=np.where((noted_ms > 0) & registry.owns(ids), since_ms, 0),
        levels=levels or {},
    )


def _noted_ms(city_id: int, ids: Whole) -> Whole:
    """Since when streams are known; 0 for those that were not noted yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT highest, since FROM sensing_known_streams WHERE city_id = %s ORDER BY highest", [city_id]
        )
        rows = cursor.fetchall()
    highest = np.array([row[0] for row in rows], np.int64)
    since_ms = np.array([*(round(row[1].timestamp() * 1000) for row in rows), 0], np.int64)
    return since_ms[np.searchsorted(highest, ids)]


def _midnights_ms(days: Whole, zone: str) -> Whole:
    """When these days since 1970 begin by the clocks of a zone; `NONE` stays."""
    each, number = np.unique(days, return_inverse=True)
    first, tz = date(1970, 1, 1), ZoneInfo(zone)
    begins = [datetime.combine(first + timedelta(days=day), time(), tz) for day in each.tolist() if day != NONE]
    told = [round(begin.timestamp() * 1000) for begin in begins]
    return np.array([*[NONE] * (len(each) - len(told)), *told], np.int64)[number]


def flush_latest(marks: Watermarks, said: Whole, seen: datetime) -> int:
    """Write the newest time and value of streams into their rows; when their devices were seen last, and how much
    they have said since the last flush: `said` has the stream of each reading.

    Inside the caller's transaction; how many streams it was.
    """
    changed, counts = np.unique(said[marks.at_ms[said] > NEVER], return_counts=True)
    if not len(changed):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH u AS MATERIALIZED (SELECT * FROM "
            "unnest(%s::bigint[], %s::bigint[], %s::float8[], %s::bigint[]) u(id, ms, value, said)), "
            "s AS (UPDATE sensing_stream s SET last_at = 'epoch'::timestamptz + u.ms * interval '1 millisecond', "
            "first_at = coalesce(s.first_at, 'epoch'::timestamptz + u.ms * interval '1 millisecond'), "
            "last_value = u.value FROM u WHERE s.id = u.id "
            "RETURNING s.device_id, u.said, CASE WHEN s.name LIKE 'battery%%' THEN u.value END AS battery) "
            "UPDATE sensing_device d SET last_seen = greatest(d.last_seen, %s), "
            "battery = coalesce(t.battery, d.battery), readings = d.readings + t.said FROM "
            "(SELECT device_id, max(battery) AS battery, sum(said)::bigint AS said FROM s GROUP BY 1) t "
            "WHERE d.id = t.device_id",
            [changed.tolist(), marks.at_ms[changed].tolist(), marks.value[changed].tolist(), counts.tolist(), seen],
        )
    return len(changed)
