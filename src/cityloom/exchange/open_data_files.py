"""The files of open data, written batch by batch and never whole in memory: Parquet, CSV, GeoJSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.exchange.open_data import FIELDS

register(
    {
        "open_data.format": (
            "不认识 {file} 的格式；可用：{known}，请用 --format 指明",
            "the format of {file} is not known; use one of {known} with --format",
        ),
        "open_data.no_folder": ("文件夹 {folder} 不存在；请先建好", "there is no folder {folder}; make it first"),
    }
)
FORMATS = ("parquet", "csv", "geojson")
_TYPES: dict[str, Any] = {
    "text": pa.string(),
    "timestamp": pa.timestamp("s", tz="UTC"),
    "integer": pa.int32(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
}
SCHEMA: Any = pa.schema(
    [
        pa.field(f.name, _TYPES[f.type], metadata={"zh": f.zh, "en": f.en, "unit": f.unit, "source": f.source})
        for f in FIELDS
    ]
)
_CODES = ["class", "nature", "source", "state", "urgency", "unit", "area", "cell", "solved", "satisfied"]
Write = Callable[[Any], None]


class FormatNotKnown(CityloomError):
    """A file whose format no option and no ending tells."""


class NoSuchFolder(CityloomError):
    """The folder in which the file should be written is not there."""

    status = 404


def format_of(path: Path, named: str = "") -> str:
    """The format named, else by the ending; raises FormatNotKnown."""
    found = named or path.name.lower().rpartition(".")[2]
    if found not in FORMATS:
        raise FormatNotKnown("open_data.format", file=path.name, known=list(FORMATS))
    return found


@contextmanager
def writing(path: Path, kind: str) -> Iterator[Write]:
    """Inside, the function given appends a record batch of SCHEMA; the file appears whole or not at all."""
    if not path.parent.is_dir():
        raise NoSuchFolder("open_data.no_folder", folder=str(path.parent))
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as out, _WRITERS[kind](out) as write:
            yield write
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _parquet(out: BinaryIO) -> Iterator[Write]:
    with pa.parquet.ParquetWriter(out, SCHEMA, compression="zstd", use_dictionary=_CODES) as writer:
        yield writer.write_batch


@contextmanager
def _csv(out: BinaryIO) -> Iterator[Write]:
    with pa.csv.CSVWriter(out, SCHEMA) as writer:
        yield writer.write_batch


@contextmanager
def _geojson(out: BinaryIO) -> Iterator[Write]:
    out.write(b'{"type": "FeatureCollection", "features": [')
    between = b"\n"

    def write(batch: Any) -> None:
        nonlocal between
        for row in batch.to_pylist():
            out.write(between + json.dumps(_feature(row), ensure_ascii=False).encode())
            between = b",\n"

    yield write
    out.write(b"\n]}\n")


def _feature(row: dict[str, Any]) -> dict[str, Any]:
    lon, lat = row.pop("lon"), row.pop("lat")
    point = None if lon is None else {"type": "Point", "coordinates": [lon, lat]}
    for name in ("opened_at", "due_at", "closed_at"):
        row[name] = row[name].strftime("%Y-%m-%dT%H:%M:%SZ") if row[name] is not None else None
    return {"type": "Feature", "id": row.pop("id"), "geometry": point, "properties": row}


_WRITERS: dict[str, Any] = {"parquet": _parquet, "csv": _csv, "geojson": _geojson}
