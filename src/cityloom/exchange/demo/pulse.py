"""When a city speaks up: by hour and source, by weekday and holiday, by season and weather. Tables and functions.

Each table is relative; what matters is a row against its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np

from cityloom.exchange.demo.chance import shares
from cityloom.exchange.demo.weather import Floats, Weather

# Hours of the day, from midnight. Residents write after work, the hotline rings in office hours and after supper,
# collectors walk their shift, devices never sleep.
SOURCE_HOURS: dict[str, tuple[int, ...]] = {
    "resident": (5, 3, 2, 1, 1, 2, 6, 13, 17, 16, 15, 14, 15, 13, 13, 14, 15, 20, 32, 40, 42, 34, 21, 11),
    "hotline": (5, 3, 2, 2, 2, 3, 8, 20, 36, 40, 38, 30, 20, 22, 34, 36, 33, 28, 26, 28, 26, 20, 13, 8),
    "grid_worker": (0, 0, 0, 0, 0, 0, 3, 22, 40, 42, 40, 26, 8, 20, 38, 40, 36, 22, 6, 1, 0, 0, 0, 0),
    "inspection": (0, 0, 0, 0, 0, 0, 0, 4, 24, 40, 38, 20, 4, 16, 36, 38, 26, 8, 3, 4, 5, 4, 1, 0),
    "sensor": (18, 18, 18, 18, 18, 18, 19, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 21, 22, 22, 21, 20, 19, 18),
}
# What the hour does to a kind of matter, for those who tell of it themselves.
MATTER_HOURS: dict[str, tuple[int, ...]] = {
    "day": (2, 1, 1, 1, 1, 2, 6, 14, 20, 20, 20, 18, 16, 16, 18, 20, 20, 18, 16, 14, 12, 9, 6, 3),
    "evening": (6, 3, 2, 1, 1, 1, 3, 6, 9, 10, 10, 9, 8, 8, 9, 10, 11, 15, 24, 32, 34, 28, 18, 10),
    "night": (30, 24, 17, 12, 9, 8, 7, 7, 8, 8, 8, 7, 6, 6, 7, 7, 8, 10, 16, 26, 34, 42, 44, 38),
    "early": (2, 1, 1, 2, 6, 14, 28, 38, 36, 26, 20, 14, 11, 11, 14, 14, 13, 12, 11, 9, 8, 6, 4, 3),
}
WEEKDAYS: dict[str, tuple[float, ...]] = {  # Monday first
    "resident": (1.14, 1.08, 1.04, 1.03, 1.02, 0.88, 0.84),
    "hotline": (1.22, 1.12, 1.07, 1.04, 1.02, 0.76, 0.68),
    "grid_worker": (1.08, 1.06, 1.05, 1.05, 1.04, 0.70, 0.52),
    "inspection": (1.06, 1.06, 1.05, 1.05, 1.00, 0.30, 0.22),
    "sensor": (1.00, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00),
}
HOLIDAY: dict[str, float] = {
    "resident": 0.74, "hotline": 0.60, "grid_worker": 0.42, "inspection": 0.25, "sensor": 1.00,
}  # fmt: skip
# A season as peaks over the days of a year: (day, width in days, height above the ground of 0.55).
PEAKS: dict[str, tuple[tuple[int, int, float], ...]] = {
    "summer": ((197, 42, 1.7),),
    "winter": ((5, 45, 0.9),),
    "spring": ((105, 30, 1.3),),
    "autumn": ((318, 18, 2.4),),
    "school": ((238, 18, 2.4), (95, 40, 0.7)),
    "all": (),
}
HEATING = ((11, 15), 120)  # heating begins on 15 November and runs for so many days
# What a storm leaves behind: parts of class names in either language, and how many of a hundred cases each makes.
STORM_MARKS: tuple[tuple[tuple[str, ...], int], ...] = (
    (("积水", "内涝", "flood", "Flood"), 42),
    (("树", "tree", "Tree"), 22),
    (("路灯", "lamp", "Lamp", "lighting"), 14),
    (("停电", "power", "Power"), 6),
    (("雨水", "箅", "drain", "Drain"), 10),
    (("漏水", "塌陷", "Leak", "leak", "subsid"), 6),
)
STORM_HOURS = (2, 2, 2, 2, 2, 3, 5, 9, 14, 18, 22, 26, 30, 36, 44, 52, 60, 64, 58, 46, 34, 24, 16, 10)


def hours_of(source: str, hours: str) -> Floats:
    """The share of each hour: the source's own day, bent by the matter's for those who tell of it themselves."""
    curve = np.array(SOURCE_HOURS[source], dtype=float)
    if source in ("resident", "hotline"):
        curve = curve * np.array(MATTER_HOURS[hours], dtype=float)
    return shares(curve)


def days_of(source: str, season: str, weather: Weather, holidays: frozenset[date], worked: frozenset[date]) -> Floats:
    """The share of each day: season and weather of the matter, weekday and holiday of the source."""
    week = np.array([WEEKDAYS[source][_weekday(day, worked)] for day in weather.days])
    free = np.array([HOLIDAY[source] if day in holidays else 1.0 for day in weather.days])
    weight = season_of(season, weather) * week * free
    return shares(weight) if weight.sum() > 0 else shares(week)


def _weekday(day: date, worked: frozenset[date]) -> int:
    """A worked weekend day lives like a Friday."""
    return 4 if day in worked else day.weekday()


def season_of(season: str, weather: Weather) -> Floats:
    """How much a kind of matter stirs on each day."""
    if season in _BY_WEATHER:
        return _BY_WEATHER[season](weather)
    number = np.array([day.timetuple().tm_yday for day in weather.days])
    weight = np.full(len(weather.days), 0.55)
    for middle, width, height in PEAKS[season]:
        away = np.abs(number - middle)
        weight += height * np.exp(-((np.minimum(away, 365 - away) / width) ** 2))
    if season == "summer":
        weight *= np.where(weather.warm_c > 28.0, 1.5, 1.0)  # heat waves
    return weight


def _rain(weather: Weather) -> Floats:
    wet = np.minimum(weather.rain_mm, 60.0)
    return 0.35 + 0.11 * wet + 0.06 * np.concatenate([[0.0], wet[:-1]])


def _snow(weather: Weather) -> Floats:
    deep = weather.snow_cm + 0.7 * np.concatenate([[0.0], weather.snow_cm[:-1]])
    return 0.02 + deep + np.where(weather.warm_c < -2.0, 0.4, 0.0)


def _heating(weather: Weather) -> Floats:
    """Most calls come in the first weeks of heating and in cold spells."""
    (month, first), length = HEATING
    weight = np.full(len(weather.days), 0.004)
    for i, day in enumerate(weather.days):
        since = (day - date(day.year if day.month > 6 else day.year - 1, month, first)).days
        if 0 <= since <= length:
            weight[i] = 0.5 + 2.2 * np.exp(-since / 16) + 0.16 * max(4.0 - float(weather.warm_c[i]), 0.0)
    return weight


_BY_WEATHER: dict[str, Callable[[Weather], Floats]] = {"rain": _rain, "snow": _snow, "heating": _heating}
