"""The named places of one version of a city, ready to be looked up by their names. Plain, shared by all threads.

Built once per version: roads (their pieces joined by name), estates, facilities, parks, waters and areas. Names are
found in one pass through a table by their first two characters; one wrong character is forgiven through a table of
every name with each of its characters left open (deletion neighbourhoods, Bocek and others 2007, for exchanges).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from rapidfuzz import fuzz, process

from cityloom.city.values import Area, AreaCode, Name
from cityloom.triage.phrases import plain

EARTH_RADIUS_M = 6_371_008.8
CROSSING_WITHIN_M = 120.0  # roads that come this near each other have a crossing there
ALIKE_LATIN = 88.0  # of a hundred, from which an English name is taken for a known one
_OPEN = "\u0001"

FindAreas = Callable[[Sequence[float], Sequence[float]], Sequence[AreaCode | None]]


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place with a name. `kind`: road, estate, facility, park, water, area, or another layer's name.

    `points`: longitude and latitude of what it consists of (a road's corners, the middle of an estate); `areas`: the
    smallest area at each point, None outside; `radius_m`: how far it reaches around its middle.
    """

    kind: str
    codes: tuple[str, ...]
    name: Name
    points: tuple[tuple[float, float], ...]
    areas: tuple[AreaCode | None, ...] = ()
    radius_m: float = 0.0

    @property
    def middle(self) -> tuple[float, float]:
        """The point of it that is nearest to the mean of all."""
        return self.points[self.middle_index]

    @property
    def middle_index(self) -> int:
        if len(self.points) == 1:
            return 0
        at = np.asarray(self.points)
        return int(np.argmin(((at - at.mean(axis=0)) ** 2).sum(axis=1)))


@dataclass(frozen=True, slots=True)
class Found:
    """Where a known name stands in a text."""

    start: int
    end: int
    name: str  # as the gazetteer writes it, `plain`


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """The named places of a city; `chains`: the areas that hold each area, from the city down to itself."""

    places: tuple[NamedPlace, ...]
    chains: Mapping[AreaCode, tuple[AreaCode, ...]] = field(default_factory=dict)

    def find(self, text: str) -> list[Found]:
        """The longest known names in a text made `plain`, left to right, none in another."""
        found: list[Found] = []
        at, lengths = 0, self._lengths
        while at < len(text) - 1:
            here = lengths.get(text[at : at + 2])
            name = "" if here is None else next((n for k in here if (n := text[at : at + k]) in self._by_name), "")
            if name:
                found.append(Found(at, at + len(name), name))
            at += len(name) or 1
        return found

    def find_latin(self, text: str) -> list[Found]:
        """The longest known English names in a text made `plain`, by whole words."""
        words = list(_WORD.finditer(text))
        found: list[Found] = []
        at = 0
        while at < len(words):
            most = self._latin_words.get(words[at].group(), 0)
            step = 1
            for count in range(min(most, len(words) - at), 0, -1):
                said = " ".join(w.group() for w in words[at : at + count])
                if said in self._by_latin:
                    found.append(Found(words[at].start(), words[at + count - 1].end(), said))
                    step = count
                    break
            at += step
        return found

    def named(self, name: str) -> tuple[NamedPlace, ...]:
        """The places of this name, Chinese or English, `plain`; none for an unknown one."""
        numbers = self._by_name[name] if name in self._by_name else self._by_latin.get(name, [])
        return tuple(self.places[i] for i in numbers)

    def alike(self, name: str) -> tuple[str, ...]:
        """Known Chinese names with one other character than this one and the same last one."""
        found = (
            known for at in range(len(name) - 1) for known in self._open.get(name[:at] + _OPEN + name[at + 1 :], ())
        )
        return tuple(dict.fromkeys(found))

    def alike_latin(self, name: str) -> tuple[str, ...]:
        """The known English names most like this one, at most three."""
        near = process.extract(name, self._latin_names, scorer=fuzz.ratio, limit=3, score_cutoff=ALIKE_LATIN)
        return tuple(known for known, score, _ in near if score >= near[0][1] - 1.0)

    def crossing(self, one: NamedPlace, other: NamedPlace) -> tuple[float, float, AreaCode | None] | None:
        """Where two roads meet: a corner that both have, else their nearest corners; None when they lie apart."""
        shared = sorted(set(one.points) & set(other.points))
        if shared:
            at = one.points.index(shared[0])
            return *one.points[at], _at(one.areas, at)
        at, _, metres = nearest_corners(one, other)
        return (*one.points[at], _at(one.areas, at)) if metres <= CROSSING_WITHIN_M else None

    def inside(self, place: NamedPlace, area: AreaCode) -> NamedPlace | None:
        """The part of a place that lies in an area; None when nothing of it does."""
        kept = [i for i, code in enumerate(place.areas) if code and area in self.chains.get(code, ())]
        if not kept:
            return None
        if len(kept) == len(place.points):
            return place
        points = tuple(place.points[i] for i in kept)
        areas = tuple(place.areas[i] for i in kept)
        return NamedPlace(place.kind, place.codes, place.name, points, areas, reach_m(points))

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        table: dict[str, list[int]] = {}
        for i, place in enumerate(self.places):
            if len(name := plain(place.name.zh)) >= 2:
                table.setdefault(name, []).append(i)
        return table

    @cached_property
    def _lengths(self) -> dict[str, tuple[int, ...]]:
        table: dict[str, set[int]] = {}
        for name in self._by_name:
            table.setdefault(name[:2], set()).add(len(name))
        return {head: tuple(sorted(lengths, reverse=True)) for head, lengths in table.items()}

    @cached_property
    def _open(self) -> dict[str, list[str]]:
        table: dict[str, list[str]] = {}
        for name in self._by_name:
            if len(name) >= 3:
                for at in range(len(name) - 1):
                    table.setdefault(name[:at] + _OPEN + name[at + 1 :], []).append(name)
        return table

    @cached_property
    def _by_latin(self) -> dict[str, list[int]]:
        table: dict[str, list[int]] = {}
        for i, place in enumerate(self.places):
            said = " ".join(_WORD.findall(plain(place.name.en)))
            if len(said) >= 3:
                table.setdefault(said, []).append(i)
        return table

    @cached_property
    def _latin_names(self) -> list[str]:
        return list(self._by_latin)

    @cached_property
    def _latin_words(self) -> dict[str, int]:
        """The most words a name has that begins with this word."""
        most: dict[str, int] = {}
        for name in self._by_latin:
            first, count = name.split(" ")[0], name.count(" ") + 1
            most[first] = max(most.get(first, 0), count)
        return most

    def warm(self) -> Gazetteer:
        """Make the tables now rather than for the first text; gives itself back."""
        for name in ("_by_name", "_lengths", "_open", "_by_latin", "_latin_names", "_latin_words"):
            getattr(self, name)
        return self


