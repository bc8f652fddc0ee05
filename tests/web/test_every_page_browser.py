"""axe over every page there is: in Chinese at a desk's size or in English on a phone; one browser context a login."""
# ruff: noqa: F811 (fixtures of another story)

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.life import Life
from tests.stories.test_leaks import city_of_secrets, no_public_limits  # noqa: F401
from tests.web.axe import violations
from tests.web.every_page import client_of, every_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MAPS = re.compile(r"/build/map[-.\w]*js|\.pbf|\.geojson|/build/screen\.js")
SIZES = (("zh-hans", 1440, 900), ("en", 390, 844))


def test_every_page_can_be_used_by_everybody(
    site: Life,
    city_of_secrets: tuple[Life, list[str], list[str]],
    chromium: Browser,
    live_server: Any,
    request: pytest.FixtureRequest,
) -> None:
    pages = sorted(every_page(site.city, city_of_secrets[2][:1]), key=lambda page: page.login)
    assert len(pages) >= 50, "the walk found the pages"
    whole = request.config.getoption("--full")  # else half of the pages at each size
    broken: list[str] = []
    for login, opened in groupby(pages, key=lambda page: page.login):
        context = chromium.new_context(locale="zh-CN", reduced_motion="reduce")
        context.route(MAPS, lambda route: route.abort())  # drawn by software they would take most of the time
        tab = context.new_page()
        session = client_of(login).cookies.get("sessionid") if login else None
        if session is not None:
            context.add_cookies([{"name": "sessionid", "value": session.value, "url": live_server.url}])
        mine = list(opened)
        for turn, (language, width, height) in enumerate(SIZES):
            context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
            tab.set_viewport_size({"width": width, "height": height})
            for page in mine if whole else mine[turn :: len(SIZES)]:
                answer = tab.goto(f"{live_server.url}{page.address}", wait_until="load")
                assert answer is not None
                assert answer.status == 200, (page, answer.status)
                broken += [f"{page.route} {language}: {each}" for each in violations(tab)]
                wide = tab.evaluate("document.documentElement.scrollWidth")
                broken += [f"{page.route} {language}: {wide} px wide on {width}"] if wide > width else []
        context.close()
    assert not broken, "\n".join(broken)
