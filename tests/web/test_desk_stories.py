"""A handler (in Chinese), a checker and a callback agent (in English) in a real browser, the hands on the keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from tests.cases.life import DRAIN, SOUTHEAST, Life, at, photo
from tests.web.axe import violations
from tests.web.conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# What is touched in the list of an inbox and is lower than a finger.
SMALL = """() => [...document.querySelectorAll('.times a, .words a, .inboxline')]
    .filter(e => e.offsetParent !== null && e.getBoundingClientRect().height < 47.5).map(e => e.textContent.trim())"""


@pytest.fixture
def tab_of(chromium: Browser, live_server: Any, site: Life, django_user_model: Any):
    """Opens a page of the small city as a login, in a language, on a desk or a phone."""
    opened = []

    def open_tab(login: str, path: str, language: str, phone: bool = False) -> Page:
        user = django_user_model.objects.get(username=login)
        user.set_password(PASSWORD)
        user.save()
        size = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
        context = chromium.new_context(locale=language, viewport=size, has_touch=phone, is_mobile=phone)
        opened.append(context)
        tab = context.new_page()
        tab.errors = []
        tab.on("console", lambda m: tab.errors.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda e: tab.errors.append(str(e)))
        tab.goto(f"{live_server.url}/signin/")
        tab.fill("#username", login)
        tab.fill("#password", PASSWORD)
        with tab.expect_navigation():
            tab.keyboard.press("Enter")
        if path:
            tab.goto(f"{live_server.url}{path}")
        return tab

    yield open_tab
    for context in opened:
        context.close()


def picture(folder: Path, name: str, colour: str) -> Path:
    Image.new("RGB", (320, 240), colour).save(folder / name, "JPEG")
    return folder / name


def test_a_handler_goes_from_the_inbox_to_done_with_evidence_and_a_message(tab_of, site, shoot, tmp_path):
    site.report("grid_worker", by="collector", class_code=DRAIN, photos=(photo("brown"),))
    first = site.number
    site.clock.advance(minutes=1)
    site.report("resident", class_code=DRAIN, place=SOUTHEAST, consents=("callback", "relay"))
    site.move("verify", "checker", note="情况属实")
    second = site.number
    tab = tab_of("handler_water", "", "zh-CN")
    assert tab.url.endswith("/inbox/"), "the inbox is where a handler begins"
    assert tab.locator(".inboxhead").inner_text().count("2件等本单位办理") == 1
    shoot(tab, "inbox")
    assert violations(tab) == []
    for key, number in (("j", first), ("j", second), ("k", first)):
        tab.keyboard.press(key)
        assert tab.evaluate("() => document.activeElement.getAttribute('href')") == f"/case/{number}/"
    tab.keyboard.press("?")
    assert tab.locator("[data-keyhelp]").is_visible()
    tab.keyboard.press("Escape")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert "须在" in tab.locator(".owes").inner_text()
    with tab.expect_navigation():
        tab.get_by_role("button", name="签收").click()
    # what is no photo stays out of the well, what was chosen is shown and can be taken out again
    well = tab.locator(".moves .open .well").nth(1)
    note = tmp_path / "说明.txt"
    note.write_text("不是照片", encoding="utf-8")
    done = picture(tmp_path, "done.jpg", "grey")
    well.locator("input").set_input_files([done, note, picture(tmp_path, "more.jpg", "green")])
    well.locator(".wellshots li").nth(1).wait_for()
    assert "说明.txt" in well.locator("[data-told]").inner_text()
    well.locator(".wellshots button").nth(1).click()
    assert well.locator("input").evaluate("input => input.files.length") == 1
    tab.locator(".moves .open textarea[name=note]").fill("已更换井盖，周边平整")
    assert violations(tab) == []
    with tab.expect_navigation():
        tab.locator(".moves .open").get_by_role("button", name="处置", exact=True).click()
    site.number = first
    assert site.state == "handled"
    # before and after on one stage, moved by the keyboard
    slider = tab.get_by_role("slider")
    slider.focus()
    for _ in range(5):
        tab.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "处置前占55%"
    assert tab.locator("[data-compare]").evaluate("e => e.style.getPropertyValue('--at')") == "55%"
    box = tab.locator("[data-stage]").bounding_box()
    tab.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    assert slider.input_value() == "25"
    shoot(tab, "case")
    assert violations(tab) == []
    # on the phone: the resident's matter, a message through the relay
    phone = tab_of("handler_water", f"/case/{second}/", "zh-CN", phone=True)
    with phone.expect_navigation():
        phone.get_by_role("button", name="签收").click()
    phone.locator("#relay textarea").fill("您好，几点方便到现场？")
    with phone.expect_navigation():
        phone.locator("#relay").get_by_role("button", name="转达").click()
    assert "几点方便到现场" in phone.locator("#relay .relay").inner_text()
    assert phone.evaluate("() => document.documentElement.scrollWidth") == 390
    assert violations(phone) == []
    phone.goto(phone.url.split("/case/")[0] + "/inbox/")
    assert phone.evaluate(SMALL) == [], "what is touched is 48 pixels high"
    assert phone.evaluate("() => document.documentElement.scrollWidth") == 390
    assert violations(phone) == []
    assert tab.errors + phone.errors == []


def test_a_checker_passes_one_and_sends_one_back_and_an_agent_hears_it(tab_of, site, shoot):
    numbers = []
    for colour in ("brown", "teal"):
        site.report("resident", class_code=DRAIN, photos=(photo(colour),), words="井盖破了，很危险")
        site.move("verify", "checker", note="情况属实")
        site.move("sign", "handler_water")
        site.move("handle", "handler_water", note="井盖已更换", pictures=[photo("grey")])
        numbers.append(site.number)
        site.clock.advance(minutes=1)
    tab = tab_of("checker", "", "en")
    assert tab.url.endswith("/check/")
    assert tab.get_by_role("slider").is_visible()
    assert "井盖已更换" in tab.locator(".checked").inner_text()
    shoot(tab, "check")
    assert violations(tab) == []
    passing = tab.locator('[data-verdict="pass_check"]')
    passing.locator("textarea").fill("In place and level")
    with tab.expect_navigation():
        passing.get_by_role("button", name="Pass the check").click()
    assert tab.url.endswith("/check/"), "the next one is ready"
    assert tab.locator(f".checked a.num:text-is('{numbers[1]}')").count() == 1
    rework = tab.locator('[data-verdict="rework"]')
    rework.locator("select").select_option(index=1)
    with tab.expect_navigation():
        rework.get_by_role("button", name="Send back for rework").click()
    assert "Nothing waits for a check" in tab.locator(".restful").inner_text()
    assert violations(tab) == []
    for number, state in zip(numbers, ("checked", "signed"), strict=True):
        site.number = number
        assert site.state == state

    site.number, site.clock.at = numbers[0], at(6, 2, 10)
    calls = tab_of("callback", "", "en")
    assert calls.url.endswith("/callbacks/")
    assert violations(calls) == []
    with calls.expect_navigation():
        calls.keyboard.press("p")
    assert calls.locator(".phone").inner_text().startswith("13800138000")
    calls.keyboard.press("n")
    with calls.expect_navigation():
        calls.keyboard.press("2")
    assert site.file.reports[0].callback_result == "busy"
    assert "busy" in calls.locator(".tried").inner_text().lower()
    site.clock.at = at(6, 2, 15)
    calls.reload()
    calls.keyboard.press("y")
    for digit in "112":
        calls.keyboard.press(digit)
    assert calls.locator("[data-question] input:checked").count() == 3
    shoot(calls, "callbacks")
    assert violations(calls) == []
    calls.keyboard.press("m")
    calls.keyboard.type("They were quick")
    with calls.expect_navigation():
        calls.keyboard.press("Control+Enter")
    heard = site.file.reports[0]
    assert (heard.contacted, heard.solved, heard.satisfied) == ("yes", "yes", "basically")
    assert site.state == "closed"
    assert "Nobody waits for a call" in calls.locator(".restful").inner_text()

    phone = tab_of("callback", "/callbacks/", "en", phone=True)
    assert phone.evaluate("() => document.documentElement.scrollWidth") == 390
    assert violations(phone) == []
    assert tab.errors + calls.errors + phone.errors == []
