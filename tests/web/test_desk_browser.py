"""Two desks worked by keys in a real browser: the dispatcher's list and the agent's form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.life import NORTHEAST, SOUTHEAST, Life
from tests.web.axe import violations
from tests.web.conftest import PASSWORD

from cityloom.cases.understanding import warm_readers

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def signed_in(page: Page, live_server: Any, site: Life, django_user_model: Any):
    """Opens a page as a login of the small city."""

    def sign_in(login: str, path: str) -> Page:
        user = django_user_model.objects.get(username=login)
        user.set_password(PASSWORD)
        user.save()
        page.goto(f"{live_server.url}/signin/")
        page.fill("#username", login)
        page.fill("#password", PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.goto(f"{live_server.url}{path}")
        return page

    return sign_in


def test_a_dispatcher_goes_through_the_list_and_to_the_dispatch_by_keys(signed_in, site, shoot):
    numbers = []
    for place in (SOUTHEAST, NORTHEAST):
        numbers.append(site.report("hotline", by="agent", class_code=None, place=place).number)
        site.clock.advance(minutes=1)
    page = signed_in("dispatcher", "/dispatch/")
    page.wait_for_selector(f"#athand a.num:text-is('{numbers[0]}')")
    page.keyboard.press("j")
    page.wait_for_selector(f"#athand a.num:text-is('{numbers[1]}')")
    assert f"case={numbers[1]}" in page.url
    assert page.locator("[data-line].chosen").count() == 1
    page.keyboard.press("k")
    page.wait_for_selector(f"#athand a.num:text-is('{numbers[0]}')")
    page.keyboard.press("x")
    assert page.locator("[data-line].chosen input:checked").count() == 1
    assert page.locator(".bulk").is_visible()
    page.keyboard.press("d")
    assert page.evaluate("() => document.activeElement.closest('[data-main]') !== null")
    page.locator("h1").click()
    page.keyboard.press("?")
    assert page.locator("[data-keyhelp]").is_visible()
    page.keyboard.press("Escape")
    shoot(page, "dispatch")
    assert violations(page) == []


def test_an_agent_takes_class_and_keeps_the_call_without_a_mouse(signed_in, site, shoot):
    warm_readers(site.city)
    page = signed_in("agent", "/new/")
    assert page.evaluate("() => document.activeElement.id") == "phone"
    page.keyboard.type("13800138000")
    page.focus("#words")
    page.keyboard.type("小区门口的路灯坏了三天，晚上很黑")
    page.wait_for_selector("#reading .take[data-class]")
    page.keyboard.press("Alt+1")
    chosen = page.input_value("#class")
    assert chosen in site.city.leaves
    page.wait_for_selector("#reading .alike")
    shoot(page, "intake")
    assert violations(page) == []
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert "/case/" in page.url
    site.number = page.url.rstrip("/").rsplit("/", 1)[-1]
    assert site.file.case.class_code == chosen
