"""Fire watch in the database: buildings with plans and sealed contacts, devices on plans, alarms and verdicts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper
from psycopg.types.json import Jsonb

from cityloom.base.crypto import canonical
from cityloom.base.keys import vault
from cityloom.cases.root_rows import Log
from cityloom.city.values import Name, Post
from cityloom.sensing.fire import FireAlarm


class Contact(NamedTuple):
    """Whom to call about a building."""

    name: str
    phone: str
    role: str = ""


class Site(NamedTuple):
    """A watched building; contacts are opened by `open_contacts` only."""

    id: int
    code: str
    name: Name
    address: str
    area: str
    owner: str
    lon: float
    lat: float
    floors: tuple[str, ...]
    has_contacts: bool


class PointOnPlan(NamedTuple):
    """A device in a building; `x`, `y` from 0 to 1 from the upper left of its floor's plan."""

    device: int
    code: str
    name: Name
    kind: str
    floor: str
    x: float | None
    y: float | None
    last_seen: datetime | None
    battery: float | None


class Plan(NamedTuple):
    """The picture of a floor; `digest` changes with it."""

    floor: str
    width: int
    height: int
    digest: str


class Look(NamedTuple):
    """Who looked at a building's contacts."""

    by_login: str
    by_role: str
    by_unit: str
    reason: str
    at: datetime


# Looks at contacts as `cases.read_log` wants them. A look for an alarm is followed when the same person moved one of
# the building within a day; a drill or an inspection asks for nothing to be written here.
READS = """SELECT 'fire_read', r.id, r.at, r.by_login, r.by_role, r.by_unit, r.reason, s.code,
        '{contacts}'::varchar[], r.reason <> 'alarm' OR EXISTS (SELECT 1 FROM sensing_fire_point p
            JOIN sensing_alarm a ON a.device_id = p.device_id JOIN sensing_alarm_entry e ON e.alarm_id = a.id
            WHERE p.site_id = r.site_id AND e.by_login = r.by_login AND e.recorded_at >= r.at
            AND e.recorded_at <= r.at + %(within)s)
    FROM sensing_fire_read r JOIN sensing_fire_site s ON s.id = r.site_id WHERE r.city_id = %(city)s"""

# The same looks as the signed roots of the audit cover them, row by row.
READS_LOG = Log(
    "sensing_fire_read r WHERE r.city_id = %s",
    ("id", "site_id", "by_login", "by_role", "by_unit", "reason", "at"),
    "at",
)

_SITE = "id, code, name_zh, name_en, address, area, owner, lon, lat, floors, contacts_sealed IS NOT NULL"


def keep_site(
    cursor: CursorWrapper, city_id: int, site: Site, contacts: Sequence[Contact] | None, at: datetime
) -> int:
    """Write a building; contacts of None leave those that are there. Its id."""
    safe = vault()
    sealed = safe.seal(canonical([list(each) for each in contacts]).decode()) if contacts else None
    row: list[Any] = [
        city_id, site.code, site.name.zh, site.name.en, site.address, site.area, site.owner, site.lon, site.lat,
        Jsonb(list(site.floors)), sealed, safe.key_mark, at, contacts is None, contacts is None,
    ]  # fmt: skip
    cursor.execute(
        "INSERT INTO sensing_fire_site (city_id, code, name_zh, name_en, address, area, owner, lon, lat, floors, "
        "contacts_sealed, key_mark, changed_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (city_id, code) DO UPDATE SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en, "
        "address = EXCLUDED.address, area = EXCLUDED.area, owner = EXCLUDED.owner, lon = EXCLUDED.lon, "
        "lat = EXCLUDED.lat, floors = EXCLUDED.floors, changed_at = EXCLUDED.changed_at, "
        "contacts_sealed = CASE WHEN %s THEN sensing_fire_site.contacts_sealed ELSE EXCLUDED.contacts_sealed END, "
        "key_mark = CASE WHEN %s THEN sensing_fire_site.key_mark ELSE EXCLUDED.key_mark END RETURNING id",
        row,
    )
    return int(cursor.fetchone()[0])


