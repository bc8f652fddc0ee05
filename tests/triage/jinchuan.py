"""The gazetteer of the fictional city Jinchuan, made anew from its seed, without a database."""

from __future__ import annotations

import tempfile
from datetime import date
from functools import lru_cache
from pathlib import Path

from cityloom.cases.gazetteers import KINDS, middles_of, places_of
from cityloom.city import map_files
from cityloom.city.locating import Locator
from cityloom.city.maps import read_map
from cityloom.city.raster import OUTSIDE
from cityloom.city.sheets import Notes
from cityloom.city.trees import chains
from cityloom.exchange.demo.make import make_city
from cityloom.triage.gazetteer import Gazetteer, build_gazetteer

SEED = 7
UNTIL = date(2026, 11, 22)


@lru_cache(maxsize=1)
def jinchuan() -> Gazetteer:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "jinchuan"
        make_city(folder, SEED, UNTIL, 0, lambda _step, _share: None)
        return _gazetteer(folder)


def _gazetteer(folder: Path) -> Gazetteer:
    areas, _ = map_files.areas_of(read_map(folder / "areas.geojson", map_files.AREAS, Notes("areas")), Notes("areas"))
    locator = Locator(area for area in areas if area.level == "grid")
    above = chains({area.code: area.parent for area in areas})

    def find_areas(lon, lat):
        return [None if i == OUTSIDE else locator.codes[i] for i in locator.find_many(lon, lat).tolist()]

    places = []
    for layer in KINDS:
        notes = Notes(layer)
        features, _ = map_files.layer_of(layer, read_map(folder / f"{layer}.geojson", map_files.LAYERS[layer], notes))
        assert not notes.problems
        places += places_of(layer, features)
    return build_gazetteer(places, areas, middles_of(areas, above), find_areas, above)
