"""Feeds: an area's public cases as Atom and GeoJSON, page by page, sent again only when something changed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from django.test import Client
from tests.cases.life import DRAIN, LAMP, NOISE, NORTHEAST, SOUTHEAST, SOUTHWEST, Life, at, photo

from cityloom.base.limits import parse_limit

pytestmark = pytest.mark.django_db
CITY, EAST, WEST, SOUTHEAST_STREET = "990100", "990101", "990102", "990101001"
ATOM = {"a": "http://www.w3.org/2005/Atom", "g": "http://www.georss.org/georss"}


def atom(area: str, expect: int = 200, accept: str = "en", **query: Any) -> Element:
    answer = Client().get(f"/feeds/{area}.atom", query, headers={"Accept-Language": accept})
    assert answer.status_code == expect, answer.content
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return fromstring(answer.content)


def geo(area: str, **query: Any) -> dict[str, Any]:
    answer = Client().get(f"/feeds/{area}.geojson", {"lang": "en", **query})
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "application/geo+json"
    return json.loads(answer.content)


def numbers(area: str, **query: Any) -> list[str]:
    return [f["id"] for f in geo(area, **query)["features"]]


def text(element: Element, path: str) -> str:
    found = element.findtext(path, namespaces=ATOM)
    assert found is not None, path
    return found


@pytest.fixture
def three(site: Life) -> list[str]:
    """Three lamps and covers of the streets, an hour apart: southeast, northeast, southwest."""
    made = []
    for class_code, place in ((LAMP, SOUTHEAST), (DRAIN, NORTHEAST), (LAMP, SOUTHWEST)):
        site.report(class_code=class_code, place=place)
        made.append(site.number)
        site.clock.advance(hours=1)
    return made


def test_an_area_tells_its_cases_and_those_of_all_areas_in_it_the_newest_first(three: list[str]):
    southeast, northeast, southwest = three
    assert numbers(CITY) == [southwest, northeast, southeast]
    assert numbers(EAST) == [northeast, southeast]
    assert numbers(WEST) == [southwest]
    assert numbers(SOUTHEAST_STREET) == [southeast]


def test_an_entry_has_a_stable_id_its_moments_its_place_and_leads_to_the_public_request(three: list[str]):
    feed = atom(SOUTHEAST_STREET)
    (entry,) = feed.findall("a:entry", ATOM)
    assert text(feed, "a:title") == "Southeast Street: matters in the streets"
    assert text(feed, "a:author/a:name") == "Small City"
    assert text(entry, "a:title").startswith("Street lamp · ")
    assert text(entry, "a:id").startswith("urn:uuid:")
    assert text(entry, "a:published") == "2026-06-01T09:00:00+08:00"
    assert text(entry, "a:updated") == "2026-06-01T09:00:00+08:00"
    assert text(entry, "g:point") == "30.00110 110.00110"
    link = entry.find("a:link", ATOM)
    assert link is not None
    assert link.get("href") == f"https://small.example/m/{three[0]}/"
    assert Client().get(link.get("href").removeprefix("https://small.example")).status_code == 200
    assert text(atom(CITY).findall("a:entry", ATOM)[-1], "a:id") == text(entry, "a:id"), "the same in every feed"


def test_what_the_public_map_does_not_show_is_in_no_feed(site: Life):
    site.report(class_code=NOISE)
    site.report(class_code=LAMP, confidential=True)
    assert numbers(CITY) == []
    site.report(class_code=LAMP, words="我是秦晓梅，电话13800138000", name="秦晓梅")
    for form in ("atom", "geojson"):
        told = Client().get(f"/feeds/{CITY}.{form}").content.decode()
        assert site.number in told
        assert not [secret for secret in ("秦晓梅", "13800138000", "我是") if secret in told]


def test_a_case_that_ends_stands_at_its_end_and_one_reopened_at_its_last_step(site: Life):
    site.report(source="grid_worker", by="collector", class_code=LAMP)
    lamp = site.number
    site.clock.advance(hours=1)
    site.report(class_code=DRAIN, place=NORTHEAST)
    drain = site.number
    assert numbers(CITY) == [drain, lamp]
    site.number = lamp
    site.clock.advance(hours=1)
    site.move("sign", "handler_lighting")
    site.move("handle", "handler_lighting", note="已更换灯头", pictures=[photo()])
    assert numbers(CITY) == [drain, lamp], "a step on the way is no news"
    site.move("pass_check", "checker", note="灯亮了")
    assert numbers(CITY) == [lamp, drain]
    assert geo(CITY)["features"][0]["properties"]["status"] == "closed"
    entry = atom(CITY).findall("a:entry", ATOM)[0]
    assert datetime.fromisoformat(text(entry, "a:updated")) == site.file.case.closed_at == site.clock.now()
    assert text(entry, "a:published") == "2026-06-01T09:00:00+08:00"
    site.clock.advance(hours=1)
    site.move("reopen", "supervisor", reason="reopened.unsolved", note="又不亮了")
    assert numbers(CITY) == [lamp, drain]
    entry = atom(CITY).findall("a:entry", ATOM)[0]
    assert datetime.fromisoformat(text(entry, "a:updated")) == site.clock.now()


def test_pages_follow_each_other_by_their_marks_and_lose_nothing(site: Life, three: list[str]):
    seen, query = [], {"limit": "2"}
    first = geo(CITY, **query)
    assert [link["rel"] for link in first["links"]] == ["self", "next"]
    address = first["links"][1]["href"].removeprefix("https://small.example")
    seen += [f["id"] for f in first["features"]]
    second = json.loads(Client().get(address).content)
    seen += [f["id"] for f in second["features"]]
    assert seen == three[::-1]
    assert [link["rel"] for link in second["links"]] == ["self"]
    links = {e.get("rel"): e.get("href") for e in atom(CITY, limit="2").findall("a:link", ATOM)}
    assert links["next"].startswith("https://small.example/feeds/990100.atom?limit=2&after=")
    assert links["self"] == "https://small.example/feeds/990100.atom?limit=2"


def test_cases_of_the_same_moment_are_told_once_each_over_pages(site: Life):
    made = []
    for place in (SOUTHEAST, NORTHEAST, SOUTHWEST):
        site.report(class_code=LAMP, place=place)
        made.append(site.number)
    found, after = [], {}
    for _ in range(3):
        page = geo(CITY, limit="1", **after)
        found += [f["id"] for f in page["features"]]
        after = {"after": unquote(page["links"][-1]["href"].partition("after=")[2])}
    assert sorted(found) == sorted(made)


@pytest.mark.parametrize(
    ("accept", "query", "lang", "because"),
    [
        ("en-GB,zh;q=0.5", {}, "en", "the language liked best"),
        ("zh-CN,en;q=0.5", {}, "zh-Hans", "the language liked best"),
        ("fr,de", {}, "zh-Hans", "neither: the installation's"),
        ("zh-CN", {"lang": "en"}, "en", "the address says so"),
        ("en", {"lang": "zh"}, "zh-Hans", "the address says so"),
    ],
)
def test_the_language_is_the_readers_or_that_of_the_address(
    three: list[str], accept: str, query: dict[str, str], lang: str, because: str
):
    answer = Client().get(f"/feeds/{EAST}.atom", query, headers={"Accept-Language": accept})
    assert answer.headers["Content-Language"] == lang, because
    assert "Accept-Language" in answer.headers["Vary"]
    feed = fromstring(answer.content)
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == lang
    assert text(feed, "a:title").startswith("东区：" if lang == "zh-Hans" else "East District: ")


@pytest.mark.parametrize("form", ["atom", "geojson"])
def test_a_reader_who_has_it_is_told_so_until_something_changes(site: Life, three: list[str], form: str):
    address = f"/feeds/{EAST}.{form}"
    first = Client().get(address)
    tag, moment = first.headers["ETag"], first.headers["Last-Modified"]
    assert "max-age" in first.headers["Cache-Control"]
    assert Client().get(address).headers["ETag"] == tag
    for has in ({"If-None-Match": tag}, {"If-None-Match": f'"x", W/{tag}'}, {"If-Modified-Since": moment}):
        again = Client().get(address, headers=has)
        assert (again.status_code, again.content) == (304, b""), has
        assert again.headers["ETag"] == tag
    site.report(class_code=DRAIN, place=(110.0031, 30.0072))
    for has in ({"If-None-Match": tag}, {"If-Modified-Since": moment}, {"If-None-Match": '"x"'}):
        assert Client().get(address, headers=has).status_code == 200, has


def test_an_area_where_nothing_was_is_an_empty_feed_with_the_days_beginning(site: Life):
    feed = atom(WEST)
    assert feed.findall("a:entry", ATOM) == []
    assert text(feed, "a:updated") == "2026-06-01T00:00:00+08:00"
    assert geo(WEST)["features"] == []


def test_what_is_older_than_ninety_days_is_no_news(site: Life, three: list[str]):
    site.clock.at = at(9, 15)
    assert numbers(CITY) == []


@pytest.mark.parametrize(
    ("address", "status", "code", "because"),
    [
        ("/feeds/990109.atom", 404, "feed.no_area", "no such area"),
        ("/feeds/990100.atom?limit=0", 400, "feed.bad_word", "no page without anything"),
        ("/feeds/990100.atom?limit=201", 400, "feed.bad_word", "too many"),
        ("/feeds/990100.atom?limit=²", 400, "feed.bad_word", "no digit that int reads"),
        ("/feeds/990100.geojson?after=x", 400, "feed.bad_word", "no mark"),
        ("/feeds/990100.geojson?after=2026-06-01T00:00:00%2B08:00~-1", 400, "feed.bad_word", "no mark of a page"),
        ("/feeds/990100.geojson?after=~5", 400, "feed.bad_word", "a mark without a moment"),
        ("/feeds/990100.atom?lang=fr", 400, "feed.bad_word", "a language that is not there"),
    ],
)
def test_what_cannot_be_given_is_a_problem_with_its_code(
    site: Life, address: str, status: int, code: str, because: str
):
    answer = Client().get(address, headers={"Accept-Language": "en"})
    assert (answer.status_code, json.loads(answer.content)["code"]) == (status, code), because
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_reading_is_taken_and_browsers_may_read_from_any_origin(site: Life):
    assert Client(enforce_csrf_checks=True).post(f"/feeds/{CITY}.atom").status_code == 405
    head = Client().head(f"/feeds/{CITY}.atom")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Access-Control-Allow-Origin"] == "*"


def test_readers_are_counted_as_those_who_call_without_a_token(site: Life, settings: Any):
    settings.CITYLOOM_LIMITS = settings.CITYLOOM_LIMITS | {"api_public": parse_limit("2/h")}
    statuses = [Client().get(f"/feeds/{CITY}.{form}").status_code for form in ("atom", "geojson", "atom")]
    assert statuses == [200, 200, 429]
    assert int(Client().get(f"/feeds/{CITY}.atom").headers["Retry-After"]) > 0


def test_geojson_is_what_the_standard_says(three: list[str]):
    told = geo(CITY)
    assert told["type"] == "FeatureCollection"
    for feature in told["features"]:
        assert feature["type"] == "Feature"
        assert feature["geometry"]["type"] == "Point"
        lon, lat = feature["geometry"]["coordinates"]
        assert (round(lon, 5), round(lat, 5)) == (lon, lat), "about a metre"
        assert 110 <= lon <= 110.02
        assert 30 <= lat <= 30.01, "longitude first"
        assert feature["properties"]["status"] == "open"


@pytest.mark.parametrize("path", ["/", "/map/"])
def test_the_public_pages_name_the_feeds_of_the_city_and_its_districts(site: Life, path: str):
    page = Client().get(path, headers={"Accept-Language": "en"}).content.decode()
    for area in (CITY, EAST, WEST):
        assert '<link rel="alternate" type="application/atom+xml" title="' in page
        assert f'href="/feeds/{area}.atom"' in page
    assert f'href="/feeds/{CITY}.geojson"' in page
