"""Plays the demo city's devices: what they say goes out over MQTT, as devices do, with the troubles of the day.

A device speaks at its interval, and every few seconds while something around it is wrong. Nothing is remembered:
what a device says depends on the moment, so the play may be stopped and started again at any time.
"""

from __future__ import annotations

import heapq
import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np

from cityloom.base.clock import Clock
from cityloom.base.patience import Patience
from cityloom.city.snapshot_values import City
from cityloom.exchange.demo.devices import Instrument, Times, Town, moments_of
from cityloom.exchange.demo.troubles import KINDS, Trouble, is_touched, starting_now, troubles_of_day

log = logging.getLogger("cityloom.devices")

DAY_S = 86_400
STEP_S = 1.0
IN_TROUBLE_S = 15.0  # a device speaks this often while something is wrong near it
AT_ONCE = 400  # past readings in one message
PAST_S = 26 * 3_600

# What a visitor of the first minutes sees: seconds after the start, kind, minutes that it lasts.
SHOWN_AT_START = (
    (20.0, "cover_open", 9.0),
    (75.0, "burst_main", 40.0),
    (150.0, "smoke", 8.0),
    (240.0, "gas_leak", 15.0),
)


class Away(Exception):
    """The message server did not take a message."""


class Publisher(Protocol):
    """Takes a message for a topic; raises Away."""

    def publish(self, topic: str, payload: bytes) -> None: ...


def town_of(city: City, seed: int, at: datetime) -> Town:
    """The devices of a city folder as the demo plays them, by the city's clocks as they stand at that moment."""
    zone = at.astimezone(ZoneInfo(city.time_zone)).utcoffset() or timedelta()
    instruments = tuple(
        Instrument(each.code, each.type, each.streams, each.interval_s or 300.0, each.lon or 0.0, each.lat or 0.0)
        for each in city.things.values()
    )
    return Town(instruments, int(zone.total_seconds()), seed)


@dataclass
class DevicePlayer:
    """Plays all devices of a town until `stop` is set; `tell_past` says the hours before the start first."""

    city_code: str
    town: Town
    clock: Clock
    stop: threading.Event
    publisher: Publisher
    tell_past: Callable[[], bool] = lambda: False
    _troubles: list[Trouble] = field(default_factory=list)
    _day: int | None = None
    _due: list[tuple[float, int]] = field(default_factory=list)
    _shown: int = 0
    _patience: Patience = field(default_factory=Patience)

    def play(self) -> None:
        """A message server that is away is asked again; what was not said meanwhile is not said later."""
        began_s = self._now_s()
        past_told = False
        while not self.stop.is_set():
            try:
                if not past_told:
                    past_told = self._tell_past(began_s)
                self.step(self._now_s(), began_s)
            except Away as why:
                if not self._patience.failures:
                    log.warning("messages=away reason=%r; asked again until it answers", str(why))
                self._patience.wait_after_failure(self.stop)
            else:
                self._patience.it_worked()
                self.stop.wait(STEP_S)

    def step(self, now_s: float, began_s: float) -> int:
        """Everything that is due at this moment; how many messages went out."""
        self._know_troubles(now_s, began_s)
        if not self._due:
            self._due = [(self._first(one, now_s), number) for number, one in enumerate(self.town.instruments)]
            heapq.heapify(self._due)
        told = 0
        while self._due and self._due[0][0] <= now_s and not self.stop.is_set():
            _, number = heapq.heappop(self._due)
            one = self.town.instruments[number]
            near = self._near(one)
            heapq.heappush(self._due, (self._next(one, near, now_s), number))
            told += self._say(one, np.array([now_s]), near)
        return told

    def _near(self, one: Instrument) -> list[Trouble]:
        return [each for each in self._troubles if is_touched(each, one)]

    def _first(self, one: Instrument, now_s: float) -> float:
        """At once where something has just begun, else at the device's own beat."""
        near = self._near(one)
        return now_s if any(each.on_at(now_s) for each in near) else self._next(one, near, now_s)

    def _next(self, one: Instrument, near: Sequence[Trouble], now_s: float) -> float:
        usual = float(moments_of(one, now_s + 0.5, now_s + one.interval_s + 1)[0])
        if any(each.on_at(now_s) or now_s - 2 * IN_TROUBLE_S < each.end_s <= now_s for each in near):
            return min(usual, now_s + IN_TROUBLE_S)
        begins = [each.begin_s + 1 for each in near if each.begin_s > now_s]
        return min([usual, *begins])

    def _say(self, one: Instrument, at_s: Times, near: Sequence[Trouble]) -> int:
        told = 0
        for payload in payloads_of(self.town, one, at_s, near):
            self.publisher.publish(f"sense/{self.city_code}/{one.code}", payload)
            told += 1
        return told

    def _know_troubles(self, now_s: float, began_s: float) -> None:
        """Those of today and of yesterday that may still last, and what is shown to who has just started the city."""
        day = int((now_s + self.town.zone_s) // DAY_S)
        if day != self._day:
            self._day = day
            kept = [each for each in self._troubles if each.end_s > now_s - 60]
            drawn = [
                each
                for of in (day - 1, day)
                for each in troubles_of_day(of, self.town.instruments, self.town.zone_s, self.town.seed)
                if each.end_s > now_s and each.begin_s >= began_s
            ]
            self._troubles = list(dict.fromkeys([*kept, *drawn]))
            self._due = []
        while self._shown < len(SHOWN_AT_START) and now_s - began_s >= SHOWN_AT_START[self._shown][0]:
            after_s, kind, minutes = SHOWN_AT_START[self._shown]
            self._shown += 1
            if now_s - began_s < after_s + 60:
                self._begin(kind, now_s, minutes)

    def _begin(self, kind: str, now_s: float, minutes: float) -> None:
        able = [each for each in self.town.instruments if each.type == KINDS[kind].at]
        if able:
            at = able[int(now_s) % len(able)]
            self._troubles.append(starting_now(kind, at, now_s, minutes))
            self._due = []  # who feels it speaks at once
            log.info("trouble=%s device=%s minutes=%.0f", kind, at.code, minutes)

    def _tell_past(self, began_s: float) -> bool:
        """What the devices would have said in the hours before, without troubles, in large messages."""
        if self.tell_past():
            for one in self.town.instruments:
                if self.stop.is_set():
                    return False
                at_s = moments_of(one, began_s - PAST_S, began_s - 1)
                for i in range(0, len(at_s), AT_ONCE):
                    self._say(one, at_s[i : i + AT_ONCE], ())
            log.info("past_hours=%.0f devices=%d", PAST_S / 3_600, len(self.town.instruments))
        return True

    def _now_s(self) -> float:
        return self.clock.now().timestamp()


def payloads_of(town: Town, one: Instrument, at_s: Times, near: Sequence[Trouble]) -> Iterator[bytes]:
    """What a device says of these moments, as one message: numbers, or arrays of one length. Nothing while silent."""
    said = {name: town.says(one, name, at_s, near) for name in one.streams}
    speaks = ~np.all([np.isnan(values) for values in said.values()], axis=0)
    if not speaks.any():
        return
    at_ms = np.round(at_s[speaks] * 1000).astype(np.int64)
    columns = {name: [None if np.isnan(v) else v for v in values[speaks].tolist()] for name, values in said.items()}
    if len(at_ms) == 1:
        yield json.dumps({"t": int(at_ms[0]), **{name: values[0] for name, values in columns.items()}}).encode()
    else:
        yield json.dumps({"t": at_ms.tolist(), **columns}).encode()
