"""A city's vital signs as its folder states them: a tree whose leaves are read from streams or counted from cases.

Pure values; `vital_files.py` reads them from `vital_signs.toml`, `sensing/indicators.py` works them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from cityloom.city.values import ClassCode, Name

# How the readings of one stream become its figure of an hour.
AGGREGATES = ("mean", "min", "max", "last", "share")
# How the figures of an area's streams become one; `share`: of the streams whose figure is good.
OVERS = ("mean", "median", "min", "max", "sum", "share")
# What is counted of an area's cases.
COUNTS = ("open", "overdue", "new")
# What a stream without a reading does to an area's figure: it stays out of it, or counts as one that is bad.
MISSING = ("leave_out", "as_bad")
# How a sign above others takes its band: from the worst of them, or from the weighted mean of their points.
ROLLS = ("worst", "mean")


class Range(NamedTuple):
    """From `low` to `high`, both counted in; None is open."""

    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)

    def lies_in(self, other: Range) -> bool:
        """Whether every value of it lies in the other."""
        low = other.low is None or (self.low is not None and self.low >= other.low)
        high = other.high is None or (self.high is not None and self.high <= other.high)
        return low and high


@dataclass(frozen=True, slots=True)
class VitalSign:
    """One sign: above others (no source), of a stream of a type of device, or of cases of some classes.

    `of_stream` says how a stream's hour becomes a figure; `over` how the streams of an area become one; a `share` is
    that of readings, or of streams, inside `within`, from 0 to 100. Inside `good` a value is good, else inside
    `watch` to be watched, else bad; without both it has no band. Where a smaller share of the streams than
    `least_coverage` spoke, the value is told without a band. Counts and sums have bands for the whole city only.
    """

    code: str
    name: Name
    parent: str = ""
    type: str = ""
    stream: str = ""
    of_stream: str = "mean"
    within: Range | None = None
    over: str = "mean"
    cases: str = ""
    classes: tuple[ClassCode, ...] = ()
    unit: str = ""
    target: float | None = None
    good: Range | None = None
    watch: Range | None = None
    missing: str = "leave_out"
    least_coverage: float = 0.5
    weight: float = 1.0
    roll: str = "worst"
    rank: int = 0  # its place in the file, by which signs are shown

    @property
    def is_leaf(self) -> bool:
        return bool(self.stream or self.cases)

    def as_json(self) -> dict[str, Any]:
        """All it says, for its column; without what is as usual."""
        usual = VitalSign(self.code, self.name)
        told = {name: getattr(self, name) for name in _PLAIN if getattr(self, name) != getattr(usual, name)}
        for name in ("within", "good", "watch"):
            span: Range | None = getattr(self, name)
            if span is not None:
                told[name] = list(span)
        return told | ({"classes": list(self.classes)} if self.classes else {})


_PLAIN = (
    "parent", "type", "stream", "of_stream", "over", "cases", "unit", "target", "missing", "least_coverage", "weight",
    "roll", "rank",
)  # fmt: skip


def sign_from_json(code: str, name: Name, told: Mapping[str, Any]) -> VitalSign:
    """The sign whose `as_json` this was."""
    ranges = {key: Range(*told[key]) for key in ("within", "good", "watch") if key in told}
    plain = {key: value for key, value in told.items() if key in _PLAIN}
    return with_ranges(VitalSign(code, name, classes=tuple(told.get("classes", ())), **plain), ranges)


def with_ranges(sign: VitalSign, ranges: Mapping[str, Range]) -> VitalSign:
    """The sign with the ranges given under their keys."""
    return replace(sign, within=ranges.get("within"), good=ranges.get("good"), watch=ranges.get("watch"))
