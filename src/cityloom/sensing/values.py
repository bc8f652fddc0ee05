"""Readings as arrays, and the number by which the world names one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Real = NDArray[np.float64]

FIRST_MS = 1_262_304_000_000  # 2010-01-01T00:00:00Z: no reading is older
LAST_MS = FIRST_MS + 2**41 - 1  # in September 2079
MOST_STREAMS = 2**22 - 1  # the highest id of a stream, so that a reading's number fits 63 bits


class Readings(NamedTuple):
    """A batch: arrays of one length. `value` is NaN where a device said that it has none."""

    stream: Whole  # ids of the registry
    at_ms: Whole  # phenomenon time, milliseconds since 1970 UTC
    value: Real

    def pick(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Readings:
        """Those of a mask or of indices."""
        return Readings(self.stream[which], self.at_ms[which], self.value[which])


def readings_of(stream: Sequence[int], at_ms: Sequence[int], value: Sequence[float]) -> Readings:
    """A batch of plain sequences."""
    return Readings(np.asarray(stream, np.int64), np.asarray(at_ms, np.int64), np.asarray(value, np.float64))


def no_readings() -> Readings:
    """The empty batch."""
    return readings_of((), (), ())


def joined(batches: Sequence[Readings]) -> Readings:
    """One batch of several, in their order."""
    if not batches:
        return no_readings()
    return Readings(
        np.concatenate([b.stream for b in batches]),
        np.concatenate([b.at_ms for b in batches]),
        np.concatenate([b.value for b in batches]),
    )


def reading_id(stream: int, at_ms: int) -> int:
    """The number of a reading: its stream in the upper 22 bits, milliseconds since 2010 in the lower 41.

    Reading 1 ms into 2010 of stream 3: 3 * 2**41 + 1 = 6597069766657.
    """
    return (stream << 41) | (at_ms - FIRST_MS)


def reading_ids(found: Readings) -> Whole:
    """The numbers of readings, as `reading_id` gives them one by one."""
    return (found.stream << 41) | (found.at_ms - FIRST_MS)


def reading_of(number: int) -> tuple[int, int]:
    """The stream and the time in ms that a number names."""
    return number >> 41, (number & (2**41 - 1)) + FIRST_MS
