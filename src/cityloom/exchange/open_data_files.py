"""The files of open data, written batch by batch and never whole in memory: Parquet, CSV, GeoJSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
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
        if not batch.num_rows:
            return
        out.write(between + ",\n".join(features(batch).to_pylist()).encode())
        between = b",\n"

    yield write
    out.write(b"\n]}\n")


def features(batch: Any) -> Any:
    """The rows as features in JSON, a text each: made column by column, several times quicker than row by row."""
    texts = {name: _as_json(batch[name]) for name in batch.schema.names}
    lon, lat = texts.pop("lon"), texts.pop("lat")
    point = pc.binary_join_element_wise('{"type": "Point", "coordinates": [', lon, ", ", lat, "]}", "")
    geometry = pc.if_else(batch["lon"].is_valid(), point, "null")
    parts: list[Any] = ['{"type": "Feature", "id": ', texts.pop("id"), ', "geometry": ', geometry, ', "properties": ']
    for number, (name, text) in enumerate(texts.items()):
        parts += ["{" if number == 0 else ", ", f'"{name}": ', text]
    return pc.binary_join_element_wise(*parts, "}}", "")


def _as_json(column: Any) -> Any:
    """Each value as JSON; what occurs often is put into words once. NULL is `null`."""
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        return pc.fill_null(column.cast(pa.string()), "null")
    coded = column.dictionary_encode()
    worded = pa.array([json.dumps(_plain(value), ensure_ascii=False) for value in coded.dictionary.to_pylist()])
    return pc.fill_null(worded.cast(pa.string()).take(coded.indices), "null")


def _plain(value: object) -> object:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


_WRITERS: dict[str, Any] = {"parquet": _parquet, "csv": _csv, "geojson": _geojson}
