"""Plans and points of watched buildings as they change: the device that is hung, the new floor, the history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.city.values import Post


class DeviceToHang(NamedTuple):
    """A device with its type and owner; `hangs_with`: who owns the building where it hangs by now, "" for none."""

    id: int
    type: str
    owner: str
    hangs_with: str


class PlanChange(NamedTuple):
    """That a floor got another picture (`device` empty), or a device another spot."""

    at: datetime
    floor: str
    device: str
    by_login: str


def find_device_to_hang(cursor: CursorWrapper, city_id: int, code: str) -> DeviceToHang | None:
    """The device of that code, locked; None where there is none in use."""
    cursor.execute(
        "SELECT d.id, d.type, coalesce(d.owner, ''), coalesce(s.owner, '') FROM sensing_device d "
        "LEFT JOIN sensing_fire_point p ON p.device_id = d.id LEFT JOIN sensing_fire_site s ON s.id = p.site_id "
        "WHERE d.city_id = %s AND d.code = %s AND d.state <> 'retired' FOR UPDATE OF d",
        [city_id, code.replace("\x00", "")],
    )
    row = cursor.fetchone()
    return DeviceToHang(*row) if row else None


def list_devices_to_hang(
    cursor: CursorWrapper, city_id: int, types: Sequence[str], owners: Sequence[str], most: int = 200
) -> list[str]:
    """Codes of devices of these types and owners that hang in no building yet, by code."""
    cursor.execute(
        "SELECT d.code FROM sensing_device d WHERE d.city_id = %s AND d.type = ANY(%s) AND d.owner = ANY(%s) "
        "AND d.state <> 'retired' AND NOT EXISTS (SELECT 1 FROM sensing_fire_point p WHERE p.device_id = d.id) "
        "ORDER BY d.code LIMIT %s",
        [city_id, list(types), list(owners), most],
    )
    return [row[0] for row in cursor.fetchall()]


def note_floor(cursor: CursorWrapper, site_id: int, floor: str, at: datetime) -> None:
    """Add a floor to the building's; one that it has stays where it is."""
    wanted = json.dumps([floor])
    cursor.execute(
        "UPDATE sensing_fire_site SET floors = floors || %s::jsonb, changed_at = %s "
        "WHERE id = %s AND NOT floors @> %s::jsonb",
        [wanted, at, site_id, wanted],
    )


def keep_change(
    cursor: CursorWrapper, city_id: int, site_id: int, floor: str, by: Post, at: datetime, *,
    device: str = "", x: float | None = None, y: float | None = None, digest: str = "",
) -> None:  # fmt: skip
    """Add to the building's history what became of a floor or of a device on it."""
    cursor.execute(
        "INSERT INTO sensing_fire_change (city_id, site_id, floor, device, x, y, digest, by_login, by_role, by_unit, "
        "at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [city_id, site_id, floor, device, x, y, digest, by.login, by.role.value, by.unit or "", at],
    )


def list_changes(cursor: CursorWrapper, site_id: int, most: int = 10) -> list[PlanChange]:
    """What was changed about a building's plans and points, the newest first."""
    cursor.execute(
        "SELECT at, floor, device, by_login FROM sensing_fire_change WHERE site_id = %s ORDER BY id DESC LIMIT %s",
        [site_id, most],
    )
    return [PlanChange(*row) for row in cursor.fetchall()]
