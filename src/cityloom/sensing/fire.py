"""Fire watch: what speaks for and against a fire behind an alarm, and the figures of a city's alarms. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

VERDICTS = ("fire", "false", "test", "unclear")
CAUSES = ("", "cooking", "smoking", "dust", "steam", "works", "insects", "battery", "wiring", "overload", "other")
TOGETHER = timedelta(minutes=5)  # two detectors of a building within it speak for each other
BEFORE = timedelta(hours=1)  # a fault of the wiring so long before speaks for a fire
LATELY = timedelta(days=30)
OFTEN_FALSE = 3


@dataclass(frozen=True, slots=True)
class FireAlarm:
    """An alarm of fire watch. `verdict` is what a person found; empty while nobody has."""

    id: int
    site: str
    device: int
    kind: str  # smoke, electrical
    raised_at: datetime
    acknowledged_at: datetime | None = None
    ended_at: datetime | None = None
    verdict: str = ""
    cause: str = ""


def hints_of(alarm: FireAlarm, others: Sequence[FireAlarm]) -> tuple[str, ...]:
    """What an operator should know before calling, the gravest first; `others` of the same building.

    `several`: another detector within five minutes. `wiring_before`: an electrical alarm in the hour before smoke.
    `often_false`: three false ones of this device in thirty days. `alone`: one detector only.
    """
    hints = []
    around = [o for o in others if o.id != alarm.id and o.site == alarm.site]
    together = [o for o in around if o.device != alarm.device and abs(o.raised_at - alarm.raised_at) <= TOGETHER]
    if any(o.kind == "smoke" for o in together):
        hints.append("several")
    earlier = [o for o in around if timedelta(0) <= alarm.raised_at - o.raised_at <= BEFORE]
    if alarm.kind == "smoke" and any(o.kind == "electrical" for o in earlier):
        hints.append("wiring_before")
    lately = [
        o for o in around if o.device == alarm.device and timedelta(0) < alarm.raised_at - o.raised_at <= LATELY
    ]
    if sum(o.verdict == "false" for o in lately) >= OFTEN_FALSE:
        hints.append("often_false")
    if alarm.kind == "smoke" and not together:
        hints.append("alone")
    return tuple(hints)


@dataclass(frozen=True, slots=True)
class FireFigures:
    """The alarms of a span: how many, how long until somebody took them, what they were."""

    alarms: int
    acknowledged: int
    median_s: float | None
    verdicts: Mapping[str, int]

    @property
    def judged(self) -> int:
        """Those found to be a fire or not; tests and unclear ones say nothing."""
        return self.verdicts.get("fire", 0) + self.verdicts.get("false", 0)

    @property
    def warnings_per_fire(self) -> float | None:
        """How many judged alarms come to one fire; None where no fire was found. 40 judged, 2 fires: 20."""
        fires = self.verdicts.get("fire", 0)
        return self.judged / fires if fires else None

    @property
    def false_share(self) -> float | None:
        """Of the judged alarms those that were no fire, from 0 to 1; None where none was judged."""
        return self.verdicts.get("false", 0) / self.judged if self.judged else None


def figures_of(alarms: Sequence[FireAlarm]) -> FireFigures:
    """The figures; the median is over those that were acknowledged, in seconds."""
    waits = [(a.acknowledged_at - a.raised_at).total_seconds() for a in alarms if a.acknowledged_at is not None]
    verdicts = {each: sum(a.verdict == each for a in alarms) for each in VERDICTS}
    return FireFigures(len(alarms), len(waits), median(waits) if waits else None, verdicts)
