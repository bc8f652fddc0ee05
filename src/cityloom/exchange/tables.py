"""Tables of others, row by row and never whole in memory: CSV (also .gz), XLSX, JSON and GeoJSON."""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import ijson
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason
from cityloom.exchange.mapping import FORMATS, RecordMapping, nearest

LONGEST_CELL = 16_000_000
PEEKED = 1000  # objects looked at for a column before it counts as absent
_UTF8 = frozenset({"utf-8", "utf8", "utf_8"})


class TableUnreadable(CityloomError):
    """The file is absent, of no known format, or breaks off; what was read before counts."""


class TableRow(NamedTuple):
    """One row: its number as a spreadsheet shows it (the header is 1; objects of JSON count from 1), and its cells.

    Cells are texts, numbers, dates or None. `fault` says what is wrong with the row's form.
    """

    number: int
    cells: dict[str, Any]
    fault: Reason | None = None


def format_of(path: Path, named: str = "") -> str:
    """The format named, else by the ending; raises TableUnreadable."""
    if named:
        return named
    ending = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if ending not in FORMATS:
        raise TableUnreadable("table.unknown_format", file=path.name, known=list(FORMATS))
    return ending


def read_table(path: Path, mapping: RecordMapping) -> Iterator[TableRow]:
    """The rows of a file in order; raises TableUnreadable, also when the mapping names a column that is not there."""
    if not path.is_file():
        raise TableUnreadable("table.missing", file=str(path))
    readers = {"csv": _csv_rows, "xlsx": _xlsx_rows, "json": _json_rows, "geojson": _geojson_rows}
    rows = readers[format_of(path, mapping.format)](path, mapping)
    at = 0
    try:
        for row in rows:
            at = row.number
            yield row
    except (UnicodeError, csv.Error, ijson.JSONError, EOFError, gzip.BadGzipFile, OSError) as wrong:
        raise TableUnreadable("table.unreadable", file=path.name, row=at, detail=str(wrong)) from wrong
    except (zipfile.BadZipFile, InvalidFileException, KeyError) as wrong:
        raise TableUnreadable("table.unreadable", file=path.name, row=at, detail=str(wrong)) from wrong


def _csv_rows(path: Path, mapping: RecordMapping) -> Iterator[TableRow]:
    csv.field_size_limit(LONGEST_CELL)
    encoding = "utf-8-sig" if mapping.encoding.lower() in _UTF8 else mapping.encoding
    opener: Any = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rt", encoding=encoding, newline="") as file:
        lines = csv.reader(file)
        header = _header(next(lines, []), path, mapping)
        width = len(header)
        for number, cells in enumerate(lines, 2):
            if len(cells) == width:
                yield TableRow(number, dict(zip(header, cells, strict=True)))
            elif cells:
                yield _odd_row(number, header, cells)


def _odd_row(number: int, header: Sequence[str], cells: Sequence[Any]) -> TableRow:
    fault = Reason("table.cells_count", {"count": len(cells), "expected": len(header)})
    named = dict(zip(header, cells, strict=False))
    more = {f"+{i}": cell for i, cell in enumerate(cells[len(header) :], 1)}
    return TableRow(number, {**named, **more}, fault)


def _header(names: Sequence[Any], path: Path, mapping: RecordMapping) -> list[str]:
    header = ["" if name is None else str(name).strip() for name in names]
    _check_columns(header, path, mapping)
    return header


def _check_columns(header: Sequence[str], path: Path, mapping: RecordMapping) -> None:
    for column in mapping.column_names():
        if column not in header:
            known = [name for name in header if name]
            raise TableUnreadable(
                "map.column_absent", column=column, file=path.name, near=nearest(column, known), known=known
            )


def _xlsx_rows(path: Path, mapping: RecordMapping) -> Iterator[TableRow]:
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        if mapping.sheet and mapping.sheet not in book.sheetnames:
            near = nearest(mapping.sheet, book.sheetnames)
            raise TableUnreadable(
                "map.column_absent", column=mapping.sheet, file=path.name, near=near, known=book.sheetnames
            )
        sheet = book[mapping.sheet] if mapping.sheet else book.worksheets[0]
        lines = sheet.iter_rows(values_only=True)
        header = _header(next(lines, ()), path, mapping)
        width = len(header)
        for number, found in enumerate(lines, 2):
            cells = [_plain(cell) for cell in found]
            while len(cells) > width and cells[-1] is None:
                cells.pop()
            cells += [None] * (width - len(cells))
            if all(cell is None for cell in cells):
                continue
            if len(cells) > width:
                yield _odd_row(number, header, cells)
            else:
                yield TableRow(number, dict(zip(header, cells, strict=True)))
    finally:
        book.close()


def _json_rows(path: Path, mapping: RecordMapping) -> Iterator[TableRow]:
    return _with_known_columns(_objects(path, mapping), path, mapping)


def _geojson_rows(path: Path, mapping: RecordMapping) -> Iterator[TableRow]:
    return _with_known_columns(_features(path, mapping), path, mapping)


def _with_known_columns(rows: Iterator[TableRow], path: Path, mapping: RecordMapping) -> Iterator[TableRow]:
    """The rows, once each column of the mapping was seen; refused when the first ones lack one among them all."""
    wanted, seen, held = mapping.column_names(), dict[str, None](), list[TableRow]()
    covered = False
    for row in rows:
        held.append(row)
        if not covered:
            seen |= dict.fromkeys(row.cells)
            covered = all(column in seen for column in wanted)
            if not covered and len(held) == PEEKED:
                break
        if covered:
            yield from (_filled(each, wanted) for each in held)
            held.clear()
    if held:
        _check_columns(list(seen), path, mapping)


def _filled(row: TableRow, wanted: Sequence[str]) -> TableRow:
    """The row with None where it leaves a column out."""
    return row._replace(cells=dict.fromkeys(wanted) | row.cells)


def _objects(path: Path, mapping: RecordMapping) -> Iterator[TableRow]:
    prefix = f"{mapping.list_at}.item" if mapping.list_at else "item"
    with _binary(path) as file:
        for number, found in enumerate(ijson.items(file, prefix, use_float=True), 1):
            if isinstance(found, dict):
                yield TableRow(number, _object(found))
            else:
                yield TableRow(number, {"": str(found)}, Reason("table.cells_count", {"count": 1, "expected": 0}))


def _features(path: Path, mapping: RecordMapping) -> Iterator[TableRow]:
    """A feature's properties, with `lon` and `lat` of its point unless the properties have these names."""
    with _binary(path) as file:
        for number, feature in enumerate(ijson.items(file, "features.item", use_float=True), 1):
            geometry = feature.get("geometry") or {}
            point = geometry.get("coordinates") if geometry.get("type") == "Point" else None
            lon, lat = (point[0], point[1]) if point and len(point) >= 2 else (None, None)
            cells = {"lon": lon, "lat": lat, "id": feature.get("id"), **(feature.get("properties") or {})}
            yield TableRow(number, _object(cells))


def _object(found: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): _plain(value) for name, value in found.items()}


def _binary(path: Path) -> IO[bytes]:
    opener: Any = gzip.open if path.name.lower().endswith(".gz") else open
    file: IO[bytes] = opener(path, "rb")
    return file


def _plain(value: Any) -> Any:
    """A cell as a text, number or date: whole floats lose their `.0`, lists and objects become JSON."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
