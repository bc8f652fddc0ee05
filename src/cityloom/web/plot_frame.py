"""What drawings of values over time share: where a moment and a value stand, and where a line breaks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 640.0, 200.0
LEFT, BOTTOM, TOP = 56.0, 24.0, 16.0
BASE = HEIGHT - BOTTOM
GAP_TIMES = 4  # a step so many times the usual one is a gap
_AIR = 0.06  # of the values' span, above and below them
Run = tuple[int, int]  # from one point up to, without, another


@dataclass(frozen=True)
class PlotFrame:
    """A drawing from one moment (ms) to another and from one value to another."""

    first: float
    last: float
    low: float
    high: float

    @staticmethod
    def around(values: Iterable[float], first: float, last: float) -> PlotFrame:
        """The frame in which all these values stand, with a little air; there is at least one."""
        known = list(values)
        low, high = min(known), max(known)
        room = (high - low) or abs(high) or 1.0
        return PlotFrame(first, max(last, first + 1), low - _AIR * room, high + _AIR * room)

    def x(self, at_ms: float) -> float:
        """Where a moment stands; one outside the frame at its edge."""
        share = (at_ms - self.first) / (self.last - self.first)
        return round(LEFT + (WIDTH - LEFT) * min(max(share, 0.0), 1.0), 1)

    def y(self, value: float) -> float:
        return round(TOP + (BASE - TOP) * (1 - (value - self.low) / (self.high - self.low)), 1)


def runs_of(moments_ms: Sequence[float]) -> list[Run]:
    """Points that belong together: a new run begins where much more time has passed than usual."""
    steps = [b - a for a, b in pairwise(moments_ms)]
    usual = sorted(steps)[len(steps) // 2] if steps else 0
    breaks = [n + 1 for n, step in enumerate(steps) if step > GAP_TIMES * max(usual, 1)]
    return list(pairwise([0, *breaks, len(moments_ms)]))


def path_of_runs(placed: Sequence[tuple[float, float]], runs: Iterable[Run]) -> str:
    """A line for each run; one point alone is a short stroke."""
    return "".join(_stroke(placed[a:b]) for a, b in runs)


def _stroke(placed: Sequence[tuple[float, float]]) -> str:
    if len(placed) == 1:
        (px, py) = placed[0]
        return f"M{px - 1:g},{py:g}L{px + 1:g},{py:g}"
    return "".join(f"{'L' if n else 'M'}{px:g},{py:g}" for n, (px, py) in enumerate(placed))
