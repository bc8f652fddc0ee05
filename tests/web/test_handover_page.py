"""The page of a shift: what is open, what falls due, one click to take it over; others are told it is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client
from tests.cases.life import Life

from cityloom.cases.actions.hand_over_shift import hand_over_shift


@pytest.fixture
def desk(site: Life) -> Life:
    """A case waits for the hotline and the dispatcher."""
    site.report(class_code=None, place=None, address="解放路口")
    return site


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("login", ["dispatcher", "shift", "agent", "callback"])
def test_every_desk_opens_its_page_in_both_languages(desk: Life, browser_of: Callable[..., Client], login, language):
    html = browser_of(login, language).get("/handover/").content.decode()
    assert ("交接班" if language == "zh" else "Shift handover") in html
    assert (desk.number in html) == (login != "callback")


@pytest.mark.parametrize("login", ["handler_e1", "leader", "auditor"])
def test_a_role_without_shifts_is_told_so(desk: Life, browser_of: Callable[..., Client], login):
    answer = browser_of(login).get("/handover/")
    assert answer.status_code == 400
    assert "hands over no shift" in answer.content.decode()
    assert "/handover/" not in browser_of(login).get("/queue/").content.decode()


def test_what_the_last_shift_left_stands_over_the_list_until_it_is_taken_over(
    desk: Life, browser_of: Callable[..., Client]
):
    colleague = replace(desk.post("dispatcher"), login="supervisor")
    number = hand_over_shift(desk.city, colleague, "<b>请跟进</b>", [desk.number], desk.clock)
    client = browser_of("dispatcher")
    assert "&lt;b&gt;请跟进&lt;/b&gt;" in client.get("/queue/").content.decode()
    assert client.post("/handover/take/", {"id": str(number)}).status_code == 302
    html = client.get("/queue/").content.decode()
    assert "请跟进" not in html
    assert "taken over by 邓派" in html
    assert "&lt;b&gt;请跟进&lt;/b&gt;" in client.get("/handover/").content.decode()
    assert client.post("/handover/take/", {"id": str(number)}).status_code == 409


@pytest.mark.parametrize("wanted", ["", "x", "-1", "9" * 30, "１", "1; DROP"])
def test_a_handover_that_does_not_exist_is_told(desk: Life, browser_of: Callable[..., Client], wanted):
    assert browser_of("dispatcher").post("/handover/take/", {"id": wanted}).status_code == 409


def test_a_handover_that_is_refused_keeps_what_was_typed(desk: Life, browser_of: Callable[..., Client]):
    client = browser_of("dispatcher")
    answer = client.post("/handover/", {"note": "请联系报告人", "marked": ["260601-999", desk.number]})
    html = answer.content.decode()
    assert answer.status_code == 400
    assert "260601-999" in html
    assert "请联系报告人" in html
    assert f'value="{desk.number}" checked' in html
    assert client.post("/handover/", {"note": "", "marked": []}).status_code == 400


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({}, "of one&#x27;s own"),
        ({"post": "dispatcher|dispatcher|centre|", "first": "tomorrow"}, "2026-06-30"),
        ({"post": "dispatcher|dispatcher|centre|", "deputy": "nobody"}, "nobody in this city"),
        ({"post": "leader|leader|centre|"}, "of one&#x27;s own"),
        ({"post": "dispatcher|dispatcher|centre|", "last": "2027-06-01"}, "90 days"),
    ],
)
def test_a_deputy_that_cannot_be_is_told_why_with_what_was_typed(
    site: Life, browser_of: Callable[..., Client], typed, told
):
    said = {"post": "", "deputy": "supervisor", "first": "2026-06-01", "last": "2026-06-02", **typed}
    answer = browser_of("dispatcher").post("/account/deputies/", said)
    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert f'value="{said["deputy"]}"' in answer.content.decode()


def test_a_deputy_is_named_and_called_off_on_the_page(site: Life, browser_of: Callable[..., Client]):
    said = {
        "post": "dispatcher|dispatcher|centre|",
        "deputy": "callback",
        "first": "2026-06-01",
        "last": "2026-06-02",
    }
    client = browser_of("supervisor")
    assert client.post("/account/deputies/", said).status_code == 302, "a supervisor of the unit"
    html = client.get("/account/deputies/").content.decode()
    assert "for 邓派" in html
    number = html.split('name="id" value="')[1].split('"')[0]
    assert client.post("/account/deputies/end/", {"id": number}).status_code == 302
    assert client.post("/account/deputies/end/", {"id": number}).status_code == 400
    assert "for 邓派" not in client.get("/account/deputies/").content.decode()
