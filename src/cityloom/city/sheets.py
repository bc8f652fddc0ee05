"""Reading a table of a city folder: every cell as the kind its column states, every fault noted with its line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any

from cityloom.city.problems import Place, Problem, nearest
from cityloom.city.values import Span

TEXT, NUMBER, WHOLE, DAY, YES_NO, ITEMS = "text", "number", "whole", "day", "yes_no", "items"
# The longest code or word, name, and sentence; two codes and a colon fit the 100 of a stored class.
CODE_CHARS, NAME_CHARS, TEXT_CHARS = 49, 300, 2000
MOST_WHOLE = 2_000_000_000
FORMS = {
    NUMBER: "1.5",
    WHOLE: "1",
    DAY: "2026-01-31",
    YES_NO: "yes / no",
}


@dataclass(frozen=True)
class Column:
    """A column by its name: `needed` ones must be there and filled; `words` are all that it may say."""

    name: str
    kind: str = TEXT
    needed: bool = False
    words: tuple[str, ...] = ()
    above_zero: bool = False
    longest: int = CODE_CHARS


@dataclass(frozen=True)
class SheetRow:
    """One row: its first line in the file, and its cells; an empty or faulty cell is None (a list: empty)."""

    line: int
    cells: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A text cell; blank when nothing was given."""
        return self.cells[name] or ""

    def span(self) -> Span:
        """The days from `from` to `until`."""
        return Span(self.cells["from"], self.cells["until"])


class Notes:
    """Collects the problems found in one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def at_line(self, problem: str, line: int, name: str = "", /, **params: Any) -> None:
        self.problems.append(Problem(problem, self.file, Place(line=line, name=name), params))

    def at_feature(self, problem: str, feature: int, name: str = "", /, **params: Any) -> None:
        self.problems.append(Problem(problem, self.file, Place(feature=feature, name=name), params))

    def at_key(self, problem: str, name: str = "", /, **params: Any) -> None:
        self.problems.append(Problem(problem, self.file, Place(name=name), params))


def read_sheet(path: Path, columns: Iterable[Column], notes: Notes) -> list[SheetRow]:
    """The rows that can be used; a row lacking a needed cell, or saying what no column allows, is left out."""
    text = read_text(path, "CSV", notes)
    return [] if text is None else _read_rows(text, {column.name: column for column in columns}, notes)


def read_text(path: Path, form: str, notes: Notes) -> str | None:
    """The file's text; None, with the line noted, where it is not UTF-8 or holds what no text holds."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        notes.at_line("file_unreadable", line, detail=str(error), form=form)
        return None
    nothing = min((at for at in (text.find("\0"), text.find("\\u0000")) if at >= 0), default=None)
    if nothing is not None:
        notes.at_line("file_unreadable", text.count("\n", 0, nothing) + 1, detail="U+0000", form=form)
        return None
    return text


def _read_rows(text: str, columns: Mapping[str, Column], notes: Notes) -> list[SheetRow]:
    lines = csv.reader(text.splitlines(keepends=True), strict=True)
    rows: list[SheetRow] = []
    header: list[str] = []
    before = 0
    try:
        for cells in lines:
            line, before = before + 1, lines.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip() for cell in cells]
                if not _check_header(header, columns, line, notes):
                    return []
            elif len(cells) != len(header):
                notes.at_line("cells_count", line, count=len(cells), expected=len(header))
            else:
                row = _read_row(dict(zip(header, cells, strict=True)), columns, line, notes)
                rows += [row] if row else []
    except csv.Error as error:
        notes.at_line("file_unreadable", lines.line_num, detail=str(error), form="CSV")
    if not header:
        _check_header([], columns, 1, notes)
    return rows


def _check_header(header: list[str], columns: Mapping[str, Column], line: int, notes: Notes) -> bool:
    missing = [c.name for c in columns.values() if c.needed and c.name not in header]
    unused = [name for name in columns if name not in header]
    for name in missing:
        notes.at_line("column_missing", line, name, column=name)
    for name in dict.fromkeys(header):
        if name not in columns:
            near = nearest(name, unused or columns)
            notes.at_line("column_unknown", line, name, column=name, near=near)
        if header.count(name) > 1:
            notes.at_line("column_twice", line, name, column=name)
    return not missing


def _read_row(texts: Mapping[str, str], columns: Mapping[str, Column], line: int, notes: Notes) -> SheetRow | None:
    found_before = len(notes.problems)
    cells = {name: _read_cell(texts.get(name, "").strip(), column, line, notes) for name, column in columns.items()}
    start, until = cells.get("from"), cells.get("until")
    if start and until and until < start:
        notes.at_line("days_reversed", line, "until", start=start, until=until)
    return SheetRow(line, cells) if len(notes.problems) == found_before else None


def _read_cell(text: str, column: Column, line: int, notes: Notes) -> Any:
    name = column.name
    if not text:
        if column.needed:
            notes.at_line("value_empty", line, name, key=name)
        return () if column.kind == ITEMS else None
    if column.kind == TEXT and len(text) > column.longest:
        notes.at_line("too_long", line, name, key=name, length=len(text), longest=column.longest)
        return None
    if column.words and text not in column.words:
        near = nearest(text, column.words)
        notes.at_line("value_unknown", line, name, key=name, value=text, near=near, known=column.words)
        return None
    try:
        value = _converted(text, column.kind)
    except ValueError:
        notes.at_line("value_form", line, name, key=name, value=text, form=FORMS[column.kind])
        return None
    if column.above_zero and value <= 0:
        notes.at_line("not_positive", line, name, key=name, value=text)
        return None
    return value


def _converted(text: str, kind: str) -> Any:
    if kind == NUMBER:
        amount = float(text)
        if not isfinite(amount):
            raise ValueError(text)
        return amount
    if kind == WHOLE:
        number = int(text)
        if abs(number) > MOST_WHOLE:
            raise ValueError(text)
        return number
    if kind == DAY:
        if len(text) != 10:
            raise ValueError(text)
        return date.fromisoformat(text)
    if kind == YES_NO:
        if text not in ("yes", "no"):
            raise ValueError(text)
        return text == "yes"
    if kind == ITEMS:
        return tuple(part.strip() for part in text.split(";") if part.strip())
    return text
