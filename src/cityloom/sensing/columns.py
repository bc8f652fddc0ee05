"""What a question to the database gives, as whole columns: numbers as arrays, words in one piece of memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import psycopg
from django.db.backends.utils import CursorWrapper

from cityloom.sensing.texts import Texts
from cityloom.sensing.values import Real, Whole

NONE = -(2**62)  # stands for a whole number or a moment that is not known
PIECE = 100_000  # rows that the server sends at once: the buffer of the connection keeps the size of the largest
_HEAD_BYTES = 20  # of an array with one dimension, as PostgreSQL sends it; then each element with its length
_WHOLE = np.dtype([("bytes", ">i4"), ("value", ">i8")])
_REAL = np.dtype([("bytes", ">i4"), ("value", ">f8")])
_POSTGRES_EPOCH_MS = 946_684_800_000


class Columns:
    """The columns of an answer, by name; unknown numbers are `NONE` or NaN, unknown words are blank."""

    def __init__(self, said: dict[str, list[Any]]) -> None:
        self._said = said

    def numbers(self, name: str) -> np.ndarray[Any, Any]:
        """A column of numbers or moments; to be asked for once, because it goes with the answer."""
        return np.concatenate(self._said.pop(name))

    def texts(self, name: str) -> Texts:
        """A column of words; to be asked for once."""
        said = self._said.pop(name)
        return Texts(b"\0".join(said) if said else None)


def read_columns(
    cursor: CursorWrapper,
    query: str,
    params: Sequence[Any],
    *,
    whole: Sequence[str] = (),
    real: Sequence[str] = (),
    moment: Sequence[str] = (),
    text: Sequence[str] = (),
) -> Columns:
    """The answer to a query whose columns are named here by kind, ordered by its `id`; moments in ms since 1970.

    `query` ends with its conditions. The server sends a column of many rows as one value, so that no row becomes an
    object; what is written meanwhile may be in one piece of the answer and not in another.
    """
    asked = (
        ["max(id)"]
        + [f'array_send(array_agg(coalesce("{name}"::bigint, {NONE})))' for name in whole]
        + [f"array_send(array_agg(coalesce(\"{name}\"::float8, 'NaN')))" for name in real]
        + [f"array_send(array_agg(coalesce(\"{name}\", '-infinity'::timestamptz)))" for name in moment]
        + [f"string_agg(convert_to(coalesce(\"{name}\", ''), 'UTF8'), '\\x00')" for name in text]
    )
    piece = f"SELECT {', '.join(asked)} FROM ({query} AND id > %s ORDER BY id LIMIT {PIECE}) asked"  # noqa: S608 (ours)
    read: dict[str, Callable[[bytes], Any]] = {
        **dict.fromkeys(whole, _whole),
        **dict.fromkeys(real, _real),
        **dict.fromkeys(moment, _moment),
        **dict.fromkeys(text, bytes),
    }
    found: dict[str, list[Any]] = {name: [] if name in text else [as_array(bytes(_HEAD_BYTES))]
                                   for name, as_array in read.items()}  # fmt: skip
    after: int | None = 0
    with psycopg.Cursor(cursor.connection) as raw:
        while after is not None:
            raw.execute(piece.encode(), [*params, after], binary=True)
            after, *row = raw.fetchone() or (None,)
            if after is not None:
                for said, (name, as_array) in zip(row, read.items(), strict=True):
                    found[name].append(as_array(said))
    return Columns(found)


def _whole(said: bytes) -> Whole:
    return np.frombuffer(said[_HEAD_BYTES:], _WHOLE)["value"].astype(np.int64)


def _real(said: bytes) -> Real:
    return np.frombuffer(said[_HEAD_BYTES:], _REAL)["value"].astype(np.float64)


def _moment(said: bytes) -> Whole:
    at_us = _whole(said)
    return np.where(at_us == np.iinfo(np.int64).min, NONE, at_us // 1000 + _POSTGRES_EPOCH_MS)
