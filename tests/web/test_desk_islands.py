"""The scripts of a desk, each on its page: the keys, the hands that slip, the markup that is not whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from playwright.sync_api import expect
from tests.cases.life import DRAIN, Life, photo
from tests.web.in_process import InProcess

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
Served = Callable[[str], InProcess]
AT = "() => Number.parseFloat(document.querySelector('[data-compare]').style.getPropertyValue('--at'))"


@pytest.fixture
def served(page: Page, browser_of: Callable[..., Client]) -> Served:
    """The site for a login of the small city, without a server."""
    return lambda login: InProcess(page, browser_of(login))


def test_inbox_is_gone_through_by_keys(served: Served, site: Life, page: Page) -> None:
    for _ in range(3):
        site.report("hotline", by="agent")
        site.clock.advance(minutes=1)
    desk = served("handler_e1")
    desk.open("/inbox/")
    lines = page.locator("[data-open]")
    page.keyboard.press("Control+j")
    page.keyboard.press("x")
    expect(page.locator("body")).to_be_focused()
    page.keyboard.press("k")
    expect(lines.nth(2)).to_be_focused()
    page.keyboard.press("j")
    expect(lines.nth(2)).to_be_focused()  # there is nothing behind the last one
    for _ in range(5):
        page.keyboard.press("k")
    expect(lines.nth(0)).to_be_focused()
    page.keyboard.press("J")
    expect(lines.nth(1)).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("[data-keyhelp]")).to_be_visible()
    page.keyboard.press("j")
    expect(lines.nth(1)).not_to_be_focused()  # no keys while the list of keys is read
    page.keyboard.press("Escape")
    page.click("[data-keys]")
    expect(page.locator("[data-keyhelp]")).to_be_visible()
    page.keyboard.press("Escape")
    lines.nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/case/*/")

    desk.show("<textarea data-text></textarea><p data-lines>", "inbox")
    page.focus("textarea")
    page.keyboard.type("jk?")
    assert page.input_value("textarea") == "jk?", "letters where somebody writes"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(page.locator("body")).to_be_focused()  # an empty list without a list of keys


def checked(site: Life) -> None:
    """A drain cover with two photos from before and two of the work."""
    site.report("grid_worker", by="collector", class_code=DRAIN, photos=(photo("brown"), photo("olive")))
    site.move("sign", "handler_water")
    site.move("handle", "handler_water", note="井盖已更换", pictures=[photo("grey"), photo("gold")])


def test_compare_slider_follows_keys_and_the_hand_and_takes_other_pictures(
    served: Served, site: Life, page: Page
) -> None:
    checked(site)
    desk = served("checker")
    desk.open(f"/case/{site.number}/")
    handle = page.locator("[data-slide] input")
    handle.focus()
    for key, at in (("ArrowRight", 51), ("End", 100), ("ArrowRight", 100), ("Home", 0), ("ArrowLeft", 0)):
        page.keyboard.press(key)
        assert page.evaluate(AT) == at, key
    expect(handle).to_have_attribute("aria-valuetext", "0% before")
    box = page.locator("[data-stage]").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.click(box["x"] + box["width"] * 0.7, y, button="right")
    assert page.evaluate(AT) == 0, "only the first button draws"
    page.mouse.move(box["x"] + box["width"] * 0.25, y)
    page.mouse.down()
    assert page.evaluate(AT) == pytest.approx(25, abs=1.5)
    page.mouse.move(box["x"] + box["width"] + 300, y)
    assert page.evaluate(AT) == 100, "drawn over the edge it stays at the edge"
    page.mouse.up()
    page.mouse.move(box["x"] + 5, y)
    assert page.evaluate(AT) == 100, "let go"

    thumbs = page.locator('a[data-side="before"]')
    wanted = thumbs.nth(1).get_attribute("href")
    thumbs.nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-before]")).to_have_attribute("src", f"http://localhost{wanted}")
    expect(thumbs.nth(1)).to_have_attribute("aria-current", "true")
    expect(thumbs.nth(0)).not_to_have_attribute("aria-current", "true")
    expect(page.locator('a[data-side="after"][aria-current]')).to_have_count(1)

    half = '<div data-compare id="c"><div data-stage><img data-before></div><p data-slide hidden><input type="range">'
    desk.show(half, "compare_slider")
    expect(page.locator("[data-compare]")).not_to_have_attribute("data-on", "")
    expect(page.locator("[data-slide]")).to_be_hidden()


def shots(count: int, colour: str = "grey") -> list[Any]:
    data = photo(colour).data
    return [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": data} for n in range(count)]


def test_tray_takes_photos_says_what_is_none_and_gives_them_back(served: Served, site: Life, page: Page) -> None:
    site.report("hotline", by="agent")
    site.move("sign", "handler_e1")
    desk = served("handler_e1")
    desk.open(f"/case/{site.number}/")
    page.click("#tray summary")
    well = page.locator("#tray [data-well]").last
    told, kept = well.locator("[data-told]"), well.locator("[data-shots] li")
    chosen = well.locator("input")
    paper = {"name": "合同.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    chosen.set_input_files([*shots(2), paper])
    expect(kept).to_have_count(2)
    expect(told).to_contain_text("合同.pdf")
    most = int(well.get_attribute("data-most") or "0")
    chosen.set_input_files(shots(most))
    expect(kept).to_have_count(most)
    expect(told).not_to_be_empty()  # two of them found no room
    kept.first.locator("button").focus()
    page.keyboard.press("Enter")
    expect(kept).to_have_count(most - 1)
    expect(chosen).to_be_focused()
    expect(told).to_be_empty()
    assert chosen.evaluate("input => input.files.length") == most - 1, "what is shown is what is sent"
    well.evaluate(
        """well => {
          const files = new DataTransfer();
          const types = ["image/png", "image/png", "text/plain"];
          for (const type of types) files.items.add(new File(["x"], `${type}.x`, { type }));
          well.dispatchEvent(new DragEvent("drop", { dataTransfer: files, cancelable: true, bubbles: true }));
        }"""
    )
    expect(kept).to_have_count(most)
    expect(told).to_contain_text("text/plain")
    other = page.locator("#tray [data-well]").first
    assert other.locator("[data-shots] li").count() == 0, "each well for itself"

    desk.show('<div data-well><input type="file"></div>', "tray")
    expect(page.locator("[data-well]")).not_to_have_attribute("data-on", "")


def now(page: Page) -> str | None:
    return page.locator("[data-question][data-now] input").first.get_attribute("name")


def test_calls_are_answered_by_keys_and_nothing_half_is_sent(served: Served, site: Life, page: Page) -> None:
    site.report("hotline", by="agent", consents=("callback",))
    for move in ("sign", "contact", "handle", "reply"):
        site.move(move, "handler_e1", note="已商定夜间停工")
    desk = served("callback")
    desk.open("/callbacks/")
    page.keyboard.press("y")
    assert now(page) == "contacted"
    page.keyboard.press("9")
    page.keyboard.press("Alt+1")
    expect(page.locator("[data-answers] input:checked")).to_have_count(0)  # no ninth answer, no key of the browser's
    page.keyboard.press("Control+Enter")
    assert desk.sent == [], "three questions are open"
    page.keyboard.press("1")
    assert now(page) == "solved"
    page.keyboard.press("k")
    assert now(page) == "contacted"
    page.keyboard.press("j")
    page.keyboard.press("2")
    assert now(page) == "satisfied"
    page.keyboard.press("1")
    expect(page.locator("[data-record]")).to_be_focused()
    page.keyboard.press("m")
    page.keyboard.type("y 1 jk?")
    assert page.input_value("#note") == "y 1 jk?", "letters where somebody writes"
    page.keyboard.press("Escape")
    expect(page.locator("#note")).not_to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("[data-keyhelp]")).to_be_visible()
    page.keyboard.press("Escape")
    page.focus("#note")
    with page.expect_response("**/callbacks/record/"):
        page.keyboard.press("Control+Enter")
    (heard,) = desk.sent
    second = page.locator("input[name=solved]").nth(1).get_attribute("value")
    assert (heard["reached"], heard["solved"], heard["note"]) == ("yes", second, "y 1 jk?")

    page.keyboard.press("Escape")
    page.keyboard.press("l")
    expect(page.locator("#later_at")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    first = page.locator("[data-vain] button[name=reached]").first
    expect(first).to_be_focused()
    with page.expect_response("**/callbacks/record/"):
        page.keyboard.press("1")
    assert desk.sent[-1]["reached"] == first.get_attribute("value")
    assert "solved" not in desk.sent[-1], "a try in vain says nothing about the answers"
    with page.expect_response("**/callbacks/number/"):
        page.keyboard.press("p")

    desk.show("<div data-calls></div>", "calls")
    for key in ("y", "n", "1", "j", "Control+Enter", "m"):
        page.keyboard.press(key)  # nobody is to be called
    assert len(desk.sent) == 3
