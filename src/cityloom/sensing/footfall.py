"""People counted by the day: what was measured, of how much, and an estimate only where it says that it is one. Pure.

Counters say how many passed in an interval. Nothing about a person is known here or asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

WEEKS = 4  # so many past weeks fill a gap
LEAST_WEEKS = 2
LEAST_SHARE = 0.5  # a day of which less was measured is not estimated


@dataclass(frozen=True, slots=True)
class Day:
    """A counter's day: `counted` in the `measured` of `expected` intervals, None where nothing was measured.

    `estimate` is the day with its gaps filled; None where it has none, or nothing to fill them from.
    """

    counted: float | None
    measured: int
    expected: int
    estimate: float | None = None

    @property
    def share(self) -> float | None:
        """How much of the day was measured, from 0 to 1."""
        return min(1.0, self.measured / self.expected) if self.expected else None


def day_of(said: Mapping[int, float], expected: int, past: Sequence[Mapping[int, float]]) -> Day:
    """A day from what was said in its intervals (number of the interval → people) and the same days of past weeks.

    A gap takes the median of the past weeks' same interval, of two weeks at least; one gap that cannot be filled so
    leaves the day without an estimate. 10, gap, 30 with 18 and 22 before: counted 40, estimate 60.
    """
    good = {number: value for number, value in said.items() if 0 <= number < expected and value >= 0}
    if not good:
        return Day(None, 0, expected)
    counted = sum(good.values())
    gaps = [number for number in range(expected) if number not in good]
    if not gaps or len(good) < LEAST_SHARE * expected:
        return Day(counted, len(good), expected)
    filled = 0.0
    for number in gaps:
        before = [week[number] for week in past if number in week and week[number] >= 0]
        if len(before) < LEAST_WEEKS:
            return Day(counted, len(good), expected)
        filled += median(before)
    return Day(counted, len(good), expected, counted + filled)
