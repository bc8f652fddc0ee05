"""The ground of the maps: tiles of the city's own layers, hexagons with counts, picture tiles a city names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from math import asinh, pi, radians, tan
from typing import Any

import pytest
from django.test import Client
from tests.cases.life import HEAP, SOUTHEAST, Life
from tests.web.test_vector_tile import read_tile

from cityloom.app.csp import policy_of
from cityloom.city.config import parse_config
from cityloom.web import city_tiles, context
from cityloom.web.map_frame import ground_of

pytestmark = pytest.mark.django_db


def tile_at(lon: float, lat: float, z: int) -> str:
    n = 2**z
    column, row = (lon + 180) / 360 * n, (1 - asinh(tan(radians(lat))) / pi) / 2 * n
    return f"/map/tiles/{z}/{int(column)}/{int(row)}.pbf"


def test_a_tile_holds_more_the_nearer_one_looks(site: Life, browser_of: Callable[..., Client]):
    client, drawn = browser_of(), {}
    for z in (8, 11, 13, 15):
        tile = read_tile(client.get(tile_at(*SOUTHEAST, z)).content)
        drawn[z] = sorted(name for name in tile if name.startswith("area"))
    areas = ["area0", "area1", "area2", "area3", "area4"]
    assert drawn == {8: areas[:2], 11: areas[:3], 13: areas[:4], 15: areas}


def test_an_area_on_a_tile_tells_its_code_and_both_names(site: Life, browser_of: Callable[..., Client]):
    tile = read_tile(browser_of().get(tile_at(*SOUTHEAST, 13)).content)
    told = [f["told"] for f in tile["area1"]]
    east = site.city.areas["990101"]
    assert {"code": "990101", "zh": east.name.zh, "en": east.name.en} in told
    assert [f["kind"] for f in tile["label1"]] == [1] * len(tile["label1"])


def test_a_tile_is_kept_by_the_browser_and_sent_packed(site: Life, browser_of: Callable[..., Client]):
    client, address = browser_of(), tile_at(*SOUTHEAST, 13)
    first = client.get(address, headers={"accept-encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    assert first.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert "max-age" in first.headers["Cache-Control"]
    assert client.get(address, headers={"if-none-match": first.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("address", "status", "because"),
    [
        ("/map/tiles/0/0/0.pbf", 200, "the whole world is one tile"),
        ("/map/tiles/0/0/1.pbf", 404, "there is one row at zoom 0"),
        (f"/map/tiles/{city_tiles.MAX_ZOOM + 1}/0/0.pbf", 404, "beyond the last zoom the browser enlarges"),
        ("/map/tiles/13/0/0.pbf", 200, "a tile without the city is empty"),
    ],
)
def test_an_address_outside_the_pyramid_is_told(
    site: Life, browser_of: Callable[..., Client], address: str, status: int, because: str
):
    assert browser_of().get(address).status_code == status, because


def test_hexagons_are_counted_for_the_post_and_for_everybody(site: Life, browser_of: Callable[..., Client]):
    site.report("hotline", by="agent")
    site.report("grid_worker", by="collector", class_code=HEAP)
    leader = browser_of("leader").get("/map/cells.geojson?res=8").json()["features"]
    public = browser_of().get("/map/cells.geojson?res=8").json()["features"]
    assert sum(f["properties"]["n"] for f in leader) == 2
    assert sum(f["properties"]["n"] for f in public) == 1, "what a home called about is nobody else's"
    assert {f["geometry"]["type"] for f in leader} == {"Polygon"}
    points = browser_of("leader").get("/map/cells.geojson?res=10&as=points&area=990101001").json()["features"]
    assert {f["geometry"]["type"] for f in points} == {"Point"}
    assert browser_of("leader").get("/map/cells.geojson?res=5").status_code == 404
    assert browser_of("leader").get("/map/cells.geojson?area=moon").status_code == 404


TILES = "https://tiles.city.example/{z}/{x}/{y}.png"


def test_picture_tiles_of_a_city_lie_lowest_and_their_host_enters_the_policy(
    site: Life, browser_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
):
    client = browser_of()
    assert "tiles.city.example" not in client.get("/").headers["Content-Security-Policy"]
    config = replace(site.city.config, map_tiles_url=TILES, map_attribution="© City survey")
    pictured = replace(site.city, config=config)
    monkeypatch.setattr("cityloom.app.csp.this_city", lambda: pictured)
    monkeypatch.setattr(context, "city", lambda: pictured)
    policy = client.get("/").headers["Content-Security-Policy"]
    assert re.search(r"img-src 'self' data: blob: https://tiles\.city\.example;", policy)
    assert re.search(r"connect-src 'self' https://tiles\.city\.example;", policy)
    assert [layer["kind"] for layer in ground_of(pictured)] == ["raster", "base"]
    assert ground_of(pictured)[0]["attribution"] == "© City survey"
    assert json.dumps(ground_of(pictured)).count("{z}") == 2


@pytest.mark.parametrize(
    ("told", "kept", "because"),
    [
        (TILES, TILES, "a whole address"),
        ("https://tiles.city.example/", "", "it names no tile"),
        ("javascript:{z}{x}{y}", "", "it is no address of the web"),
        (7, "", "it is no text"),
    ],
)
def test_the_address_of_picture_tiles_is_read_strictly(told: Any, kept: str, because: str):
    config, problems = parse_config({**SMALL, "map": {"tiles_url": told}})
    assert config is not None
    assert config.map_tiles_url == kept, because
    assert any(p.place.name == "map.tiles_url" for p in problems) == (kept == ""), because


SMALL = {
    "code": "1", "name_zh": "城", "name_en": "City", "languages": ["zh"], "time_zone": "UTC", "crs": "WGS84",
    "bounds": [0, 0, 1, 1], "levels": ["city"], "years": [2025, 2027], "dispatch": {"last_resort": "a"},
    "hours": {"default": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}},
}  # fmt: skip


def test_the_policy_names_nobody_who_was_not_named():
    assert "http" not in policy_of("")
    assert policy_of("https://live.city.example").count("https://live.city.example") == 1
