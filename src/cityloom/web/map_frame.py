"""What a page tells the map island: where to look and which layers to draw."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import shapely
from django.urls import reverse

from cityloom.city.snapshot_values import City
from cityloom.web.context import language


@dataclass(frozen=True)
class MapFrame:
    """The attributes of a map: `bounds` or `centre` with `zoom`, the layers as JSON, and whether a pin can be put."""

    layers: str
    bounds: str = ""
    centre: str = ""
    zoom: float = 12.0
    pin: bool = False


def frame_of(
    city: City, pin: bool = False, lon: float | None = None, lat: float | None = None, with_cases: bool = False
) -> MapFrame:
    """The map of the city, or around a point when one is given."""
    layers = layers_of(city, with_cases)
    if lon is not None and lat is not None:
        return MapFrame(layers, centre=f"{lon:.6f},{lat:.6f}", zoom=16, pin=pin)
    centre_lon, centre_lat = city.config.map_centre
    if not with_cases and (centre_lon, centre_lat) != (0.0, 0.0):
        return MapFrame(layers, centre=f"{centre_lon},{centre_lat}", zoom=city.config.map_zoom, pin=pin)
    return MapFrame(layers, bounds=",".join(f"{side:.5f}" for side in bounds_of(city)), pin=pin)


@lru_cache(maxsize=4)
def bounds_of(city: City) -> tuple[float, float, float, float]:
    """West, south, east, north of what the city's areas cover; of its settings where they have no outline."""
    outlines = [a.geometry for a in city.areas.values() if a.geometry and a.parent not in city.areas]
    if not outlines:
        return city.config.bounds
    west, south, east, north = shapely.total_bounds(shapely.from_wkb(outlines))
    return float(west), float(south), float(east), float(north)


def base_layer(city: City) -> dict[str, Any]:
    """The ground of the city as vector tiles; their address changes with the city's version, so they may be kept."""
    pyramid = reverse("map_tile", args=[0, 0, 0]).removesuffix("0/0/0.pbf")
    url = f"{pyramid}{{z}}/{{x}}/{{y}}.pbf?v={city.digest[:12]}"
    return {"id": "base", "url": url, "kind": "base", "lang": language()}


def ground_of(city: City) -> list[dict[str, Any]]:
    """The ground, over the picture tiles that city.toml may name."""
    config, layers = city.config, [base_layer(city)]
    if config.map_tiles_url:
        pictures = {"id": "pictures", "url": config.map_tiles_url, "kind": "raster"}
        layers.insert(0, {**pictures, "attribution": config.map_attribution})
    return layers


def layers_of(city: City, with_cases: bool = False) -> str:
    """The layers as the island reads them: the ground, and the open cases if asked for."""
    layers = ground_of(city)
    if with_cases:
        layers.append({"id": "cases", "url": reverse("map_cases"), "kind": "case"})
    return json.dumps(layers)
