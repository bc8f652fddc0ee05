"""Export the cases of a city as open data: streamed out of the database by COPY, coarsened, written in batches."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from cityloom.base.clock import Elapsed
from cityloom.cases.filters import Condition, all_of
from cityloom.city.snapshot_values import City
from cityloom.exchange.open_data import (
    NAMES,
    Centres,
    OpenRules,
    coarse_mask,
    coarsen,
    dictionary,
    hours,
    pseudonyms,
    withheld_classes,
)
from cityloom.exchange.open_data_files import SCHEMA, format_of, writing

BATCH_BYTES = 8_000_000  # of COPY's text; about 60,000 rows
Days = tuple[date | None, date | None]
Progress = Callable[[int, int], None]

# What is read; `_shape` turns it into the fields of open_data.py.
_READ: dict[str, tuple[str, Any]] = {
    "number": ("c.number", pa.string()),
    "opened": ("extract(epoch FROM c.opened_at)::bigint", pa.int64()),
    "due": ("extract(epoch FROM c.promise_due_at)::bigint", pa.int64()),
    "closed": ("extract(epoch FROM c.closed_at)::bigint", pa.int64()),
    "overdue": ("c.overdue_raw", pa.bool_()),
    "class": ("c.class_code", pa.string()),
    "nature": ("c.nature", pa.string()),
    "source": ("c.source", pa.string()),
    "state": ("c.state", pa.string()),
    "urgency": ("c.urgency", pa.string()),
    "unit": ("c.lead_unit", pa.string()),
    "area": ("c.areas[least(cardinality(c.areas), %s)]", pa.string()),
    "cell": ("coalesce(c.cell, 0)", pa.int64()),
    "reports": ("c.report_count", pa.int32()),
    "reopened": ("c.reopen_count", pa.int32()),
    "solved": ("told.solved", pa.string()),
    "satisfied": ("told.satisfied", pa.string()),
}
# The least of the answers: a case with one "no" is not solved.
_TOLD = (
    " LEFT JOIN LATERAL (SELECT CASE WHEN bool_or(r.solved = 'no') THEN 'no' WHEN bool_or(r.solved = 'partly') "
    "THEN 'partly' WHEN bool_or(r.solved = 'yes') THEN 'yes' END AS solved, CASE WHEN bool_or(r.satisfied = "
    "'unsatisfied') THEN 'unsatisfied' WHEN bool_or(r.satisfied = 'basically') THEN 'basically' "
    "WHEN bool_or(r.satisfied = 'satisfied') THEN 'satisfied' END AS satisfied "
    "FROM cases_report r WHERE r.case_id = c.id) told ON TRUE"
)


@dataclass(frozen=True)
class Exported:
    """What was written: rows, cases left out, the files, seconds."""

    rows: int
    left_out: int
    thin_cells: int
    file: Path
    dictionary: Path
    seconds: float


def export_cases(
    city: City,
    file: Path,
    *,
    since: date | None = None,
    until: date | None = None,
    format_name: str = "",
    rules: OpenRules | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Write the cases opened from the first to the last day (the city's days; None is open) and their dictionary.

    All is read as it stood at one moment. Raises FormatNotKnown and NoSuchFolder before anything is read.
    """
    elapsed, rules = Elapsed(), rules or OpenRules.of_city(city)
    kind = format_of(file, format_name)
    opened = _opened(city, since, until)
    shown = all_of([opened, _shown(city)])
    key = salted_hmac("cityloom.open_data", city.code, algorithm="sha256").digest()
    written, used = 0, set[str]()
    with writing(file, kind) as write, _one_moment():
        all_cases, total, thin = _look_ahead(opened, shown, rules)
        centres = Centres()
        for table in _tables(shown, rules):
            write(_shape(table, rules, thin, centres, key))
            for column in ("class", "unit", "area"):
                used.update(code for code in table[column].unique().to_pylist() if code)
            written += table.num_rows
            if progress is not None:
                progress(written, total)
    beside = file.with_name(f"{file.name.rpartition('.')[0] or file.name}.dictionary.json")
    told = dictionary(city, rules, (since, until), written, all_cases - total, used)
    beside.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return Exported(written, all_cases - total, len(thin), file, beside, elapsed.seconds())


