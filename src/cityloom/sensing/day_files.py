"""A closed day in a Parquet file: ordered by stream and time, so that one stream lies in one or two row groups."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cityloom.sensing.values import Readings, Whole, joined, no_readings

if TYPE_CHECKING:
    import pyarrow.parquet as pq

GROUP_ROWS = 65_536


class BadDayFile(Exception):
    """A file that does not hold what was written into it."""


def write_day(path: Path, parts: Iterable[Readings]) -> tuple[int, str]:
    """Write parts that are ordered by stream and time; how many readings, and the file's SHA-256.

    The file appears whole or not at all and is on the disk when this returns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("stream", pa.int64()), ("at_ms", pa.int64()), ("value", pa.float64())])
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    count = 0
    try:
        with pq.ParquetWriter(draft, schema, compression="zstd", use_dictionary=["stream"]) as writer:
            for part in _in_groups(parts):
                writer.write_table(pa.table([*part], schema=schema), row_group_size=GROUP_ROWS)
                count += len(part.stream)
        with open(draft, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        os.replace(draft, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink(missing_ok=True)
    return count, digest


def _in_groups(parts: Iterable[Readings]) -> Iterator[Readings]:
    """The same readings in pieces of the size of row groups."""
    held = no_readings()
    for part in parts:
        held = joined([held, part])
        whole = len(held.stream) // GROUP_ROWS * GROUP_ROWS
        if whole:
            yield held.pick(np.arange(whole))
            held = held.pick(np.arange(whole, len(held.stream)))
    if len(held.stream):
        yield held


def check_day(path: Path, readings: int, digest: str) -> None:
    """Read the file again; raises BadDayFile unless it holds so many readings under that digest."""
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    rows = _opened(str(path), path.stat().st_mtime_ns)[0].metadata.num_rows
    if found != digest or rows != readings:
        raise BadDayFile(f"{path.name} holds {rows} readings under {found[:12]}, not {readings} under {digest[:12]}")


def read_stream(path: Path, stream: int, from_ms: int, to_ms: int) -> Readings:
    """What a stream said from a moment until, not including, another."""
    file, low, high = _opened(str(path), path.stat().st_mtime_ns)
    groups = np.flatnonzero((low <= stream) & (stream <= high)).tolist()
    if not groups:
        return no_readings()
    found = _columns(file.read_row_groups(groups, use_threads=False))
    return found.pick((found.stream == stream) & (found.at_ms >= from_ms) & (found.at_ms < to_ms))


def read_streams(path: Path, streams: Whole | None, from_ms: int, to_ms: int) -> Iterator[Readings]:
    """What streams (ascending; None: all) said from a moment until, not including, another, a row group at a time."""
    file, low, high = _opened(str(path), path.stat().st_mtime_ns)
    if streams is None:
        groups = np.arange(len(low))
    else:
        groups = np.flatnonzero(np.searchsorted(streams, low) < np.searchsorted(streams, high, "right"))
    for group in groups.tolist():
        found = _columns(file.read_row_group(group, use_threads=False))
        which = (found.at_ms >= from_ms) & (found.at_ms < to_ms)
        yield found.pick(which if streams is None else which & np.isin(found.stream, streams))


def read_day(path: Path) -> Iterator[Readings]:
    """All of a day, a row group at a time."""
    file, low, _ = _opened(str(path), path.stat().st_mtime_ns)
    for group in range(len(low)):
        yield _columns(file.read_row_group(group, use_threads=False))


def _columns(table: Any) -> Readings:
    return Readings(*(table.column(name).to_numpy() for name in ("stream", "at_ms", "value")))


@lru_cache(maxsize=64)
def _opened(path: str, changed_ns: int) -> tuple[pq.ParquetFile, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The file with the lowest and highest stream of each row group."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path, memory_map=True)
    told = [file.metadata.row_group(i).column(0).statistics for i in range(file.metadata.num_row_groups)]
    return file, np.asarray([s.min for s in told], np.int64), np.asarray([s.max for s in told], np.int64)


def file_of(folder: Path, day: date) -> Path:
    """Where the file of a day lies."""
    return folder / f"{day:%Y}" / f"readings-{day:%Y-%m-%d}.parquet"
