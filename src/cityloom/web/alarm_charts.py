"""Drawings of readings as SVG: a plot with the rule's limits, the alarm's span and gaps as gaps; sparklines. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cityloom.web.plot_frame import BASE, HEIGHT, LEFT, TOP, WIDTH, PlotFrame, Run, path_of_runs, runs_of

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
    top: float = TOP
    base: float = BASE


def plot_of(
    points: Points, limits: Mapping[str, float], begins_ms: int, ends_ms: int | None, unit: str, most_rows: int = 60
) -> Plot | None:
    """The plot of readings (ms, value), or None where there are none."""
    if not points:
        return None
    first, last = points[0][0], max(points[-1][0], ends_ms or 0)
    said = [value for _, value in points]
    frame = PlotFrame.around([*said, *limits.values()], first, last)
    begin_x, end_x = frame.x(begins_ms), frame.x(ends_ms) if ends_ms is not None else WIDTH
    return Plot(
        line=path_of_runs([(frame.x(at), frame.y(value)) for at, value in points], _runs(points)),
        levels=[Level(frame.y(value), name, f"{value:g}") for name, value in limits.items()],
        scale=[Level(frame.y(value), "", f"{value:.4g}") for value in (min(said), max(said))],
        ticks=[Tick(frame.x(at), _moment(at)) for at in (first, (first + last) / 2, last)],
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
    return path_of_runs(placed, _runs(points))


def _runs(points: Points) -> list[Run]:
    return runs_of([at for at, _ in points])


def _moment(at_ms: float) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
