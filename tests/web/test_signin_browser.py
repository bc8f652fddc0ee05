"""A second factor enrolled and used, and a shift handed over, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django_otp.oath import TOTP
from tests.cases.life import Life
from tests.web.conftest import PASSWORD

from cityloom.city.models import SecondFactor
from cityloom.city.second_factor import _bytes

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(site: Life, django_user_model: Any) -> Life:
    """The dispatcher, the callback agent and the supervisor have passwords."""
    for user in django_user_model.objects.filter(username__in=["dispatcher", "callback", "supervisor", "agent"]):
        user.set_password(PASSWORD)
        user.save()
    return site


def _type_password(tab: Page, url: str, login: str) -> None:
    tab.context.clear_cookies()
    tab.goto(f"{url}/signin/")
    tab.fill("#username", login)
    tab.fill("#password", PASSWORD)
    _enter(tab)


def _enter(tab: Page) -> None:
    """Send the form in which the cursor stands, by the key."""
    with tab.expect_navigation():
        tab.keyboard.press("Enter")


def _click(tab: Page, selector: str) -> None:
    with tab.expect_navigation():
        tab.click(selector)


def _code(secret: str) -> str:
    return f"{TOTP(_bytes(secret)).token():06d}"


def _forget_last_code(login: str) -> None:
    """As if the half minute of the code just taken had passed."""
    SecondFactor.objects.filter(login=login).update(last_step=0)


def test_a_callback_agent_enrols_by_the_qr_code_signs_in_with_it_and_with_a_recovery_code(
    page: Page, live_server: Any, people: Life, settings: Any, shoot: Callable[[Page, str], None]
):
    from cityloom.city.values import Role

    settings.CITYLOOM_SECOND_FACTOR = frozenset({Role.CALLBACK_AGENT})
    url = live_server.url
    _type_password(page, url, "callback")
    assert page.url == f"{url}/account/second-factor/", "the post needs it, so nothing else comes first"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    assert page.locator(".qr svg path").count() >= 1
    assert page.locator(".qr svg").bounding_box()["width"] > 150
    assert all(address.startswith(url) for address in asked), "no request leaves the site"
    secret = page.locator("code.code").inner_text().replace(" ", "")
    shoot(page, "second-factor")
    page.fill("#code", "000000")
    _enter(page)
    assert page.locator(".error").is_visible()
    assert page.locator("code.code").inner_text().replace(" ", "") == secret, "the same secret can be tried again"
    page.fill("#code", _code(secret))
    _enter(page)
    page.wait_for_selector(".recovery")
    recovery = page.locator(".recovery code").all_inner_texts()
    assert len(set(recovery)) == 10
    page.click("main a.button")
    page.wait_for_url(f"{url}/account/")
    page.goto(f"{url}/queue/")
    assert page.locator("section.list").is_visible()

    _forget_last_code("callback")
    _type_password(page, url, "callback")
    assert page.url == f"{url}/signin/code/"
    page.fill("#code", _code(secret))
    _enter(page)
    page.wait_for_url(f"{url}/callbacks/")

    _type_password(page, url, "callback")
    page.fill("#code", recovery[0].lower().replace("-", " "))
    _enter(page)
    page.wait_for_url(f"{url}/callbacks/")
    _type_password(page, url, "callback")
    page.fill("#code", recovery[0])
    _enter(page)
    assert page.locator(".error").is_visible(), "a recovery code is taken once"


def test_the_leaving_shift_writes_and_the_coming_one_takes_over_with_one_click(
    page: Page, live_server: Any, people: Life, django_user_model: Any, shoot: Callable[[Page, str], None]
):
    people.report(words="路灯不亮", class_code=None, place=None, address="解放路口")
    url = live_server.url
    _type_password(page, url, "dispatcher")
    page.goto(f"{url}/handover/")
    page.locator(".marks input").first.check()
    page.fill("#note", "解放路口的位置还没问清，请再联系")
    shoot(page, "handover")
    _click(page, "main form:has(#note) button.main")
    assert page.locator(".left.open").is_visible()
    assert not page.locator(".left.open button").count(), "nobody takes over from himself"
    people.clock.advance(hours=1)
    today = people.clock.now().date().isoformat()
    page.goto(f"{url}/account/deputies/")
    page.fill("#deputy", "supervisor")
    page.fill("#first", today)
    page.fill("#last", today)
    _click(page, "main form:has(#deputy) button.main")
    assert page.locator(".sessions li").count() == 1

    _type_password(page, url, "supervisor")
    page.wait_for_url(re.compile("/signin/post/"))
    with page.expect_navigation():
        page.locator("button.choice", has_text="邓派").click()
    assert "代邓派" in page.locator("header").inner_text()
    page.goto(f"{url}/handover/")
    assert not page.locator(".left.open button").count(), "a deputy does not take over from whom he stands in for"
