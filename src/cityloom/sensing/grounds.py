"""The areas of a city that vital signs are worked out for, and where each of its streams stands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from cityloom.city.snapshot_values import City
from cityloom.sensing.indicators import Ground, Whole, lay_ground

LEFT_OUT = 2  # the smallest levels, where the devices themselves are listed


@lru_cache(maxsize=8)
def ground_of(city: City) -> Ground:
    """All areas but those of the two smallest levels (with three levels or fewer: the smallest); the city first."""
    left_out = LEFT_OUT if len(city.levels) > LEFT_OUT + 1 else 1
    kept = city.levels[:-left_out] or city.levels[:1]
    areas = sorted(
        (code for code, area in city.areas.items() if area.level in kept),
        key=lambda code: (len(city.ancestors(code)), code),
    )
    chains = {code: city.ancestors(code) for code in city.areas if code not in city.children}
    return lay_ground(chains, areas)


def grids_of(city: City, places: Sequence[tuple[str, float | None, float | None]]) -> Whole:
    """For each (area, longitude, latitude) the position of its smallest area in the ground; −1 in none."""
    ground = ground_of(city)
    found = np.full(len(places), -1, np.int64)
    for i, (area, lon, lat) in enumerate(places):
        if area not in ground.grids and lon is not None and lat is not None:
            area = city.find_area(lon, lat) or ""
        found[i] = ground.grids.get(area, -1)
    return found
