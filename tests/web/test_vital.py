"""Vital signs on their page and on the one screen: values, bands, gaps, coverage, silence said as silence, feeds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from tests.cases.life import Life, at
from tests.city.test_vital_signs import SIGNS

from cityloom.city.actions.load_city import load_city
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.sensing.actions.watch_feeds import watch_feeds
from cityloom.sensing.actions.work_out_vitals import work_out_hour
from cityloom.sensing.keep_feeds import note_feed
from cityloom.sensing.keeping import keep_readings
from cityloom.sensing.models import Device, Stream
from cityloom.sensing.values import readings_of
from cityloom.web.screen_charts import path_with_gaps
from cityloom.web.screen_figures import forget_slow_figures

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 3, 4, tzinfo=UTC)  # in the small city


@pytest.fixture
def city(site: Life, small_city_folder: Path, tmp_path: Path) -> Life:
    """Two gauges, of which one speaks; a rail nobody measures; a feed that fell silent."""
    folder = tmp_path / "with-signs"
    folder.mkdir()
    for file in small_city_folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    rail = '\n[sign.rail]\nname_zh = "轨道"\nname_en = "Rail"\n'
    (folder / "vital_signs.toml").write_text(SIGNS + rail, encoding="utf-8")
    load_city(folder, "test", datetime(2026, 1, 2, tzinfo=UTC))
    forget_cities()
    forget_slow_figures()
    site.city = current_city("990100")
    site.clock.at = at(6, 3, 12, 30)
    for code, grid in (("g1", "990101001001001"), ("g2", "990102001001001")):
        device = Device.objects.create(
            city_id=site.city.id, code=code, type="water_level", area=grid, name_zh=f"水位计{code}",
            name_en=f"Gauge {code}", owner="water_co",
        )  # fmt: skip
        Stream.objects.create(city_id=site.city.id, device=device, name="depth_cm", interval_s=600)
    stream = Stream.objects.get(device__code="g1").id
    hours = [NOON - timedelta(hours=n) for n in (5, 4, 2, 0)]
    batch = readings_of([stream] * 4, [round(h.timestamp() * 1000) + 60_000 for h in hours], [1.0, 2.0, 30.0, 3.0])
    with connection.cursor() as cursor:
        keep_readings(cursor, site.city.id, batch, site.clock.now())
        note_feed(cursor, site.city.id, "cap:weather", "cap", NOON - timedelta(hours=3), received=1, expected_s=600)
    for n in range(6, -1, -1):
        work_out_hour(site.city, NOON - timedelta(hours=n), site.clock.now())
    list(watch_feeds(site.city, site.clock))
    return site


def test_the_page_tells_values_bands_coverage_and_silence(city: Life, browser_of: Callable[..., Client]):
    page = browser_of("leader", "en").get("/vital/").content.decode()
    assert "Water in underpasses" in page
    assert '<span class="band bad">bad</span>' in page, "one of two gauges is silent and counts as bad: 50 %"
    assert "1 of 2" in page
    assert "1 of 32" in page, "one of 32 unit grids has a device that spoke"
    assert page.count("not measured") >= 1, "nobody measures the rail"
    assert "silent since" in page
    assert "CAP warnings" in page
    zh = browser_of("leader", "zh").get("/vital/?sign=depth").content.decode()
    assert "没有数据的数据流按不达标计" in zh
    assert "水位计g1" in zh
    assert "从未收到数据" in zh
    assert "未监测" in zh, "the west has a gauge that is silent"


def test_a_sign_is_followed_down_to_the_street_and_its_devices(city: Life, browser_of: Callable[..., Client]):
    client = browser_of("leader", "en")
    page = client.get("/vital/?area=990102&sign=depth").content.decode()
    assert "Gauge g2" in page
    assert "Gauge g1" not in page, "it stands in the east"
    assert "area=990102001" in page
    assert client.get("/vital/?sign=moon").status_code == 404
    assert client.get("/vital/?area=990101001001001").status_code == 404, "unit grids show devices instead"


@pytest.mark.parametrize(
    ("login", "address", "status", "because"),
    [
        ("dispatcher", "/vital/", 200, "who dispatches reads signs"),
        ("handler_e1", "/vital/", 403, "a handler has an inbox"),
        ("", "/vital/", 302, "nobody without signing in"),
    ],
)
def test_signs_are_for_those_who_use_them(city, browser_of, login, address, status, because):
    assert browser_of(login).get(address).status_code == status, because


def test_the_screen_shows_signs_gaps_and_what_is_not_measured(city: Life, browser_of: Callable[..., Client]):
    page = browser_of("leader", "en").get("/screen/").content.decode()
    assert 'href="/vital/?sign=drainage"' in page
    assert "0 watch · 1 bad" in page
    assert "1 feeds silent" in page
    rail = page[page.index("sign=rail") :][:600]
    assert "not measured" in rail
    line = page[page.index("sign=drainage") :]
    drawn = line[line.index('<path d="') :].split('"')[1]
    assert drawn.count("M") == 3, "three stretches of hours with data, two gaps between them"
    told = browser_of("leader").get("/screen/pulse/").json()
    assert datetime.fromisoformat(told["vital"]) == city.clock.now(), "a page knows by it that signs have changed"
    assert (
        "Signs are told down to streets"
        in browser_of("leader", "en").get("/screen/?area=990101001001001").content.decode()
    )


def test_a_city_without_signs_says_how_to_have_some(site: Life, browser_of: Callable[..., Client]):
    page = browser_of("leader", "en").get("/vital/").content.decode()
    assert "add vital_signs.toml to its folder" in page


def test_gaps_are_drawn_as_gaps():
    assert path_with_gaps([0, 2, None, 1], (0, 2), height=3, width=4) == (
        "M0.00,1.50H1.00L1.00,1.50H2.00M3.00,1.50H4.00"
    ), "no stroke over the missing third"
    assert path_with_gaps([None], (0, 1)) == ""
