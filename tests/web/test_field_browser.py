"""The street's pages on a phone: a walk without a line, in Chinese; reporting by picture, in English."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from PIL import Image
from tests.cases.life import DRAIN, LAMP, REFUSE, SOUTHEAST, Life, photo
from tests.web.axe import violations
from tests.web.test_resident_browser import Server, count, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HERE = {"longitude": SOUTHEAST[0] + 0.0004, "latitude": SOUTHEAST[1]}
PAGES_KEPT = """async () => {
  const cache = await caches.open("field-kept");
  const kept = (await cache.keys()).map(({ url }) => new URL(url).pathname);
  const stops = kept.filter((path) => path.startsWith("/field/case/"));
  if (navigator.serviceWorker.controller === null || stops.length !== 2 || !kept.includes("/field/")) return false;
  const text = await (await cache.match(stops[0])).text();
  const files = [...text.matchAll(/(?:src|href)="(\\/static\\/[^"#?]+)/g)].map(([, path]) => path);
  return kept.some((path) => path.startsWith("/photo/"))
    && files.every((path) => path.includes("/map.") || kept.includes(path));
}"""


@pytest.fixture
def server(live_server: Any) -> Iterator[Server]:
    """A site that can go away and come back, over the database arrangements of `live_server`."""
    started = Server()
    yield started
    started.stop()


@pytest.fixture
def phone_of(chromium: Browser, browser_of: Callable[..., Client]) -> Iterator[Callable[..., Page]]:
    """A phone of the street, somebody signed in on it; a script that throws fails the test."""
    contexts: list[BrowserContext] = []
    thrown: list[str] = []

    def make(url: str, login: str, language: str, scheme: Any = "light") -> Page:
        context = chromium.new_context(
            viewport={"width": 390, "height": 844}, locale={"zh": "zh-CN", "en": "en-GB"}[language], has_touch=True,
            color_scheme=scheme, geolocation=HERE, permissions=["geolocation"],
        )  # fmt: skip
        contexts.append(context)
        cookie = browser_of(login).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
        tab = context.new_page()
        tab.on("pageerror", lambda error: thrown.append(str(error)))
        return tab

    yield make
    for context in contexts:
        context.close()
    assert thrown == []


def shot_of(colour: str) -> dict[str, Any]:
    out = io.BytesIO()
    Image.new("RGB", (1600, 1200), colour).save(out, "JPEG")
    return {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def fits(tab: Page) -> None:
    """Nothing is broken for anybody, nothing hangs over the edge, nothing is too small for a thumb."""
    assert violations(tab) == [], tab.url
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390, tab.url
    small = tab.evaluate(
        """() => [...document.querySelectorAll("a.button, main button, nav.tabs4 a, main summary, .picture, .tile")]
          .filter((each) => each.checkVisibility() && !each.closest(".map"))
          .filter((each) => each.getBoundingClientRect().height < 48).map((each) => each.outerHTML.slice(0, 80))"""
    )
    assert small == [], tab.url


def test_a_walk_without_a_line_is_sent_once_when_there_is_one(
    phone_of: Callable[..., Page], server: Server, site: Life, shoot: Callable[[Page, str], None]
) -> None:
    site.report(
        class_code=REFUSE, words="桥头堆着没清的垃圾，味道很大", address="望江路桥头", photos=(photo("olive"),)
    )
    first = site.number
    site.clock.advance(minutes=30)
    site.report(class_code=DRAIN, words="井盖一踩就响", place=(SOUTHEAST[0] + 0.0005, SOUTHEAST[1]))
    second = site.number
    tab = phone_of(server.url, "collector", "zh")
    tab.goto(f"{server.url}/field/")
    tab.click("[data-near]")
    tab.wait_for_selector(".stop [data-far]:not(:empty)")
    fits(tab)
    shoot(tab, "field-today-phone")
    wait_until(tab, PAGES_KEPT)

    server.stop()
    tab.context.set_offline(True)
    tab.goto(f"{server.url}/field/case/{first}/")
    tab.wait_for_selector(".walk[data-ready] [data-asof]:not([hidden])")
    assert "桥头堆着没清的垃圾" in tab.locator("blockquote").inner_text()
    assert tab.evaluate("document.querySelector('.sidebyside img').complete")
    tab.click("[data-arrive]")
    wait_until(tab, "() => document.querySelector('[data-arrived-said]').textContent.includes('米')")
    tab.set_input_files("#photos-shot", shot_of("#8a7"))
    tab.wait_for_selector(".shotlist img")
    fits(tab)
    shoot(tab, "field-stop-phone")
    tab.click("button[value='real']")
    tab.wait_for_url(f"{server.url}/field/")
    tab.wait_for_selector("[data-told].kept:not([hidden])")
    assert tab.locator(f"[data-stop='{first}']").is_hidden(), "done as far as its person is concerned"
    assert "没有网络" in tab.locator("[data-mark]").inner_text()
    assert "1条待发" in tab.locator("[data-mark]").inner_text()
    tab.click(f"[data-stop='{second}'] a.into")
    tab.wait_for_selector(".walk[data-ready] [data-asof]:not([hidden])")
    tab.click("button[value='not_found']")
    tab.wait_for_selector("[data-waiting] li:nth-child(2)")
    fits(tab)
    shoot(tab, "field-offline-phone")

    site.number = second
    site.move("verify", "checker", note="已核实")  # somebody was faster
    site.number = first
    server.start()
    tab.context.set_offline(False)
    tab.wait_for_selector("[data-waiting] li.refused")
    wait_until(tab, "async () => document.querySelectorAll('[data-waiting] li').length === 1")
    told = tab.locator("[data-waiting] li.refused").inner_text()
    assert "已经有人处理过" in told
    assert "井盖" in told or "Drain" in told
    (verified,) = (entry for entry in site.entries if entry.move == "verify")
    assert verified.by_login == "collector"
    assert (count("cases_photo"), count("cases_field_sending")) == (2, 1)
    tab.goto(f"{server.url}/field/")
    tab.wait_for_selector("[data-waiting] li.refused")
    assert (site.moves.count("verify"), count("cases_field_sending")) == (1, 1), "once"


def test_a_report_by_picture_a_check_and_a_patrol(
    phone_of: Callable[..., Page], live_server: Any, site: Life, shoot: Callable[[Page, str], None]
) -> None:
    site.report("grid_worker", "collector", class_code=LAMP, words="路灯不亮", photos=(photo("black"),))
    site.move("sign", "handler_lighting")
    site.move("handle", "handler_lighting", note="换了灯", pictures=[photo("gold")])
    checked = site.number
    tab = phone_of(live_server.url, "collector", "en", "dark")
    tab.goto(f"{live_server.url}/field/report/")
    tab.wait_for_selector(".walk[data-ready]")
    fits(tab)
    shoot(tab, "field-pictures-phone")
    tab.locator(".picture", has_text="Rubbish").click()
    tab.locator(".under.shown .tile").first.click()
    tab.wait_for_selector("[data-note='here']:not([hidden])")
    tab.set_input_files("#photos-shot", shot_of("#a86"))
    tab.wait_for_selector(".shotlist img")
    fits(tab)
    shoot(tab, "field-report-phone")
    tab.click(".sendbar button")
    tab.wait_for_url(re.compile("sent="))
    site.number = tab.locator(".sentnote .num").inner_text()
    (report,) = site.file.reports
    assert (report.source, report.received_by) == ("grid_worker", "collector")
    assert (report.lon, report.lat) == pytest.approx((HERE["longitude"], HERE["latitude"]), abs=1e-6)
    assert report.words.startswith("Found on patrol")

    tab.goto(f"{live_server.url}/field/map/")
    tab.wait_for_selector("[data-map-idle]")
    fits(tab)

    tab.goto(f"{live_server.url}/field/case/{checked}/")
    tab.wait_for_selector(".walk[data-ready]")
    assert tab.locator(".sidebyside figure").count() == 2
    fits(tab)
    shoot(tab, "field-check-phone")
    tab.click("button[value='not_done']")
    tab.wait_for_url(re.compile("/field/.done=not_done"))
    assert "Sent" in tab.locator("[data-told]").inner_text()
    site.number = checked
    assert site.state == "signed"

    tab.goto(f"{live_server.url}/field/patrol/")
    tab.wait_for_selector(".walk[data-ready]")
    fits(tab)
    shoot(tab, "field-patrol-phone")
    tab.check("input[name='consent']")
    tab.click("button[value='start']")
    tab.wait_for_selector("[data-patrol]")
    wait_until(tab, "() => document.querySelector('[data-patrol-said]').textContent.includes('1')")
    fits(tab)
    tab.click("button[value='end']")
    tab.wait_for_selector(".consent")
    tab.click("button[value='withdraw']")
    tab.wait_for_selector(".told")
    assert (count("cases_patrol"), count("cases_patrol_point")) == (1, 0)


def test_without_scripts_a_stop_and_a_report_are_plain_forms(
    chromium: Browser, browser_of: Callable[..., Client], live_server: Any, site: Life
) -> None:
    site.report(class_code=DRAIN, place=SOUTHEAST)
    context = chromium.new_context(java_script_enabled=False, locale="en-GB", viewport={"width": 390, "height": 844})
    cookie = browser_of("collector").cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    tab = context.new_page()
    tab.goto(f"{live_server.url}/field/")
    tab.click(".stop a.into")
    tab.click("button[value='real']")
    assert "done=real" in tab.url
    assert "verify" in site.moves
    tab.goto(f"{live_server.url}/field/report/")
    tab.check(f"input[name='class'][value='{LAMP}']")
    tab.fill("#lon", str(SOUTHEAST[0]))
    tab.fill("#lat", str(SOUTHEAST[1]))
    tab.click(".sendbar button")
    assert "sent=" in tab.url
    assert count("cases_case") == 2
    context.close()
