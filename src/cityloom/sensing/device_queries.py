"""Reading devices for lists and their page: what ails them, their streams, what replaced what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.base.errors import CityloomError
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.alarm_moves import seen_by

PAGE = 100
HEALTH = ("quiet", "battery", "errors", "quarantined", "alarm", "calibration")
MANY_FOUND = 5_000  # of so many a page is soon found by going along the codes
QUIET_INTERVALS, LOW_BATTERY_V, ERROR_SHARE = 3, 3.2, 0.05


class NoSuchDevice(CityloomError):
    """No device of that code."""

    status = 404


@dataclass(frozen=True)
class DeviceRow:
    """A device as a list shows it."""

    id: int
    code: str
    type: str
    name_zh: str
    name_en: str
    description: str
    component: str
    area: str
    owner: str
    lon: float | None
    lat: float | None
    parent_id: int | None
    source: str
    since: Any
    until: Any
    replaced_by_id: int | None
    state: str
    last_seen: datetime | None
    battery: float | None
    errors: int
    readings: int
    interval_s: float | None
    standing: int  # alarms that stand
    serial: str
    calibration_due: date | None

    def health(self, now: datetime) -> tuple[str, ...]:
        """What is wrong with it; nothing for a healthy one. `now` by the city's clocks: its day counts."""
        found = []
        if self.interval_s and (
            self.last_seen is None or now - self.last_seen > timedelta(seconds=QUIET_INTERVALS * self.interval_s)
        ):
            found.append("quiet")
        if self.battery is not None and self.battery < LOW_BATTERY_V:
            found.append("battery")
        if self.error_share is not None and self.error_share > ERROR_SHARE:
            found.append("errors")
        if self.state == "quarantined":
            found.append("quarantined")
        if self.standing:
            found.append("alarm")
        if self.calibration_due is not None and self.calibration_due <= now.date():
            found.append("calibration")
        return tuple(found)

    @property
    def error_share(self) -> float | None:
        """Refused messages of all it sent; None for a device that sent nothing."""
        total = self.errors + self.readings
        return self.errors / total if total else None


# When the next calibration is due: the earliest of its streams; where none was ever calibrated, so long after it was
# installed or first known as its type says. Parameters: types and their days.
DUE = (
    "coalesce((SELECT min(c.next_due) FROM sensing_stream s CROSS JOIN LATERAL (SELECT next_due FROM "
    "sensing_calibration WHERE stream_id = s.id ORDER BY id DESC LIMIT 1) c WHERE s.device_id = d.id), "
    "CASE WHEN NOT EXISTS (SELECT 1 FROM sensing_calibration c JOIN sensing_stream s ON s.id = c.stream_id "
    "WHERE s.device_id = d.id) THEN coalesce(d.since, (SELECT k.since::date FROM sensing_known_streams k "
    "WHERE k.city_id = d.city_id AND k.highest >= (SELECT min(s.id) FROM sensing_stream s WHERE s.device_id = d.id) "
    "ORDER BY k.highest LIMIT 1)) "
    "+ (SELECT t.days FROM unnest(%s::varchar[], %s::int[]) t(type, days) WHERE t.type = d.type) END)"
)
_PAIRS = r"sensing_pairs(d.code || E'\n' || d.name_zh || E'\n' || d.name_en)"  # as the index has it
_STANDING = "FROM sensing_alarm a WHERE a.device_id = d.id AND a.state IN ('raised', 'acknowledged')"
_COLUMNS = (
    "id", "code", "type", "name_zh", "name_en", "description", "component", "area", "owner", "lon", "lat",
    "parent_id", "source", "since", "until", "replaced_by_id", "state", "last_seen", "battery", "errors", "readings",
)  # fmt: skip
_DEVICE = ", ".join((
    *(f"d.{name}" for name in _COLUMNS),
    "(SELECT min(s.interval_s) FROM sensing_stream s WHERE s.device_id = d.id)",
    f"(SELECT count(*) {_STANDING})",
    "coalesce(d.properties->>'serial', '')",
    f"({DUE})",
))  # fmt: skip
_HEALTH_SQL = {
    "quiet": "EXISTS (SELECT 1 FROM sensing_stream s WHERE s.device_id = d.id AND s.interval_s IS NOT NULL "  # noqa: S608
    "GROUP BY s.device_id HAVING d.last_seen IS NULL OR "
    f"%s - d.last_seen > {QUIET_INTERVALS} * min(s.interval_s) * interval '1 second')",
    "battery": f"d.battery < {LOW_BATTERY_V}",
    "errors": f"d.errors > {ERROR_SHARE} * greatest(d.errors + d.readings, 1)",
    "quarantined": "d.state = 'quarantined'",
    "alarm": f"EXISTS (SELECT 1 {_STANDING})",
    "calibration": f"({DUE}) <= %s",
}


def _due_params(city: City) -> list[Any]:
    """What `DUE` asks: the types of devices that are calibrated, and how often."""
    kinds = [kind for kind in city.device_types.values() if kind.calibrate_days is not None]
    return [[kind.code for kind in kinds], [kind.calibrate_days for kind in kinds]]


def _sign_params(city: City, sign: str, now: datetime) -> list[Any]:
    if sign == "calibration":
        return [*_due_params(city), now.date()]
    return [now] if sign == "quiet" else []


