"""What rules and streams are to a judge: the registry as arrays, and a change of an alarm's condition. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cityloom.city.alarm_rules import AlarmRule
from cityloom.sensing.values import Real, Whole

HOLD_INTERVALS = 3  # a reading stands for what comes after it so many intervals long


@dataclass(frozen=True)
class Words:
    """One word of few for each of many: `number` says which of `kinds`."""

    kinds: tuple[str, ...]
    number: NDArray[np.int32]

    def __getitem__(self, place: int) -> str:
        return self.kinds[int(self.number[place])]

    def are(self, word: str) -> NDArray[np.bool_]:
        """Which of them are this word."""
        wanted = self.kinds.index(word) if word in self.kinds else -1
        return np.equal(self.number, wanted)

    def pick(self, places: NDArray[Any] | slice) -> Words:
        """Those of a mask or of places, in their order."""
        return Words(self.kinds, self.number[places])


def words_of(said: Iterable[str]) -> Words:
    """The words of a list."""
    kinds: dict[str, int] = {}
    number = np.array([kinds.setdefault(word, len(kinds)) for word in said], np.int32)
    return Words(tuple(kinds), number)


@dataclass(frozen=True)
class Streams:
    """The streams that are judged, as arrays of one length; a device without a place has NaN.

    `interval_s`, `low`, `high`: NaN where the registry says nothing. `since_ms`: from when on a stream should have
    been heard; 0: it is not missed before it was heard once. `levels`: for each area the one of each level around it.
    """

    id: Whole
    device: Whole
    name: Words
    type: Words
    lon: Real
    lat: Real
    area: Words
    interval_s: Real
    low: Real
    high: Real
    since_ms: Whole
    levels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream, as tests and commands write it."""

    id: int
    device: int
    type: str
    name: str
    lon: float = np.nan
    lat: float = np.nan
    area: str = ""
    interval_s: float = np.nan
    low: float = np.nan
    high: float = np.nan
    since_ms: int = 0


def streams_of(rows: Sequence[StreamRow], levels: Mapping[str, Mapping[str, str]] | None = None) -> Streams:
    """The arrays of rows, in the order of their ids."""
    rows = sorted(rows, key=lambda row: row.id)

    def whole(name: str) -> Whole:
        return np.array([getattr(row, name) for row in rows], np.int64)

    def real(name: str) -> Real:
        return np.array([getattr(row, name) for row in rows], np.float64)

    def words(name: str) -> Words:
        return words_of(getattr(row, name) for row in rows)

    return Streams(
        id=whole("id"),
        device=whole("device"),
        name=words("name"),
        type=words("type"),
        lon=real("lon"),
        lat=real("lat"),
        area=words("area"),
        interval_s=real("interval_s"),
        low=real("low"),
        high=real("high"),
        since_ms=whole("since_ms"),
        levels=levels or {},
    )


class Subject(NamedTuple):
    """Whose alarm it is: a device by its id, or an area by its code."""

    device: int = 0
    area: str = ""

    def __str__(self) -> str:
        return f"area:{self.area}" if self.area else f"device:{self.device}"


class Change(NamedTuple):
    """The condition of a rule begins or ends to hold for a device or area, by the time of readings.

    `stream` and `value` say which reading showed it; 0 and None where none did (nothing was heard, a combination).
    """

    rule: str
    subject: Subject
    raised: bool
    at_ms: int
    stream: int = 0
    value: float | None = None


Changes = list[Change]


def needs_of(rule: AlarmRule) -> int:
    """How many members of a combination must hold: all, one, or as many devices as it says."""
    return rule.at_least if rule.of else len(rule.all_of) or 1
