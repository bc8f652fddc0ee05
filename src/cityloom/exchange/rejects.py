"""The rejects file: every row that was not taken, with its number, the reason in both languages and its cells."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from cityloom.base.reasons import Reason, render

HEAD = ("row", "reason", "reason_zh", "reason_en")
BOM = "\ufeff"  # so that spreadsheet programs read the Chinese


class Rejects(AbstractContextManager["Rejects"]):
    """Writes rejected rows as they come; the file exists only once there is one. `by_reason` counts them."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.by_reason: Counter[str] = Counter()
        self._file: IO[str] | None = None
        self._writer: Any = None
        self._columns: tuple[str, ...] = ()

    def add(self, row: int, reason: Reason, cells: Mapping[str, Any]) -> None:
        self.by_reason[reason.code] += 1
        if self.path is None:
            return
        if self._file is None:
            self._open(self.path, cells)
        known = ["" if cells.get(column) is None else cells[column] for column in self._columns]
        more = [value for column, value in cells.items() if column not in self._columns]
        self._writer.writerow([row, reason.code, render(reason, "zh"), render(reason, "en"), *known, *more])

    @property
    def count(self) -> int:
        return self.by_reason.total()

    def _open(self, path: Path, cells: Mapping[str, Any]) -> None:
        self._columns = tuple(cells)
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(BOM)
        self._writer = csv.writer(self._file)
        self._writer.writerow([*HEAD, *self._columns])

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