def _reach(city: City, post: Post) -> tuple[str, list[Any]]:
    """Devices that a post sees; the place of a device is its area's code, so areas below the post's are named."""
    seen, params = seen_by(post, "d.owner", "ARRAY[d.area]")
    if post.area is not None:
        below = [code for code in city.areas if city.is_within(code, post.area)]
        seen = seen.replace("ARRAY[d.area] @> ARRAY[%s]::varchar[]", "d.area = ANY(%s)")
        params = [*params[:-1], below]
    return f"d.city_id = {int(city.id)} AND d.state <> 'retired' AND ({seen})", params


def count_devices(
    cursor: CursorWrapper, city: City, post: Post, now: datetime
) -> tuple[dict[str, int], dict[str, int]]:
    """How many devices there are by type, and how many ail by each sign of health."""
    reach, params = _reach(city, post)
    cursor.execute(
        f"SELECT d.type, count(*) FROM sensing_device d WHERE {reach} GROUP BY 1 ORDER BY 2 DESC, 1",  # noqa: S608
        params,
    )
    types = dict(cursor.fetchall())
    ailing = {}
    for sign in HEALTH:
        cursor.execute(
            f"SELECT count(*) FROM sensing_device d WHERE {reach} AND {_HEALTH_SQL[sign]}",  # noqa: S608
            [*params, *_sign_params(city, sign, now)],
        )
        ailing[sign] = int(cursor.fetchone()[0])
    return types, ailing


def list_devices(
    cursor: CursorWrapper,
    city: City,
    post: Post,
    now: datetime,
    *,
    type_: str = "",
    health: str = "",
    find: str = "",
    after: str = "",
) -> list[DeviceRow]:
    """A page of devices by code, one more than a page where there are more; `find`: part of a code or a name."""
    condition, params = _reach(city, post)
    if words := find.replace("\x00", "").strip():
        like = "%" + re.sub(r"([%_\\])", r"\\\1", words) + "%"
        condition = f"{condition} AND (d.code ILIKE %s OR d.name_zh ILIKE %s OR d.name_en ILIKE %s)"
        params = [*params, like, like, like]
        if (ids := _may_be_called(cursor, city, words)) is not None:
            condition, params = f"{condition} AND d.id = ANY(%s)", [*params, ids]
    if type_:
        condition, params = f"{condition} AND d.type = %s", [*params, type_]
    if health:
        condition, params = f"{condition} AND {_HEALTH_SQL[health]}", [*params, *_sign_params(city, health, now)]
    if after:
        condition, params = f"{condition} AND d.code > %s", [*params, after]
    return _devices(cursor, city, f"{condition} ORDER BY d.code LIMIT {PAGE + 1}", params)


def _may_be_called(cursor: CursorWrapper, city: City, words: str) -> list[int] | None:
    """The devices whose code and names hold each pair of letters of the words; None where that are many, or none is.

    A superset of those that are called so, out of the index of pairs.
    """
    if len(words) < 2:
        return None
    cursor.execute(
        f"SELECT d.id FROM sensing_device d WHERE d.city_id = %s AND {_PAIRS} @> sensing_pairs(%s) LIMIT %s",  # noqa: S608
        [city.id, words, MANY_FOUND + 1],
    )
    found = [row[0] for row in cursor.fetchall()]
    return found if len(found) <= MANY_FOUND else None


def get_device(cursor: CursorWrapper, city: City, code: str) -> DeviceRow:
    """The device of that code; raises NoSuchDevice."""
    found = _devices(cursor, city, "d.city_id = %s AND d.code = %s", [city.id, code.replace("\x00", "")])
    if not found:
        raise NoSuchDevice("alarm.no_device", code=code[:60])
    return found[0]


def device_codes(cursor: CursorWrapper, ids: list[int]) -> dict[int, tuple[str, str, str]]:
    """Code and names by id."""
    cursor.execute("SELECT id, code, name_zh, name_en FROM sensing_device WHERE id = ANY(%s)", [ids])
    return {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}


class StreamRow(NamedTuple):
    """A stream as a device's page shows it."""

    id: int
    name: str
    unit: str
    interval_s: float | None
    low: float | None
    high: float | None
    factor: float
    offset: float
    calibrated_at: datetime | None
    last_at: datetime | None
    last_value: float | None


def streams_of_device(cursor: CursorWrapper, device_id: int) -> list[StreamRow]:
    """The streams of a device by name."""
    cursor.execute(
        'SELECT id, name, unit_symbol, interval_s, low, high, factor, "offset", calibrated_at, last_at, last_value '
        "FROM sensing_stream WHERE device_id = %s ORDER BY name",
        [device_id],
    )
    return [StreamRow(*row) for row in cursor.fetchall()]


def stream_said(cursor: CursorWrapper, stream_id: int | None) -> tuple[str, str]:
    """The name and the unit of a stream; blank for one that is not there."""
    cursor.execute("SELECT name, unit_symbol FROM sensing_stream WHERE id = %s", [stream_id])
    row = cursor.fetchone()
    return (row[0], row[1]) if row else ("", "")


def list_due_calibrations(cursor: CursorWrapper, city: City, until: date) -> list[DeviceRow]:
    """The devices in use whose calibration is due by a day, the longest due first."""
    return _devices(
        cursor,
        city,
        f"d.city_id = %s AND d.state <> 'retired' AND ({DUE}) <= %s ORDER BY ({DUE}), d.code",
        [city.id, *_due_params(city), until, *_due_params(city)],
    )


def _devices(cursor: CursorWrapper, city: City, condition: str, params: list[Any]) -> list[DeviceRow]:
    cursor.execute(
        f"SELECT {_DEVICE} FROM sensing_device d WHERE {condition}",  # noqa: S608
        [*_due_params(city), *params],
    )
    return [DeviceRow(*row) for row in cursor.fetchall()]
