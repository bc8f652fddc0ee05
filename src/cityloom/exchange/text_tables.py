"""Texts in somebody's table, with the class each was given: what a classifier learns from, is judged by and reads."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.exchange.mapping import RecordMapping
from cityloom.exchange.tables import read_table
from cityloom.triage.classifying import Classifier
from cityloom.triage.texts import Text, normalise

register(
    {
        "texts.none": (
            "{file}没有带文本的行；请检查列名和内容",
            "{file} has no row with a text; check the names of the columns",
        ),
    }
)


class NoTexts(CityloomError):
    """A table without a text in the columns that were named."""

    status = 422


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row's headline (empty when one column was named) and text as read, its class, and all its cells."""

    headline: Text
    text: Text
    label: str
    cells: dict[str, Any]

    @property
    def pair(self) -> tuple[str, str]:
        return self.headline.read, self.text.read


def read_texts(path: Path, columns: Sequence[str], label: str = "") -> list[TextRow]:
    """The rows of a CSV, XLSX or JSON file; of several columns the first is the headline, the others are the text.

    Raises TableUnreadable, also for a column that is not there, and NoTexts.
    """
    named = {"words": tuple(columns), **({"class": (label,)} if label else {})}
    rows = [_text_row(row.cells, columns, label) for row in read_table(path, RecordMapping(path.name, named))]
    if not any(any(row.pair) for row in rows):
        raise NoTexts("texts.none", file=path.name)
    return rows


def _text_row(cells: dict[str, Any], columns: Sequence[str], label: str) -> TextRow:
    said = [str(cells.get(column) or "") for column in columns]
    headline, text = (said[0], "\n".join(said[1:])) if len(said) > 1 else ("", said[0])
    return TextRow(normalise(headline), normalise(text), str(cells.get(label) or "").strip(), cells)


def read_tree(path: Path) -> list[tuple[str, ...]]:
    """A class tree: each row of a table with one column a level, from the first level down, is a path of names."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        next(rows, None)
        return [tuple(name.strip() for name in row if name.strip()) for row in rows if any(row)]


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, for the card of what was learned from it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


PROPOSED = ("proposed_class", "confidence", "words")


def write_proposals(path: Path, rows: Sequence[TextRow], classifier: Classifier) -> int:
    """Each row's own cells, then the likeliest class, its confidence and the words; how many got a class.

    A class that cannot be told is an empty cell. A cell that a spreadsheet would take for a formula gets a quote.
    """
    names = list(dict.fromkeys(name for row in rows for name in row.cells))
    known = 0
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow([*names, *PROPOSED])
        for row, proposal in _proposed(rows, classifier):
            known += bool(proposal[0])
            out.writerow(_harmless([*(row.cells.get(name, "") for name in names), *proposal]))
    return known


def _proposed(rows: Iterable[TextRow], classifier: Classifier) -> Iterator[tuple[TextRow, tuple[str, str, str]]]:
    for row in rows:
        best = classifier.classify(row.text, row.headline if row.headline.read else None, most=1)[0]
        confidence = f"{best.confidence:.4f}" if best.is_known else ""
        yield row, (best.value or "", confidence, "; ".join(best.words))


def _harmless(cells: Iterable[Any]) -> list[str]:
    texts = ["" if cell is None else str(cell) for cell in cells]
    return [f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text for text in texts]
