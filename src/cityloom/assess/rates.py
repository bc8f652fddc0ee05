"""The formulas of the boards: shares with their interval, the three rates, the composite. Values in, values out.

A share over nothing is no share: wherever a denominator is 0 the answer is None, shown as n/a, never as 0 or 100.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

Z_95 = 1.959964  # the 97.5 % point of the normal distribution: an interval of 95 %
BASICALLY_COUNTS = 0.9
# The weights of one published code base; what a city officially weighs is a setting of its own.
USUAL_WEIGHTS: Mapping[str, float] = {"response": 0.1, "resolution": 0.5, "satisfaction": 0.4}


class Interval(NamedTuple):
    """Where the true share lies with 95 % confidence, both ends from 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`; a part may be weighted and then need not be whole."""

    part: float
    whole: int

    def __post_init__(self) -> None:
        if not 0 <= self.part <= self.whole:
            raise ValueError(f"a part of {self.part} cannot be had from {self.whole}; count both over the same rows")

    @property
    def value(self) -> float | None:
        """From 0 to 1; None over an empty denominator."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.part, self.whole)


def wilson(part: float, whole: int, z: float = Z_95) -> Interval | None:
    """The score interval of a share; None over an empty denominator.

    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n), E. B. Wilson 1927. 8 of 10 lie between 0.490 and 0.943.
    For a weighted part it is an approximation, a little too wide.
    """
    if not whole:
        return None
    p, z2 = part / whole, z * z
    centre = p + z2 / (2 * whole)
    reach = z * sqrt(p * (1 - p) / whole + z2 / (4 * whole * whole))
    scale = 1 + z2 / whole
    return Interval(max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale))


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What the callbacks that reached somebody heard. Each question counts those who were asked it."""

    contacted: int = 0
    asked_contacted: int = 0
    solved: int = 0
    asked_solved: int = 0
    satisfied: int = 0
    basically: int = 0
    asked_satisfied: int = 0


@dataclass(frozen=True, slots=True)
class ThreeRates:
    """Response, resolution and satisfaction, each over its own denominator."""

    response: Share
    resolution: Share
    satisfaction: Share

    def composite(self, weights: Mapping[str, float] = USUAL_WEIGHTS) -> float | None:
        """The weighted sum, from 0 to 1; None as soon as one of the three has nothing to stand on."""
        by_name = {"response": self.response, "resolution": self.resolution, "satisfaction": self.satisfaction}
        total = 0.0
        for name, weight in weights.items():
            value = by_name[name].value
            if value is None:
                return None
            total += weight * value
        return total / sum(weights.values())


def three_rates(heard: Callbacks) -> ThreeRates:
    """response = contacted/V, resolution = solved/V, satisfaction = (satisfied + 0.9 · basically)/V.

    V are those who were asked the question. 40 satisfied and 10 basically of 60: (40 + 9)/60 = 0.817.
    """
    glad = heard.satisfied + BASICALLY_COUNTS * heard.basically
    return ThreeRates(
        Share(heard.contacted, heard.asked_contacted),
        Share(heard.solved, heard.asked_solved),
        Share(glad, heard.asked_satisfied),
    )


def on_time_share(kept: int, missed: int) -> Share:
    """按期结案率: what was closed within its promise, over all that was closed and had one. 9 and 1: 0.9."""
    return Share(kept, kept + missed)


def change_against(now: int, before: int) -> float | None:
    """By how much a count grew against another, as a share of that one; None against 0. 30 after 20: 0.5."""
    return (now - before) / before if before else None
