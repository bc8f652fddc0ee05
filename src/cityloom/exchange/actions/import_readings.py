"""Fills in a history of readings from a CSV or Parquet file: kept as any other, judged by no rule.

Columns: `device`, `stream`, `t` (ISO 8601, or a number of seconds or milliseconds) and `v` (empty: without value).
Doing it again stores nothing twice, so an import that was interrupted is simply called again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason, register
from cityloom.city.snapshot_values import City
from cityloom.exchange.rejects import Rejects
from cityloom.sensing.keeping import EARLY_S, keep_readings
from cityloom.sensing.payloads import BadTime, time_of
from cityloom.sensing.registry import DeviceInMemory, StreamOfDevice, find_devices
from cityloom.sensing.values import FIRST_MS, readings_of

COLUMNS = ("device", "stream", "t", "v")
BATCH = 50_000

register(
    {
        "readings.bad_file": (
            "无法读取 {file}：需要 UTF-8 的 CSV 或 Parquet，列为 device、stream、t、v（{detail}）",
            "{file} cannot be read: it must be CSV in UTF-8 or Parquet with the columns device, stream, t, v "
            "({detail})",
        ),
        "readings.no_device": ("没有登记设备{device}", "no device {device} is registered"),
        "readings.no_stream": ("设备{device}没有数据流{stream}", "the device {device} has no stream {stream}"),
        "readings.bad_time": (
            "时间“{t}”无法读取，或在2010年以前、在未来",
            "the time {t} cannot be read, or lies before 2010 or in the future",
        ),
        "readings.bad_value": ("值“{v}”不是数字", "the value {v} is no number"),
    }
)  # fmt: skip


class BadReadingsFile(CityloomError):
    """A file that is none of the two forms, or lacks a column."""

    status = 422


@dataclass(frozen=True)
class ImportedReadings:
    """How many rows were read, stored, known before and rejected."""

    rows: int = 0
    stored: int = 0
    repeated: int = 0
    rejected: int = 0


def import_readings(
    city: City,
    file: Path,
    clock: Clock,
    rejects: Path | None = None,
    progress: Callable[[ImportedReadings], None] = lambda done: None,
) -> ImportedReadings:
    """Store the rows of the file, each batch in one transaction; what cannot be taken goes to the rejects with why.

    Raises BadReadingsFile.
    """
    done = ImportedReadings()
    devices: dict[str, DeviceInMemory] = {}
    latest_ms = round(clock.now().timestamp() * 1000) + EARLY_S * 1000
    with Rejects(rejects) as refused:
        for rows in _batches(file):
            unknown = {str(device) for device, *_ in rows} - devices.keys()
            devices |= find_devices(city.id, unknown)
            good: list[tuple[int, int, float]] = []
            for number, (device, stream, t, v) in enumerate(rows, done.rows + 1):
                found = _row(devices, device, stream, t, v, latest_ms)
                if isinstance(found, Reason):
                    refused.add(number, found, dict(zip(COLUMNS, (device, stream, t, v), strict=True)))
                else:
                    good.append(found)
            stored, repeated = _keep(city, good, clock)
            done = ImportedReadings(
                done.rows + len(rows), done.stored + stored, done.repeated + repeated, refused.count
            )
            progress(done)
    return done


def _keep(city: City, good: list[tuple[int, int, float]], clock: Clock) -> tuple[int, int]:
    if not good:
        return 0, 0
    with transaction.atomic(), connection.cursor() as cursor:
        readings = readings_of(*zip(*good, strict=True))
        kept = keep_readings(cursor, city.id, readings, clock.now(), judged=True)
    return kept.stored, kept.repeated


def _row(
    devices: dict[str, DeviceInMemory], device: Any, stream: Any, t: Any, v: Any, latest_ms: int
) -> tuple[int, int, float] | Reason:
    known = devices.get(str(device))
    if known is None:
        return Reason("readings.no_device", {"device": str(device)[:60]})
    found = known.streams.get(str(stream))
    if found is None:
        return Reason("readings.no_stream", {"device": known.code, "stream": str(stream)[:60]})
    try:
        at_ms = time_of(_number(t) if isinstance(t, str) else t)
    except BadTime:
        at_ms = -1
    if not FIRST_MS <= at_ms <= latest_ms:
        return Reason("readings.bad_time", {"t": str(t)[:40]})
    value = _value(found, v)
    return (found.id, at_ms, value) if value is not None else Reason("readings.bad_value", {"v": str(v)[:40]})


def _number(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text.strip()


def _value(stream: StreamOfDevice, said: Any) -> float | None:
    """The kept value; None for what is no number."""
    if said is None or said == "":
        return math.nan
    try:
        value = float(said)
    except (TypeError, ValueError):
        return None
    return None if math.isinf(value) else stream.factor * value + stream.offset


def _batches(file: Path) -> Iterator[list[tuple[Any, Any, Any, Any]]]:
    """The rows of the file, some at a time; raises BadReadingsFile."""
    import pyarrow as pa
    from pyarrow import csv
    from pyarrow import parquet as pq

    try:
        if file.suffix.lower() == ".parquet":
            batches = pq.ParquetFile(file).iter_batches(BATCH, columns=list(COLUMNS))
        else:
            as_text = csv.ConvertOptions(
                column_types=dict.fromkeys(COLUMNS, pa.string()), include_columns=list(COLUMNS)
            )
            batches = csv.open_csv(file, convert_options=as_text)
        for batch in batches:
            columns = [_plain(batch.column(name)) for name in COLUMNS]
            rows = list(zip(*columns, strict=True))
            for first in range(0, len(rows), BATCH):
                yield rows[first : first + BATCH]
    except (pa.ArrowException, OSError, KeyError, ValueError) as why:
        raise BadReadingsFile("readings.bad_file", file=file.name, detail=str(why)[:200]) from why


def _plain(column: Any) -> list[Any]:
    """A column as plain values; moments as ISO 8601."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        return [None if at is None else at.isoformat() for at in column.to_pylist()]
    found: list[Any] = column.to_pylist()
    return found
