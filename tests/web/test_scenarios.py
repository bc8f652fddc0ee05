"""The pages of shared bikes, footfall and fire watch; warnings on the public map and as CAP; who may look."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from tests.cases.life import Life, at
from tests.city.small_city import CITY_TOML, write_small_city
from tests.exchange.cap.test_cap_documents import ALERT
from tests.sensing.test_bikes import BIKES, SQUARE, fetching
from tests.sensing.test_fire import watched_building

from cityloom.city.actions.load_city import load_city
from cityloom.city.scenarios import CapRules, CapSource, Scenarios
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name
from cityloom.exchange.actions.pull_cap import pull_cap
from cityloom.exchange.actions.pull_gbfs import pull_gbfs
from cityloom.exchange.cap.index import links_of
from cityloom.exchange.cap.reading import read_alert
from cityloom.exchange.cap.writing import write_alert
from cityloom.exchange.fence_files import read_fences, rows_of
from cityloom.exchange.fetching import NoDocument
from cityloom.sensing.actions.keep_warning import keep_warning
from cityloom.sensing.actions.tell_severe_alarms import tell_severe_alarms
from cityloom.sensing.bike_rows import keep_fences
from cityloom.sensing.cap_errors import BadAlert
from cityloom.sensing.cap_values import Alert, CapInfo, Reference
from cityloom.sensing.keep_feeds import list_feeds
from cityloom.sensing.models import Alarm
from cityloom.sensing.warning_rows import list_standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(site: Life) -> Life:
    site.clock.at = ALERT.sent
    return site


@pytest.fixture
def watched(site: Life, tmp_path: Path) -> Life:
    """A watched building with an alarm, behind pages."""
    return watched_building(site, tmp_path)


def standing(city: Life) -> list[str]:
    with connection.cursor() as cursor:
        return [w.alert.identifier for w in list_standing(cursor, city.city.id, city.clock.now(), public=True)]


def test_a_warning_stands_until_it_expires_is_replaced_or_cancelled(city: Life):
    assert keep_warning(city.city, ALERT, "met", "", city.clock)
    assert not keep_warning(city.city, ALERT, "met", "", city.clock), "the same message counts once"
    stranger = Alert("x", "other@example.org", ALERT.sent, "Actual", "Cancel", "Public", references=(ALERT.me,))
    keep_warning(city.city, stranger, "elsewhere", "", city.clock)
    assert standing(city) == [ALERT.identifier], "nobody cancels the warnings of another feed"
    city.clock.advance(hours=7)
    assert standing(city) == [], "it expired"
    city.clock.advance(hours=-7)
    cancel = Alert("met-2", ALERT.sender, ALERT.sent, "Actual", "Cancel", "Public", references=(ALERT.me,))
    keep_warning(city.city, cancel, "met", "", city.clock)
    assert standing(city) == []


def test_a_cancellation_that_came_first_still_counts(city: Life):
    first = Reference(ALERT.sender, ALERT.identifier, ALERT.sent)
    cancel = Alert("met-2", ALERT.sender, ALERT.sent, "Actual", "Cancel", "Public", references=(first,))
    keep_warning(city.city, cancel, "met", "", city.clock)
    keep_warning(city.city, ALERT, "met", "", city.clock)
    assert standing(city) == []


def test_tests_and_what_is_not_for_everybody_are_not_shown(city: Life):
    info = CapInfo("Rain", ("Met",), "Expected", "Minor", "Likely")
    for number, (status, scope) in enumerate((("Test", "Public"), ("Exercise", "Public"), ("Actual", "Restricted"))):
        told = Alert(f"t{number}", "s", ALERT.sent, status, "Alert", scope, restriction="staff", infos=(info,))
        keep_warning(city.city, told, "met", "", city.clock)
    assert standing(city) == []


def test_the_public_map_and_the_screen_show_it_in_the_readers_language(city: Life, browser_of: Callable[..., Client]):
    keep_warning(city.city, ALERT, "met", "", city.clock)
    zh = browser_of("", "zh").get("/map/").content.decode()
    assert "暴雨橙色预警" in zh
    assert "避开低洼路段" in zh
    shapes = browser_of("", "zh").get("/map/warnings.geojson").json()["features"]
    assert len(shapes) == 2, "a polygon and a circle, each once"
    assert shapes[0]["properties"]["severity"] == "severe"
    assert "暴雨橙色预警" in browser_of("leader", "zh").get("/screen/").content.decode()


def test_sources_are_read_message_by_message_and_what_is_broken_is_told(city: Life):
    index = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="/1.xml"/></entry>'
        b'<entry><link type="application/cap+xml" href="https://met.example/2.xml"/></entry>'
        b'<entry><link href="https://elsewhere.example/3.xml"/></entry></feed>'
    )
    assert links_of(index, "https://met.example/cap.atom") == [
        "https://met.example/1.xml", "https://met.example/2.xml",
    ]  # fmt: skip
    assert links_of(b"<rss><channel><item><link>/4.xml</link></item></channel></rss>", "https://a.example/x") == [
        "https://a.example/4.xml"
    ]
    assert links_of(write_alert(ALERT), "https://a.example/x") is None
    with pytest.raises(BadAlert):
        links_of(b"<html/>", "https://a.example/x")
    with pytest.raises(BadAlert):
        links_of(b"<", "https://a.example/x")
    assert list(pull_cap(city.city, _never, city.clock, at_once=True)) == [], "this city names no source"
    source = CapSource("met", Name("气象", "Weather"), "https://met.example/cap.atom", 5.0)
    named = with_cap(city, CapRules(sources={"met": source}))
    told = {
        source.url: index,
        "https://met.example/1.xml": write_alert(ALERT),
        "https://met.example/2.xml": b"<alert/>",
    }
    assert dict(pull_cap(named, told.__getitem__, city.clock)) == {"warnings_kept": 1, "warnings_refused": 1}
    assert standing(city) == [ALERT.identifier]
    assert list(pull_cap(named, told.__getitem__, city.clock)) == [], "five minutes have not passed"
    city.clock.advance(minutes=6)
    assert dict(pull_cap(named, _never, city.clock)) == {"warnings_kept": 0, "warnings_refused": 0}
    with connection.cursor() as cursor:
        (feed,) = list_feeds(cursor, city.city.id, city.clock.now())
    assert (feed.state.code, feed.last_error["code"]) == ("cap:met", "fetch.away")


def with_cap(life: Life, cap: CapRules) -> City:
    """The city as if its city.toml said so."""
    return replace(life.city, config=replace(life.city.config, scenarios=Scenarios(cap=cap)))


def _never(url: str) -> bytes:
    raise NoDocument("fetch.away", host=url, detail="")


def test_severe_alarms_are_told_as_cap_and_called_off(
    watched: Life,
    browser_of: Callable[..., Client],
    monkeypatch,
):
    named = with_cap(watched, CapRules(sender="cap@small.example"))
    assert dict(tell_severe_alarms(watched.city, watched.clock)) == {}, "a city without a sender tells nobody"
    assert dict(tell_severe_alarms(named, watched.clock)) == {"warnings_said": 1}
    assert dict(tell_severe_alarms(named, watched.clock)) == {}, "said once"
    client = browser_of("", "en")
    monkeypatch.setattr("cityloom.exchange.api.calls.clock", lambda: watched.clock)
    index = client.get("/cap/")
    assert index["Content-Type"].startswith("application/atom+xml")
    (address,) = re.findall(r'href="[^"]*(/cap/alarm-7\.\d+\.xml)"', index.content.decode())
    said = read_alert(client.get(address).content)
    assert (said.kind, said.severity, said.infos[0].areas[0].circles[0].radius_km) == ("Alert", "Severe", 0.5)
    watched.clock.advance(hours=11, minutes=30)
    assert dict(tell_severe_alarms(named, watched.clock)) == {"warnings_said": 1}, "renewed before it expires"
    Alarm.objects.filter(id=7).update(state="cleared", stands=False)
    watched.clock.advance(minutes=5)
    assert dict(tell_severe_alarms(named, watched.clock)) == {"warnings_called_off": 1}
    with connection.cursor() as cursor:
        assert list_standing(cursor, watched.city.id, watched.clock.now(), public=True) == []
    assert client.get("/cap/alarm-9.1.xml").status_code == 404


def test_the_pages_of_fire_watch_ask_for_a_reason_before_they_show_whom_to_call(
    watched: Life,
    browser_of: Callable[..., Client],
):
    client = browser_of("dispatcher", "en")
    page = client.get("/fire/").content.decode()
    assert "Southeast Tower" in page
    assert "this detector alone" in page
    assert "n/a" in page, "no fire was found, so there is no ratio"
    (plan,) = set(re.findall(r'href="(/fire/b1/plan/[0-9a-f]+/)"', page))
    assert 'class="bad" cx="60.0" cy="100.0"' in page, "where on its plan the detector sounds"
    picture = client.get(plan)
    assert picture["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert picture["Content-Type"] == "image/svg+xml"
    assert b"alert" not in picture.content
    assert client.get("/fire/b1/plan/none/").status_code == 404
    assert browser_of("handler_e1").get(plan).status_code == 403
    building = client.get("/fire/b1/").content.decode()
    assert plan in building
    assert "No picture of this floor is loaded" in building, "of the second floor there is none"
    assert "13912345678" not in building
    opened = client.post("/fire/b1/", {"why": "alarm"}).content.decode()
    assert "13912345678" in opened
    seen = browser_of("auditor", "en").get("/audit/").content.decode()
    assert "contacts of a building (an alarm)" in seen
    assert "13912345678" not in seen
    assert client.post("/fire/alarm/7/", {"verdict": "fire", "next": "b1"}).status_code == 302
    assert "1.0" in client.get("/fire/").content.decode(), "one judged alarm, one fire"
    assert browser_of("handler_e1").get("/fire/").status_code == 403
    assert browser_of("leader").post("/fire/b1/", {"why": "alarm"}).status_code == 403


def test_footfall_and_bikes_say_what_there_is_not(city: Life, browser_of: Callable[..., Client]):
    client = browser_of("leader", "en")
    assert "No counter has said anything" in client.get("/footfall/").content.decode()
    assert client.get("/bikes/").status_code == 404, "this city states nothing of bikes"
    assert "/bikes/" not in client.get("/footfall/").content.decode()
    assert client.get("/gbfs/3.0/gbfs.json").status_code == 404


@pytest.fixture
def heaped(site: Life, tmp_path: Path) -> Life:
    """The city with an operator whose bikes lie in heaps at a place and out of any."""
    site.clock.at = at(6, 1, 9)
    folder = write_small_city(tmp_path / "with_bikes")
    (folder / "city.toml").write_text(CITY_TOML + BIKES, encoding="utf-8")
    load_city(folder, "test", site.clock.now())
    forget_cities()
    site.city = current_city("990100")
    place = {"type": "Feature", "properties": {"code": "p1", "name": "东南路口", "capacity": 2}, "geometry": SQUARE}
    text = json.dumps({"type": "FeatureCollection", "features": [place]})
    (tmp_path / "places.geojson").write_text(text, encoding="utf-8")
    with connection.cursor() as cursor:
        keep_fences(cursor, site.city.id, rows_of(site.city, read_fences(tmp_path / "places.geojson"), 1.2), at(6, 1))
    assert dict(pull_gbfs(site.city, fetching(5, outside=8), site.clock))["bike_heaps"] == 2
    return site


def test_the_page_of_bikes_shows_heaps_with_their_clocks_on_a_map_and_who_clears_in_time(
    heaped: Life, browser_of: Callable[..., Client]
):
    client = browser_of("leader", "en")
    page = client.get("/bikes/").content.decode()
    assert "Out of any place" in page
    assert "5 there, room for 2" in page
    assert "30 min left" in page, "out of places the limit is another"
    assert len(re.findall(r'href="/case/', page)) == 2
    names = ("places", "heaps", "outside")
    layers = {name: client.get(f"/bikes/{name}.geojson").json()["features"] for name in names}
    assert [each["properties"]["clock"] for each in layers["places"]] == ["overdue"]
    assert sorted(each["properties"]["n"] for each in layers["heaps"]) == ["5", "8"]
    assert [each["properties"]["n"] for each in layers["outside"]] == [8]
    heaped.clock.advance(minutes=40)
    assert dict(pull_gbfs(heaped.city, fetching(2, outside=1), heaped.clock))["bike_heaps_cleared"] == 2
    page = client.get("/bikes/").content.decode()
    assert "No heap waits" in page
    assert "50 % (n 2)" in page, "one within its limit, one beyond"
    assert page.count("40 min") >= 2
    assert 'class="ratebar of-unjudged"' in page, "two are too few to judge by"
    own = browser_of("handler_e1", "en")
    assert "/bikes/" in own.get("/inbox/").content.decode(), "who clears bikes finds their page"
    assert "Jinxing" in own.get("/bikes/").content.decode()
    other = browser_of("handler_e2", "en")
    assert "/bikes/" not in other.get("/inbox/").content.decode()
    assert other.get("/bikes/").status_code == 403
    assert other.get("/bikes/heaps.geojson").status_code == 403


def test_every_reason_that_a_feed_may_carry_is_worded_where_feeds_are_shown():
    """In a process of its own, which knows no more than the pages import."""
    code = (
        "import django; django.setup(); import cityloom.web.vital\n"
        "from cityloom.base.reasons import known_codes\n"
        "print({'fetch.away', 'gbfs.version', 'gbfs.not_json', 'cap.missing'} - known_codes())"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "cityloom.app.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
