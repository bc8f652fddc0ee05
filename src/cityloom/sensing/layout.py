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

    `rule`, `stream` (its place in the registry), `hold_ms`: one each slot. `lanes`: arrays from a stream's place to
    a slot or -1, so many that every slot of a stream stands in one of them.
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
        self.hold_ms = _hold_ms(streams, self.stream)
        self.lanes = _lanes(self.stream, len(streams))
        self.low, self.high = self._ranges(streams)

    def __len__(self) -> int:
        return len(self.rule)

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

    def missing_ms(self, streams: Streams) -> Whole:
        """For each slot after how long without a reading a stream is missed."""
        intervals = self.param("missing_intervals")[self.rule] * streams.interval_s[self.stream]
        said = np.where(np.isnan(intervals), self.param("missing_s")[self.rule], intervals)
        waits = 1000 * (np.nan_to_num(said) + self.param("for_s")[self.rule])
        return waits.astype(np.int64)

    def _ranges(self, streams: Streams) -> tuple[Real, Real]:
        """What is possible for each slot: as the rule says, else the stream."""
        low = streams.low[self.stream] if len(self) else np.zeros(0)
        high = streams.high[self.stream] if len(self) else np.zeros(0)
        for number, rule in enumerate(self.rules):
            if rule.out_of_range:
                low[self.rule == number], high[self.rule == number] = rule.out_of_range
        return np.nan_to_num(low, nan=-np.inf), np.nan_to_num(high, nan=np.inf)


def _by_kind(numbered: tuple[int, AlarmRule]) -> tuple[int, int]:
    """Slots of one kind lie together."""
    number, rule = numbered
    kind = Kind(rule.kind)
    return (KINDS.index(kind) if kind in KINDS else len(KINDS)), number


def _hold_ms(streams: Streams, places: NDArray[np.int32]) -> Whole:
    """How long a reading speaks for what comes after it: so many intervals, for ever where none is known."""
    span = 1000.0 * HOLD_INTERVALS * streams.interval_s[places] if len(places) else np.zeros(0)
    return np.nan_to_num(span, nan=FOREVER_MS).astype(np.int64)


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
