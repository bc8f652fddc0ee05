"""The one screen in a real browser: it draws, it drills, it hears of a new case without a reload, it plays a day."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.life import NORTHEAST, SOUTHEAST, SOUTHWEST, Life, at
from tests.web.conftest import PASSWORD

from cityloom.web.screen_figures import forget_slow_figures

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OVER_THE_EDGE = """[...document.querySelectorAll('.left *, .right *, .top *')]
  .map((part) => [part, part.getBoundingClientRect()])
  .filter(([part, box]) => box.width > 1 && getComputedStyle(part).position !== 'absolute')
  .filter(([, box]) => box.right > innerWidth + 1 || box.left < -1)
  .map(([part]) => part.className + ': ' + part.textContent.slice(0, 30))"""


@pytest.fixture
def wall(page: Page, live_server: Any, site: Life, django_user_model: Any) -> tuple[Page, Life, list[str]]:
    """A leader before the screen; what the browser complains about is collected."""
    forget_slow_figures()
    site.clock.at = at(6, 2, 9)
    site.report("hotline", by="agent", place=SOUTHWEST)
    site.clock.at = at(6, 3, 9)
    site.report("hotline", by="agent", place=SOUTHEAST)
    user = django_user_model.objects.get(username="leader")
    user.set_password(PASSWORD)
    user.save()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{live_server.url}/signin/")
    page.fill("#username", "leader")
    page.fill("#password", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{live_server.url}/screen/")
    page.wait_for_selector("[data-map-idle]", state="attached")
    return page, site, complaints


def figure(page: Page, key: str) -> str:
    return page.locator(f'[data-figure="{key}"]').inner_text()


def test_a_new_case_appears_without_a_reload_and_draws_its_thread_once(
    wall: tuple[Page, Life, list[str]], shoot: Callable[[Page, str], None]
):
    page, life, complaints = wall
    assert (figure(page, "came"), figure(page, "open")) == ("1", "2")
    page.evaluate("window.stayed = true")
    page.evaluate(
        "window.woven = []; new MutationObserver((seen) => seen.forEach((m) => m.addedNodes.forEach("
        "(n) => window.woven.push(n.dataset.number)))).observe("
        "document.querySelector('[data-threads]'), {childList: true})"
    )
    page.wait_for_function("() => document.querySelector('[data-state]').dataset.is === 'asking'")
    life.clock.advance(minutes=1)
    life.report("hotline", by="agent", place=NORTHEAST)
    page.wait_for_function("() => document.querySelector('[data-figure=came]').textContent === '2'")
    assert figure(page, "open") == "3"
    page.wait_for_function("() => window.woven.length > 0")
    assert page.evaluate("window.woven") == [life.number]
    assert page.evaluate("window.stayed"), "the page was not loaded again"
    shoot(page, "screen")
    assert complaints == []


def test_one_drills_by_a_click_and_goes_back(wall: tuple[Page, Life, list[str]]):
    page, _, complaints = wall
    city = page.locator(".way strong").inner_text()
    page.click(".areas li:first-child a.name")
    page.wait_for_url(re.compile(r"\?area=\d+$"))
    assert page.locator(".way strong").inner_text() != city
    page.go_back()
    page.wait_for_function("name => document.querySelector('.way strong').textContent === name", arg=city)
    assert page.url.endswith("/screen/")
    assert complaints == []


def test_a_day_is_played_again_by_the_slider_and_the_keys(wall: tuple[Page, Life, list[str]]):
    page, _, complaints = wall
    page.click("a[rel=prev]")
    page.wait_for_url(re.compile("day=2026-06-02"))
    slider = page.locator("[data-slider]")
    slider.fill(str(8 * 60))
    page.wait_for_function("() => document.querySelector('[data-clock]').textContent === '08:00'")
    assert (figure(page, "came"), figure(page, "open")) == ("0", "0")
    slider.fill(str(10 * 60))
    page.wait_for_function("() => document.querySelector('[data-clock]').textContent === '10:00'")
    assert (figure(page, "came"), figure(page, "open")) == ("1", "1")
    assert "t=10%3A00" in page.url, "the address says the moment"
    slider.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('[data-clock]').textContent === '10:01'")
    page.locator("[data-play]").press("Enter")
    page.wait_for_function("() => document.querySelector('[data-clock]').textContent > '10:05'")
    assert complaints == []


def test_the_tables_are_one_key_away(wall: tuple[Page, Life, list[str]]):
    page, _, _ = wall
    table = page.locator(".day table")
    assert not table.is_visible()
    page.keyboard.press("t")
    assert table.is_visible()
    assert page.locator("[data-tables]").get_attribute("aria-pressed") == "true"
    page.keyboard.press("t")
    assert not table.is_visible()


@pytest.mark.parametrize(("wide", "high"), [(390, 844), (1440, 900), (1920, 1080), (3840, 2160)])
def test_nothing_hangs_over_the_edge(wall: tuple[Page, Life, list[str]], wide: int, high: int):
    page, _, _ = wall
    page.set_viewport_size({"width": wide, "height": high})
    page.wait_for_function("wide => window.innerWidth === wide", arg=wide)
    assert page.evaluate("document.documentElement.scrollWidth") <= wide
    beyond = page.evaluate(OVER_THE_EDGE)
    assert beyond == []
