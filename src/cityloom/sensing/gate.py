"""Who may speak how often: a device that floods is shut out and named, and the others do not notice.

Time is that of the message log, so that reading the log again decides the same.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from cityloom.sensing.values import Whole

WINDOW_MS = 10_000


class Limits(NamedTuple):
    """Messages and readings a second of one device on the average of ten seconds; minutes that it is shut out."""

    messages_s: float = 100.0
    readings_s: float = 20_000.0
    quarantine_min: float = 60.0


class Flood(NamedTuple):
    """A device that was shut out: since when, until when, and what it had said in the window."""

    device: int
    at_ms: int
    until_ms: int
    messages: int
    readings: int


class Counts(NamedTuple):
    """Messages and readings of devices, ordered by device; arrays, so that a million cost a start nothing."""

    device: Whole
    messages: Whole
    readings: Whole

    def of(self, device: int) -> tuple[int, int]:
        """Messages and readings of one."""
        place = int(np.searchsorted(self.device, device))
        if place == len(self.device) or self.device[place] != device:
            return 0, 0
        return int(self.messages[place]), int(self.readings[place])

    def as_text(self) -> str:
        """Packed for JSON."""
        return b64encode(zlib.compress(np.stack(self).astype("<i8").tobytes(), 1)).decode()

    @staticmethod
    def of_text(said: str) -> Counts | None:
        """What `as_text` gave; None for nothing."""
        if not said:
            return None
        return Counts(*np.frombuffer(zlib.decompress(b64decode(said)), "<i8").astype(np.int64).reshape(3, -1))


@dataclass
class Gate:
    """Counts what each device says in windows of ten seconds; memory is bounded by the devices that speak in one."""

    limits: Limits = field(default_factory=Limits)
    shut: dict[int, int] = field(default_factory=dict)  # device -> until when, ms
    floods: list[Flood] = field(default_factory=list)
    _window: int = 0
    _messages: dict[int, int] = field(default_factory=dict)
    _readings: dict[int, int] = field(default_factory=dict)
    _before: Counts | None = None  # what was said in this window before a restart

    def lets_in(self, device: int, at_ms: int) -> bool:
        """Whether a message of a device is read; the one that is too many shuts it out."""
        if self.shut:
            until = self.shut.get(device)
            if until is not None:
                if at_ms < until:
                    return False
                del self.shut[device]
        window = at_ms // WINDOW_MS
        if window != self._window:  # also when the log's clock was set back
            self._window = window
            self._messages.clear()
            self._readings.clear()
            self._before = None
        said = self._messages.get(device)
        if said is None:
            said = self._said_before(device)
        said += 1
        self._messages[device] = said
        if said > self.limits.messages_s * (WINDOW_MS / 1000):
            self._shut_out(device, at_ms)
            return False
        return True

    def count(self, device: int, at_ms: int, readings: int) -> None:
        """Count what a message of several readings brought; too many shut the device out from the next one on."""
        total = self._readings.get(device, 0) + readings
        self._readings[device] = total
        if total > self.limits.readings_s * (WINDOW_MS / 1000):
            self._shut_out(device, at_ms)

    def _said_before(self, device: int) -> int:
        """The messages of a device before the restart; its readings are counted on from there."""
        messages, readings = self._before.of(device) if self._before is not None else (0, 0)
        if readings:
            self._readings[device] = readings
        return messages

    def release(self, device: int) -> None:
        """Let a device speak again at once."""
        self.shut.pop(device, None)
        self._messages[device] = self._readings[device] = 0

    def take_floods(self) -> list[Flood]:
        """Who was shut out since the last asking."""
        found, self.floods = self.floods, []
        return found

    def _shut_out(self, device: int, at_ms: int) -> None:
        until = at_ms + round(self.limits.quarantine_min * 60_000)
        self.shut[device] = until
        said = self._messages.get(device, 0), self._readings.get(device, 0)
        self.floods.append(Flood(device, at_ms, until, *said))


def gate_as_json(gate: Gate) -> dict[str, Any]:
    """The state of a gate, for a checkpoint; of very many devices too."""
    return {
        "window": gate._window,
        "shut": list(gate.shut.items()),
        "counts": _counts_of(gate).as_text(),
    }


def gate_from_json(data: Mapping[str, Any], limits: Limits) -> Gate:
    """The gate as it was at a checkpoint; an empty one gives a fresh gate."""
    if not data:
        return Gate(limits)
    return Gate(limits, dict(data["shut"]), [], data["window"], _before=Counts.of_text(data.get("counts", "")))


def _counts_of(gate: Gate) -> Counts:
    """What each device has said in the window of the gate."""
    spoke, messages = _of_dict(gate._messages)
    counted, readings = _of_dict(gate._readings)
    found = Counts(spoke, messages, np.zeros(len(spoke), np.int64))
    found.readings[np.searchsorted(spoke, counted)] = readings
    if gate._before is None:
        return found
    others = ~np.isin(gate._before.device, spoke)
    joined = Counts(*(np.concatenate([new, old[others]]) for new, old in zip(found, gate._before, strict=True)))
    order = np.argsort(joined.device)
    return Counts(*(each[order] for each in joined))


def _of_dict(said: dict[int, int]) -> tuple[Whole, Whole]:
    """Its keys and values, ordered by key."""
    keys, values = (np.fromiter(each, np.int64, len(said)) for each in (said.keys(), said.values()))
    order = np.argsort(keys)
    return keys[order], values[order]
