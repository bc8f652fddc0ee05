"""A stream over a span as SVG: line, band from lowest to highest of hours and days, gaps, replacements. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cityloom.sensing.lineage import Border
from cityloom.sensing.place_history import History
from cityloom.web.plot_frame import BASE, HEIGHT, LEFT, TOP, WIDTH, PlotFrame, path_of_runs, runs_of

MOST_ROWS = 200
_STEP = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True)
class Mark:
    """Where the line passes to another device; `before`: the device on the left."""

    x: float
    at: datetime
    before: str
    after: str
    name_x: float  # of the word, which stays inside the drawing
    anchor: str


@dataclass(frozen=True)
class Scale:
    """A value beside the axis."""

    y: float
    value: str


@dataclass(frozen=True)
class Row:
    """A line of the table: one reading, or an hour or day with how many readings, lowest, mean and highest."""

    at: datetime
    values: Sequence[str]


@dataclass(frozen=True)
class HistoryChart:
    """A chart ready to be drawn, and its table, newest first; `more` rows are not in it."""

    step: str
    line: str
    band: str
    scale: Sequence[Scale]
    ticks: Sequence[datetime]
    marks: Sequence[Mark]
    rows: Sequence[Row]
    more: int
    lowest: str
    highest: str
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    top: float = TOP
    base: float = BASE


def chart_of(history: History, begins: datetime, ends: datetime) -> HistoryChart | None:
    """The chart of what was said in a span, or None where nothing was."""
    half = _STEP.get(history.step, timedelta()) / 2
    points = list(history.points) or [(b.at + half, b.mean) for b in history.buckets]
    if not points:
        return None
    low = min([v for _, v in points] + [b.low for b in history.buckets])
    high = max([v for _, v in points] + [b.high for b in history.buckets])
    frame = PlotFrame.around((low, high), _ms(begins), _ms(ends))
    runs = runs_of([_ms(at) for at, _ in points])
    placed = [(frame.x(_ms(at)), frame.y(value)) for at, value in points]
    lows, highs = [frame.y(b.low) for b in history.buckets], [frame.y(b.high) for b in history.buckets]
    rows = _rows(history)
    return HistoryChart(
        step=history.step,
        line=path_of_runs(placed, runs),
        band="".join(_around(placed[a:b], lows[a:b], highs[a:b]) for a, b in runs) if history.buckets else "",
        scale=[Scale(frame.y(value), f"{value:.4g}") for value in ((low, high) if high > low else (low,))],
        ticks=[begins, begins + (ends - begins) / 2, ends],
        marks=[_mark(border, frame.x(_ms(border.at))) for border in history.borders],
        rows=rows[:MOST_ROWS],
        more=max(0, len(rows) - MOST_ROWS),
        lowest=f"{low:.6g}",
        highest=f"{high:.6g}",
    )


def _ms(at: datetime) -> float:
    return at.timestamp() * 1000


def _mark(border: Border, at_x: float) -> Mark:
    is_right = at_x > (LEFT + WIDTH) / 2
    return Mark(
        at_x, border.at, border.before, border.after, at_x + (-4 if is_right else 4), "end" if is_right else "start"
    )


def _around(placed: Sequence[tuple[float, float]], low: Sequence[float], high: Sequence[float]) -> str:
    """The outline of a band: along the highest, back along the lowest."""
    there = [f"{px:g},{top:g}" for (px, _), top in zip(placed, high, strict=True)]
    back = [f"{px:g},{bottom:g}" for (px, _), bottom in zip(placed, low, strict=True)][::-1]
    return "M" + "L".join([*there, *back]) + "Z"


def _rows(history: History) -> list[Row]:
    said = [Row(at, (f"{value:g}",)) for at, value in history.points]
    said += [Row(b.at, (f"{b.readings:,}", f"{b.low:g}", f"{b.mean:.6g}", f"{b.high:g}")) for b in history.buckets]
    return said[::-1]
