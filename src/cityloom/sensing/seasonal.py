"""What is usual for a stream at an hour of the week, by medians over past weeks; what is not, in deviations.

The usual value of an hour is the median of its means in the last weeks. The deviation that counts as one is the
largest of: 1.4826 times the median absolute deviation (MAD) of those means around their medians, over seven hours
around it; 1.2533 times the mean absolute deviation of single readings from the usual; the rule's `spread`; what
rounding adds to the means as they are remembered. Both factors make it the standard deviation where noise is normal
(Rousseeuw and Croux, JASA 88 (1993) 1273).
Example: hours of 10, 12, 11, 13 have the median 11.5 and absolute deviations 1.5, 0.5, 0.5, 1.5: MAD 1, so 1.48.

A mean is remembered in one byte: how many steps it lies from the base of its stream, from -127 to 127. A step is a
power of two, so that decoding is exact. It fits itself to the stream, by what came and by nothing else:

- Of the first 24 means each fits: the step doubles until it does. Afterwards it doubles once for each that does not
  fit, which then stands at the end of the scale. So one absurd hour costs one bit, and a median does not ask how far
  away the far ones are.
- When a week is over the base moves to the middle of what is remembered, and the step halves as often as the scale
  allows. Where all that is remembered is one step, the next mean that differs sets it anew.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloom.sensing.values import Real, Whole
from cityloom.sensing.windows import HOUR_MS

HOURS = 168
AROUND = np.arange(-3, 4)
LEAST_WEEKS = 2
NOISE_WEIGHT = 0.02  # of the newest reading
CLIP = 4.0  # a reading moves the noise by at most so many times itself
NOTHING, FAR = -128, 127  # no mean; the end of the scale
ROUNDED = 12**-0.5  # of a step: the standard deviation of what rounding adds
YOUNG = 24  # so many means set the scale at once
ALIKE = 2.0**-20  # of the usual value: what counts as none of a deviation
AT_ONCE = 20_000  # streams whose hours are looked at together, so that no temporary array is large
_WEEKS = ("cells", "base", "step")
_REST = ("hour", "total", "count", "usual", "deviation", "noise")


class Usual:
    """For each of `size` streams its hours of past weeks: 168 * weeks + 56 bytes each."""

    def __init__(self, size: int, weeks: int) -> None:
        self.weeks = weeks
        self.cells = np.full((size, HOURS, weeks), NOTHING, np.int8)
        self.base = np.full(size, np.nan, np.float64)
        self.step = np.zeros(size, np.float64)
        self.hour = np.full(size, -1, np.int32)
        self.total = np.zeros(size, np.float64)
        self.count = np.zeros(size, np.int32)
        self.usual = np.full(size, np.nan, np.float64)
        self.deviation = np.full(size, np.nan, np.float64)
        self.noise = np.full(size, np.nan, np.float64)

    def distance(self, which: Whole, local_ms: Whole, value: Real, spread: Real) -> Real:
        """How many deviations each value lies from what is usual, NaN where too little is known; then learns it."""
        hour = local_ms // HOUR_MS
        moved = np.flatnonzero(hour != self.hour[which])
        for first in range(0, len(moved), AT_ONCE):
            those = moved[first : first + AT_ONCE]
            with np.errstate(over="ignore", invalid="ignore"):  # of means near the end of all numbers
                self._next_hour(which[those], hour[those])
        away = np.abs(value - self.usual[which])
        noise = self.noise[which]
        deviation = np.fmax(np.fmax(self.deviation[which], 1.2533 * noise), spread)
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.where(deviation > 0, away / deviation, np.where(away > 0, np.inf, 0.0))
        distance[np.isnan(away) | np.isnan(deviation)] = np.nan
        self._learn(which, value, away, noise)
        return np.asarray(distance, np.float64)

    def _learn(self, which: Whole, value: Real, away: Real, noise: Real) -> None:
        self.total[which] += value
        self.count[which] += 1
        known = ~np.isnan(away)
        step = np.where(noise > 0, np.minimum(away, CLIP * noise), away)
        mixed = np.where(np.isnan(noise), step, (1 - NOISE_WEIGHT) * noise + NOISE_WEIGHT * step)
        self.noise[which[known]] = mixed[known]

    def _next_hour(self, which: Whole, hour: Whole) -> None:
        """Keep the mean of the hour that has ended; look up what is usual in the one that begins."""
        has_ended = (self.count[which] > 0) & np.isfinite(self.total[which])
        ended = which[has_ended]
        self._keep(ended, self.total[ended] / self.count[ended])
        self._fit(ended[hour[has_ended] // HOURS != self.hour[ended] // HOURS])
        self.total[which] = 0.0
        self.count[which] = 0
        self.hour[which] = hour
        codes = self.cells[which[:, None], (hour[:, None] + AROUND) % HOURS]
        past = np.where(codes == NOTHING, np.nan, codes.astype(np.float64))
        middle, known = _median(past)
        rest, _ = _median(np.abs(past - middle[..., None]).reshape(len(which), -1))
        enough = known[:, len(AROUND) // 2] >= min(LEAST_WEEKS, self.weeks)
        base, step = self.base[which], self.step[which]
        usual = np.where(enough, base + step * middle[:, len(AROUND) // 2], np.nan)
        self.usual[which] = usual
        self.deviation[which] = np.fmax(step * np.fmax(1.4826 * rest, ROUNDED), ALIKE * np.abs(usual))
        self.deviation[which[~enough]] = np.nan

    def _keep(self, which: Whole, mean: Real) -> None:
        """Remember the means of hours that have ended."""
        is_first = np.isnan(self.base[which])
        self.base[which[is_first]] = mean[is_first]
        away = mean - self.base[which]
        begins = (self.step[which] == 0) & (away != 0)
        self.step[which[begins]] = np.ldexp(1.0, np.frexp(away[begins])[1] - 6)
        self._widen(which, away)
        step = self.step[which]
        code = np.divide(away, step, out=np.zeros(len(which)), where=step > 0)
        hour = self.hour[which]
        self.cells[which, hour % HOURS, hour // HOURS % self.weeks] = np.clip(np.rint(code), -FAR, FAR)

    def _widen(self, which: Whole, away: Real) -> None:
        """Double the steps of streams whose means lie beyond their scales."""
        far = np.flatnonzero(np.abs(away) > FAR * self.step[which])
        if not len(far):
            return
        rows = which[far]
        cells = self.cells[rows]
        wanted = np.frexp(np.abs(away[far]) / (FAR * self.step[rows]))[1]
        is_young = np.count_nonzero(cells != NOTHING, axis=(1, 2)) < YOUNG
        times = np.where(is_young, wanted, np.minimum(wanted, 1))
        fewer = np.rint(np.ldexp(cells.astype(np.float64), -times[:, None, None])).astype(np.int8)
        self.cells[rows] = np.where(cells == NOTHING, cells, fewer)
        self.step[rows] = np.ldexp(self.step[rows], times)

    def _fit(self, rows: Whole) -> None:
        """Put the base of these streams into the middle of what is remembered, and use the whole scale."""
        if not len(rows):
            return
        cells = self.cells[rows].astype(np.int16)
        known = cells != NOTHING
        low = np.where(known, cells, FAR).min(axis=(1, 2))
        high = np.where(known, cells, -FAR).max(axis=(1, 2))
        middle, width = (low + high) // 2, high - low
        times = np.maximum(np.frexp(2 * FAR / np.maximum(width, 1))[1] - 1, 0)
        fitted = np.ldexp((cells - middle[:, None, None]).astype(np.float64), times[:, None, None]).astype(np.int8)
        self.cells[rows] = np.where(known, fitted, np.int8(NOTHING))
        self.base[rows] += middle * self.step[rows]
        self.step[rows] = np.where(width > 0, np.ldexp(self.step[rows], -times), 0.0)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All it knows."""
        return {name: getattr(self, name) for name in (*_WEEKS, *_REST)}

    def take(self, mine: Whole, arrays: dict[str, NDArray[np.generic]], theirs: Whole) -> None:
        """Know of `mine` what `arrays` say of `theirs`; past weeks only where it looks at as many."""
        for name in _REST if arrays["cells"].shape[2] != self.weeks else (*_WEEKS, *_REST):
            getattr(self, name)[mine] = arrays[name][theirs]


def _median(values: Real) -> tuple[Real, Whole]:
    """The median of the last axis and how many values it rests on; NaN are left out."""
    ordered = np.sort(values, axis=-1)  # NaN last
    known = np.sum(~np.isnan(values), axis=-1)
    last = np.maximum(known - 1, 0)
    low = np.take_along_axis(ordered, (last // 2)[..., None], -1)[..., 0]
    high = np.take_along_axis(ordered, ((last + 1) // 2)[..., None], -1)[..., 0]
    return (low + high) / 2, known
