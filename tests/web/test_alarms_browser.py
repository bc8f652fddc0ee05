"""Alarms and devices in a real browser: usable by everybody, at a desk and on a phone, and worked by keys."""
# ruff: noqa: F811 (fixtures of another story)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.life import Life
from tests.web.axe import violations
from tests.web.every_page import client_of
from tests.web.test_alarms import flooded, the_alarm  # noqa: F401

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_alarms_are_worked_by_keys_and_can_be_used_by_everybody(
    flooded: Life, page: Page, live_server: Any, shoot: Any
) -> None:
    session = client_of("dispatcher").cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    number, broken = the_alarm().id, []
    for language, width in (("zh-hans", 1440), ("en", 390)):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.set_viewport_size({"width": width, "height": 900})
        for name, path in (
            ("alarms", "/alarms/"), ("alarm", f"/alarms/{number}/"), ("devices", "/devices/"),
            ("device", "/devices/level-1/"),
        ):  # fmt: skip
            page.goto(f"{live_server.url}{path}")
            broken += [f"{path} {language}: {each}" for each in violations(page)]
            wide = page.evaluate("document.documentElement.scrollWidth")
            broken += [f"{path} {language}: {wide} px wide on {width}"] if wide > width else []
            if width > 1000:
                shoot(page, name)
    assert broken == []

    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{live_server.url}/alarms/")
    page.keyboard.press("j")
    assert page.evaluate("() => document.activeElement.closest('[data-line]') !== null")
    page.keyboard.press("x")
    with page.expect_navigation():
        page.keyboard.press("a")
    page.wait_for_selector("[role=status]")
    assert the_alarm().state == "acknowledged"
