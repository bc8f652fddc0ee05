"""Signing in and out through an identity provider in a real browser, on a desk and on a phone, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.life import Life, at
from tests.city.services import make_service
from tests.web.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider

from cityloom.city.actions.put_to_sleep import put_to_sleep
from cityloom.web.provider_settings import ProviderSettings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = {"1440": {"width": 1440, "height": 900}, "390": {"width": 390, "height": 844}}


@pytest.fixture
def provider(site: Life, settings: Any) -> Iterator[IdentityProvider]:
    started = IdentityProvider(claims={"sub": "s-1", "preferred_username": "admin", "name": "管理"})
    settings.IDENTITY_PROVIDER = ProviderSettings(started.issuer, CLIENT_ID, CLIENT_SECRET)
    yield started
    started.stop()


@pytest.fixture
def tab_of(chromium: Browser) -> Iterator[Any]:
    """Opens a tab of a size in a language."""
    opened = []

    def make(size: str, language: str) -> Page:
        context = chromium.new_context(viewport=SIZES[size], locale={"zh": "zh-CN", "en": "en-GB"}[language])
        opened.append(context)
        return context.new_page()

    yield make
    for context in opened:
        context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_button_is_in_reach_and_leads_in_and_out(provider, live_server, tab_of, shoot, size, language):
    tab = tab_of(size, language)
    tab.goto(f"{live_server.url}/signin/?next=/account/")
    button = tab.get_by_role("link", name={"zh": "用统一身份认证登录", "en": "single sign-on"}[language])
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= (48 if size == "390" else 40)
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shoot(tab, f"sign-in-provider-{size}-{language}")
    button.click()
    tab.wait_for_url("**/account/")
    assert "管理" in tab.inner_text("main h1")
    shoot(tab, f"account-provider-{size}-{language}")
    tab.locator("form[action='/signout/'] button").click()
    tab.wait_for_url(f"{live_server.url}/")
    assert tab.locator("a[href^='/signin/']").count() > 0
    tab.goto(f"{live_server.url}/account/")
    assert "/signin/" in tab.url


@pytest.mark.parametrize("size", SIZES)
def test_the_page_of_machines_accounts_fits_desk_and_phone(provider, site, live_server, tab_of, shoot, size):
    make_service(
        site,
        "路灯监测平台",
        "handler",
        "lighting_co",
        owner="lighting_co",
        responsible="shift",
        purpose="路灯故障自动上报并回填",
    )
    make_service(site, "市民小程序", "resident", purpose="接收市民在小程序里提交的诉求")
    put_to_sleep("supervisor", "list", at(6, 1))
    tab = tab_of(size, "zh")
    tab.goto(f"{live_server.url}/signin/provider/?next=/services/")
    tab.wait_for_url("**/services/")
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert tab.get_by_text("负责人已离岗", exact=False).count() >= 1
    shoot(tab, f"services-{size}")
