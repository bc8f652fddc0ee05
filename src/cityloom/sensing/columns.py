"""What a question to the database gives, as whole columns: numbers as arrays, repeated words by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg
from django.db.backends.utils import CursorWrapper

from cityloom.sensing.rules import Words, words_of
from cityloom.sensing.values import Real, Whole

NONE = -(2**62)  # stands for a whole number that is not known
_HEAD_BYTES = 20  # of an array with one dimension, as PostgreSQL sends it; then each element with its length
_WHOLE = np.dtype([("bytes", ">i4"), ("value", ">i8")])
_REAL = np.dtype([("bytes", ">i4"), ("value", ">f8")])


class Columns:
    """The columns of an answer, by name; unknown numbers are `NONE` or NaN, unknown words are blank."""

    def __init__(self, said: dict[str, bytes | None]) -> None:
        self._said = said

    def whole(self, name: str) -> Whole:
        return self._numbers(name, _WHOLE).astype(np.int64)

    def real(self, name: str) -> Real:
        return self._numbers(name, _REAL).astype(np.float64)

    def words(self, name: str) -> Words:
        return words_of(self.texts(name))

    def texts(self, name: str) -> list[str]:
        said = self._said[name]
        return [] if said is None else said.decode().split("\0")

    def _numbers(self, name: str, form: np.dtype[Any]) -> np.ndarray[Any, Any]:
        said = self._said[name]
        found: np.ndarray[Any, Any] = np.frombuffer((said or b"")[_HEAD_BYTES:], form)["value"]
        return found


def read_columns(
    cursor: CursorWrapper,
    query: str,
    params: Sequence[Any],
    *,
    whole: Sequence[str] = (),
    real: Sequence[str] = (),
    text: Sequence[str] = (),
) -> Columns:
    """The answer to a query whose columns are named here by kind, in the order of its rows.

    The server sends each column as one value, so that no row becomes an object: a million rows of ten columns take
    about two seconds.
    """
    asked = (
        [f'array_send(array_agg(coalesce("{name}"::bigint, {NONE})))' for name in whole]
        + [f"array_send(array_agg(coalesce(\"{name}\"::float8, 'NaN')))" for name in real]
        + [f"string_agg(convert_to(coalesce(\"{name}\", ''), 'UTF8'), '\\x00')" for name in text]
    )
    with psycopg.Cursor(cursor.connection) as raw:
        raw.execute(f"SELECT {', '.join(asked)} FROM ({query}) asked".encode(), params, binary=True)  # noqa: S608 (names of ours)
        row = raw.fetchone() or ()
    return Columns(dict(zip((*whole, *real, *text), row, strict=True)))