_WORD = re.compile(r"[a-z0-9']+")


def build_gazetteer(
    places: Iterable[NamedPlace],
    areas: Iterable[Area] = (),
    middles: Mapping[AreaCode, tuple[float, float]] | None = None,
    find_areas: FindAreas | None = None,
    chains: Mapping[AreaCode, tuple[AreaCode, ...]] | None = None,
) -> Gazetteer:
    """A gazetteer of these places and areas.

    Roads of one name become one place. `middles`: a point in each area; `find_areas`: the smallest areas at given
    longitudes and latitudes; `chains`: the areas above each area.
    """
    joined = _joined_roads(places)
    middles = middles or {}
    for area in areas:
        if (at := middles.get(area.code)) is not None:
            joined.append(NamedPlace("area", (area.code,), area.name, (at,), (area.code,)))
    if find_areas is not None:
        joined = _with_areas(joined, find_areas)
    return Gazetteer(tuple(joined), chains or {}).warm()


def _joined_roads(places: Iterable[NamedPlace]) -> list[NamedPlace]:
    kept: list[NamedPlace] = []
    roads: dict[str, list[NamedPlace]] = {}
    for place in places:
        if place.kind == "road":
            roads.setdefault(place.name.zh or place.name.en, []).append(place)
        elif place.points:
            kept.append(place)
    for pieces in roads.values():
        points = tuple(dict.fromkeys(p for piece in pieces for p in piece.points))
        codes = tuple(code for piece in pieces for code in piece.codes)
        if points:
            kept.append(NamedPlace("road", codes, pieces[0].name, points, (), reach_m(points)))
    return kept


def _with_areas(places: list[NamedPlace], find_areas: FindAreas) -> list[NamedPlace]:
    lon = [p[0] for place in places for p in place.points]
    lat = [p[1] for place in places for p in place.points]
    codes = iter(find_areas(lon, lat) if lon else ())
    found = []
    for place in places:
        own = tuple(next(codes) for _ in place.points)
        areas = place.areas or own
        found.append(NamedPlace(place.kind, place.codes, place.name, place.points, areas, place.radius_m))
    return found


def reach_m(points: Sequence[tuple[float, float]]) -> float:
    """Half the diagonal of the box around some points, in metres."""
    lon, lat = [p[0] for p in points], [p[1] for p in points]
    return metres_between(min(lon), min(lat), max(lon), max(lat)) / 2


def metres_between(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Distance on the plane tangent between the points: exact enough within a city."""
    x = math.radians(lon2 - lon1) * math.cos(math.radians((lat1 + lat2) / 2))
    return EARTH_RADIUS_M * math.hypot(x, math.radians(lat2 - lat1))


def nearest_corners(one: NamedPlace, other: NamedPlace) -> tuple[int, int, float]:
    """The points of two places that are nearest to each other, by their numbers, and the metres between them."""
    a, b = np.asarray(one.points), np.asarray(other.points)
    scale = np.array([math.cos(math.radians(float(a[0, 1]))), 1.0])
    square = (((a[:, None, :] - b[None, :, :]) * scale) ** 2).sum(axis=2)
    i, j = np.unravel_index(int(square.argmin()), square.shape)
    return int(i), int(j), math.radians(math.sqrt(float(square[i, j]))) * EARTH_RADIUS_M


def _at(areas: Sequence[AreaCode | None], index: int) -> AreaCode | None:
    return areas[index] if index < len(areas) else None
