"""What `rules.toml` says: when readings make an alarm, how grave it is, and what it silences. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from cityloom.city.values import ClassCode, Name

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Kind(StrEnum):
    """How a rule looks at readings; which one follows from the keys that are given."""

    THRESHOLD = "threshold"  # above or below a limit
    RATE = "rate"  # rising or falling faster than a limit
    MISSING = "missing"  # no reading
    STUCK = "stuck"  # the same reading for too long
    RANGE = "range"  # what cannot be
    SEASONAL = "seasonal"  # unlike the same hour of past weeks
    COMBINED = "combined"  # what other rules say, together


class Severity(StrEnum):
    """How grave an alarm is, the gravest first."""

    URGENT = "urgent"
    HIGH = "high"
    ORDINARY = "ordinary"
    NOTICE = "notice"  # told, but no case is opened


SEVERE = frozenset({Severity.URGENT.value, Severity.HIGH.value})  # closed only with a review


class Per(StrEnum):
    """Whose alarm it is: one of each device, or one of all devices of an area together."""

    DEVICE = "device"
    AREA = "area"


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """When the readings of a type of thing make an alarm.

    Only the fields of its kind count. Values are in the unit of the stream, `_s` in seconds, `_min` in minutes.
    """

    code: str
    name: Name
    type: str
    stream: str
    class_code: ClassCode
    severity: str
    kind: str = Kind.THRESHOLD.value
    above: float | None = None
    below: float | None = None
    clear: float | None = None  # what ends it; the limit itself where nothing is given
    for_s: float = 0.0  # how long it must hold
    rises: float | None = None  # more than this in `per_s`
    falls: float | None = None  # lost more than this in `per_s`, as a number above zero
    per_s: float = 60.0
    missing_s: float | None = None
    missing_intervals: float | None = None  # as many intervals of the stream
    stuck_s: float | None = None
    stuck_within: float = 0.0  # what counts as the same
    out_of_range: tuple[float, ...] | None = None  # low, high; empty: as the stream says
    mads: float | None = None  # how many deviations from the usual
    clear_mads: float | None = None  # half of it where nothing is given
    weeks: int = 4  # how many past weeks are looked at
    spread: float = 0.0  # the least deviation that counts as one, in the unit of the stream
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    of: tuple[str, ...] = ()  # with at_least: that many devices
    at_least: int = 0
    within_m: float | None = None  # of one another; none: the same device, or the same area
    hours: str = ""  # 22:00-06:00, by the city's clocks
    days: tuple[str, ...] = ()
    months: tuple[int, ...] = ()
    per: str = Per.DEVICE.value
    level: str = ""  # of the area where `per` is area
    silences: tuple[str, ...] = ()  # types of things whose alarms it silences in its area
    silences_level: str = ""
    escalate_min: tuple[float, ...] = ()
    flaps: int = 5  # changes within `flap_s` that make it flap
    flap_s: float = 3600.0
    return_s: float = 3600.0  # coming back within it is the same alarm
    alone: bool = True  # false: only other rules ask for it, no alarm of its own

    @property
    def members(self) -> tuple[str, ...]:
        """The rules it combines."""
        return self.all_of or self.any_of or self.of

    @property
    def is_severe(self) -> bool:
        """Whether its alarms are closed only with a review."""
        return self.severity in SEVERE

    @property
    def opens_case(self) -> bool:
        return self.severity != Severity.NOTICE and bool(self.class_code)


# Fields with a column of their own; the others are kept together.
COLUMNS = (
    "code",
    "name",
    "type",
    "stream",
    "class_code",
    "severity",
    "above",
    "below",
    "missing_s",
    "clear",
    "for_s",
)


def more_of(rule: AlarmRule) -> dict[str, Any]:
    """What a rule says beyond the columns, as JSON: only what is not as usual."""
    usual = {f.name: f.default for f in fields(AlarmRule) if f.name not in COLUMNS}
    said = {name: getattr(rule, name) for name in usual}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in said.items() if v != usual[k]}


def fields_of(more: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that `more_of` wrote."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in more.items()}
