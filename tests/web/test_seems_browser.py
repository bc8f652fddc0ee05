"""In a real browser: words suggest a class that one click takes over; the figures of reading can be looked at."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.life import LAMP, NOISE, SOUTHEAST
from tests.web.axe import violations
from tests.web.conftest import PASSWORD

from cityloom.cases.understanding import warm_readers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAID = "小区门口的路灯坏了三天，晚上很黑"


def test_a_suggested_class_is_taken_by_a_click_and_corrections_are_seen(
    page: Any, live_server: Any, site: Any, django_user_model: Any, shoot: Any
):
    warm_readers(site.city)
    near = site.report("hotline", by="agent", words="门口路灯不亮", class_code=None).number
    page.goto(f"{live_server.url}/report/")
    page.wait_for_selector("form[data-ready]")
    page.fill("#words", SAID)
    page.locator(f"#seems .nearcard:has([data-take='{LAMP}'])").click()
    assert page.input_value("#class") == LAMP
    shoot(page, "seems")
    assert violations(page) == []
    for name, value in (("lon", SOUTHEAST[0]), ("lat", SOUTHEAST[1])):
        page.evaluate(f"() => {{ const f = document.getElementById('{name}'); f.value = '{value}'; "
                      "f.dispatchEvent(new Event('change', {bubbles: true})); }")  # fmt: skip
    page.wait_for_selector(f"#near input[value='{near}']", state="attached")
    assert "路灯" in page.locator("#near").text_content()
    site.report("hotline", by="agent", words=SAID, class_code=None)
    site.move("reclassify", "dispatcher", class_code=NOISE, reason="corrected.class")
    user = django_user_model.objects.get(username="shift")
    user.set_password(PASSWORD)
    user.save()
    page.goto(f"{live_server.url}/signin/")
    page.fill("#username", "shift")
    page.fill("#password", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{live_server.url}/understanding/")
    assert site.number in page.inner_text("#figures")
    shoot(page, "understanding")
    assert violations(page) == []
