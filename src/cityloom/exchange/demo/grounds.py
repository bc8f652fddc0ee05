"""Where things are the matter in a loaded city: places along its roads, at its homes and at its components. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from cityloom.cases.places import cell_of
from cityloom.cases.values import Place
from cityloom.city.raster import OUTSIDE
from cityloom.city.snapshot_values import City
from cityloom.city.values import Component, Name
from cityloom.exchange.demo.chance import shares, stream
from cityloom.exchange.demo.weather import Floats

ROAD_SPOTS, HOME_SPOTS, SPOTS_A_CLASS = 9000, 5000, 500


class Spot(NamedTuple):
    """A place with the words people have for it."""

    place: Place
    names: tuple[str, ...]
    weight: float
    component: str | None = None


class Grounds:
    """The places of a city in one language; the same seed gives the same places."""

    def __init__(self, city: City, seed: int, language: str) -> None:
        self._city = city
        self._seed = seed
        self._language = language
        self._at_components: dict[str, list[Spot]] = {}

    @cached_property
    def roads(self) -> list[Spot]:
        """Points along the roads, more where many people live; in a city without roads, in its smallest areas."""
        if not self._lines:
            return self._in_areas("roads", 1200)
        rng = stream(self._seed, "road spots")
        lines = np.array([line for line, _ in self._lines])
        chosen = rng.choice(len(lines), size=3 * ROAD_SPOTS, p=shares(shapely.length(lines)))
        points = shapely.line_interpolate_point(lines[chosen], rng.random(len(chosen)), normalized=True)
        lonlat = np.round(shapely.get_coordinates(points), 7)
        areas = self._city.locator.find_many(lonlat[:, 0], lonlat[:, 1])
        inside = np.flatnonzero(areas != OUTSIDE)
        weight = self._crowd(areas[inside])
        kept = inside[rng.choice(len(inside), size=min(ROAD_SPOTS, len(inside)), replace=False, p=shares(weight))]
        numbers = rng.integers(1, 240, size=len(kept))
        heat = rng.lognormal(0.0, 0.9, size=len(kept))
        homes = self._near_homes(points[kept])
        return [
            self._beside_road(lonlat[i], int(areas[i]), self._lines[int(chosen[i])][1], int(n), home, float(h))
            for i, n, home, h in zip(kept.tolist(), numbers, homes, heat, strict=True)
        ]

    @cached_property
    def homes(self) -> list[Spot]:
        """Buildings of the housing estates, as often as people live there; else places in the smallest areas."""
        if not self._estates:
            return self._in_areas("homes", 800)
        rng = stream(self._seed, "home spots")
        weight = shares([people for _, _, people in self._estates])
        chosen = rng.choice(len(self._estates), size=HOME_SPOTS, p=weight)
        points = np.array([point for point, _, _ in self._estates])[chosen]
        lonlat = np.round(shapely.get_coordinates(points) + rng.uniform(-6e-5, 6e-5, (len(chosen), 2)), 7)
        areas = self._city.locator.find_many(lonlat[:, 0], lonlat[:, 1])
        numbers = rng.integers(1, 28, size=(len(chosen), 2))
        heat = rng.lognormal(0.0, 0.7, size=len(chosen))
        return [
            self._in_estate(lonlat[i], int(areas[i]), self._estates[int(chosen[i])][1], numbers[i], float(heat[i]))
            for i in range(len(chosen))
            if areas[i] != OUTSIDE
        ]

    @cached_property
    def nowhere(self) -> Spot:
        """No place at all: a question."""
        whole = tuple(code for code, area in self._city.areas.items() if area.parent is None)
        return Spot(Place(areas=whole), ("",), 1.0)

    def at_components(self, class_code: str) -> list[Spot]:
        """Components of a class inside the city; none where it has no such components."""
        if class_code not in self._at_components:
            self._at_components[class_code] = self._components_of(class_code)
        return self._at_components[class_code]

    # --- making ---

    def _components_of(self, class_code: str) -> list[Spot]:
        found = self._by_class.get(class_code, [])
        if not found:
            return []
        rng = stream(self._seed, f"components {class_code}")
        few = [found[int(i)] for i in rng.permutation(len(found))[:SPOTS_A_CLASS]]
        lonlat = np.array([(c.lon, c.lat) for c in few])
        areas = self._city.locator.find_many(lonlat[:, 0], lonlat[:, 1])
        roads = self._near_roads(shapely.points(lonlat))
        homes = self._near_homes(shapely.points(lonlat))
        heat = rng.lognormal(0.0, 0.9, size=len(few))
        numbers = rng.integers(1, 240, size=len(few))
        spots = []
        for i, component in enumerate(few):
            if areas[i] != OUTSIDE:
                spot = self._beside_road(
                    lonlat[i], int(areas[i]), roads[i], int(numbers[i]), homes[i], float(heat[i])
                )
                spots.append(spot._replace(component=component.code))
        return spots

    def _beside_road(
        self, lonlat: Floats, area: int, road: Name | None, number: int, home: Name | None, heat: float
    ) -> Spot:
        code = self._city.locator.codes[area]
        if road is None:
            return self._named_after_area(lonlat, code, number, heat)
        if self._language == "en":
            names = [f"{number} {road.en}", f"{road.en}, outside number {number}"]
            names += [f"{road.en} near {home.en}", f"{road.en} by the gate of {home.en}"] if home else []
            address = f"{number} {road.en}"
        else:
            names = [f"{road.zh}{number}号附近", f"{road.zh}{number}号门口", f"{road.zh}{number}号对面"]
            names += [f"{road.zh}靠近{home.zh}", f"{home.zh}外的{road.zh}"] if home else []
            address = f"{road.zh}{number}号附近"
        return self._spot(lonlat, code, address, names, heat)

    def _in_estate(self, lonlat: Floats, area: int, name: Name, numbers: Sequence[int], heat: float) -> Spot:
        code = self._city.locator.codes[area]
        building, door = int(numbers[0]), int(numbers[1]) % 5 + 1
        if self._language == "en":
            names = [f"building {building} of {name.en}", f"{name.en}, building {building}, entrance {door}"]
            return self._spot(lonlat, code, f"Building {building}, {name.en}", names, heat)
        names = [f"{name.zh}{building}号楼", f"{name.zh}{building}栋{door}单元", f"{name.zh}{building}号楼前"]
        return self._spot(lonlat, code, f"{name.zh}{building}号楼", names, heat)

    def _named_after_area(self, lonlat: Floats, code: str, number: int, heat: float) -> Spot:
        name = self._city.areas[code].name
        if self._language == "en":
            return self._spot(lonlat, code, f"{number} {name.en}", [f"{number} {name.en}", f"{name.en}"], heat)
        return self._spot(lonlat, code, f"{name.zh}{number}号", [f"{name.zh}{number}号", f"{name.zh}一带"], heat)

    def _spot(self, lonlat: Floats, code: str, what: str, names: list[str], heat: float) -> Spot:
        chain = self._city.ancestors(code)
        lon, lat = float(lonlat[0]), float(lonlat[1])
        above = [self._city.areas[a].name for a in chain[1:3]]
        if self._language == "en":
            address = ", ".join([what, *(name.en for name in reversed(above))])
        else:
            address = "".join(name.zh for name in above) + what
        return Spot(Place(lon, lat, code, chain, cell_of(lon, lat), address), tuple(names), heat)

    def _in_areas(self, what: str, count: int) -> list[Spot]:
        rng = stream(self._seed, f"{what} in areas")
        smallest = self._city.levels[-1]
        areas = [a for a in self._city.areas.values() if a.level == smallest and a.geometry]
        middles = shapely.get_coordinates(shapely.point_on_surface([shapely.from_wkb(a.geometry) for a in areas]))
        chosen = rng.integers(len(areas), size=count)
        lonlat = np.round(middles[chosen] + rng.uniform(-2e-4, 2e-4, (count, 2)), 7)
        found = self._city.locator.find_many(lonlat[:, 0], lonlat[:, 1])
        heat = rng.lognormal(0.0, 0.9, size=count)
        return [
            self._named_after_area(lonlat[i], self._city.locator.codes[int(found[i])], i % 90 + 1, float(heat[i]))
            for i in range(count)
            if found[i] != OUTSIDE
        ]

    # --- what the city has ---

    @cached_property
    def _lines(self) -> list[tuple[shapely.Geometry, Name]]:
        found = [(shapely.from_wkb(f.geometry), f.name) for f in self._city.features.get("roads", ())]
        return [(line, name) for line, name in found if line.length > 0]

    @cached_property
    def _estates(self) -> list[tuple[shapely.Geometry, Name, float]]:
        found = []
        for feature in self._city.features.get("housing", ()):
            people = float(feature.properties.get("population") or 0)
            if people > 0:
                found.append((shapely.point_on_surface(shapely.from_wkb(feature.geometry)), feature.name, people))
        return found

    @cached_property
    def _road_tree(self) -> shapely.STRtree:
        return shapely.STRtree([line for line, _ in self._lines])

    @cached_property
    def _home_tree(self) -> shapely.STRtree:
        return shapely.STRtree([point for point, _, _ in self._estates])

    @cached_property
    def _by_class(self) -> dict[str, list[Component]]:
        found: dict[str, list[Component]] = {}
        for component in self._city.components.values():
            found.setdefault(component.class_code, []).append(component)
        return found

    def _near_roads(self, points: Floats) -> list[Name | None]:
        if not self._lines:
            return [None] * len(points)
        near = self._road_tree.nearest(points)
        return [self._lines[int(i)][1] for i in near]

    def _near_homes(self, points: Floats) -> list[Name | None]:
        if not self._estates:
            return [None] * len(points)
        near = self._home_tree.nearest(points)
        return [self._estates[int(i)][1] for i in near]

    def _crowd(self, areas: NDArray[np.int32]) -> Floats:
        """How many people live in the community around each point, shared among its points."""
        codes = self._city.locator.codes
        chains = [self._city.ancestors(codes[int(a)]) for a in areas]
        around = [chain[-2] if len(chain) > 1 else chain[-1] for chain in chains]
        count: dict[str, int] = {}
        for code in around:
            count[code] = count.get(code, 0) + 1
        people = [(self._city.areas[code].population or 1) / count[code] for code in around]
        return np.array(people, dtype=float) + 1e-9
