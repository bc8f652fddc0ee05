"""Writes readings of devices to a CSV or Parquet file that `import_readings` reads again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cityloom.city.snapshot_values import City
from cityloom.sensing.registry import find_devices
from cityloom.sensing.series import history


def export_readings(
    city: City,
    devices: Sequence[str],
    begins: datetime,
    ends: datetime,
    file: Path,
    progress: Callable[[int], None] = lambda more: None,
) -> int:
    """All streams of the devices from a moment until, not including, another; how many readings.

    Times are UTC to the millisecond; a reading without a value has an empty cell.
    """
    import pyarrow as pa
    from pyarrow import csv
    from pyarrow import parquet as pq

    text = pa.string()
    schema = pa.schema([("device", text), ("stream", text), ("t", pa.timestamp("ms", "UTC")), ("v", pa.float64())])
    count = 0
    with open(file, "wb") as out:
        is_parquet = file.suffix.lower() == ".parquet"
        writer: Any = pq.ParquetWriter(out, schema, compression="zstd") if is_parquet else csv.CSVWriter(out, schema)
        with writer:
            for code, device in sorted(find_devices(city.id, devices).items()):
                for name, stream in sorted(device.streams.items()):
                    found = history(stream.id, begins, ends)
                    size = len(found.stream)
                    values = pa.array(found.value, from_pandas=True)  # no number: empty
                    times = pa.array(found.at_ms, pa.int64()).cast(schema.field("t").type)
                    columns = [pa.array([code] * size, text), pa.array([name] * size, text), times, values]
                    writer.write_table(pa.table(columns, schema=schema))
                    count += size
                progress(1)
    return count
