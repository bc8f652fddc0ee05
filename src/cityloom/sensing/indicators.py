"""The arithmetic of vital signs: streams or cases → leaves → the signs above them, for every area at once.

Pure: arrays and values in, values out. Nothing that was not measured becomes a number: a figure without readings is
None, a sign above others says of how many below it something is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cityloom.city.trees import children
from cityloom.city.values import AreaCode
from cityloom.city.vital_values import VitalSign

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
HOURS = 24


class Band(StrEnum):
    """How a value stands; `unsure`: a value from too few streams; `unjudged`: nothing to judge it by here."""

    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"
    UNSURE = "unsure"
    UNJUDGED = "unjudged"
    UNMEASURED = "unmeasured"


KNOWN = (Band.GOOD, Band.WATCH, Band.BAD)  # from best to worst
POINTS: Mapping[Band, float] = {Band.GOOD: 100.0, Band.WATCH: 50.0, Band.BAD: 0.0}
GOOD_POINTS, WATCH_POINTS = 80.0, 50.0  # from so many points on a sign of `roll = "mean"` is good, to be watched


class StreamHours(NamedTuple):
    """What each stream said in an hour, arrays of one length; `said` counts readings, `inside` those in `within`."""

    stream: Whole
    said: Whole
    mean: Real
    low: Real
    high: Real
    last: Real
    inside: Whole

    def pick(self, which: Whole) -> StreamHours:
        """Those at these positions."""
        return StreamHours(
            self.stream[which], self.said[which], self.mean[which], self.low[which], self.high[which],
            self.last[which], self.inside[which],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """A sign in an area over an hour or a day.

    `streams`: those that should have spoken, `heard`: those that did (over a day, stream-hours). `grids` of the area,
    `measured`: those with a device that spoke. `known` of `parts` leaves below have a band; of a leaf 0 or 1 of 1.
    """

    value: float | None
    band: Band
    streams: int
    heard: int
    grids: int
    measured: int
    known: int
    parts: int

    @property
    def heard_share(self) -> float | None:
        """How much of what should have spoken did, from 0 to 1; None where nothing is listed that could."""
        return self.heard / self.streams if self.streams else None

    @property
    def ground_share(self) -> float | None:
        """How much of the area has a device that spoke, from 0 to 1."""
        return self.measured / self.grids if self.grids else None


@dataclass(frozen=True)
class Ground:
    """The areas that signs are worked out for, and which of them hold each smallest area.

    `pair_grid`, `pair_area`: one pair for each smallest area and each area that holds it, as positions.
    """

    areas: tuple[AreaCode, ...]
    grids: Mapping[AreaCode, int]  # smallest area → its position
    pair_grid: Whole
    pair_area: Whole
    whole: frozenset[int] = frozenset({0})  # positions at which counts and sums are judged

    @property
    def grids_in(self) -> Whole:
        """How many smallest areas each area has."""
        return np.bincount(self.pair_area, minlength=len(self.areas)).astype(np.int64)

    def measured_in(self, grids: Whole) -> Whole:
        """How many of these smallest areas lie in each area."""
        named = np.zeros(len(self.grids), dtype=bool)
        named[grids] = True
        return np.bincount(self.pair_area[named[self.pair_grid]], minlength=len(self.areas)).astype(np.int64)

    def spread(self, grid_of: Whole) -> tuple[Whole, Whole]:
        """For things in smallest areas (−1: in none, so the whole city's) the pairs of positions (thing, area)."""
        order = np.argsort(self.pair_grid, kind="stable")
        grids, areas = self.pair_grid[order], self.pair_area[order]
        first = np.searchsorted(grids, grid_of, side="left")
        counts = np.where(grid_of >= 0, np.searchsorted(grids, grid_of, side="right") - first, 0)
        thing = np.repeat(np.arange(len(grid_of)), counts)
        offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        nowhere = np.flatnonzero(grid_of < 0)
        whole = sorted(self.whole)
        return (
            np.concatenate([thing, np.repeat(nowhere, len(whole))]).astype(np.int64),
            np.concatenate([areas[np.repeat(first, counts) + offset], np.tile(whole, len(nowhere))]).astype(np.int64),
        )


def lay_ground(chains: Mapping[AreaCode, Sequence[AreaCode]], areas: Sequence[AreaCode]) -> Ground:
    """The ground of these areas, the whole city first; `chains`: smallest area → the areas that hold it."""
    position = {code: i for i, code in enumerate(areas)}
    pairs = [(g, position[a]) for g, chain in enumerate(chains.values()) for a in chain if a in position]
    grid, area = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Ground(tuple(areas), {code: g for g, code in enumerate(chains)}, grid, area)


@dataclass(frozen=True)
class Leaf:
    """A leaf over all areas of a ground: NaN where nothing was heard; `spoke`: the smallest areas heard from."""

    value: Real
    streams: Whole
    heard: Whole
    spoke: Whole = field(default_factory=lambda: np.empty(0, np.int64))
    from_cases: bool = False


def figures_of_streams(sign: VitalSign, hours: StreamHours) -> Real:
    """One figure a stream, in the order of `hours`; NaN for a stream without a reading.

    `share` is that of readings inside `within`, from 0 to 100.
    """
    nothing = hours.said == 0
    with np.errstate(invalid="ignore", divide="ignore"):
        found = {
            "mean": hours.mean,
            "min": hours.low,
            "max": hours.high,
            "last": hours.last,
            "share": 100.0 * hours.inside / hours.said,
        }[sign.of_stream]
    return np.where(nothing, np.nan, found)


def leaf_of_streams(sign: VitalSign, figures: Real, grid_of: Whole, ground: Ground) -> Leaf:
    """The streams of a sign (their figures, NaN: silent; their smallest areas) as its leaf over the ground.

    `missing = "leave_out"`: the silent stay out of the value and are told by `heard`; `as_bad`: they count in a share
    as outside the range, as long as anybody in the area spoke.
    """
    thing, area = ground.spread(grid_of)
    size = len(ground.areas)
    values = figures[thing]
    spoke = ~np.isnan(values)
    streams = np.bincount(area, minlength=size).astype(np.int64)
    heard = np.bincount(area[spoke], minlength=size).astype(np.int64)
    if sign.over == "share":
        inside = _inside(sign, values) & spoke
        below = np.bincount(area[inside], minlength=size)
        of = streams if sign.missing == "as_bad" else heard
        value = 100.0 * below / np.maximum(of, 1)
    else:
        value = _OVER[sign.over](values[spoke], area[spoke], size)
    value = np.where(heard > 0, value, np.nan)
    grids = np.unique(grid_of[(grid_of >= 0) & ~np.isnan(figures)])
    return Leaf(value, streams, heard, grids)


def leaf_of_cases(counts: Mapping[AreaCode, int], ground: Ground) -> Leaf:
    """Counts of cases by smallest area as a leaf; 0 cases are a real 0, since every case is kept here.

    A count under a code that is no smallest area belongs to the whole city only.
    """
    grid_of = np.array([ground.grids.get(code, -1) for code in counts], dtype=np.int64)
    number = np.array(list(counts.values()), dtype=np.float64)
    thing, area = ground.spread(grid_of)
    size = len(ground.areas)
    value = np.bincount(area, weights=number[thing], minlength=size).astype(np.float64)
    ones = np.ones(size, np.int64)
    return Leaf(value, ones, ones, np.arange(len(ground.grids)), from_cases=True)


def _inside(sign: VitalSign, values: Real) -> NDArray[np.bool_]:
    low, high = sign.within or (None, None)
    with np.errstate(invalid="ignore"):
        inside = np.ones(len(values), bool) if low is None else values >= low
        return inside if high is None else inside & (values <= high)


def _mean(values: Real, area: Whole, size: int) -> Real:
    return _sum(values, area, size) / np.maximum(np.bincount(area, minlength=size), 1)


def _sum(values: Real, area: Whole, size: int) -> Real:
    return np.bincount(area, weights=values, minlength=size).astype(np.float64)


def _lowest(values: Real, area: Whole, size: int) -> Real:
    found = np.full(size, np.inf)
    np.minimum.at(found, area, values)
    return found


def _highest(values: Real, area: Whole, size: int) -> Real:
    return -_lowest(-values, area, size)


def _median(values: Real, area: Whole, size: int) -> Real:
    order = np.lexsort((values, area))
    values, area = values[order], area[order]
    count = np.bincount(area, minlength=size)
    first = np.cumsum(count) - count
    found = np.full(size, np.nan)
    some = count > 0
    low, high = first + (count - 1) // 2, first + count // 2
    found[some] = (values[low[some]] + values[high[some]]) / 2
    return found


_OVER: Mapping[str, Callable[[Real, Whole, int], Real]] = {
    "mean": _mean,
    "median": _median,
    "min": _lowest,
    "max": _highest,
    "sum": _sum,
}


def band_of(sign: VitalSign, value: float | None, heard_share: float | None, whole: bool) -> Band:
    """How a leaf's value stands. Without a value: unmeasured; heard from too few: unsure; no ranges: unjudged."""
    if value is None:
        return Band.UNMEASURED
    if heard_share is not None and heard_share < sign.least_coverage:
        return Band.UNSURE
    counted = bool(sign.cases) or sign.over == "sum"
    if (sign.good is None and sign.watch is None) or (counted and not whole):
        return Band.UNJUDGED
    if sign.good is not None and sign.good.holds(value):
        return Band.GOOD
    if sign.watch is not None:
        return Band.WATCH if sign.watch.holds(value) else Band.BAD
    return Band.BAD


def work_out(
    signs: Mapping[str, VitalSign], leaves: Mapping[str, Leaf], ground: Ground
) -> dict[str, dict[AreaCode, Figure]]:
    """Every sign in every area of the ground where something below it is listed or counted.

    A sign above others: its value is the weighted mean of the points of those directly below that have a band (good
    100, to be watched 50, bad 0), its band the worst of theirs or, with `roll = "mean"`, that of the points.
    """
    below = children({code: sign.parent or None for code, sign in signs.items()})
    grids_in = ground.grids_in
    found: dict[str, dict[AreaCode, Figure]] = {}
    spoke: dict[str, Whole] = {}

    def visit(code: str) -> None:
        for child in below.get(code, ()):
            visit(child)
        if code in below:
            parts = below[code]
            grids = [spoke[child] for child in parts if len(spoke[child])]
            spoke[code] = np.unique(np.concatenate(grids)) if grids else np.empty(0, np.int64)
            measured = ground.measured_in(spoke[code])
            found[code] = _above(signs[code], signs, {c: found[c] for c in parts}, ground, grids_in, measured)
        else:
            leaf = leaves.get(code)
            spoke[code] = leaf.spoke if leaf is not None and not leaf.from_cases else np.empty(0, np.int64)
            found[code] = _of_leaf(signs[code], leaf, ground, grids_in, ground.measured_in(spoke[code]))

    for code, sign in signs.items():
        if not sign.parent:
            visit(code)
    return found


def _of_leaf(
    sign: VitalSign, leaf: Leaf | None, ground: Ground, grids_in: Whole, measured: Whole
) -> dict[AreaCode, Figure]:
    if leaf is None:
        empty = Figure(None, Band.UNMEASURED, 0, 0, int(grids_in[0]) if len(grids_in) else 0, 0, 0, 1)
        return {ground.areas[0]: empty}
    figures = {}
    for i, code in enumerate(ground.areas):
        streams, heard = int(leaf.streams[i]), int(leaf.heard[i])
        if not streams and i not in ground.whole:
            continue
        value = None if np.isnan(leaf.value[i]) else float(leaf.value[i])
        band = band_of(sign, value, heard / streams if streams else None, i in ground.whole)
        if leaf.from_cases:
            streams = heard = 0
        known = int(band in KNOWN)
        figures[code] = Figure(value, band, streams, heard, int(grids_in[i]), int(measured[i]), known, 1)
    return figures


def _above(
    sign: VitalSign,
    signs: Mapping[str, VitalSign],
    parts: Mapping[str, Mapping[AreaCode, Figure]],
    ground: Ground,
    grids_in: Whole,
    measured: Whole,
) -> dict[AreaCode, Figure]:
    figures = {}
    for i, area in enumerate(ground.areas):
        there = {code: below[area] for code, below in parts.items() if area in below}
        if not there:
            continue
        judged = [(signs[code].weight, figure.band) for code, figure in there.items() if figure.band in KNOWN]
        weight = sum(w for w, _ in judged)
        value = sum(w * POINTS[band] for w, band in judged) / weight if weight else None
        figures[area] = Figure(
            value=value,
            band=_rolled(sign, [band for _, band in judged], value),
            streams=sum(f.streams for f in there.values()),
            heard=sum(f.heard for f in there.values()),
            grids=int(grids_in[i]),
            measured=int(measured[i]),
            known=sum(f.known for f in there.values()),
            parts=sum(f.parts for f in there.values()),
        )
    return figures


def _rolled(sign: VitalSign, bands: Sequence[Band], points: float | None) -> Band:
    if not bands or points is None:
        return Band.UNMEASURED
    if sign.roll == "mean":
        return Band.GOOD if points >= GOOD_POINTS else Band.WATCH if points >= WATCH_POINTS else Band.BAD
    return max(bands, key=KNOWN.index)


def day_of_hours(sign: VitalSign, values: Real, count: bool) -> Real:
    """The day's value of a leaf in each area from its hours, an array of areas × 24 with NaN for a missing hour.

    Lowest of lowest, highest of highest, the last of a last or of a count of what is open, the sum of what is new,
    else the mean of the hours that have a value. A day without any hour is NaN.
    """
    known = ~np.isnan(values)
    some = known.any(axis=1)
    if (count and sign.cases != "new") or (not count and sign.of_stream == "last" and sign.over != "share"):
        last = values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
        found = values[np.arange(len(values)), last]
    elif count or sign.over == "sum":
        found = np.where(known, values, 0.0).sum(axis=1)
    elif sign.of_stream == "min" and sign.over == "min":
        found = np.where(known, values, np.inf).min(axis=1, initial=np.inf)
    elif sign.of_stream == "max" and sign.over == "max":
        found = np.where(known, values, -np.inf).max(axis=1, initial=-np.inf)
    else:
        found = np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.where(some, found, np.nan)