@contextmanager
def _one_moment() -> Iterator[None]:
    """Inside, all statements see the database as it stood at the first one; a caller's transaction stays as it is."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _opened(city: City, since: date | None, until: date | None) -> Condition:
    """The city's cases opened on these days."""
    tz, parts = city.calendar().tz, [Condition("c.city_id = %s", (city.id,))]
    if since is not None:
        parts.append(Condition("c.opened_at >= %s", (datetime.combine(since, time(), tz),)))
    if until is not None:
        parts.append(Condition("c.opened_at < %s", (datetime.combine(until + timedelta(days=1), time(), tz),)))
    return all_of(parts)


def _shown(city: City) -> Condition:
    """Cases that may be told one by one: not confidential by any of their reports, not about a unit or its staff."""
    return Condition(
        "NOT c.confidential AND c.complained_about = '{}' AND (c.class_code IS NULL OR c.class_code <> ALL(%s)) "
        "AND NOT EXISTS (SELECT FROM cases_report h WHERE h.case_id = c.id AND h.confidential)",
        (withheld_classes(city),),
    )


def _look_ahead(opened: Condition, shown: Condition, rules: OpenRules) -> tuple[int, int, list[int]]:
    """How many cases there are, how many of them are shown, and the coarse cells that hold too few of these."""
    keep, put = coarse_mask(rules.cell)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM cases_case c WHERE {opened.sql}", opened.params)  # noqa: S608
        (all_cases,) = cursor.fetchone()
        cursor.execute(
            "SELECT (c.cell & %s::bigint) | %s::bigint AS coarse, count(*) FROM cases_case c "  # noqa: S608
            f"WHERE {shown.sql} GROUP BY coarse",
            [keep, put, *shown.params],
        )
        counted = cursor.fetchall()
    thin = [cell for cell, count in counted if cell is not None and count < rules.least]
    return all_cases, sum(count for _, count in counted), thin


def _tables(shown: Condition, rules: OpenRules) -> Iterator[Any]:
    """The rows in the order they were opened, as tables of some tens of thousands."""
    columns = ", ".join(sql for sql, _ in _READ.values())
    rows = f"SELECT {columns} FROM cases_case c{_TOLD} WHERE {shown.sql} ORDER BY c.opened_at, c.id"  # noqa: S608
    query = f"COPY ({rows}) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(query, [rules.levels, *shown.params]) as copy:
        held = io.BytesIO()
        for line in copy:
            held.write(line)
            if held.tell() >= BATCH_BYTES:
                yield _parsed(held)
                held = io.BytesIO()
        if held.tell():
            yield _parsed(held)


def _parsed(held: io.BytesIO) -> Any:
    """COPY's CSV as a table; an empty cell without quotes is NULL there."""
    return pa.csv.read_csv(
        pa.BufferReader(held.getbuffer()),
        read_options=pa.csv.ReadOptions(column_names=list(_READ)),
        convert_options=pa.csv.ConvertOptions(
            column_types={name: kind for name, (_, kind) in _READ.items()},
            null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
            true_values=["t"], false_values=["f"],
        ),
    )  # fmt: skip


def _shape(table: Any, rules: OpenRules, thin: list[int], centres: Centres, key: bytes) -> Any:
    """The rows as they may be seen."""
    cells = coarsen(table["cell"].to_numpy(), rules.cell)
    cells[np.isin(cells, np.array(thin, dtype=np.int64))] = 0
    cell, lon, lat = centres.of(cells)
    made = {
        "id": pa.array(pseudonyms(table["number"].to_pylist(), key)),
        **{f"{name}_at": _rounded(table[name]) for name in ("opened", "due", "closed")},
        "hours_open": _hours_open(table["opened"], table["closed"]),
        "cell": pa.array(cell, pa.string()),
        "lon": pa.array(lon, pa.float64()),
        "lat": pa.array(lat, pa.float64()),
    }
    columns = [made[name] if name in made else table[name].combine_chunks() for name in NAMES]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def _rounded(moments: Any) -> Any:
    """Moments rounded down to the hour; NULL stays NULL."""
    missing = moments.is_null().to_numpy()
    seconds = hours(moments.fill_null(0).to_numpy())
    return pa.array(seconds, pa.timestamp("s", tz="UTC"), mask=missing)


def _hours_open(opened: Any, closed: Any) -> Any:
    missing = closed.is_null().to_numpy()
    spent = (closed.fill_null(0).to_numpy() - opened.to_numpy()) / 3600
    return pa.array(np.rint(spent).astype(np.int32), pa.int32(), mask=missing)
