"""Rules over other rules: all or any of them at one device, near one another or in one area; so many devices. Pure.

Conditions come one by one, in the order in which they were shown; so what follows does not depend on batches.
Near one another: each device where a member begins to hold may become the middle of a cluster; while a middle
stands, no other device within the distance becomes one. Distances are on a plane around the mean latitude.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from cityloom.city.alarm_rules import AlarmRule, Kind, Per
from cityloom.sensing.rules import Change, Changes, Streams, Subject, needs_of
from cityloom.sensing.windows import Windows

METRES_A_DEGREE = 111_320.0


class Combining:
    """Follows the conditions of single streams and tells those of combinations."""

    def __init__(self, rules: Sequence[AlarmRule], streams: Streams, windows: Windows) -> None:
        self._streams, self._windows = streams, windows
        self._combined = [
            (number, rule) for number, rule in enumerate(rules) if rule.kind == Kind.COMBINED or rule.per == Per.AREA
        ]
        self._asked_by: dict[str, list[tuple[int, AlarmRule]]] = {}
        for number, rule in self._combined:
            for member in _members(rule):
                self._asked_by.setdefault(member, []).append((number, rule))
        self.holding: dict[str, set[int]] = {}  # devices at which a member holds
        self.pending: dict[tuple[str, Subject], int] = {}  # since when what is asked has been so
        self.standing: dict[tuple[str, Subject], int] = {}
        self._place_of: dict[int, int] = {}
        self._near: dict[tuple[float, int], frozenset[int]] = {}
        self._prepared = False

    def asks_for(self, rule: str) -> bool:
        """Whether a combination asks for this rule."""
        return rule in self._asked_by

    def follow_device(self, change: Change) -> Changes:
        """What else changes by one that another process has shown; nothing where its device is gone."""
        device = change.subject.device
        place = self._place(device)
        known = len(self._streams) > place and self._streams.device[place] == device
        return self.follow(change, place) if known else []

    def follow(self, change: Change, place: int, index: int = -1) -> Changes:
        """What else changes by this one; `place`: of a stream of its device in the registry.

        `index`: of the reading that showed it, in its batch; -1: time alone has.
        """
        asking = self._asked_by.get(change.rule)
        if not asking:
            return []
        device = change.subject.device
        self._place_of[device] = place
        held = self.holding.setdefault(change.rule, set())
        if change.raised:
            held.add(device)
        else:
            held.discard(device)
        told: Changes = []
        for number, rule in asking:
            for subject in self._subjects(rule, device, change.raised):
                told += self._settle(number, rule, subject, change.at_ms)
        return told

    def tick(self, now_ms: int) -> Changes:
        """Combinations that have held long enough by now."""
        told: Changes = []
        for number, rule in self._combined:
            wait = round(1000 * rule.for_s)
            for (code, subject), since in sorted(self.pending.items()):
                due = since + wait
                if code == rule.code and due <= now_ms and self._windows.is_open(number, due):
                    told.append(self._stand(rule, subject, due))
        return told

    # --- one combination at one subject ---------------------------------------------------------------------------

    def _settle(self, number: int, rule: AlarmRule, subject: Subject, at_ms: int) -> Changes:
        key = (rule.code, subject)
        told: Changes = []
        since = self.pending.get(key)
        if since is not None and since + round(1000 * rule.for_s) < at_ms:
            due = since + round(1000 * rule.for_s)
            if self._windows.is_open(number, due):
                told.append(self._stand(rule, subject, due))
            else:
                del self.pending[key]
        holds = self._holds(rule, subject)
        if key in self.standing:
            if not holds:
                since = self.standing.pop(key)
                told.append(Change(rule.code, subject, False, max(at_ms, since)))
                told += self._other_middles(number, rule, subject, at_ms)
        elif not holds:
            self.pending.pop(key, None)
        elif key not in self.pending and self._windows.is_open(number, at_ms) and not self._is_covered(rule, subject):
            self.pending[key] = at_ms
        if key in self.pending and self.pending[key] + round(1000 * rule.for_s) <= at_ms:
            told.append(self._stand(rule, subject, at_ms))
        return told

    def _stand(self, rule: AlarmRule, subject: Subject, at_ms: int) -> Change:
        del self.pending[rule.code, subject]
        self.standing[rule.code, subject] = at_ms
        return Change(rule.code, subject, True, at_ms)

    def _holds(self, rule: AlarmRule, subject: Subject) -> bool:
        """Whether what the rule asks for is so at this subject."""
        here = [self._held_at(rule, member, subject) for member in _members(rule)]
        if rule.all_of:
            return all(here)
        return len(frozenset().union(*here)) >= needs_of(rule)

    def _held_at(self, rule: AlarmRule, member: str, subject: Subject) -> frozenset[int]:
        held = self.holding.get(member, set())
        if rule.per == Per.AREA:
            return frozenset(d for d in held if self._area(rule, d) == subject.area)
        if rule.within_m is None:
            return frozenset({subject.device} & held)
        return self._neighbours(rule.within_m, subject.device) & held

    # --- whose it is ----------------------------------------------------------------------------------------------

    def _subjects(self, rule: AlarmRule, device: int, raised: bool) -> list[Subject]:
        """Those at which the rule may have changed by what happened at this device."""
        if rule.per == Per.AREA:
            area = self._area(rule, device)
            return [Subject(0, area)] if area else []
        if rule.within_m is None:
            return [Subject(device)]
        near = self._neighbours(rule.within_m, device)
        known = {s for c, s in (*self.standing, *self.pending) if c == rule.code and s.device in near}
        if raised and not known:
            known.add(Subject(device))
        return sorted(known)

    def _is_covered(self, rule: AlarmRule, subject: Subject) -> bool:
        """Whether a cluster stands around this device already."""
        if rule.within_m is None or rule.per == Per.AREA:
            return False
        near = self._neighbours(rule.within_m, subject.device)
        return any(c == rule.code and s.device in near for c, s in (*self.standing, *self.pending))

    def _other_middles(self, number: int, rule: AlarmRule, gone: Subject, at_ms: int) -> Changes:
        """A cluster lost its middle: another device near it may be one."""
        if rule.within_m is None or rule.per == Per.AREA:
            return []
        near = self._neighbours(rule.within_m, gone.device)
        held = set().union(*(self.holding.get(m, set()) for m in _members(rule))) & near
        told: Changes = []
        for device in sorted(held - {gone.device}):
            told += self._settle(number, rule, Subject(device), at_ms)
        return told

    def _area(self, rule: AlarmRule, device: int) -> str:
        area = self._streams.area[self._place(device)]
        return self._streams.levels.get(area, {}).get(rule.level, "")

    @property
    def codes(self) -> frozenset[str]:
        """The rules that combine."""
        return frozenset(rule.code for _, rule in self._combined)

    def _place(self, device: int) -> int:
        if device not in self._place_of:
            found = np.flatnonzero(self._streams.device == device)
            self._place_of[device] = int(found[0]) if len(found) else 0
        return self._place_of[device]

    def _neighbours(self, within_m: float, device: int) -> frozenset[int]:
        """Devices within the distance, itself among them; a device without a place has only itself."""
        key = (within_m, device)
        if key not in self._near:
            x, y, devices = self._plane()
            place = self._place(device)
            away = np.hypot(x - x[place], y - y[place])
            self._near[key] = frozenset(devices[away <= within_m].tolist()) | {device}
        return self._near[key]

    def _plane(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Metres east and north of each stream's device."""
        if not self._prepared:
            lat = self._streams.lat
            middle = np.nanmean(lat) if len(lat) and not np.isnan(lat).all() else 0.0
            self._x = self._streams.lon * METRES_A_DEGREE * np.cos(np.radians(middle))
            self._y = lat * METRES_A_DEGREE
            self._prepared = True
        return self._x, self._y, self._streams.device

    # --- keeping --------------------------------------------------------------------------------------------------

    def told(self) -> dict[str, Any]:
        """All it knows, as JSON."""
        return {
            "holding": {rule: sorted(devices) for rule, devices in sorted(self.holding.items()) if devices},
            "pending": [[c, s.device, s.area, at] for (c, s), at in sorted(self.pending.items())],
            "standing": [[c, s.device, s.area, at] for (c, s), at in sorted(self.standing.items())],
        }

    def take(self, told: Mapping[str, Any]) -> Changes:
        """Know what `told` said of the rules and devices there are now; what stood of others ends."""
        devices = set(self._streams.device.tolist())
        codes = {rule.code for _, rule in self._combined}
        areas = {code for around in self._streams.levels.values() for code in around.values()}
        for rule, held in told["holding"].items():
            if rule in self._asked_by:
                self.holding[rule] = set(held) & devices
        lost: Changes = []
        for name, into in (("pending", self.pending), ("standing", self.standing)):
            for code, device, area, at_ms in told[name]:
                subject = Subject(device, area)
                if code in codes and (area in areas if area else device in devices):
                    into[code, subject] = at_ms
                elif name == "standing":
                    lost.append(Change(code, subject, False, at_ms))
        return lost


def _members(rule: AlarmRule) -> Iterable[str]:
    """A simple rule of an area asks itself."""
    return rule.members if rule.kind == Kind.COMBINED else (rule.code,)
