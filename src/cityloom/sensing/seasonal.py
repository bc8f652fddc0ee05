"""What is usual for a stream at an hour of the week, by medians over past weeks; what is not, in deviations.

The usual value of an hour is the median of its means in the last weeks. The deviation that counts as one is the
largest of: 1.4826 times the median absolute deviation (MAD) of those means around their medians, over seven hours
around it; 1.2533 times the mean absolute deviation of single readings from the usual; the rule's `spread`. Both
factors make it the standard deviation where noise is normal (Rousseeuw and Croux, JASA 88 (1993) 1273).
Example: hours of 10, 12, 11, 13 have the median 11.5 and absolute deviations 1.5, 0.5, 0.5, 1.5: MAD 1, so 1.48.
"""

from __future__ import annotations

import numpy as np

from cityloom.sensing.values import Real, Whole
from cityloom.sensing.windows import HOUR_MS

HOURS = 168
AROUND = np.arange(-3, 4)
LEAST_WEEKS = 2
NOISE_WEIGHT = 0.02  # of the newest reading
CLIP = 4.0  # a reading moves the noise by at most so many times itself
_ARRAYS = ("ring", "hour", "total", "count", "usual", "deviation", "noise")


class Usual:
    """For each of `size` streams its hours of past weeks; about 170 * weeks * 4 bytes each."""

    def __init__(self, size: int, weeks: int) -> None:
        self.weeks = weeks
        self.ring = np.full((size, HOURS, weeks), np.nan, np.float32)
        self.hour = np.full(size, -1, np.int64)
        self.total = np.zeros(size, np.float64)
        self.count = np.zeros(size, np.int32)
        self.usual = np.full(size, np.nan, np.float64)
        self.deviation = np.full(size, np.nan, np.float64)
        self.noise = np.full(size, np.nan, np.float64)

    def distance(self, which: Whole, local_ms: Whole, value: Real, spread: Real) -> Real:
        """How many deviations each value lies from what is usual, NaN where too little is known; then learns it."""
        hour = local_ms // HOUR_MS
        moved = which[hour != self.hour[which]]
        if len(moved):
            self._next_hour(moved, hour[hour != self.hour[which]])
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
        ended = which[self.count[which] > 0]
        old = self.hour[ended]
        self.ring[ended, old % HOURS, old // HOURS % self.weeks] = self.total[ended] / self.count[ended]
        self.total[which] = 0.0
        self.count[which] = 0
        self.hour[which] = hour
        past = self.ring[which[:, None], (hour[:, None] + AROUND) % HOURS].astype(np.float64)
        middle, known = _median(past)
        rest, _ = _median(np.abs(past - middle[..., None]).reshape(len(which), -1))
        enough = known[:, len(AROUND) // 2] >= min(LEAST_WEEKS, self.weeks)
        self.usual[which] = np.where(enough, middle[:, len(AROUND) // 2], np.nan)
        self.deviation[which] = np.where(enough, 1.4826 * rest, np.nan)

    def arrays(self) -> dict[str, np.ndarray]:
        """All it knows."""
        return {name: getattr(self, name) for name in _ARRAYS}

    def take(self, mine: Whole, arrays: dict[str, np.ndarray], theirs: Whole) -> None:
        """Know of `mine` what `arrays` say of `theirs`; weeks beyond its own are left out."""
        for name in _ARRAYS[1:]:
            getattr(self, name)[mine] = arrays[name][theirs]
        if arrays["ring"].shape[2] == self.weeks:
            self.ring[mine] = arrays["ring"][theirs]


def _median(values: Real) -> tuple[Real, Whole]:
    """The median of the last axis and how many values it rests on; NaN are left out."""
    ordered = np.sort(values, axis=-1)  # NaN last
    known = np.sum(~np.isnan(values), axis=-1)
    last = np.maximum(known - 1, 0)
    low = np.take_along_axis(ordered, (last // 2)[..., None], -1)[..., 0]
    high = np.take_along_axis(ordered, ((last + 1) // 2)[..., None], -1)[..., 0]
    return (low + high) / 2, known
