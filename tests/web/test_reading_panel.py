"""While an agent writes, the panel beside the form shows what the words seem to say; nothing of it is kept."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from tests.cases.life import NOISE, NORTHEAST

from cityloom.cases.understanding import warm_readers


@pytest.fixture
def read(site, browser_of):
    warm_readers(site.city)
    browser = browser_of("agent")
    return lambda words, **typed: browser.post("/new/read/", {"words": words, **typed}).text


def test_a_class_is_suggested_with_why_and_can_be_taken_over_by_a_key(read, site):
    text = read("小区门口的路灯坏了三天，晚上很黑")
    code = re.search(r'data-class="([^"]+)"', text)[1]
    assert site.city.classes[code].name.zh in text or site.city.classes[code].name.en in text
    assert "Alt 1" in text
    assert "路灯" in text


def test_danger_is_told_first_with_the_line_to_call(read):
    text = read("楼道里着火了，有人被困在里面")
    assert text.index("Danger:") < text.index("Alt 1") if "Alt 1" in text else "Danger:" in text
    assert "119" in text


def test_a_special_route_comes_with_what_the_agent_does(read):
    assert "route" in read("我要申请劳动仲裁，法院已经立案了")


def test_open_matters_near_the_place_are_beside_it(read, site):
    lon, lat = NORTHEAST
    number = site.report(place=NORTHEAST).number
    assert f"/case/{number}/" in read("夜里施工很吵", lon=f"{lon}", lat=f"{lat}")


def test_words_without_sense_say_that_they_tell_nothing(read):
    assert "tell no class" in read("嗯嗯")
    assert "While you write" in read("   "), "nothing is asked of who has not begun"


def test_what_the_city_says_to_ask_stands_beside_the_class_or_the_words(read):
    text = read("", **{"class": NOISE})
    assert text.index("Since when, and is it loud now?") < text.index("Who answers, and by when.")
    assert 'href="https://city.example/noise"' in text
    assert "Valid until 2026-06-30" in text
    assert "Say no hour." in read("什么时候能修好")
    assert "Last year" not in text, "its day is over"


def test_nothing_that_was_typed_is_kept(read):
    read("我家住在3栋2单元501，电话13800138000，路灯坏了")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_report")
        assert cursor.fetchone()[0] == 0


def test_only_who_takes_calls_or_dispatches_has_words_read(site, browser_of):
    assert browser_of("handler_e1").post("/new/read/", {"words": "路灯坏了"}).status_code == 403
    assert browser_of().post("/new/read/", {"words": "路灯坏了"}).status_code == 302
