"""A made table of records in the small city, with its mapping: what the import and replay tests read."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from cityloom.exchange.mapping import RecordMapping, parse_mapping

COLUMNS = ("id", "opened", "due", "closed", "kind", "said", "x", "y", "unit", "via", "done", "ok", "name", "phone")
MAPPING: dict[str, Any] = {
    "source": {"name": "old-hotline", "format": "csv", "time_zone": "Asia/Shanghai", "language": "zh"},
    "columns": {
        "source_id": "id", "opened_at": "opened", "due_at": "due", "closed_at": "closed", "class": "kind",
        "words": "said", "lon": "x", "lat": "y", "unit": "unit", "source": "via", "outcome": "done", "solved": "ok",
        "name": "name", "phone": "phone",
    },
    "values": {"source": {"电话": "hotline", "网页": "resident"}, "solved": {"是": "yes", "否": "no"}},
    "skip_points": {"points": [[110.0, 30.0]]},
}  # fmt: skip
GOOD = {
    "id": "1", "opened": "2025-06-03 09:10:00", "due": "2025-06-10 09:10:00", "closed": "2025-06-05 15:00:00",
    "kind": "hotline:0101", "said": "夜里施工很吵", "x": "110.0011", "y": "30.0011", "unit": "street_e1",
    "via": "电话", "done": "已劝停", "ok": "", "name": "", "phone": "",
}  # fmt: skip


def mapping(**changes: Any) -> RecordMapping:
    """The mapping, with some of its tables replaced."""
    return parse_mapping({**MAPPING, **changes})


def row(**changes: str) -> dict[str, str]:
    """A good row with some cells changed."""
    return {**GOOD, **changes}


def write_rows(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8") -> Path:
    """The rows as a CSV file."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path
