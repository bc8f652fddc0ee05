"""What the judge promises, told once more in plain Python: one reading, one rule, one stream at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from cityloom.city.alarm_rules import AlarmRule, Kind
from cityloom.sensing.rules import Change, StreamRow, Subject

HOLD = 3


@dataclass
class Watch:
    """One rule over one stream."""

    rule: AlarmRule
    stream: StreamRow
    state: str = "idle"
    since: int = 0
    anchor: float = math.nan
    anchor_ms: int = 0
    last: tuple[int, float] | None = None

    @property
    def hold(self) -> float:
        return math.inf if math.isnan(self.stream.interval_s) else 1000 * HOLD * self.stream.interval_s

    def says(self, at: int, value: float) -> int:
        rule = self.rule
        if rule.kind == Kind.THRESHOLD:
            if rule.above is not None:
                clear = rule.above if rule.clear is None else rule.clear
                return 1 if value > rule.above else -1 if value <= clear else 0
            clear = rule.below if rule.clear is None else rule.clear
            return 1 if value < rule.below else -1 if value >= clear else 0
        if rule.kind == Kind.RATE:
            if self.last is None:
                return 0
            change = (value - self.last[1]) / (at - self.last[0]) * 1000 * rule.per_s
            change, limit = (change, rule.rises) if rule.rises is not None else (-change, rule.falls)
            clear = limit if rule.clear is None else rule.clear
            return 1 if change > limit else -1 if change <= clear else 0
        if rule.kind == Kind.RANGE:
            low, high = rule.out_of_range or (self.stream.low, self.stream.high)
            return 1 if value < low or value > high else -1
        moved = not abs(value - self.anchor) <= rule.stuck_within
        gap = self.last is None or at - self.last[0] > self.hold
        if moved or gap:
            self.anchor, self.anchor_ms = value, at
            return -1 if moved else 0
        return 1 if at - self.anchor_ms >= 1000 * rule.stuck_s else 0

    def hear(self, at: int, value: float) -> list[tuple[bool, int]]:
        if self.rule.kind == Kind.MISSING:
            return self._missed(at, value)
        says, told = self.says(at, value), []
        wait = round(1000 * self.rule.for_s)
        if self.state == "pending":
            held_until = self.last[0] + self.hold
            due = self.since + wait
            if due <= held_until and (due < at or (due == at and says == 1)):
                self.state, self.since = "raised", due
                told.append((True, due))
            elif at > held_until or due < at:
                self.state = "idle"
        if says == 1 and self.state == "idle":
            self.state, self.since = "pending", at
            if wait == 0:
                self.state = "raised"
                told.append((True, at))
        elif says != 1 and self.state == "pending":
            self.state = "idle"
        elif says == -1 and self.state == "raised":
            self.state = "idle"
            told.append((False, max(at, self.since)))
        self.last = (at, value)
        return told

    def _missed(self, at: int, value: float) -> list[tuple[bool, int]]:
        told = []
        if self.state == "raised":
            self.state = "idle"
            told.append((False, max(at, self.since)))
        elif self.due is not None and self.due <= at:
            told += [(True, self.due), (False, at)]
        self.last = (at, value)
        return told

    @property
    def due(self) -> int | None:
        """When silence is told: after its last reading, else after it was known, else never."""
        rule = self.rule
        begin = self.last[0] if self.last is not None else self.stream.since_ms
        if self.last is None and not begin:
            return None
        said = rule.missing_s if rule.missing_s is not None else rule.missing_intervals * self.stream.interval_s
        return begin + int(1000 * (said + rule.for_s))

    def tick(self, now: int) -> list[tuple[bool, int]]:
        if self.rule.kind == Kind.MISSING:
            due, ready = self.due, self.state == "idle" and self.due is not None
        elif self.last is None:
            return []
        else:
            due = self.since + round(1000 * self.rule.for_s)
            ready = self.state == "pending" and due <= self.last[0] + self.hold
        if not ready or due > now:
            return []
        self.state, self.since = "raised", due
        return [(True, due)]


@dataclass
class ReferenceJudge:
    """All rules over all streams."""

    rules: list[AlarmRule]
    rows: list[StreamRow]
    watches: dict[int, list[Watch]] = field(default_factory=dict)
    newest: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.rows:
            mine = [r for r in self.rules if (r.type, r.stream) == (row.type, row.name)]
            mine = [r for r in mine if r.missing_intervals is None or not math.isnan(row.interval_s)]
            self.watches[row.id] = [Watch(rule, row) for rule in mine]

    def hear(self, stream: int, at: int, value: float) -> list[Any]:
        if stream not in self.watches or math.isnan(value) or at <= self.newest.get(stream, -(2**62)):
            return []
        self.newest[stream] = at
        return [
            _change(watch, raised, moment)
            for watch in self.watches[stream]
            for raised, moment in watch.hear(at, value)
        ]

    def tick(self, now: int) -> list[Any]:
        return [
            _change(watch, raised, moment)
            for watches in self.watches.values()
            for watch in watches
            for raised, moment in watch.tick(now)
        ]


def _change(watch: Watch, raised: bool, moment: int) -> tuple[Any, ...]:
    return (watch.rule.code, Subject(watch.stream.device), raised, moment)


def bare(change: Change) -> tuple[Any, ...]:
    """A change without the reading that showed it."""
    return (change.rule, change.subject, change.raised, change.at_ms)
