"""When a rule counts: hours of the day, days of the week and months by the city's clocks, for arrays of moments."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cityloom.city.alarm_rules import DAYS, AlarmRule
from cityloom.sensing.values import Whole

QUARTER_MS = 900_000  # no zone changes its clocks within a quarter of an hour
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


class LocalTime:
    """Moments to what the clocks of a zone show, in ms since 1970 by those clocks."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._offsets: dict[int, int] = {}

    def of(self, at_ms: Whole) -> Whole:
        quarters = at_ms // QUARTER_MS
        if not len(quarters):
            return at_ms
        first = int(quarters[0])
        if (quarters == first).all():
            return at_ms + self._offset_ms(first)
        each, inverse = np.unique(quarters, return_inverse=True)
        offsets = np.array([self._offset_ms(int(q)) for q in each], np.int64)
        return np.asarray(at_ms + offsets[inverse], np.int64)

    def _offset_ms(self, quarter: int) -> int:
        known = self._offsets.get(quarter)
        if known is None:
            if len(self._offsets) > 10_000:
                self._offsets.clear()
            shift = datetime.fromtimestamp(quarter * QUARTER_MS / 1000, UTC).astimezone(self._zone).utcoffset()
            known = self._offsets[quarter] = round(shift.total_seconds() * 1000) if shift else 0
        return known


class Windows:
    """The windows of rules, by the rule's number."""

    def __init__(self, rules: tuple[AlarmRule, ...], local: LocalTime) -> None:
        self._rules = rules
        self._local = local
        self.has = np.array([bool(r.hours or r.days or r.months) for r in rules] + [False], np.bool_)[:-1]

    def open_at(self, rule: NDArray[np.int16], at_ms: Whole) -> NDArray[np.bool_]:
        """Whether each rule counts at the moment beside it."""
        is_open = np.ones(len(rule), np.bool_)
        if not self.has.any():
            return is_open
        for number in np.unique(rule[self.has[rule]]):
            those = np.flatnonzero(rule == number)
            is_open[those] = self._open(self._rules[number], self._local.of(at_ms[those]))
        return is_open

    def is_open(self, rule: int, at_ms: int) -> bool:
        """The same for one."""
        return bool(self.open_at(np.array([rule], np.int16), np.array([at_ms], np.int64))[0])

    @staticmethod
    def _open(rule: AlarmRule, local_ms: Whole) -> NDArray[np.bool_]:
        is_open = np.ones(len(local_ms), np.bool_)
        if rule.hours:
            begin, end = (60 * int(t[:2]) + int(t[3:]) for t in rule.hours.split("-"))
            minute = local_ms % DAY_MS // 60_000
            inside = (minute >= begin, minute < end)
            is_open &= inside[0] & inside[1] if begin <= end else inside[0] | inside[1]
        if rule.days:
            weekdays = np.array([day in rule.days for day in DAYS])
            is_open &= weekdays[(local_ms // DAY_MS + _EPOCH_WEEKDAY) % 7]
        if rule.months:
            month = local_ms.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64) % 12 + 1
            is_open &= np.isin(month, rule.months)
        return is_open
