"""Terminals in 24-hour service cabins, and phone numbers that residents need: as `city.toml` has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from cityloom.city.values import ClassCode, Name

KIOSK_KEYS = ("name_zh", "name_en", "lon", "lat", "help_class", "phone", "idle_s")
PHONE_KEYS = ("name_zh", "name_en", "number")
IDLE_S = 60.0
LEAST_IDLE_S, MOST_IDLE_S = 10.0, 600.0
LONGEST_NUMBER = 20

Note = Callable[..., None]  # problem, key, params
Bounds = tuple[float, float, float, float]  # west, south, east, north; degrees


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A terminal and where it stands; whoever asks it for help opens an enquiry of `help_class`.

    `phone`: the cabin's own line, on which it is called back. `idle_s`: seconds without a touch after which it asks
    whether somebody is there.
    """

    code: str
    name: Name
    lon: float
    lat: float
    help_class: ClassCode = ""
    phone: str = ""
    idle_s: float = IDLE_S


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number that residents call, as it is dialled."""

    code: str
    name: Name
    number: str


def parse_kiosks(data: Mapping[str, Any], bounds: Bounds | None, note: Note) -> dict[str, Kiosk]:
    """The terminals under `[kiosks.CODE]`; one that is wrong is noted and left out."""
    found: dict[str, Kiosk] = {}
    for code, row in _rows(data, "kiosks", KIOSK_KEYS, note):
        key = f"kiosks.{code}"
        name, place = _name(row, key, note), _place(row, key, bounds, note)
        idle = row.get("idle_s", IDLE_S)
        if not _is_number(idle) or not LEAST_IDLE_S <= idle <= MOST_IDLE_S:
            note("value_form", f"{key}.idle_s", value=idle, form=f"{LEAST_IDLE_S:.0f}–{MOST_IDLE_S:.0f}")
            continue
        if name is None or place is None:
            continue
        found[code] = Kiosk(
            code, name, *place, str(row.get("help_class", "")), str(row.get("phone", "")), float(idle)
        )
    return found


def parse_phones(data: Mapping[str, Any], note: Note) -> dict[str, PhoneNumber]:
    """The numbers under `[phones.CODE]`; one that is wrong is noted and left out."""
    found: dict[str, PhoneNumber] = {}
    for code, row in _rows(data, "phones", PHONE_KEYS, note):
        name, number = _name(row, f"phones.{code}", note), row.get("number")
        if not isinstance(number, str) or not 0 < len(number) <= LONGEST_NUMBER:
            note("value_form", f"phones.{code}.number", value=number, form='"12345"')
        elif name is not None:
            found[code] = PhoneNumber(code, name, number)
    return found


def _rows(
    data: Mapping[str, Any], table: str, known: tuple[str, ...], note: Note
) -> list[tuple[str, Mapping[str, Any]]]:
    rows = data.get(table, {})
    if not isinstance(rows, Mapping):
        return []  # noted with the other tables
    found: list[tuple[str, Mapping[str, Any]]] = []
    for code, row in rows.items():
        if not isinstance(row, Mapping):
            note("value_form", f"{table}.{code}", value=row, form=f"[{table}.{code}]")
            continue
        for key in row:
            if key not in known:
                note("key_unknown", f"{table}.{code}.{key}", near=known[0])
        found.append((code, row))
    return found


def _name(row: Mapping[str, Any], key: str, note: Note) -> Name | None:
    for part in ("name_zh", "name_en"):
        if not isinstance(row.get(part), str) or not row[part]:
            note("key_missing", f"{key}.{part}")
            return None
    return Name(row["name_zh"], row["name_en"])


def _place(row: Mapping[str, Any], key: str, bounds: Bounds | None, note: Note) -> tuple[float, float] | None:
    lon, lat = row.get("lon"), row.get("lat")
    for part, value in (("lon", lon), ("lat", lat)):
        if not _is_number(value):
            note("value_form" if value is not None else "key_missing", f"{key}.{part}", value=value, form="109.0231")
            return None
    place = float(lon), float(lat)  # type: ignore[arg-type]  # both are numbers by now
    if bounds is not None and not (bounds[0] <= place[0] <= bounds[2] and bounds[1] <= place[1] <= bounds[3]):
        note("coordinates_outside", key, lon=place[0], lat=place[1])
        return None
    return place


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
