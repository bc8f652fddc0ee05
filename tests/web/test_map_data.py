"""What the maps are given: outlines that are kept by browsers, open cases without anything personal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from tests.cases.life import DRAIN, Life


def test_areas_of_a_level_are_given_once_and_then_known_by_their_tag(browser_of: Callable[..., Client]):
    client = browser_of()
    first = client.get("/map/areas.geojson?level=street")
    assert [f["properties"]["name"] for f in first.json()["features"]][:1] == ["Southeast Street"]
    assert len(first.json()["features"]) == 4
    again = client.get("/map/areas.geojson?level=street", headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_coordinates_have_five_decimals(browser_of: Callable[..., Client]):
    for feature in browser_of().get("/map/parks.geojson").json()["features"]:
        for ring in feature["geometry"]["coordinates"]:
            assert all(round(x, 5) == x and round(y, 5) == y for x, y in ring)


@pytest.mark.parametrize(
    ("address", "status", "because"),
    [
        ("/map/areas.geojson?level=moon", 404, "the city has no such level"),
        ("/map/roads.geojson", 404, "the small city has no roads"),
        ("/map/cases.geojson?bbox=1,2,3", 400, "a box has four sides"),
        ("/map/cases.geojson?bbox=a,b,c,d", 400, "a box is of numbers"),
        ("/map/cases.geojson?bbox=3,2,1,4", 400, "west comes before east"),
        ("/map/cases.geojson?bbox=109,29,111,31", 200, "a good box"),
    ],
)
def test_a_map_address_that_means_nothing_is_told(
    browser_of: Callable[..., Client], address: str, status: int, because: str
):
    assert browser_of().get(address).status_code == status, because


def test_the_public_sees_street_matters_only_and_nothing_but_what_and_where(
    site: Life, browser_of: Callable[..., Client]
):
    site.report(words="楼上漏水")
    site.report(class_code=DRAIN, place=(110.0012345678, 30.0012345678), words="井盖没了")
    (dot,) = browser_of().get("/map/cases.geojson").json()["features"]
    assert dot["properties"] == {"matter": "Storm drain cover", "state": "reported"}
    assert dot["geometry"]["coordinates"] == [110.00123, 30.00123]


def test_a_post_sees_on_the_map_what_it_may_see_and_a_box_leaves_out_the_rest(
    site: Life, browser_of: Callable[..., Client]
):
    site.report()
    (dot,) = browser_of("handler_e1").get("/map/cases.geojson").json()["features"]
    assert dot["properties"]["href"] == f"/case/{site.number}/"
    assert browser_of("handler_water").get("/map/cases.geojson").json()["features"] == []
    assert browser_of("handler_e1").get("/map/cases.geojson?bbox=110.01,30,110.02,30.01").json()["features"] == []
