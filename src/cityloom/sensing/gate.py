"""Who may speak how often: a device that floods is shut out and named, and the others do not notice.

Time is that of the message log, so that reading the log again decides the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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


@dataclass
class Gate:
    """Counts what each device says in windows of ten seconds; memory is bounded by the devices that speak in one."""

    limits: Limits = field(default_factory=Limits)
    shut: dict[int, int] = field(default_factory=dict)  # device -> until when, ms
    floods: list[Flood] = field(default_factory=list)
    _window: int = 0
    _messages: dict[int, int] = field(default_factory=dict)
    _readings: dict[int, int] = field(default_factory=dict)

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
        said = self._messages.get(device, 0) + 1
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

    def release(self, device: int) -> None:
        """Let a device speak again at once."""
        self.shut.pop(device, None)
        self._messages.pop(device, None)
        self._readings.pop(device, None)

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
    """The state of a gate, for a checkpoint."""
    return {
        "window": gate._window,
        "shut": list(gate.shut.items()),
        "messages": list(gate._messages.items()),
        "readings": list(gate._readings.items()),
    }


def gate_from_json(data: Mapping[str, Any], limits: Limits) -> Gate:
    """The gate as it was at a checkpoint; an empty one gives a fresh gate."""
    if not data:
        return Gate(limits)
    messages, readings = ({int(k): int(v) for k, v in data[name]} for name in ("messages", "readings"))
    return Gate(limits, dict(data["shut"]), [], data["window"], messages, readings)
