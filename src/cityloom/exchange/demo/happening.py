"""One matter of the demo's year, and a hundred thousand of them in columns: small, and shared by who forks."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from cityloom.city.values import MatterClass
from cityloom.exchange.demo.grounds import Spot
from cityloom.exchange.demo.wording import Tellings

T = TypeVar("T")


class Happening(NamedTuple):
    """One matter at one place, told at one moment. `again` is the number of the case it repeats."""

    matter: MatterClass
    told: Tellings
    source: str
    opened: int  # seconds since 1970
    spot: Spot
    caller: int | None
    again: int = -1
    hot: int = -1
    storm: bool = False


class Happenings:
    """Happenings in their order; each is made again when it is asked for."""

    def __init__(self, happenings: Sequence[Happening]) -> None:
        kinds = (((id(h.matter), h.source), (h.matter, h.told, h.source)) for h in happenings)
        self._kinds, self._kind = _numbered(kinds)
        self._spots, self._spot = _numbered((id(h.spot), h.spot) for h in happenings)
        self._opened = np.array([h.opened for h in happenings], np.int64)
        callers = [-1 if h.caller is None else h.caller for h in happenings]
        told = [(caller, h.again, h.hot, h.storm) for caller, h in zip(callers, happenings, strict=True)]
        self._told = np.array(told, np.int32).reshape(-1, 4)

    def __len__(self) -> int:
        return len(self._opened)

    def __getitem__(self, index: int) -> Happening:
        matter, told, source = self._kinds[self._kind[index]]
        caller, again, hot, storm = self._told[index].tolist()
        named = None if caller < 0 else caller
        spot = self._spots[self._spot[index]]
        return Happening(matter, told, source, int(self._opened[index]), spot, named, again, hot, bool(storm))

    def __iter__(self) -> Iterator[Happening]:
        return (self[index] for index in range(len(self)))


def _numbered(keyed: Iterable[tuple[Hashable, T]]) -> tuple[list[T], NDArray[np.int32]]:
    """Each value once by its key, and for each the number of its value."""
    places: dict[Hashable, int] = {}
    values: list[T] = []
    numbers = []
    for key, value in keyed:
        number = places.setdefault(key, len(values))
        if number == len(values):
            values.append(value)
        numbers.append(number)
    return values, np.array(numbers, np.int32)
