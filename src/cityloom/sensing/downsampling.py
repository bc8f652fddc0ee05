"""Fewer points of a series, with every peak kept: the lowest and the highest of each stretch of time."""

from __future__ import annotations

import numpy as np

from cityloom.sensing.values import Readings

LEAST = 4


def keep_peaks(series: Readings, from_ms: int, to_ms: int, points: int) -> Readings:
    """At most `points` readings of one stream ordered by time.

    The span is cut into equal stretches; of each the first reading, the lowest, the highest and the last are kept, in
    their order, so that a line through them looks like the line through all. Readings without a value count as gaps:
    one of each stretch is kept.
    """
    count = len(series.stream)
    if count <= max(points, LEAST):
        return series
    stretches = max(1, points // 5)
    width = max(1, -(-(to_ms - from_ms) // stretches))
    stretch = (series.at_ms - from_ms) // width
    starts = np.flatnonzero(np.r_[True, stretch[1:] != stretch[:-1]])
    ends = np.r_[starts[1:], count]
    missing = np.isnan(series.value)
    sizes = ends - starts
    number = np.repeat(np.arange(len(starts)), sizes)
    kept = [starts, ends - 1]
    for value in (np.where(missing, np.inf, series.value), np.where(missing, np.inf, -series.value)):
        kept.append(np.lexsort((value, number))[starts])
    if missing.any():
        gaps = np.flatnonzero(missing)
        _, first = np.unique(number[gaps], return_index=True)
        kept.append(gaps[first])
    return series.pick(np.unique(np.concatenate(kept)))
