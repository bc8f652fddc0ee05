"""The plans of a watched building in a browser: a picture is put in, a click says where a device hangs."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image
from tests.cases.life import Life
from tests.city.small_city import PEOPLE_CSV, write_small_city
from tests.sensing.test_fire import watched_building
from tests.web.axe import violations
from tests.web.every_page import client_of

from cityloom.city.actions.load_city import load_city
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.sensing.models import Device, FirePoint

if TYPE_CHECKING:
    from playwright.sync_api import Page

Browsers = Callable[..., Client]


@pytest.fixture
def owned(site: Life, tmp_path: Path, django_user_model: Any) -> Life:
    """A watched building, and somebody of the unit that owns its devices."""
    folder = write_small_city(tmp_path / "with_owner")
    (folder / "people.csv").write_text(f"{PEOPLE_CSV}owner,欧守,sensor_owner,water_co,,,\n", encoding="utf-8")
    load_city(folder, "test", site.clock.now())
    forget_cities()
    site.city = current_city("990100")
    django_user_model.objects.get_or_create(username="owner")
    Device.objects.create(city_id=site.city.id, code="smoke-9", type="smoke_detector", owner="water_co")
    return watched_building(site, tmp_path)


def a_picture() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(out, "PNG")
    return SimpleUploadedFile("floor.png", out.getvalue(), "image/png")


@pytest.mark.django_db
def test_pictures_and_spots_are_refused_with_what_was_typed_and_kept_when_they_are_right(
    owned: Life, browser_of: Browsers
):
    unit, desk = browser_of("owner"), browser_of("dispatcher")
    assert "/fire/b1/plans/" in unit.get("/fire/b1/").content.decode()
    assert "/fire/b1/plans/" not in desk.get("/fire/b1/").content.decode()
    assert desk.get("/fire/b1/plans/").status_code == 403
    shown = unit.get("/fire/b1/plans/").content.decode()
    assert 'value="smoke-9"' in shown, "one that hangs nowhere yet can be hung"
    spot = {"device": "smoke-9", "floor": "2F", "left": "120", "top": "50"}
    refused = unit.post("/fire/b1/plans/spot/", spot)
    assert refused.status_code == 422
    assert "from 0 to 100" in refused.content.decode()
    assert 'value="120"' in refused.content.decode()
    assert desk.post("/fire/b1/plans/spot/", {**spot, "left": "25"}).status_code == 403
    assert unit.post("/fire/b1/plans/spot/", {**spot, "left": "25"}).status_code == 302
    assert (FirePoint.objects.get(device__code="smoke-9").x, 0.5) == (0.25, 0.5)
    assert unit.post("/fire/b1/plans/picture/", {"floor": "2F"}).status_code == 422
    no_picture = SimpleUploadedFile("x.png", b"no picture")
    bad = unit.post("/fire/b1/plans/picture/", {"floor": "2F", "picture": no_picture})
    assert (bad.status_code, "cannot be read" in bad.content.decode()) == (400, True)
    assert unit.post("/fire/b1/plans/picture/", {"floor": "2F", "picture": a_picture()}).status_code == 302
    after = unit.get("/fire/b1/plans/").content.decode()
    assert 'viewBox="0 0 400 300"' in after
    assert 'cx="100.0" cy="150.0"' in after, "the point stays where it was on the new picture"
    assert "another picture" in after


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_click_on_the_plan_says_where_a_device_hangs(owned: Life, page: Page, live_server: Any) -> None:
    session = client_of("owner").cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/fire/b1/plans/")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    floor = page.locator("[data-drawing]").first
    floor.locator("[data-pick='smoke-1']").click()
    assert floor.locator("[data-left]").input_value() == "20", "where it hangs by now"
    box = floor.locator("svg.plan").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.5)
    assert float(floor.locator("[data-left]").input_value()) == pytest.approx(75, abs=1)
    assert floor.locator("circle.aim").count() == 1
    with page.expect_navigation():
        floor.locator(".spot button").click()
    with connection.cursor() as cursor:
        cursor.execute("SELECT x, y FROM sensing_fire_point p JOIN sensing_device d ON d.id = p.device_id "
                       "WHERE d.code = 'smoke-1'")  # fmt: skip
        assert cursor.fetchone() == (pytest.approx(0.75, abs=0.01), pytest.approx(0.5, abs=0.01))
