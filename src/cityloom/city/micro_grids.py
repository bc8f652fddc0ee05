"""The micro-grids of a city in memory: which one is at a place, whose it is."""

from __future__ import annotations

from functools import cached_property, lru_cache

from cityloom.city.locating import Locator
from cityloom.city.overlays import MICRO_GRIDS, MicroGrid, micro_grids_of
from cityloom.city.snapshot_values import City
from cityloom.city.values import Area, AreaCode


class MicroGrids:
    """All micro-grids of one version of a city."""

    def __init__(self, grids: tuple[MicroGrid, ...]) -> None:
        self.by_code: dict[str, MicroGrid] = {grid.code: grid for grid in grids}

    def find(self, lon: float, lat: float) -> MicroGrid | None:
        """The micro-grid at a place; None where there is none, as between houses."""
        if not self.by_code:
            return None
        code = self._locator.find(lon, lat)
        return self.by_code[code] if code else None

    def of_warden(self, login: str) -> tuple[MicroGrid, ...]:
        """Those this warden looks after."""
        return tuple(grid for grid in self.by_code.values() if login in grid.wardens)

    def of_community(self, area: AreaCode) -> tuple[MicroGrid, ...]:
        return tuple(grid for grid in self.by_code.values() if grid.community == area)

    @cached_property
    def _locator(self) -> Locator:
        return Locator(Area(each.code, None, MICRO_GRIDS, each.name, geometry=each.geometry)
                       for each in self.by_code.values())  # fmt: skip


@lru_cache(maxsize=4)
def micro_grids_in(city: City) -> MicroGrids:
    """The micro-grids of the city; read once a version, empty where the folder has none."""
    return MicroGrids(micro_grids_of(city.features.get(MICRO_GRIDS, ())))