def keep_point(
    cursor: CursorWrapper,
    city_id: int,
    site_id: int,
    device: str,
    kind: str,
    floor: str,
    x: float | None,
    y: float | None,
) -> bool:
    """Hang a device in a building; False where the city has no such device."""
    cursor.execute(
        "INSERT INTO sensing_fire_point (device_id, site_id, kind, floor, x, y) "
        "SELECT id, %s, %s, %s, %s, %s FROM sensing_device WHERE city_id = %s AND code = %s "
        "ON CONFLICT (device_id) DO UPDATE SET site_id = EXCLUDED.site_id, kind = EXCLUDED.kind, "
        "floor = EXCLUDED.floor, x = EXCLUDED.x, y = EXCLUDED.y",
        [site_id, kind, floor, x, y, city_id, device],
    )
    return bool(cursor.rowcount)


def list_sites(
    cursor: CursorWrapper, city_id: int, owners: Sequence[str] | None, areas: Sequence[str] | None
) -> list[Site]:
    """The buildings of these units and areas (None: of all), by code."""
    cursor.execute(
        f"SELECT {_SITE} FROM sensing_fire_site WHERE city_id = %(city)s "  # noqa: S608
        "AND (%(owners)s::text[] IS NULL OR owner = ANY(%(owners)s)) "
        "AND (%(areas)s::text[] IS NULL OR area = ANY(%(areas)s)) ORDER BY code",
        {"city": city_id, "owners": None if owners is None else list(owners),
         "areas": None if areas is None else list(areas)},
    )  # fmt: skip
    return [_site(row) for row in cursor.fetchall()]


def _site(row: Sequence[object]) -> Site:
    number, code, zh, en, address, area, owner, lon, lat, floors, has = row
    told = json.loads(floors) if isinstance(floors, str) else floors
    return Site(number, code, Name(zh, en), address, area, owner, lon, lat, tuple(told), has)  # type: ignore[arg-type]


def list_points(cursor: CursorWrapper, site_id: int) -> list[PointOnPlan]:
    """The devices of a building, floor by floor."""
    cursor.execute(
        "SELECT d.id, d.code, d.name_zh, d.name_en, p.kind, p.floor, p.x, p.y, d.last_seen, d.battery "
        "FROM sensing_fire_point p JOIN sensing_device d ON d.id = p.device_id WHERE p.site_id = %s "
        "ORDER BY p.floor, d.code",
        [site_id],
    )
    return [PointOnPlan(row[0], row[1], Name(row[2], row[3]), *row[4:]) for row in cursor.fetchall()]


class SoundingPoint(NamedTuple):
    """Where a device hangs, with the plan of its floor where there is one."""

    device: int
    floor: str
    x: float | None
    y: float | None
    plan: Plan | None


def points_of(cursor: CursorWrapper, devices: Sequence[int]) -> dict[int, SoundingPoint]:
    """Where these devices hang; one statement. A device that hangs nowhere is not there."""
    cursor.execute(
        "SELECT p.device_id, p.floor, p.x, p.y, f.floor, f.width, f.height, f.digest FROM sensing_fire_point p "
        "LEFT JOIN sensing_fire_plan f ON f.site_id = p.site_id AND f.floor = p.floor WHERE p.device_id = ANY(%s)",
        [list(devices)],
    )
    return {
        device: SoundingPoint(device, floor, x, y, Plan(*plan) if plan[-1] is not None else None)
        for device, floor, x, y, *plan in cursor.fetchall()
    }


class AlarmRow(NamedTuple):
    """An alarm of fire watch with what a list shows of it."""

    alarm: FireAlarm
    rule: str
    state: str
    device_code: str
    area: str
    owner: str
    version: int


