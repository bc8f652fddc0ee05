"""Reading the files of registers: CSV, or GeoJSON with points; and the `registers.toml` that explains them."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cityloom.cases.register_values import Register, RegisterNotUnderstood, registers_of

SETTINGS = "registers.toml"


def read_registers(path: Path) -> dict[str, Register]:
    """The registers that a `registers.toml` describes; raises RegisterNotUnderstood."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise RegisterNotUnderstood("register.unreadable", file=path.name, detail=str(wrong)) from wrong
    return registers_of(data, path.name)


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a file with their number, as a spreadsheet counts them (GeoJSON: features from 1).

    Raises RegisterNotUnderstood where the file breaks off.
    """
    try:
        if path.suffix.lower() in (".geojson", ".json"):
            yield from _features(path)
        else:
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from enumerate(csv.DictReader(file), 2)
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, KeyError, TypeError) as wrong:
        raise RegisterNotUnderstood("register.unreadable", file=path.name, detail=str(wrong)) from wrong


def _features(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The properties of each feature, with `lon` and `lat` of its point."""
    for number, feature in enumerate(json.loads(path.read_text(encoding="utf-8"))["features"], 1):
        cells = dict(feature["properties"])
        geometry = feature.get("geometry") or {}
        if geometry.get("type") == "Point":
            cells["lon"], cells["lat"] = geometry["coordinates"][:2]
        yield number, cells
