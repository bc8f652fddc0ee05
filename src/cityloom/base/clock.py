"""What time it is, asked in one place so that a replay or a demo can live at its own time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from django.conf import settings


class Clock(Protocol):
    """Gives the moment, always with a zone."""

    def now(self) -> datetime: ...


class RealClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class GivenClock:
    """Stands at the moment it was given until it is set to another: for tests and replays."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> datetime:
        """Move on by `hours=…`, `days=…` and give the new moment."""
        self.at += timedelta(**span)
        return self.at


@dataclass(frozen=True)
class DemoClock:
    """Runs at `rate` times the real speed from `began_at`; every process with the same three values agrees."""

    real_began_at: datetime
    began_at: datetime
    rate: float = 1.0
    _real: RealClock = field(default_factory=RealClock)

    def now(self) -> datetime:
        return self.began_at + (self._real.now() - self.real_began_at) * self.rate

    @staticmethod
    def from_setting(text: str) -> DemoClock:
        """Read `REAL_ISO,DEMO_ISO,RATE`, the form handed from the supervisor to its processes."""
        real, demo, rate = text.split(",")
        return DemoClock(datetime.fromisoformat(real), datetime.fromisoformat(demo), float(rate))

    def as_setting(self) -> str:
        return f"{self.real_began_at.isoformat()},{self.began_at.isoformat()},{self.rate}"


def clock_of_settings() -> Clock:
    """The clock this process lives by: the demo's when CITYLOOM_CLOCK names one, else the machine's."""
    text = settings.CITYLOOM_CLOCK
    return DemoClock.from_setting(text) if text else RealClock()


class Elapsed:
    """Seconds since it was made, for progress and freshness; never for anything a person sees as a date."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self._began
