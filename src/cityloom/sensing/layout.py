"""Which rule looks at which stream: one slot for each pair, laid out as arrays. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cityloom.city.alarm_rules import AlarmRule, Kind
from cityloom.sensing.rules import HOLD_INTERVALS, Streams
from cityloom.sensing.values import Real, Whole

FOREVER_MS = 2**53
KINDS = (Kind.THRESHOLD, Kind.RATE, Kind.MISSING, Kind.STUCK, Kind.RANGE, Kind.SEASONAL)


class Layout:
    """The slots of all rules that look at single streams, ordered by kind, and their numbers by stream.

    `rule`, `stream` (its place in the registry): one each slot. `lanes`: arrays from a stream's place to a slot or
    -1, so many that every slot of a stream stands in one of them. What only slots of one kind have (`missing_ms`,
    `low`, `high`) has an element for each of these, from the first one on that `slots` says.
    """

    def __init__(self, rules: Sequence[AlarmRule], streams: Streams) -> None:
        self.rules = tuple(rules)
        places: list[Whole] = []
        numbers: list[NDArray[np.int16]] = []
        kinds: list[NDArray[np.int8]] = []
        for number, rule in sorted(enumerate(self.rules), key=_by_kind):
            found = np.flatnonzero(streams.type.are(rule.type) & streams.name.are(rule.stream))
            if rule.missing_intervals is not None:
                found = found[~np.isnan(streams.interval_s[found])]
            if rule.kind == Kind.COMBINED or not len(found):
                continue
            places.append(found)
            numbers.append(np.full(len(found), number, np.int16))
            kinds.append(np.full(len(found), KINDS.index(Kind(rule.kind)), np.int8))
        self.stream: NDArray[np.int32] = _join(places, np.int32)
        self.rule: NDArray[np.int16] = _join(numbers, np.int16)
        self.kind: NDArray[np.int8] = _join(kinds, np.int8)
        self.lanes = _lanes(self.stream, len(streams))
        self.missing_ms = self._missing(streams)
        self.low, self.high = self._ranges(streams)
        self._hold_ms = _hold_ms(streams)

    def __len__(self) -> int:
        return len(self.rule)

    def slots(self, kind: Kind) -> slice:
        """The slots of a kind, which lie together."""
        number = KINDS.index(kind)
        return slice(*np.searchsorted(self.kind, [number, number + 1]).tolist())

    def hold_ms(self, slot: NDArray[np.int32]) -> Whole:
        """How long a reading of each slot's stream speaks for what comes after it."""
        return self._hold_ms[self.stream[slot]]

    def slots_of(self, rule: Whole, place: Whole) -> Whole:
        """The slot of each rule and stream beside one another, -1 where there is none."""
        found = np.full(len(rule), -1, np.int64)
        for number in np.unique(rule):
            mine, those = np.flatnonzero(self.rule == number), np.flatnonzero(rule == number)
            if len(mine):  # one behind the other, by their streams
                at = np.minimum(np.searchsorted(self.stream[mine], place[those]), len(mine) - 1)
                found[those] = np.where(self.stream[mine[at]] == place[those], mine[at], -1)
        return found

    def param(self, name: str, sign: float = 1.0, usual: float = np.nan) -> Real:
        """A number of each rule, by the rule's number."""
        said = [getattr(rule, name) for rule in self.rules]
        return np.array([usual if value is None else sign * value for value in said], np.float64)

    def _missing(self, streams: Streams) -> Whole:
        """After how long without a reading a stream is missed."""
        rule, stream = (each[self.slots(Kind.MISSING)] for each in (self.rule, self.stream))
        intervals = self.param("missing_intervals")[rule] * streams.interval_s[stream]
        said = np.where(np.isnan(intervals), self.param("missing_s")[rule], intervals)
        waits = 1000 * (np.nan_to_num(said) + self.param("for_s")[rule])
        return waits.astype(np.int64)

    def _ranges(self, streams: Streams) -> tuple[Real, Real]:
        """What is possible: as the rule says, else the stream."""
        rules, stream = (each[self.slots(Kind.RANGE)] for each in (self.rule, self.stream))
        low, high = streams.low[stream], streams.high[stream]
        for number, rule in enumerate(self.rules):
            if rule.out_of_range:
                low[rules == number], high[rules == number] = rule.out_of_range
        return np.nan_to_num(low, nan=-np.inf), np.nan_to_num(high, nan=np.inf)


def _by_kind(numbered: tuple[int, AlarmRule]) -> tuple[int, int]:
    """Slots of one kind lie together."""
    number, rule = numbered
    kind = Kind(rule.kind)
    return (KINDS.index(kind) if kind in KINDS else len(KINDS)), number


def _hold_ms(streams: Streams) -> Whole:
    """So many intervals, for ever where none is known."""
    return np.nan_to_num(1000.0 * HOLD_INTERVALS * streams.interval_s, nan=FOREVER_MS).astype(np.int64)


def _lanes(places: NDArray[np.int32], size: int) -> list[NDArray[np.int32]]:
    lanes: list[NDArray[np.int32]] = []
    left = np.arange(len(places), dtype=np.int32)
    while len(left):
        lane = np.full(size, -1, np.int32)
        lane[places[left][::-1]] = left[::-1]  # of several the first stays
        lanes.append(lane)
        left = left[lane[places[left]] != left]
    return lanes


def _join(parts: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate(parts).astype(kind) if parts else np.zeros(0, kind)
