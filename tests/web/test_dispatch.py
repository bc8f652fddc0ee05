"""The dispatcher's desk: what waits counted by words, one case at hand with its suggestion, many sent at once."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cases.life import LAMP, NORTHEAST, Life

from cityloom.cases.understanding import warm_readers
from cityloom.web.dispatch import DISPATCHERS


def lay_before_dispatcher(site: Life, **said) -> str:
    """A case whose class was left open: the system sends it nowhere, somebody has to look."""
    return site.report(class_code=None, source="hotline", by="agent", **said).number


def returned_case(site: Life) -> str:
    """A case that its unit says is not its own."""
    number = site.report("hotline", by="agent").number
    site.move("return", "handler_e1", reason="return.not_ours")
    return number


def test_the_desk_is_for_those_who_dispatch(site, browser_of):
    assert browser_of("handler_e1").get("/dispatch/")["Location"] == "/queue/"
    assert browser_of("dispatcher").get("/dispatch/").status_code == 200
    assert {role.value for role in DISPATCHERS} == {"dispatcher", "shift_lead"}


def test_with_nothing_waiting_it_says_how_today_went(site, browser_of):
    site.report("hotline", by="agent")
    text = browser_of("dispatcher").get("/dispatch/").text
    assert "Nothing waits." in text
    assert "1 of today" in text


def test_what_waits_is_counted_by_state_matter_and_area_and_each_word_leads_to_its_list(site, browser_of):
    for _ in range(3):
        lay_before_dispatcher(site)
    returned_case(site)
    browser = browser_of("dispatcher")
    text = browser.get("/dispatch/").text
    words = dict(re.findall(r'<a href="\?(state=\w+)">[^<]+<span class="num">(\d+)</span>', text))
    assert words == {"state=registered": "3", "state=returned": "1"}
    for address, count in words.items():
        assert browser.get(f"/dispatch/?{address}").text.count("data-line") == int(count)


def test_the_first_case_is_at_hand_with_why_it_would_go_where(site, browser_of):
    returned_case(site)
    text = browser_of("dispatcher").get("/dispatch/").text
    assert "Why it was returned" in text
    assert "Open cases of these units" in text
    assert 'name="back" value="/dispatch/?' in text


def test_where_the_class_is_open_the_likeliest_one_is_filled_in_for_a_person_to_confirm(site, browser_of):
    warm_readers(site.city)
    lay_before_dispatcher(site, words="小区门口的路灯坏了，晚上很黑")
    text = browser_of("dispatcher").get("/dispatch/").text
    assert "its words speak for" in text
    form = text[text.index('name="move" value="reclassify"') :]
    assert re.search(r'<option value="[^"]+" selected', form[: form.index("</form>")])


def test_a_move_made_at_the_desk_comes_back_to_the_desk(site, browser_of):
    number = lay_before_dispatcher(site)
    file = site.file
    form = {"subject": "case", "subject_id": file.case.id, "move": "reclassify", "version": file.case.version,
            "seq": file.case.seq, "class": LAMP, "back": "/dispatch/?state=registered"}  # fmt: skip
    browser = browser_of("dispatcher")
    reasons = re.findall(r'name="reason" required>.*?value="(\w+\.\w+)"', browser.get(f"/case/{number}/").text)
    answer = browser.post(f"/case/{number}/move/", {**form, "reason": reasons[0]})
    assert answer["Location"] == "/dispatch/?state=registered"


@pytest.mark.parametrize("back", ["https://elsewhere.example/dispatch/?", "/queue/?x", "//dispatch/?"])
def test_a_move_leads_nowhere_but_to_the_desk(site, browser_of, back):
    number = lay_before_dispatcher(site)
    file = site.file
    form = {"subject": "case", "subject_id": file.case.id, "move": "supplement", "version": file.case.version,
            "seq": file.case.seq, "note": "再看一下", "back": back}  # fmt: skip
    assert browser_of("dispatcher").post(f"/case/{number}/move/", form)["Location"] == f"/case/{number}/"


def test_several_are_sent_at_once_each_with_its_own_result(site, browser_of):
    numbers = [lay_before_dispatcher(site) for _ in range(2)]
    versions = dict(re.findall(r'value="([\d-]+):(\d+)"', browser_of("dispatcher").get("/dispatch/").text))
    assert set(versions) == set(numbers)
    unit = next(iter(site.city.units))
    ticked = [f"{numbers[0]}:{versions[numbers[0]]}", f"{numbers[1]}:999"]
    text = browser_of("dispatcher").post("/dispatch/many/", {"cases": ticked, "unit": unit}).text
    assert text.count('<li class="error">') >= 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, state FROM cases_case WHERE number = ANY(%s)", [numbers])
        states = dict(cursor.fetchall())
    assert states[numbers[1]] == "registered"


def test_one_without_a_suggestion_is_not_sent_and_says_so(site, browser_of):
    number = lay_before_dispatcher(site)
    text = browser_of("dispatcher").post("/dispatch/many/", {"cases": [f"{number}:1"], "unit": ""}).text
    assert "No unit is suggested" in text


def test_two_cases_nearby_are_held_side_by_side_and_one_ends_in_the_other(site, browser_of):
    first = site.report(class_code=LAMP, place=NORTHEAST).number
    site.clock.advance(minutes=5)
    second = lay_before_dispatcher(site, place=NORTHEAST)
    browser = browser_of("dispatcher")
    desk = browser.get(f"/dispatch/?case={second}").text
    assert f"/dispatch/{second}/{first}/" in desk
    text = browser.get(f"/dispatch/{second}/{first}/").text
    assert "Their places are 0 m apart" in text
    assert text.count("End this one in the other") == 2
    assert f'value="{first}"' in text


def test_the_desk_asks_the_database_as_often_for_many_cases_as_for_few(site, browser_of):
    browser = browser_of("dispatcher")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/dispatch/").status_code == 200
        return len(queries)

    lay_before_dispatcher(site)
    asked()
    few = asked()
    for _ in range(12):
        site.clock.advance(seconds=1)
        lay_before_dispatcher(site)
    assert asked() <= few + 1, "the city's version is looked at once a second"
