"""A supervision order lived in a real browser, at the desk and on a phone; and rules tried before they are loaded."""
# ruff: noqa: F811 (fixtures of another story)

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.life import NORTHEAST, PARKING, Life
from tests.cases.test_rule_replay import NOISE_TO_DISTRICT
from tests.web.test_browser_story import _do, _sign_in, people, street_photo  # noqa: F401

from cityloom.cases.actions.issue_order import issue_order
from cityloom.cases.order_issuing import NewOrder

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Shoot = Callable[["Page", str], None]
PHONE = {"width": 390, "height": 844}


def _no_sideways(tab: Page) -> None:
    """Nothing sticks out of a phone's screen."""
    width = tab.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], f"{tab.url} is {width} px wide"


def test_an_order_from_the_case_to_its_discharge(
    page: Page,
    live_server: Any,
    people: Life,
    shoot: Shoot,
    street_photo: Path,
):
    url, life = live_server.url, people
    life.report()
    life.clock.advance(days=2)
    _sign_in(page, url, "supervisor")
    page.goto(f"{url}/case/{life.number}/")
    with page.expect_navigation():
        page.click("text=下达督办")
    page.fill("#title", "夜间施工扰民久拖不决")
    page.fill("#demand", "两个工作日内查清施工许可，落实夜间停工，并把整改前后照片附在答复里。")
    page.select_option("#limit_unit", "work_day")
    page.fill("#amount", "2")
    page.click("main .button.big")
    page.wait_for_url(re.compile("/orders/2026-1/"))
    assert "督办〔2026〕1号" in page.locator(".casehead").inner_text()

    life.clock.advance(hours=2)
    page.set_viewport_size(PHONE)
    _sign_in(page, url, "handler_e1")
    page.goto(f"{url}/orders/?view=mine")
    _no_sideways(page)
    shoot(page, "orders-phone")
    with page.expect_navigation():
        page.click("text=夜间施工扰民久拖不决")
    _no_sideways(page)
    shoot(page, "order-phone")
    _do(page, "receive")
    life.clock.advance(hours=20)
    _do(page, "reply", note="已责令停工，补办夜间施工许可前不得复工。", cases=life.number, photo=street_photo)

    page.set_viewport_size({"width": 1440, "height": 900})
    life.clock.advance(hours=1)
    _sign_in(page, url, "leader")
    page.goto(f"{url}/orders/2026-1/")
    shoot(page, "order")
    _do(page, "discharge", note="情况属实，予以销号；请街道一周内回看。")
    assert "已销号" in page.locator(".facts").inner_text()
    with page.expect_navigation():
        page.click("text=打印督办单")
    assert page.locator(".letter h1").inner_text() == "督办通知单"
    shoot(page, "order-letter")
    page.goto(f"{url}/case/{life.number}/")
    assert "督办〔2026〕1号销号" in page.locator(".knots").inner_text()


def test_the_list_of_orders_tells_what_is_late(page: Page, live_server: Any, people: Life, shoot: Shoot):
    life = people
    facts = [("占道停车专项整治", ("street_e1", "street_e2"), 3), ("雨季井盖排查", ("water_co",), 10)]
    for title, units, days in facts:
        topic = {"units": units, "class_code": PARKING, "level": "urgent" if days == 3 else "ordinary"}
        new = NewOrder("topic", title, "报方案和进度", days, "work_day", **topic)
        issue_order(life.city, new, life.post("supervisor"), life.clock)
    life.clock.advance(days=6)
    _sign_in(page, live_server.url, "supervisor")
    page.goto(f"{live_server.url}/orders/")
    assert page.locator(".figures .overdue dd").inner_text() == "1"
    assert page.locator("tr.overdue").count() == 1
    shoot(page, "orders")
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/orders/new/?subject=topic")
    _no_sideways(page)


def test_rules_are_tried_on_a_page(
    page: Page,
    live_server: Any,
    people: Life,
    shoot: Shoot,
    small_city_folder: Path,
    tmp_path: Path,
):
    life = people
    for number in range(12):
        life.report(**({"place": NORTHEAST} if number % 3 == 0 else {}))
        life.clock.advance(hours=5)
    duties = tmp_path / "duties.csv"
    text = (small_city_folder / "duties.csv").read_text(encoding="utf-8")
    duties.write_text(text.replace(*NOISE_TO_DISTRICT), encoding="utf-8")
    _sign_in(page, live_server.url, "steward")
    page.goto(f"{live_server.url}/rules/replay/")
    page.set_input_files("#duties", duties)
    page.click("main .button.main")
    page.wait_for_selector(".bars")
    assert page.locator(".figures dd").all_inner_texts()[:2] == ["12", "8"]
    shoot(page, "rule-replay")
    page.set_viewport_size(PHONE)
    _no_sideways(page)
    shoot(page, "rule-replay-phone")
