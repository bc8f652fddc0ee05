"""Writing many new rows at once by COPY: rows of `values.py` as text lines, made apart from sending them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.db.models import JSONField

from cityloom.base.crypto import canonical
from cityloom.cases import models
from cityloom.cases.keeping import TABLES
from cityloom.cases.values import Case, Entry, Original, Report, Request, RunningClock, Task

Cell = Callable[[Any], str]
_JSON_LISTS = frozenset({"pauses", "warn_at"})
_MODELS = {
    Case: models.Case,
    Task: models.Task,
    Report: models.Report,
    RunningClock: models.RunningClock,
    Request: models.Request,
    Entry: models.Entry,
    Original: models.Original,
}


def row_text(row: Any) -> str:
    """A row of a class of `values.py` as one line of PostgreSQL's COPY text format."""
    kind: type = type(row)
    take, exceptions = _shape(kind)
    values = take(row)
    if exceptions:
        cells = [_json(v) if i in exceptions else _BY_TYPE[type(v)](v) for i, v in enumerate(values)]
    else:
        cells = [_BY_TYPE[type(value)](value) for value in values]
    return "\t".join(cells) + "\n"


def copy_in(cursor: CursorWrapper, kind: type, text: bytes) -> None:
    """Send such a text to the table of its class, inside the caller's transaction."""
    if text:
        copy_table(cursor, TABLES[kind], [field.name for field in fields(kind)], text)


def copy_table(cursor: CursorWrapper, table: str, columns: Sequence[str], text: bytes) -> None:
    """Send the lines of `copy_line` to any table."""
    quoted = ", ".join(f'"{name}"' for name in columns)
    with cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
        copy.write(text)


def copy_line(values: Iterable[Any]) -> str:
    """One line of plain values, for a table that has no class of its own."""
    return "\t".join(map(_plain, values)) + "\n"


@cache
def _shape(kind: type) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[int, ...]]:
    """How to take the values of a row, and the places of JSON columns that hold lists (texts lists elsewhere)."""
    names = [field.name for field in fields(kind)]
    columns = {field.attname: field for field in _MODELS[kind]._meta.concrete_fields}
    lists = [i for i, name in enumerate(names) if isinstance(columns[name], JSONField) and name in _JSON_LISTS]
    return attrgetter(*names), tuple(lists)


def _plain(value: Any) -> str:
    return _BY_TYPE[type(value)](value)


def _text(value: str) -> str:
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    if "\n" in value:
        value = value.replace("\n", "\\n")
    if "\r" in value:
        value = value.replace("\r", "\\r")
    if "\t" in value:
        value = value.replace("\t", "\\t")
    return value


def _json(value: Any) -> str:
    return "{}" if value == {} else _text(canonical(value).decode())


@cache
def _list(values: tuple[str, ...]) -> str:
    quoted = ('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return _text("{" + ",".join(quoted) + "}")


_BY_TYPE: dict[type, Cell] = {
    type(None): lambda _: "\\N",
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    str: _text,
    dict: _json,
    tuple: _list,
    bytes: lambda value: "\\\\x" + value.hex(),
    datetime: lru_cache(maxsize=4096)(datetime.isoformat),
}
