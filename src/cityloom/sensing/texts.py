"""Very many words in one piece of memory, and where a word stands among them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cityloom.sensing.rules import Words
from cityloom.sensing.values import Whole

_PRIME, _WORD = 0x9E3779B97F4A7C15, 2**64 - 1
_KEPT = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)  # of eight letters the first n


class Texts:
    """Many words, one behind the other in UTF-8; one becomes an object when it is asked for by its place."""

    def __init__(self, said: bytes | None) -> None:
        """`said`: the words with a zero byte between each two; None where there are none."""
        self._said = (said or b"") + bytes(8)
        letters = np.frombuffer(self._said, np.uint8)[: len(self._said) - 7]
        self._ends = np.flatnonzero(letters == 0).astype(np.int32)[: None if said is not None else 0]

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, place: int) -> str:
        return self._bytes(place).decode()

    def __iter__(self) -> Iterator[str]:
        return (self[place] for place in range(len(self)))

    def words(self) -> Words:
        """The same as words of few kinds, numbered as they come first."""
        first = _first_like(self.hashes())
        leads = first == np.arange(len(self))
        kinds = tuple(self[place] for place in np.flatnonzero(leads).tolist())
        return Words(kinds, (np.cumsum(leads, dtype=np.int32) - 1)[first])

    def hashes(self) -> NDArray[np.uint64]:
        """A number of 64 bits for each, the same for the same word: `hash_of`."""
        begins = np.zeros(len(self), np.int64)
        begins[1:] = self._ends[:-1] + 1
        lengths = self._ends - begins
        eights = np.ndarray((len(self._said) - 7,), "<u8", self._said, strides=(1,))
        found = lengths.astype(np.uint64)
        for n in range(0, int(lengths.max(initial=0)), 8):
            left = np.clip(lengths - n, 0, 8)
            letters = eights[np.minimum(begins + n, len(eights) - 1)] & _KEPT[left]
            mixed = (found ^ letters) * np.uint64(_PRIME)
            found = np.where(left > 0, mixed ^ (mixed >> np.uint64(32)), found)
        return found

    def _bytes(self, place: int) -> bytes:
        begin = int(self._ends[place - 1]) + 1 if place else 0
        return self._said[begin : self._ends[place]]


class Index:
    """Finds the place of a word among texts that are all different, without an object for each (open addressing)."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._mask = (1 << max(2 * len(texts), 2).bit_length()) - 1
        table = np.full(self._mask + 1, -1, np.int32)
        left = np.arange(len(texts), dtype=np.int32)
        at = (texts.hashes() & np.uint64(self._mask)).astype(np.int64)
        while len(left):
            free = table[at] < 0
            table[at[free]] = left[free]  # of several that want one place the last has it
            left, at = left[table[at] != left], (at[table[at] != left] + 1) & self._mask
        self._table = memoryview(table.data)

    def find(self, word: str) -> int | None:
        """The place of a word, None where it is not among them."""
        said = word.encode()
        at = hash_of(said) & self._mask
        while (place := self._table[at]) >= 0:
            if self._texts._bytes(place) == said:
                return place
            at = (at + 1) & self._mask
        return None


def hash_of(said: bytes) -> int:
    """The number of a word: eight letters at a time are mixed in by a multiplication (Knuth, TAOCP 3, 6.4)."""
    found = len(said)
    for n in range(0, len(said), 8):
        found = (found ^ int.from_bytes(said[n : n + 8], "little")) * _PRIME & _WORD
        found ^= found >> 32
    return found


def _first_like(hashes: NDArray[np.uint64]) -> Whole:
    """For each the first place where the same number stands."""
    order, short = np.arange(len(hashes)), (hashes & np.uint64(0xFFFF)).astype(np.int64)
    table = np.zeros(0x10000, np.int64)
    table[short[::-1]] = order[::-1]
    first = table[short]
    if np.array_equal(hashes[first], hashes):  # no two different ones share their last bits
        return first
    _, places, same = np.unique(hashes, return_index=True, return_inverse=True)
    return places[same]
