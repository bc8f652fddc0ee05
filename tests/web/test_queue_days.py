"""The list by days: two inputs for each kind of day, either left open, become one word of the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.cases.life import DRAIN, LAMP, Life, photo

from cityloom.cases.filters import DAY_WORDS, CaseFilter
from cityloom.web.day_fields import TITLES, day_fields, with_days


@pytest.mark.parametrize(
    ("typed", "word", "because"),
    [
        ({"opened_from": "2026-06-01", "opened_to": "2026-06-02"}, "2026-06-01..2026-06-02", "both sides"),
        ({"opened_from": "2026-06-01"}, "2026-06-01..2999-12-31", "since a day"),
        ({"opened_to": "2026-06-02"}, "1900-01-01..2026-06-02", "until a day"),
        ({"opened_from": " ", "opened_to": ""}, None, "nothing typed"),
        ({"opened": "2026-06-01", "opened_from": ""}, "2026-06-01", "an address that names the days itself"),
        ({"opened": "2026-06-01", "opened_to": "2026-05-01"}, "1900-01-01..2026-05-01", "what was typed counts"),
    ],
)
def test_two_days_of_a_form_are_one_word_of_the_address(typed: dict[str, str], word: str | None, because: str):
    told = with_days(typed)
    assert told.get("opened") == word, because
    assert not [name for name in told if name.endswith(("_from", "_to"))]


@pytest.mark.parametrize(
    ("word", "first", "last"),
    [
        ("2026-06-01", "2026-06-01", "2026-06-01"),
        ("2026-06-01..2026-06-02", "2026-06-01", "2026-06-02"),
        ("2026-06-01..2999-12-31", "2026-06-01", ""),
        ("1900-01-01..2026-06-02", "", "2026-06-02"),
        ("", "", ""),
    ],
)
def test_the_form_shows_the_days_again(word: str, first: str, last: str):
    shown = {day.name: (day.first, day.last) for day in day_fields(CaseFilter(opened=word))}
    assert shown["opened"] == (first, last)


def test_every_kind_of_day_has_its_title():
    assert set(DAY_WORDS) <= set(TITLES)


@pytest.fixture
def week(site: Life) -> dict[str, str]:
    """A lamp of Monday that was repaired on Tuesday, and a drain of Wednesday; their numbers."""
    site.report(source="grid_worker", by="collector", class_code=LAMP)
    lamp = site.number
    site.clock.advance(days=1)
    site.move("sign", "handler_lighting")
    site.move("handle", "handler_lighting", note="已更换灯头", pictures=[photo()])
    site.move("pass_check", "checker", note="灯亮了")
    site.clock.advance(days=1)
    site.report(source="grid_worker", by="collector", class_code=DRAIN)
    return {"lamp": lamp, "drain": site.number}


@pytest.mark.parametrize(
    ("words", "found", "because"),
    [
        ("view=all&opened_from=2026-06-01&opened_to=2026-06-01", {"lamp"}, "opened on Monday"),
        ("view=all&opened_from=2026-06-02", {"drain"}, "opened since Tuesday"),
        ("view=all&opened_to=2026-06-03", {"lamp", "drain"}, "until today"),
        ("closed_from=2026-06-02&closed_to=2026-06-02", {"lamp"}, "what was closed is history, whatever the view"),
        ("closed_from=2026-06-03", set(), "nothing closed since"),
        ("called_from=2026-06-01", set(), "nobody was called"),
        ("view=all&overdue=no", {"lamp"}, "closed within its promise"),
        ("view=all&opened=2026-06-03", {"drain"}, "as an address of the daily report says it"),
    ],
)
def test_the_list_holds_what_the_days_ask_for(
    week: dict[str, str], browser_of: Callable[..., Any], words: str, found: set[str], because: str
):
    html = browser_of("supervisor").get(f"/queue/?{words}").content.decode()
    assert {name for name, number in week.items() if f"/case/{number}/" in html} == found, because


@pytest.mark.parametrize(("language", "says"), [("zh", "日期"), ("en", "Days")])
def test_the_form_keeps_what_was_chosen(
    week: dict[str, str], browser_of: Callable[..., Any], language: str, says: str
):
    html = browser_of("supervisor", language).get("/queue/?view=all&opened_from=2026-06-01&overdue=no")
    html = html.content.decode()
    assert '<input type="date" name="opened_from" value="2026-06-01">' in html
    assert '<input type="date" name="opened_to" value="">' in html
    assert '<option value="no" selected>' in html
    assert f"<summary>{says}</summary>" in html
    assert '<details class="days" open>' in html


@pytest.mark.parametrize("wrong", ["opened_from=yesterday", "opened_from=2026-06-02&opened_to=2026-06-01"])
def test_days_that_are_none_are_told(week: dict[str, str], browser_of: Callable[..., Any], wrong: str):
    answer = browser_of("supervisor").get(f"/queue/?{wrong}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
