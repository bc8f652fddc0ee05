"""The weather of the demo's year: rain, warmth, wind and snow day by day, and one storm. Pure; made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from cityloom.exchange.demo.chance import stream

Floats = NDArray[np.float64]

# For each month: how likely a wet day is, and how much falls on one (mm, the mean of a gamma of shape 0.8).
WET = (
    (0.09, 3), (0.10, 4), (0.15, 6), (0.20, 9), (0.24, 12), (0.28, 16),
    (0.36, 24), (0.34, 22), (0.30, 14), (0.20, 8), (0.12, 5), (0.08, 3),
)  # fmt: skip
MEAN_C, SWING_C, COLDEST_DAY = 15.2, 12.8, 20  # a year of an inland city at 33° north
STORM_SEASON = (date(2000, 7, 1), date(2000, 8, 31))
STORM_RAIN_MM, STORM_WIND_MS = 138.0, 21.0


@dataclass(frozen=True)
class Weather:
    """One value a day. `storm` is the number of the storm's day."""

    days: tuple[date, ...]
    rain_mm: Floats
    warm_c: Floats
    wind_ms: Floats
    snow_cm: Floats
    storm: int

    @property
    def storm_day(self) -> date:
        return self.days[self.storm]


def draw_weather(last: date, days: int, seed: int) -> Weather:
    """The weather of so many days up to `last`; a day has the same weather in every span that holds it but for the
    storm, which comes once: on the wettest day of July and August, or of all where the span has neither."""
    span = tuple(last - timedelta(days=back) for back in range(days - 1, -1, -1))
    drawn = np.array([_day(day, seed) for day in span])
    rain, warm, wind, snow = (drawn[:, i].copy() for i in range(4))
    summer = np.array([STORM_SEASON[0] <= day.replace(year=2000) <= STORM_SEASON[1] for day in span])
    storm = int(np.argmax(np.where(summer, rain, -1.0) if summer.any() else rain))
    rain[storm], wind[storm] = STORM_RAIN_MM, STORM_WIND_MS
    return Weather(span, rain, warm, wind, snow, storm)


def _day(day: date, seed: int) -> tuple[float, float, float, float]:
    rng = stream(seed, f"weather {day.isoformat()}")
    number = day.toordinal()
    spell = 2.6 * np.sin(number / 6.1 + seed) + 1.7 * np.sin(number / 2.9)
    warm = MEAN_C - SWING_C * np.cos(2 * np.pi * (day.timetuple().tm_yday - COLDEST_DAY) / 365.25)
    warm += spell + float(rng.normal(0, 1.6))
    likely, mean_mm = WET[day.month - 1]
    wet = float(rng.gamma(0.8, mean_mm / 0.8)) if rng.random() < likely else 0.0
    wind = float(rng.lognormal(1.0, 0.45))
    return (0.0, warm, wind, wet) if warm < 1.0 else (wet, warm, wind, 0.0)
