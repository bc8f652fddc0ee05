"""The shared bikes of the demo city: three fleets that follow the day, and the heaps that its tides leave. Pure.

Where a bike stands depends on the moment and the seed alone: at home by night, where people work by day, and in a
heap while one lasts. The plain numbers of a fleet never change; only places do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cityloom.exchange.demo.bike_firms import FIRMS
from cityloom.exchange.demo.chance import stream
from cityloom.exchange.demo.troubles import METRES_A_DEGREE

Floats = NDArray[np.float64]
DAY_S = 86_400
FULL = 0.6  # of a place's room is taken on a usual day
OUTSIDE = 0.12  # of a fleet stand in no place
COMMUTES = 0.7  # of those in places are ridden to work and back
MORNING_H, EVENING_H = (6.5, 9.5), (16.5, 19.5)
SCATTER_M = (25.0, 90.0)  # how far from a place those in none stand
RAMP_S = 900.0  # a heap grows for so long, and goes in half of it
HEAPED = range(12, 24)  # bikes in a heap beyond the room
OF_A_HEAP_OUTSIDE = range(44, 60)

# Of a day: from hour, to hour, heaps in places, heaps out of any.
TIDES = ((7.0, 9.5, 4.0, 2.0), (11.5, 13.5, 1.0, 0.5), (17.0, 19.5, 3.0, 1.5), (20.0, 23.0, 1.0, 1.0))
# What a visitor of the first minutes sees: seconds after the start, firm, whether outside, minutes that it lasts.
SHOWN_AT_START = ((20.0, 0, False, 14.0), (80.0, 1, True, 25.0))
SILENT_AFTER_START_S = 300.0  # the firm that falls silent at times does so first, as long as ever


class Place(NamedTuple):
    """A parking place, or with room 0 a corner where there is none."""

    lon: float
    lat: float
    room: int


class Bike(NamedTuple):
    """Where a bike of a firm stands."""

    code: str
    lon: float
    lat: float


class Heaped(NamedTuple):
    """A heap of a firm at a place (its number, or −1: out of any, at the point), from when to when, how many."""

    firm: int
    place: int
    lon: float
    lat: float
    begin_s: float
    end_s: float
    most: int

    def there_at(self, at_s: float) -> int:
        """How many of it stand there: it grows, lasts, and is cleared."""
        if at_s <= self.begin_s or at_s >= self.end_s + RAMP_S / 2:
            return 0
        grown = min(1.0, (at_s - self.begin_s) / RAMP_S)
        left = 1.0 if at_s <= self.end_s else 1.0 - (at_s - self.end_s) / (RAMP_S / 2)
        return int(self.most * min(grown, left))


class Fleets:
    """All fleets over the parking places of a city; `zone_s`: seconds by which its clocks are ahead of UTC."""

    def __init__(self, places: Sequence[Place], zone_s: int, seed: int, started_s: float | None = None) -> None:
        self.places, self._zone_s, self._seed, self._started_s = places, zone_s, seed, started_s
        self._began = [] if started_s is None else self._shown(started_s)
        self._homes = self._lay_out()

    def bikes_at(self, firm: int, at_s: float) -> list[Bike]:
        """Where every bike of a firm stands."""
        lon, lat = self._homes[firm].at(self._hour(at_s))
        who = 0  # bikes in a heap are the first of the fleet, so that the others stay where they are
        for heap in self._heaps_at(firm, at_s):
            count = heap.there_at(at_s)
            around = stream(self._seed, f"heap {heap.begin_s:.0f} {heap.lon:.6f}")
            metres = around.uniform(-1.0, 1.0, (heap.most, 2)) * (1.2 if heap.place >= 0 else 5.0)
            which = slice(who, min(who + count, len(lon)))
            size = which.stop - which.start
            lon[which] = heap.lon + metres[:size, 0] / (METRES_A_DEGREE * np.cos(np.radians(heap.lat)))
            lat[which] = heap.lat + metres[:size, 1] / METRES_A_DEGREE
            who = which.stop
        code = FIRMS[firm].code
        told = zip(lon.round(7).tolist(), lat.round(7).tolist(), strict=True)
        return [Bike(f"{code}-{number:05d}", east, north) for number, (east, north) in enumerate(told)]

    def is_silent(self, firm: int, at_s: float) -> bool:
        """Whether the firm's server answers nothing now."""
        begins, ends = FIRMS[firm].silent
        first_s = -1.0 if self._started_s is None else at_s - self._started_s - SILENT_AFTER_START_S
        return begins * 60 <= at_s % (3 * 3_600) < ends * 60 or 0 <= first_s < 60 * (ends - begins)

    def heaps_of_day(self, day: int) -> list[Heaped]:
        """The heaps that begin on a local day (days since 1970), always the same."""
        rng = stream(self._seed, f"bike heaps {day}")
        found = []
        for begins, ends, inside, outside in TIDES:
            for mean, is_outside in ((inside, False), (outside, True)):
                for _ in range(int(rng.poisson(mean))):
                    firm = int(rng.integers(len(FIRMS)))
                    begin_s = day * DAY_S - self._zone_s + 3_600 * float(rng.uniform(begins, ends))
                    minutes = float(rng.uniform(*FIRMS[firm].clears_min)) + RAMP_S / 60
                    found.append(self._heap(rng, firm, is_outside, begin_s, minutes))
        return found

    def _heap(self, rng: np.random.Generator, firm: int, outside: bool, begin_s: float, minutes: float) -> Heaped:
        number = int(rng.integers(len(self.places)))
        place = self.places[number]
        extra = int(rng.choice(OF_A_HEAP_OUTSIDE if outside else HEAPED))
        lon, lat = self._beside(rng, place) if outside else (place.lon, place.lat)
        end_s = begin_s + 60 * minutes
        return Heaped(firm, -1 if outside else number, lon, lat, begin_s, end_s, extra + place.room * (not outside))

    def _shown(self, started_s: float) -> list[Heaped]:
        rng = stream(self._seed, "bike heaps at the start")
        return [
            self._heap(rng, firm, outside, started_s + after_s - RAMP_S, minutes + RAMP_S / 60)
            for after_s, firm, outside, minutes in SHOWN_AT_START
        ]

    def _heaps_at(self, firm: int, at_s: float) -> list[Heaped]:
        day = int((at_s + self._zone_s) // DAY_S)
        known = [*self._began, *self.heaps_of_day(day - 1), *self.heaps_of_day(day)]
        return [heap for heap in known if heap.firm == firm and heap.there_at(at_s)]

    def _hour(self, at_s: float) -> float:
        return ((at_s + self._zone_s) % DAY_S) / 3_600

    def _beside(self, rng: np.random.Generator, place: Place) -> tuple[float, float]:
        """A point some way off a place."""
        turn, metres = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(*SCATTER_M))
        east = metres * np.cos(turn) / (METRES_A_DEGREE * np.cos(np.radians(place.lat)))
        return place.lon + float(east), place.lat + metres * float(np.sin(turn)) / METRES_A_DEGREE

    def _lay_out(self) -> list[_Homes]:
        """Who stands where on a usual day; no place ever holds more than its usual share."""
        rng = stream(self._seed, "bike homes")
        work = [n for n in range(len(self.places)) if n % 5 < 2]
        home = [n for n in range(len(self.places)) if n % 5 >= 2]
        at_work, at_home = (self._slots(rng, numbers) for numbers in (work, home))
        found = []
        for firm in FIRMS:
            homes = [self._point(rng, at_home) for _ in range(firm.fleet)]
            works = [
                self._point(rng, at_work) if rng.random() < COMMUTES and at_work else homes[n]
                for n in range(firm.fleet)
            ]
            leaves, returns = (rng.uniform(*hours, firm.fleet) for hours in (MORNING_H, EVENING_H))
            found.append(_Homes(np.array(homes), np.array(works), leaves, returns))
        return found

    def _slots(self, rng: np.random.Generator, numbers: Sequence[int]) -> list[int]:
        slots = [n for n in numbers for _ in range(int(FULL * self.places[n].room))]
        order: list[int] = rng.permutation(slots).tolist() if slots else []
        return order

    def _point(self, rng: np.random.Generator, slots: list[int]) -> tuple[float, float]:
        """A free slot in a place, or now and then (and where none is free) a corner in no place."""
        if slots and rng.random() >= OUTSIDE:
            place = self.places[slots.pop()]
            return place.lon, place.lat
        return self._beside(rng, self.places[int(rng.integers(len(self.places)))])


class _Homes(NamedTuple):
    """Two points of each bike, the second between the hours at which it leaves and returns."""

    home: Floats
    work: Floats
    leaves_h: Floats
    returns_h: Floats

    def at(self, hour: float) -> tuple[Floats, Floats]:
        """Longitudes and latitudes at an hour of the day."""
        out = (self.leaves_h <= hour) & (hour < self.returns_h)
        points = np.where(out[:, None], self.work, self.home)
        return points[:, 0].copy(), points[:, 1].copy()
