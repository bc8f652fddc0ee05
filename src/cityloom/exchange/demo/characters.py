"""What the units of the demo's year are like: a table to read, and who plays which part. The truth.

Shares are of the promised span: a unit of median 0.5 is done when half of its time has gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from cityloom.exchange.demo.chance import stream


@dataclass(frozen=True)
class Character:
    """How a unit works. `scatter` is the sigma of a lognormal; the rest are chances of a case."""

    name: str
    median: float  # share of the promised span until the work is done
    scatter: float
    unsolved: float  # the resident says at callback that nothing is solved
    returns: float  # it sends the case back as not its own
    objects: float  # it objects to having been named
    reworks: float  # a checker finds it not done
    reopens: float  # it comes back after it was closed
    sign_h: float = 0.7  # median hours until it signs
    peak: float = 0.0  # how much a day of many cases slows it
    autumn: float = 0.0  # how much its backlog grows from September to December


STEADY = Character("steady", 0.52, 0.42, 0.080, 0.022, 0.004, 0.035, 0.012)
CHARACTERS: tuple[Character, ...] = (
    Character("fast", 0.30, 0.38, 0.055, 0.012, 0.002, 0.020, 0.006, sign_h=0.3),
    Character("slow", 0.86, 0.42, 0.110, 0.024, 0.004, 0.045, 0.016, sign_h=1.6),
    Character("overloaded", 0.56, 0.42, 0.095, 0.024, 0.004, 0.040, 0.014, peak=0.9),
    Character("hollow", 0.26, 0.45, 0.390, 0.015, 0.004, 0.130, 0.100, sign_h=0.4),  # closes without doing
    Character("returning", 0.55, 0.42, 0.085, 0.160, 0.010, 0.038, 0.012, sign_h=1.0),
    Character("objecting", 0.55, 0.42, 0.085, 0.030, 0.110, 0.038, 0.012),
    Character("honest", 0.50, 0.36, 0.030, 0.012, 0.002, 0.012, 0.004),
    Character("backlog", 0.56, 0.42, 0.100, 0.024, 0.004, 0.040, 0.014, autumn=1.5),
)
AUTUMN = (9, 12)  # first and last month of the backlog
IMPROVED_FROM, IMPROVED_TO = 1.30, 0.72  # the improving district's share of its usual span, first and last day


@dataclass(frozen=True)
class Cast:
    """Who is what in this year: units with a part of their own, all others steady; one district that gets better."""

    parts: dict[str, Character]
    improving: str

    def of(self, unit: str) -> Character:
        return self.parts.get(unit, STEADY)

    def as_json(self) -> dict[str, Any]:
        return {
            "steady": asdict(STEADY),
            "units": {unit: asdict(part) for unit, part in sorted(self.parts.items())},
            "improving_district": self.improving,
            "improving": {"from": IMPROVED_FROM, "to": IMPROVED_TO},
            "autumn_months": list(AUTUMN),
        }


def cast_units(busiest: Sequence[str], districts: Sequence[str], seed: int) -> Cast:
    """Deals the parts to units among the busiest, so that each part has cases enough to be seen in the figures."""
    rng = stream(seed, "characters")
    few = list(busiest[: max(len(CHARACTERS), min(len(busiest), 3 * len(CHARACTERS) // 2))])
    order = [few[int(i)] for i in rng.permutation(len(few))]
    parts = dict(zip(order, CHARACTERS, strict=False))
    return Cast(parts, districts[int(rng.integers(len(districts)))] if districts else "")


def slowed(part: Character, load: float, day: date, progress: float, improves: bool) -> float:
    """What the day does to a unit's pace: many cases at once, the autumn, the way up of the improving district.

    `load` is the day's cases over the unit's usual day, `progress` runs from 0 to 1 over the history.
    """
    factor = 1.0 + part.peak * max(0.0, load - 1.2)
    if part.autumn and AUTUMN[0] <= day.month <= AUTUMN[1]:
        factor += part.autumn * ((day.month - AUTUMN[0]) * 30 + day.day) / 90
    if improves:
        factor *= IMPROVED_FROM + (IMPROVED_TO - IMPROVED_FROM) * progress
    return factor
