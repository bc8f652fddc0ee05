"""A terminal in a service cabin: large, closed, forgetful, with help by one touch."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from tests.cases.life import Life
from tests.web.axe import violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOME = "/kiosk/K01/"
PAGES = (HOME, f"{HOME}report/", f"{HOME}follow/", f"{HOME}services/")
LEAST_TOUCH_PX = 64


def test_a_call_for_help_is_an_enquiry_with_the_cabins_code_place_and_line(
    site: Life, browser_of: Callable[..., Client]
):
    key = str(uuid.uuid4())
    pages = [browser_of().post(f"{HOME}help/", {"key": key}).content.decode() for _ in range(2)]
    site.number = re.search(r"\d{6}-\d+", pages[0])[0]
    assert site.number in pages[1], "touched twice it is one call"
    case = site.file.case
    assert (case.nature, case.class_code) == ("enquiry", "hotline:0901")
    assert (round(case.lon, 4), round(case.lat, 4)) == (110.0031, 30.0031)
    assert "K01" in site.file.reports[0].words
    assert site.file.reports[0].reporter_id is not None, "the cabin's line is kept as a phone is: sealed"


def test_a_terminal_that_nobody_knows_is_told(browser_of: Callable[..., Client]):
    answer = browser_of().get("/kiosk/K99/")
    assert answer.status_code == 404
    assert "[kiosks]" in answer.content.decode()


def test_a_reports_way_is_read_at_a_terminal_without_its_code_in_the_address(
    site: Life, browser_of: Callable[..., Client]
):
    site.report()
    code = site.received.tracking_code
    answer = browser_of().post(f"{HOME}follow/", {"code": code.lower()})
    assert "We received your report" in answer.content.decode()
    assert code not in answer.content.decode()
    assert browser_of().post(f"{HOME}follow/", {"code": "WRONG"}).status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_no_link_leads_out_of_a_terminal(browser_of: Callable[..., Client], path: str):
    html = browser_of().get(path).content.decode()
    outside = [href for href in re.findall(r'<a [^>]*href="([^"]+)"', html) if not href.startswith((HOME, "#"))]
    assert outside == []
    assert "data-worker" not in html
    assert "data-mine" not in html


@pytest.fixture
def terminal(chromium: Browser, site: Life) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", has_touch=True)
    tab = context.new_page()
    thrown: list[str] = []
    tab.on("pageerror", lambda error: thrown.append(str(error)))
    yield tab
    context.close()
    assert thrown == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_an_idle_terminal_counts_down_and_clears_all_that_was_typed(terminal: Page, live_server: Any):
    terminal.clock.install()
    terminal.goto(f"{live_server.url}{HOME}report/")
    terminal.wait_for_selector("form[data-ready][data-step='1']")
    terminal.fill("#words", "Nobody else may read this")
    terminal.clock.run_for(31_000)
    terminal.wait_for_selector("dialog[open]")
    assert int(terminal.locator("[data-left]").inner_text()) <= 20
    terminal.keyboard.press("Shift")
    assert terminal.locator("dialog[open]").count() == 0, "a touch keeps what was typed"
    assert terminal.input_value("#words") == "Nobody else may read this"
    terminal.clock.run_for(52_000)
    terminal.wait_for_url(f"{live_server.url}{HOME}")
    terminal.goto(f"{live_server.url}{HOME}report/")
    terminal.wait_for_selector("form[data-ready][data-step='1']")
    assert terminal.input_value("#words") == ""
    kept = terminal.evaluate("indexedDB.databases().then((all) => all.map((each) => each.name))")
    assert kept == [], "a terminal keeps no drafts"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_report_at_a_terminal_is_sent_by_keys_and_its_link_is_taken_along(terminal: Page, live_server: Any):
    terminal.goto(f"{live_server.url}{HOME}")
    terminal.focus(".bigtile.first")
    terminal.keyboard.press("Enter")
    terminal.wait_for_selector("form[data-ready][data-step='1']")
    terminal.focus("#words")
    terminal.keyboard.type("The bench is broken")
    for step in (1, 2):
        terminal.focus(f"[data-step-of='{step}'] .stepnav .main")
        terminal.keyboard.press("Enter")
        terminal.wait_for_selector(f"form[data-step='{step + 1}']")
    assert terminal.input_value("#lon").startswith("110.0031"), "the pin stands at the cabin"
    terminal.focus("#send-it")
    terminal.keyboard.press("Enter")
    terminal.wait_for_url(re.compile(f"{HOME}sent/"))
    assert terminal.locator(".qr svg").is_visible()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_report")
        assert cursor.fetchone()[0] == 1


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", PAGES)
def test_what_is_touched_at_a_terminal_is_large_and_everybody_can_use_it(terminal: Page, live_server: Any, path: str):
    terminal.goto(f"{live_server.url}{path}")
    sizes = terminal.evaluate(
        "[...document.querySelectorAll('a, button, input:not([type=hidden]), select')]"
        ".filter((each) => each.checkVisibility() && !each.closest('.skip, .trap') && !each.matches('.skip'))"
        ".map((each) => [each.outerHTML.slice(0, 60), Math.round(each.getBoundingClientRect().height)])"
    )
    assert len(sizes) >= 2
    assert [each for each in sizes if each[1] < LEAST_TOUCH_PX] == []
    assert violations(terminal) == []
