"""Small drawings as SVG paths: values in, the text of `d` out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

WIDTH, HEIGHT = 100.0, 28.0
_MARGIN = 1.5


def running(values: Iterable[int]) -> list[int]:
    """The sum so far at each step."""
    return list(accumulate(values))


def scale_of(*lines: Sequence[float], from_zero: bool = True) -> tuple[float, float]:
    """The lowest and highest value of all lines together; from 0 where heights are compared."""
    values = [value for line in lines for value in line]
    low = 0.0 if from_zero or not values else min(values)
    high = max(values, default=0.0)
    return low, high if high > low else low + 1


def path_of(values: Sequence[float], steps: int, scale: tuple[float, float], height: float = HEIGHT) -> str:
    """A line through the values, the first at the left, `steps` of them filling the width; empty for none."""
    low, high = scale
    room = height - 2 * _MARGIN
    points = [
        f"{WIDTH * (n + 1) / steps:.2f},{_MARGIN + room * (1 - (value - low) / (high - low)):.2f}"
        for n, value in enumerate(values)
    ]
    return f"M{'L'.join(points)}" if points else ""


def path_with_gaps(
    values: Sequence[float | None], scale: tuple[float, float], height: float = HEIGHT, width: float = WIDTH
) -> str:
    """A line of steps through the values, each as wide as the next, broken where one is None; empty for none.

    Each value is a level stroke, so that one alone between two gaps is seen.
    """
    low, high = scale
    room, step = height - 2 * _MARGIN, width / max(1, len(values))
    drawn, pen = [], "M"
    for n, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        y = _MARGIN + room * (1 - (value - low) / (high - low))
        drawn.append(f"{pen}{n * step:.2f},{y:.2f}H{(n + 1) * step:.2f}")
        pen = "L"
    return "".join(drawn)


def bars_of(values: Sequence[int], steps: int, most: int, *, base: float, room: float) -> str:
    """Bars that stand on `base` (or hang from it where `room` is negative), `most` filling the room; one path."""
    wide = WIDTH / steps
    return "".join(
        f"M{(n + 0.15) * wide:.2f},{base:.2f}h{wide * 0.7:.2f}v{-room * value / most:.2f}h{-wide * 0.7:.2f}z"
        for n, value in enumerate(values)
        if value and most
    )
