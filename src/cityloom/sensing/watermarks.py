"""Which readings of a batch are new, told by the newest time of each stream: arrays in, arrays out, no database."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cityloom.sensing.values import FIRST_MS, LAST_MS, Readings, Whole

NEVER = FIRST_MS - 1
_SPAN = 1 << 41  # milliseconds that a reading's time may take after FIRST_MS


class Sorted(NamedTuple):
    """A batch taken apart.

    `fresh`: newer than everything said before by the stream, ordered by stream and time. `late`: older, in the order
    of arrival; some of it may have been said before. `repeated`: how many said again what is the stream's newest.
    `early`: which ones lie too far in the future, and `ancient` before 2010. `arrival`: the places of the fresh ones
    in the batch, so that rules may look at them in the order in which they came.
    """

    fresh: Readings
    late: Readings
    repeated: int
    early: Readings
    ancient: Readings
    arrival: Whole = np.zeros(0, np.int64)

    @property
    def as_they_came(self) -> Readings:
        """The fresh ones in the order of arrival."""
        return self.fresh.pick(np.argsort(self.arrival))


class Watermarks:
    """The newest time of each stream, and the value said with it; arrays that grow with the highest stream id."""

    def __init__(self, highest: int = 0) -> None:
        self.at_ms: Whole = np.full(highest + 1, NEVER, np.int64)
        self.value = np.full(highest + 1, np.nan)

    def sort(self, batch: Readings, latest_ms: int, oldest_ms: int = FIRST_MS) -> Sorted:
        """Take a batch apart; nothing is remembered until `advance`.

        In the order of arrival a reading is fresh when it is newer than all before it, so that where one batch ends
        and the next begins changes nothing. After `latest_ms` is too early; before `oldest_ms` is late in any case.
        """
        early, ancient = batch.at_ms > min(latest_ms, LAST_MS), batch.at_ms < FIRST_MS
        all_good = not (early.any() or ancient.any())
        good = batch if all_good else batch.pick(~(early | ancient))
        if not len(good.stream):
            return Sorted(good, good, 0, batch.pick(early), batch.pick(ancient))
        self.reach(int(good.stream.max()))
        order = np.argsort(good.stream, kind="stable")
        said = good.pick(order)
        is_fresh, is_repeated = self._compare(said)
        old = said.at_ms < oldest_ms
        is_late = (~is_fresh & ~is_repeated) | (is_fresh & old)
        by_arrival, new = np.sort(order[is_late]), is_fresh & ~old
        return Sorted(
            said.pick(new),
            good.pick(by_arrival),
            int(is_repeated.sum()),
            batch.pick(early),
            batch.pick(ancient),
            order[new] if all_good else np.flatnonzero(~(early | ancient))[order[new]],
        )

    def _compare(self, said: Readings) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Of readings grouped by stream: which are newer than all before in their group, and which are equal."""
        first = np.ones(len(said.stream), bool)
        first[1:] = said.stream[1:] != said.stream[:-1]
        group = (np.cumsum(first) - 1) * _SPAN
        key = group + (said.at_ms - FIRST_MS) + 1
        known = group + np.maximum(self.at_ms[said.stream] - FIRST_MS + 1, 0)
        highest = np.maximum.accumulate(np.maximum(key, known))
        before = known
        before[1:] = np.where(first[1:], known[1:], highest[:-1])
        return key > before, key == before

    def advance(self, fresh: Readings) -> None:
        """Remember what was stored; of a stream the newest counts."""
        if not len(fresh.stream):
            return
        self.reach(int(fresh.stream.max()))
        order = np.lexsort((fresh.at_ms, fresh.stream))
        stream, at = fresh.stream[order], fresh.at_ms[order]
        last = np.ones(len(stream), bool)
        last[:-1] = stream[1:] != stream[:-1]
        stream, at, value = stream[last], at[last], fresh.value[order][last]
        newer = at > self.at_ms[stream]
        self.at_ms[stream[newer]] = at[newer]
        self.value[stream[newer]] = value[newer]

    def reach(self, highest: int) -> None:
        """Have room up to that stream."""
        short = highest + 1 - len(self.at_ms)
        if short > 0:
            room = max(short, len(self.at_ms) // 2)
            self.at_ms = np.concatenate([self.at_ms, np.full(room, NEVER, np.int64)])
            self.value = np.concatenate([self.value, np.full(room, np.nan)])
