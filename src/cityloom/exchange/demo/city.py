"""The city before it is written: the land, the roads, the areas and what stands on them."""

from __future__ import annotations

from dataclasses import dataclass

from cityloom.exchange.demo import units, ways
from cityloom.exchange.demo.areas import Areas
from cityloom.exchange.demo.blocks import Blocks
from cityloom.exchange.demo.network import Network
from cityloom.exchange.demo.places import Places
from cityloom.exchange.demo.terrain import Plane, Terrain


@dataclass(frozen=True)
class City:
    """The city before it is written."""

    plane: Plane
    terrain: Terrain
    network: Network
    blocks: Blocks
    areas: Areas
    places: Places
    ways: ways.Ways
    units: units.Units