def list_fire_alarms(
    cursor: CursorWrapper, city_id: int, kinds: Mapping[str, str], since: datetime, most: int = 2000
) -> list[AlarmRow]:
    """Alarms of devices of these types (type → smoke or electrical) since a moment, the newest first; one statement.

    The building is the one where the device hangs; a device that hangs nowhere has "".
    """
    cursor.execute(
        "SELECT a.id, coalesce(s.code, ''), a.device_id, a.type, a.raised_at, a.acknowledged_at, "
        "coalesce(a.cleared_at, a.closed_at), coalesce(v.verdict, ''), coalesce(v.cause, ''), a.rule, a.state, "
        "d.code, coalesce(a.area, ''), coalesce(a.owner, ''), a.version FROM sensing_alarm a "
        "JOIN sensing_device d ON d.id = a.device_id LEFT JOIN sensing_fire_point p ON p.device_id = a.device_id "
        "LEFT JOIN sensing_fire_site s ON s.id = p.site_id LEFT JOIN LATERAL (SELECT verdict, cause "
        "FROM sensing_fire_verdict f WHERE f.city_id = a.city_id AND f.alarm = a.id ORDER BY f.id DESC LIMIT 1) v "
        "ON true WHERE a.city_id = %s AND a.type = ANY(%s) AND a.raised_at >= %s ORDER BY a.raised_at DESC LIMIT %s",
        [city_id, list(kinds), since, most],
    )
    return [
        AlarmRow(FireAlarm(row[0], row[1], row[2], kinds[row[3]], *row[4:9]), *row[9:]) for row in cursor.fetchall()
    ]


def keep_verdict(
    cursor: CursorWrapper, city_id: int, alarm: int, verdict: str, cause: str, note: str, by: Post, at: datetime
) -> None:
    """What was found behind an alarm; an earlier verdict stays and counts no more."""
    cursor.execute(
        "INSERT INTO sensing_fire_verdict (city_id, alarm, verdict, cause, note, by_login, at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [city_id, alarm, verdict, cause, note, by.login, at],
    )


def open_contacts(
    cursor: CursorWrapper, city_id: int, site: Site, by: Post, reason: str, at: datetime
) -> list[Contact]:
    """Whom to call, and a line in the log of who looked, in the caller's transaction."""
    cursor.execute(
        "INSERT INTO sensing_fire_read (city_id, site_id, by_login, by_role, by_unit, reason, at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [city_id, site.id, by.login, by.role.value, by.unit or "", reason, at],
    )
    cursor.execute("SELECT contacts_sealed FROM sensing_fire_site WHERE id = %s", [site.id])
    (sealed,) = cursor.fetchone()
    return [Contact(*each) for each in json.loads(vault().open(bytes(sealed)))] if sealed else []


def list_looks(cursor: CursorWrapper, site_id: int, most: int = 10) -> list[Look]:
    """Who looked at the contacts, the newest first."""
    cursor.execute(
        "SELECT by_login, by_role, by_unit, reason, at FROM sensing_fire_read WHERE site_id = %s "
        "ORDER BY id DESC LIMIT %s",
        [site_id, most],
    )
    return [Look(*row) for row in cursor.fetchall()]


def keep_plan(cursor: CursorWrapper, site_id: int, plan: Plan, form: str, picture: bytes, at: datetime) -> None:
    """Put the picture in the place of the one that the floor had."""
    cursor.execute(
        "INSERT INTO sensing_fire_plan (site_id, floor, form, width, height, picture, digest, changed_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (site_id, floor) DO UPDATE SET form = EXCLUDED.form, "
        "width = EXCLUDED.width, height = EXCLUDED.height, picture = EXCLUDED.picture, digest = EXCLUDED.digest, "
        "changed_at = EXCLUDED.changed_at",
        [site_id, plan.floor, form, plan.width, plan.height, picture, plan.digest, at],
    )


def list_plans(cursor: CursorWrapper, site_id: int) -> dict[str, Plan]:
    """The plans of a building by floor, without their pictures."""
    cursor.execute("SELECT floor, width, height, digest FROM sensing_fire_plan WHERE site_id = %s", [site_id])
    return {row[0]: Plan(*row) for row in cursor.fetchall()}


def read_plan(cursor: CursorWrapper, site_id: int, digest: str) -> tuple[str, bytes] | None:
    """Form and picture of one of a building's plans; None where it has no such plan (any more)."""
    cursor.execute(
        "SELECT form, picture FROM sensing_fire_plan WHERE site_id = %s AND digest = %s LIMIT 1", [site_id, digest]
    )
    row = cursor.fetchone()
    return (row[0], bytes(row[1])) if row else None
