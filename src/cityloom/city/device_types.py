"""What types of devices are called in both languages, and how often they are calibrated: the shipped ones, and those
that a city names under `[type.…]` of its `payloads.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cityloom.city.payload_files import PayloadEntry
from cityloom.city.values import Name


@dataclass(frozen=True, slots=True)
class DeviceType:
    """A type of device; `calibrate_days`: after how many days a calibration is due again, None: never."""

    code: str
    name: Name
    calibrate_days: int | None = None


@cache
def standard_device_types() -> Mapping[str, DeviceType]:
    """The shipped types, by code."""
    text = (Path(__file__).parent / "standard_device_types.toml").read_text(encoding="utf-8")
    return {code: _type_of(code, row, None) for code, row in tomllib.loads(text)["type"].items()}


def device_types_of(entries: Mapping[str, PayloadEntry]) -> dict[str, DeviceType]:
    """The types of a city: the shipped ones, each key of which its own entries may say otherwise."""
    types = dict(standard_device_types())
    for entry in entries.values():
        if entry.code.startswith("type."):
            code = entry.code.removeprefix("type.")
            types[code] = _type_of(code, entry.told, types.get(code))
    return types


def _type_of(code: str, row: Mapping[str, Any], shipped: DeviceType | None) -> DeviceType:
    """`calibrate_days = 0` says that a shipped type is never due."""
    known = shipped or DeviceType(code, Name("", ""))
    name = Name(row.get("name_zh", known.name.zh), row.get("name_en", known.name.en))
    return DeviceType(code, name, row.get("calibrate_days", known.calibrate_days) or None)
