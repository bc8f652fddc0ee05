"""Drawings of readings as SVG: a plot with the rule's limits, the alarm's span and gaps as gaps; sparklines. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

WIDTH, HEIGHT = 640.0, 200.0
LEFT, BOTTOM, TOP = 56.0, 24.0, 10.0
GAP_TIMES = 4  # a step so many times the usual one is a gap
Points = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Level:
    """A horizontal line of the plot with its word."""

    y: float
    name: str
    value: str


@dataclass(frozen=True)
class Tick:
    """A moment under the plot."""

    x: float
    at: datetime


@dataclass(frozen=True)
class Plot:
    """A plot ready to be drawn: the line with its gaps, limits, the span of the alarm, scales, and its table."""

    line: str
    levels: Sequence[Level]
    scale: Sequence[Level]
    ticks: Sequence[Tick]
    span_x: float
    span_width: float
    rows: Sequence[tuple[datetime, str]]
    unit: str
    lowest: str
    highest: str
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    base: float = HEIGHT - BOTTOM


def plot_of(
    points: Points, limits: Mapping[str, float], begins_ms: int, ends_ms: int | None, unit: str, most_rows: int = 60
) -> Plot | None:
    """The plot of readings (ms, value), or None where there are none."""
    if not points:
        return None
    first, last = points[0][0], max(points[-1][0], ends_ms or 0)
    values = [value for _, value in points] + list(limits.values())
    low, high = min(values), max(values)
    room = (high - low) or abs(high) or 1.0
    low, high = low - 0.06 * room, high + 0.06 * room

    def x(at: float) -> float:
        return round(LEFT + (WIDTH - LEFT) * (at - first) / max(last - first, 1), 1)

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low)), 1)

    begin_x = x(min(max(begins_ms, first), last))
    end_x = x(min(max(ends_ms, first), last)) if ends_ms is not None else WIDTH
    said = [value for _, value in points]
    return Plot(
        line=_line([(x(at), y(value)) for at, value in points], _breaks(points)),
        levels=[Level(y(value), name, f"{value:g}") for name, value in limits.items()],
        scale=[Level(y(value), "", f"{value:.4g}") for value in (min(said), max(said))],
        ticks=[Tick(x(at), _moment(at)) for at in (first, (first + last) / 2, last)],
        span_x=begin_x,
        span_width=max(round(end_x - begin_x, 1), 2.0),
        rows=[(_moment(at), f"{value:g}") for at, value in points[-most_rows:]],
        unit=unit,
        lowest=f"{min(said):g}",
        highest=f"{max(said):g}",
    )


def spark_of(points: Points, width: float = 100.0, height: float = 28.0) -> str:
    """The path of a small line; empty for fewer than two readings."""
    if len(points) < 2:
        return ""
    first, last = points[0][0], points[-1][0]
    low, high = min(v for _, v in points), max(v for _, v in points)
    room = (high - low) or 1.0
    flat = high == low
    placed = [
        (
            round(width * (at - first) / max(last - first, 1), 1),
            height / 2 if flat else round(2 + (height - 4) * (1 - (value - low) / room), 1),
        )
        for at, value in points
    ]
    return _line(placed, _breaks(points))


def _breaks(points: Points) -> set[int]:
    """Where a new piece of the line begins because much more time has passed than usual."""
    steps = [b - a for (a, _), (b, _) in pairwise(points)]
    if not steps:
        return set()
    usual = sorted(steps)[len(steps) // 2]
    return {n + 1 for n, step in enumerate(steps) if step > GAP_TIMES * max(usual, 1)}


def _line(placed: Sequence[tuple[float, float]], breaks: set[int]) -> str:
    parts = [f"{'M' if n == 0 or n in breaks else 'L'}{px:g},{py:g}" for n, (px, py) in enumerate(placed)]
    return "".join(parts)


def _moment(at_ms: float) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
