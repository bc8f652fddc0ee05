"""The one screen: who sees it, that every figure is the length of the list behind it, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.cases.life import NORTHEAST, SOUTHEAST, SOUTHWEST, Life, at

from cityloom.web.screen_charts import bars_of, path_of, running, scale_of
from cityloom.web.screen_figures import KeptForAWhile, forget_slow_figures

pytestmark = pytest.mark.django_db
FIGURE = re.compile(
    r'<a href="([^"]+)"><span class="label">[^<]*</span><span class="figure num[^"]*" data-figure="(\w+)">(\d+)'
)
HOT = re.compile(r'<a href="([^"]+)"><span class="label">[^<]*</span><span class="num">(\d+)</span>')
AGE = re.compile(r'<a href="([^"]+)"><svg viewBox="0 0 12 100".*?<span class="num">(\d+)</span>')
AREA = re.compile(r'<a class="num[^"]*" href="([^"]+)" aria-label="[^"]*">(\d+)</a>')
ROW = re.compile(r'<td class="matter">')


@pytest.fixture
def city(site: Life) -> Life:
    """A few days of a small city: cases of every age, one closed, some late."""
    forget_slow_figures()
    site.clock.at = at(6, 1, 9)
    site.report("hotline", by="agent", place=SOUTHEAST)
    site.report("hotline", by="agent", place=SOUTHWEST)
    site.clock.at = at(6, 3, 10)
    site.report("hotline", by="agent", place=NORTHEAST)
    for move in ("sign", "contact", "handle", "reply"):
        site.move(move, "handler_e2", note="已办理")
    site.call_back()
    site.clock.at = at(6, 3, 15)
    site.report("resident", place=SOUTHEAST)
    site.fire()
    return site


def rows_behind(client: Client, address: str) -> int:
    return len(ROW.findall(client.get(unescape(address)).content.decode()))


@pytest.mark.parametrize("query", ["", "?area=990101", "?area=990101001", "?day=2026-06-01", "?day=2026-06-02"])
def test_every_figure_is_the_number_of_rows_behind_its_link(
    city: Life, browser_of: Callable[..., Client], query: str
):
    client = browser_of("leader")
    page = client.get(f"/screen/{query}").content.decode()
    found = [(link, count) for link, _, count in FIGURE.findall(page)]
    found += HOT.findall(page) + AGE.findall(page) + AREA.findall(page)
    assert len(found) >= (3 if "day" in query else 12), "figures, hot matters, ages and areas are links"
    assert [(link, int(count), rows_behind(client, link)) for link, count in found] == [
        (link, int(count), int(count)) for link, count in found
    ]


def test_the_shares_are_those_of_their_lists(city: Life, browser_of: Callable[..., Client]):
    client = browser_of("leader")
    page = client.get("/screen/").content.decode()
    kept = rows_behind(client, "/queue/?view=all&overdue=no&closed=2026-05-05..2026-06-03")
    missed = rows_behind(client, "/queue/?view=all&overdue=yes&closed=2026-05-05..2026-06-03")
    assert (kept, missed) == (1, 0)
    assert re.search(r"Closed on time</span><span class=\"figure num\">100\.0<small>%", page)
    assert "20.7–100.0 · n 1" in page, "one case says almost nothing, and the interval says so"
    assert re.search(r"Response</span><span class=\"figure none\">n/a", page), (
        "nobody was asked whether a unit called"
    )


@pytest.mark.parametrize(
    ("login", "status", "because"),
    [
        ("leader", 200, "a leader sees the city"),
        ("supervisor", 200, "so does a supervisor"),
        ("dispatcher", 403, "a dispatcher has the queue"),
        ("handler_e1", 403, "a handler has an inbox"),
        ("", 302, "nobody sees it without signing in"),
    ],
)
def test_the_screen_is_for_those_who_lead(
    city: Life, browser_of: Callable[..., Client], login: str, status: int, because: str
):
    for address in ("/screen/", "/screen/pulse/", "/screen/day/"):
        assert browser_of(login).get(address).status_code == status, (address, because)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("area=moon", "no area moon"),
        ("day=yesterday", "must be written as"),
        ("day=2026-06-04", "must not lie ahead"),
    ],
)
def test_a_view_that_there_is_not_is_told(city: Life, browser_of: Callable[..., Client], query: str, said: str):
    answer = browser_of("leader").get(f"/screen/?{query}")
    assert answer.status_code == 404
    assert said in answer.content.decode()


def test_one_drills_from_the_city_to_a_grid_and_back(city: Life, browser_of: Callable[..., Client]):
    client, query, way = browser_of("leader"), "", []
    while True:
        page = client.get(f"/screen/{query}").content.decode()
        way.append(re.search(r"</a><i[^>]*></i><strong>|<strong>([^<]+)</strong>", page))
        deeper = re.search(r'<a class="name" href="(\?[^"]+)" data-drill', page)
        if deeper is None:
            break
        query = unescape(deeper[1])
    assert query == "?area=990101001001001", "city, district, street, community, grid"
    assert f'href="/case/{city.number}/"' in page, "and in the grid the cases themselves"
    assert page.count("data-drill") >= 5, "each step up is a link"


def test_the_screen_costs_a_dozen_statements_however_much_there_is(city: Life, browser_of: Callable[..., Client]):
    client = browser_of("leader")

    def cost() -> int:
        forget_slow_figures()
        client.get("/screen/")
        forget_slow_figures()
        with CaptureQueriesContext(connection) as asked:
            client.get("/screen/")
        return len([q for q in asked if "cases_" in q["sql"]])

    before = cost()
    for _ in range(4):
        city.report("hotline", by="agent", place=NORTHEAST)
    assert cost() == before <= 12


def test_the_pulse_tells_the_figures_and_what_came_since(
    city: Life, browser_of: Callable[..., Client], settings: Any
):
    client = browser_of("leader")
    since = city.clock.now().isoformat()
    city.clock.advance(minutes=1)
    city.report("hotline", by="agent", place=SOUTHEAST)
    told = client.get("/screen/pulse/", {"since": since}).json()
    assert told["flow"]["came"] == 3
    assert [case["number"] for case in told["cases"]] == [city.number]
    assert told["cases"][0]["from"] == [SOUTHEAST[0], SOUTHEAST[1]]
    assert told["cases"][0]["to"] is not None, "the street office serves an area, so the thread has an end"
    assert told["live"] == ""
    settings.CITYLOOM_LIVE_URL = "http://127.0.0.1:8001"
    assert client.get("/screen/pulse/").json()["live"].startswith("http://127.0.0.1:8001/live?token=")


def test_a_day_is_told_minute_by_minute(city: Life, browser_of: Callable[..., Client]):
    told = browser_of("leader").get("/screen/day/?day=2026-06-03").json()
    assert (told["day"], told["minutes"], len(told["cases"])) == ("2026-06-03", 15 * 60, 4)
    lon, lat, began, ended, due, urgent, number = told["cases"][-1]
    assert (lon, lat) == SOUTHEAST
    assert (began, ended, number) == (15 * 60, None, city.number)
    assert urgent in (0, 1)
    assert due is None or due > began


def test_both_languages_are_whole(city: Life, browser_of: Callable[..., Client]):
    zh = browser_of("leader", "zh").get("/screen/").content.decode()
    en = browser_of("leader", "en").get("/screen/").content.decode()
    assert "超时未结" in zh
    assert "尚无传感器接入" in zh
    assert "No sensor is connected yet" in en
    assert "2026年6月3日 星期三" in zh
    assert "Wednesday, 3 June 2026" in en
    assert 'data-theme="ink"' in zh


# --- the drawings -------------------------------------------------------------------------------------------------


def test_a_line_begins_at_the_left_and_a_day_that_runs_ends_early():
    assert running([1, 0, 2]) == [1, 1, 3]
    scale = scale_of([1, 3], [4])
    assert scale == (0, 4)
    assert path_of([], 4, scale) == ""
    assert path_of([0, 4], 4, scale) == "M25.00,26.50L50.00,1.50"


def test_bars_stand_on_the_thread_or_hang_from_it():
    assert bars_of([0, 2], 2, 2, base=50, room=46) == "M57.50,50.00h35.00v-46.00h-35.00z"
    assert "v46.00" in bars_of([2], 1, 2, base=50, room=-46)


def test_what_is_kept_for_a_while_is_made_again_afterwards():
    now = [0.0]
    kept = KeptForAWhile(30, lambda: now[0])
    made: list[int] = []
    for moment in (0.0, 29.0, 31.0):
        now[0] = moment
        kept.get("key", lambda: made.append(1))
    assert len(made) == 2
