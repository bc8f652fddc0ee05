"""When things happen: weather, seasons, weekdays, holidays and hours of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from cityloom.exchange.demo.calendar import days_off_and_on
from cityloom.exchange.demo.chance import shares, stream

WEEKDAYS = np.array([1.16, 1.10, 1.06, 1.04, 1.02, 0.84, 0.78])
HOLIDAY = 0.62

# share of the cases by hour of the day
HOURS = {
    "day": [1, 1, 0, 0, 0, 1, 4, 14, 34, 42, 40, 30, 16, 18, 34, 38, 34, 26, 18, 14, 10, 7, 4, 2],
    "evening": [3, 1, 1, 0, 0, 1, 3, 8, 14, 16, 15, 12, 9, 9, 12, 13, 14, 18, 28, 38, 40, 32, 18, 7],
    "night": [18, 14, 9, 6, 4, 4, 5, 8, 12, 12, 10, 8, 6, 6, 8, 9, 9, 12, 18, 26, 32, 38, 40, 30],
    "early": [1, 1, 0, 1, 3, 9, 22, 40, 44, 36, 26, 18, 12, 12, 16, 16, 14, 12, 10, 8, 6, 4, 3, 2],
}


@dataclass(frozen=True)
class Year:
    """The days before `until` with their weather: rain and snow as amounts, cold in degrees below the usual."""

    days: tuple[date, ...]
    rain: np.ndarray
    snow: np.ndarray
    cold: np.ndarray
    bustle: np.ndarray  # what all kinds of matters share: weekday, holiday, chance

    def weights(self, season: str) -> np.ndarray:
        """The share of a kind's cases on each day."""
        weight = self._season(season) * self.bustle
        return shares(weight) if weight.sum() > 0 else shares(self.bustle)

    def _season(self, season: str) -> np.ndarray:
        if season == "rain":
            return 0.35 + 2.6 * self.rain + 1.6 * np.concatenate([[0.0], self.rain[:-1]])
        if season == "snow":
            return self.snow + 0.7 * np.concatenate([[0.0], self.snow[:-1]])
        if season == "heating":
            return self._heating()
        peaks = {
            "summer": ((197, 42, 1.7),), "winter": ((5, 45, 0.9),), "spring": ((105, 30, 1.3),),
            "autumn": ((318, 18, 2.2),), "school": ((238, 18, 2.4), (95, 40, 0.7)),
        }  # fmt: skip
        number = np.array([day.timetuple().tm_yday for day in self.days])
        weight = np.full(len(self.days), 0.55)
        for middle, width, height in peaks.get(season, ()):
            away = np.abs(number - middle)
            weight += height * np.exp(-((np.minimum(away, 365 - away) / width) ** 2))
        return weight

    def _heating(self) -> np.ndarray:
        """Heating runs from 15 November to 15 March; most calls come in the first weeks and in cold spells."""
        weight = np.full(len(self.days), 0.004)
        for index, day in enumerate(self.days):
            begin = date(day.year if day.month > 6 else day.year - 1, 11, 15)
            since = (day - begin).days
            if 0 <= since <= 120:
                weight[index] = 0.5 + 2.2 * np.exp(-since / 16) + 0.22 * max(self.cold[index], 0)
        return weight


def shape_year(until: date, seed: int) -> Year:
    """The 365 days that end before `until`, with weather drawn for each calendar day of the seed."""
    days = tuple(until - timedelta(days=back) for back in range(365, 0, -1))
    off, _worked = days_off_and_on()
    rain, snow, cold, bustle = [], [], [], []
    for day in days:
        rng = stream(seed, f"weather {day.isoformat()}")
        wet = rng.random() < (0.30 if 6 <= day.month <= 9 else 0.09)
        amount = float(rng.lognormal(0, 0.7))
        winter = day.month in (12, 1, 2)
        rain.append(amount if wet and not winter else 0.0)
        snow.append(amount if winter and rng.random() < 0.09 else 0.0)
        cold.append(float(rng.normal(0, 2.2)) + 2.5 * np.sin(day.toordinal() / 6.1))
        bustle.append(WEEKDAYS[day.weekday()] * (HOLIDAY if day in off else 1.0) * float(rng.lognormal(0, 0.10)))
    return Year(days, np.array(rain), np.array(snow), np.array(cold), np.array(bustle))


def draw_moments(year: Year, season: str, hours: str, count: int, rng: np.random.Generator) -> list[tuple[date, int]]:
    """Days and seconds of the day for `count` cases of a kind."""
    chosen = rng.choice(len(year.days), size=count, p=year.weights(season))
    hour = rng.choice(24, size=count, p=shares(HOURS[hours]))
    second = rng.integers(0, 3_600, size=count)
    return [(year.days[int(day)], int(h) * 3_600 + int(s)) for day, h, s in zip(chosen, hour, second, strict=True)]
