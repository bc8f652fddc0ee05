"""Readings on their way through the judge: split into turns, seen by slots, told as events. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloom.sensing.values import Real, Whole

Slots = NDArray[np.int32]
Mask = NDArray[np.bool_]


class Seen:
    """Readings with the slots that look at them and what was there before."""

    __slots__ = ("at_ms", "before", "before_ms", "index", "slot", "value")

    def __init__(self, slot: Slots, at_ms: Whole, value: Real, before_ms: Whole, before: Real, index: Whole) -> None:
        self.slot, self.at_ms, self.value = slot, at_ms, value
        self.before_ms, self.before, self.index = before_ms, before, index

    def of_slots(self, slot: Slots) -> Seen:
        """The same readings, seen by these slots."""
        return Seen(slot, self.at_ms, self.value, self.before_ms, self.before, self.index)

    def pick(self, which: Mask) -> Seen:
        return Seen(
            self.slot[which],
            self.at_ms[which],
            self.value[which],
            self.before_ms[which],
            self.before[which],
            self.index[which],
        )


class Told:
    """Events as arrays: the reading that shows each, its slot, when, whether raised, the value."""

    def __init__(self) -> None:
        self._parts: list[tuple[np.ndarray, ...]] = []

    def add(self, index: Whole, slot: Slots, at_ms: Whole, raised: bool, value: Real) -> None:
        if len(slot):
            self._parts.append((index, slot, at_ms, np.full(len(slot), raised), value))

    def joined(self) -> tuple[np.ndarray, ...]:
        if not self._parts:
            none = np.zeros(0, np.int64)
            return none, none, none, none.astype(bool), none.astype(float)
        return tuple(np.concatenate(part) for part in zip(*self._parts, strict=True))


def index_of(ids: Whole) -> NDArray[np.int32]:
    """From a stream's id to its place, -1 where there is none."""
    index = np.full(int(ids.max()) + 1 if len(ids) else 1, -1, np.int32)
    index[ids] = np.arange(len(ids), dtype=np.int32)
    return index


def turns_of(place: NDArray[np.int32], order: Whole, size: int) -> list[Whole]:
    """The readings in turns: each has at most one of a stream, and a stream's keep their order."""
    if not len(order):
        return []
    mine = place[order]
    first = np.empty(size, np.int32)
    numbers = np.arange(len(order), dtype=np.int32)
    first[mine[::-1]] = numbers[::-1]
    leading = first[mine] == numbers
    if leading.all():
        return [order]
    by_stream = np.argsort(mine, kind="stable")
    sorted_mine = mine[by_stream]
    begins = np.flatnonzero(np.r_[True, sorted_mine[1:] != sorted_mine[:-1]])
    turn = np.arange(len(order)) - np.repeat(begins, np.diff(np.r_[begins, len(order)]))
    by_turn = np.argsort(turn, kind="stable")
    ends = np.cumsum(np.bincount(turn))[:-1]
    return [order[np.sort(by_stream[part])] for part in np.split(by_turn, ends)]
