"""What is the matter in the demo's year: which class, from where, when, at which place, told by whom. Pure.

Drawn in arrays from the tables of `pulse.py`, the weather and the places of the city. The course that each takes
afterwards is drawn in `fates.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloom.city.snapshot_values import City
from cityloom.city.values import MatterClass
from cityloom.exchange.demo.chance import shares, split_whole, stream
from cityloom.exchange.demo.grounds import Grounds, Spot
from cityloom.exchange.demo.happening import Happening, Happenings
from cityloom.exchange.demo.pulse import STORM_HOURS, STORM_MARKS, days_of, hours_of
from cityloom.exchange.demo.weather import Floats, Weather, draw_weather
from cityloom.exchange.demo.wording import Tellings, Wording

# Of a hundred cases of a kind, how many come from where.
SOURCES: dict[str, tuple[tuple[str, float], ...]] = {
    "component": (("hotline", 0.28), ("resident", 0.20), ("grid_worker", 0.45), ("inspection", 0.07)),
    "event": (("hotline", 0.28), ("resident", 0.18), ("grid_worker", 0.47), ("inspection", 0.07)),
    "hotline": (("hotline", 0.76), ("resident", 0.24)),
}
SENSED = ("C0137", "C0103", "E0406", "E0402", "E0304", "C0305", "E0506", "0137")  # classes that devices watch
SENSED_SHARE = 0.10
REPEATED = 0.075  # of the cases that residents bring are repeats within ninety days
REPEAT_DAYS = (6, 88)
STORM_SHARE = 0.0075
HOT_SHARE = 0.045  # of all cases have one of the lasting causes
HOT_SPOTS = 36
CALLERS_A_CASE = 0.42  # people in the pool for each case they bring


@dataclass(frozen=True)
class HotSpot:
    """A lasting cause at one place: cases come from it until it is mended."""

    class_code: str
    spot: Spot
    begins: date
    fixed: date | None

    def as_json(self) -> dict[str, Any]:
        place = self.spot.place
        return {
            "class": self.class_code,
            "area": place.area,
            "lon": place.lon,
            "lat": place.lat,
            "from": self.begins.isoformat(),
            "fixed": self.fixed.isoformat() if self.fixed else None,
        }


@dataclass(frozen=True)
class Year:
    """All that happened, oldest first, and what lies behind it."""

    happenings: Happenings
    weather: Weather
    hot_spots: list[HotSpot] = field(default_factory=list)
    callers: int = 0


class YearDrawer:
    """Draws the happenings of the days before a moment, for one city."""

    def __init__(self, city: City, wording: Wording, until: datetime, days: int, seed: int) -> None:
        self._city = city
        self._wording = wording
        self._tz = city.calendar().tz
        self._until = until.astimezone(self._tz)
        self._seed = seed
        self.grounds = Grounds(city, seed, wording.language)
        self.weather = draw_weather(self._until.date(), days, seed)
        self._midnight = [int(datetime.combine(d, time(), self._tz).timestamp()) for d in self.weather.days]
        self._end = int(self._until.timestamp())

    def draw(self, count: int) -> Year:
        """So many happenings, the oldest first."""
        classes = [(self._city.classes[c], self._wording.tellings(self._city.classes[c])) for c in self._city.leaves]
        weights = [told.weight for _, told in classes]
        stormy = int(count * STORM_SHARE)
        hot = int(count * HOT_SHARE)
        found: list[Happening] = []
        for (matter, told), wanted in zip(classes, split_whole(count - stormy - hot, weights), strict=True):
            found += self._of_class(matter, told, wanted)
        found += self._storm(classes, stormy)
        spots, caused = self._hot(classes, hot)
        found += caused
        found, callers = self._with_callers(found)
        found = self._repeat(found)
        ordered = sorted(range(len(found)), key=lambda i: (found[i].opened, i))
        place = {old: new for new, old in enumerate(ordered)}
        moved = [found[i]._replace(again=place[found[i].again] if found[i].again >= 0 else -1) for i in ordered]
        return Year(Happenings(moved), self.weather, spots, callers)

    # --- ordinary days ---

    def _of_class(self, matter: MatterClass, told: Tellings, wanted: int) -> list[Happening]:
        rng = stream(self._seed, f"year {matter.code}")
        spots = self._spots(matter, told)
        if not wanted:
            return []
        sources = _sources(matter)
        counts = split_whole(wanted, [share for _, share in sources])
        found: list[Happening] = []
        for (source, _), number in zip(sources, counts, strict=True):
            moments = self._moments(source, told, number, rng)
            heat = shares([spot.weight for spot in spots])
            chosen: list[int] = rng.choice(len(spots), size=number, p=heat).tolist()
            found += [
                Happening(matter, told, source, at, spots[int(i)], None)
                for at, i in zip(moments, chosen, strict=True)
            ]
        return found

    def _spots(self, matter: MatterClass, told: Tellings) -> list[Spot]:
        if matter.kind == "component" and (at := self.grounds.at_components(matter.code)):
            return at
        if not told.at:
            return [self.grounds.nowhere]
        return self.grounds.homes if told.at == "estate" else self.grounds.roads

    def _moments(self, source: str, told: Tellings, number: int, rng: np.random.Generator) -> list[int]:
        if not number:
            return []
        calendar = self._city.calendar()
        days = days_of(source, told.season, self.weather, calendar.holidays, calendar.makeup_days)
        day = rng.choice(len(days), size=number, p=days)
        return self._within(day, hours_of(source, told.hours), rng)

    def _within(self, day: NDArray[np.int64], hours: Floats, rng: np.random.Generator) -> list[int]:
        """Moments of these days by the shares of the hours; what would lie ahead is moved into the days before."""
        hour = rng.choice(24, size=len(day), p=hours)
        second = hour * 3600 + rng.integers(0, 3600, size=len(day))
        moments = np.array(self._midnight)[day] + second
        late = moments >= self._end
        moments[late] -= 86_400 * (1 + (moments[late] - self._end) // 86_400)
        return [int(m) for m in moments]

    # --- the storm ---

    def _storm(self, classes: Sequence[tuple[MatterClass, Tellings]], count: int) -> list[Happening]:
        """Cases of one day: water, trees, lamps. Most come on the day itself, the rest on the day after."""
        rng = stream(self._seed, "storm")
        marked = [(m, t, s) for m, t in classes if m.nature == "matter" and (s := _storm_share(m)) and t.at]
        if not marked:
            return []
        found: list[Happening] = []
        for (matter, told, _), number in zip(marked, split_whole(count, [s for _, _, s in marked]), strict=True):
            spots = self._spots(matter, told)
            after = min(self.weather.storm + 1, len(self.weather.days) - 1)
            day = np.where(rng.random(number) < 0.82, self.weather.storm, after)
            moments = self._within(day, shares(STORM_HOURS), rng)
            names = [source for source, _ in _sources(matter)]
            which = rng.choice(len(names), size=number, p=shares([share for _, share in _sources(matter)]))
            chosen = rng.choice(len(spots), size=number, p=shares([spot.weight for spot in spots]))
            found += [
                Happening(matter, told, names[int(w)], at, spots[int(i)], None, storm=True)
                for at, i, w in zip(moments, chosen, which, strict=True)
            ]
        return found

    # --- lasting causes ---

    def _hot(
        self, classes: Sequence[tuple[MatterClass, Tellings]], count: int
    ) -> tuple[list[HotSpot], list[Happening]]:
        rng = stream(self._seed, "hot spots")
        able = [(m, t) for m, t in classes if m.nature == "matter" and t.at and t.weight >= 0.35]
        if not able or not count:
            return [], []
        weight = shares([t.weight for _, t in able])
        number = min(HOT_SPOTS, max(1, count // 8))
        spots, found = [], []
        days = self.weather.days
        for each, wanted in enumerate(split_whole(count, [1 / (i + 3) for i in range(number)])):
            matter, told = able[int(rng.choice(len(able), p=weight))]
            options = self._spots(matter, told)
            spot = options[int(rng.integers(len(options)))]
            first = int(rng.integers(0, max(1, len(days) // 2)))
            length = max(2, int(len(days) * rng.uniform(0.2, 0.55)))
            last = min(first + length, len(days))
            fixed = days[last] if last < len(days) else None
            spots.append(HotSpot(matter.code, spot, days[first], fixed))
            day = rng.integers(first, last, size=wanted)
            moments = self._within(day, hours_of("hotline", told.hours), rng)
            sources = rng.choice(3, size=wanted, p=[0.55, 0.35, 0.10])
            names = ("hotline", "resident", "grid_worker" if matter.kind != "hotline" else "hotline")
            found += [
                Happening(matter, told, names[int(s)], at, spot, None, hot=each)
                for at, s in zip(moments, sources, strict=True)
            ]
        return spots, found

    # --- people ---

    def _with_callers(self, found: list[Happening]) -> tuple[list[Happening], int]:
        """Who says it, from a pool in which few call often; one in five who write leaves no number."""
        rng = stream(self._seed, "callers")
        public = sum(h.source in ("hotline", "resident") for h in found)
        pool = max(1, int(public * CALLERS_A_CASE))
        drawn = (pool * rng.random(len(found)) ** 1.6).astype(int)
        silent = rng.random(len(found)) < 0.2
        named = []
        for i, happening in enumerate(found):
            asks = happening.source == "hotline" or (happening.source == "resident" and not silent[i])
            named.append(happening._replace(caller=int(drawn[i])) if asks else happening)
        return named, pool

    def _repeat(self, found: list[Happening]) -> list[Happening]:
        """Some cases become repeats: the same caller, place and matter as an earlier one, within ninety days."""
        rng = stream(self._seed, "repeats")
        able = [i for i, h in enumerate(found) if h.caller is not None and h.told.at and h.hot < 0 and not h.storm]
        if len(able) < 2:
            return found
        count = int(len(able) * REPEATED)
        chosen = rng.permutation(len(able))
        repeated = list(found)
        originals = [able[int(i)] for i in chosen[count : 2 * count]]
        for which, first in zip(chosen[:count], originals, strict=False):
            wait = int(86_400 * rng.uniform(*REPEAT_DAYS)) + int(rng.normal(0, 5_400))
            at = found[first].opened + wait
            if at < self._end:
                repeated[able[int(which)]] = found[first]._replace(opened=at, again=first)
        return repeated


def _sources(matter: MatterClass) -> tuple[tuple[str, float], ...]:
    rows = SOURCES.get(matter.kind, SOURCES["hotline"])
    if matter.nature == "matter" and matter.kind != "hotline" and matter.code.split(":")[-1] in SENSED:
        return (("sensor", SENSED_SHARE), *((source, share * (1 - SENSED_SHARE)) for source, share in rows))
    return rows


def _storm_share(matter: MatterClass) -> int:
    names = (matter.name.zh, matter.name.en)
    return max((share for marks, share in STORM_MARKS if any(m in name for m in marks for name in names)), default=0)


def span_of(months: int) -> int:
    """How many days a history of so many months has: a year is 365."""
    return max(2, round(365 * months / 12))
