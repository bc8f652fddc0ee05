"""The scripts of the street, each on its page: where one is, what waits on the phone, what a bad answer does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from playwright.sync_api import expect
from tests.cases.life import DRAIN, LAMP, SOUTHEAST, Life, photo
from tests.web.in_process import HOST, InProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
HERE = {"longitude": SOUTHEAST[0] + 0.0004, "latitude": SOUTHEAST[1]}
FAR_AWAY = {"longitude": 2.35, "latitude": 48.86}
NO_STORE = "indexedDB.open = () => { throw new DOMException('private window', 'InvalidStateError'); };"
SHOT: Any = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo("olive").data}
OFF = (503, "")
WAITING = "[data-waiting] > ul > li"
HANGING = """() => { const real = window.fetch; window.fetch = (url, how) => how?.method === "POST"
  ? new Promise((_, fail) => { window.breakLine = () => fail(new TypeError("broken")); }) : real(url, how); }"""
DRAFTS = """() => new Promise((done) => { indexedDB.open("cityloom-field", 1).onsuccess = ({ target }) => {
  const { result } = target; const asked = result.transaction("drafts").objectStore("drafts").getAllKeys();
  asked.onsuccess = () => { result.close(); done(asked.result); }; }; })"""
ROUGHLY_HERE = """(place) => { navigator.geolocation.getCurrentPosition = (found) =>
  found({ coords: { ...place, accuracy: 400 } }); }"""  # a browser keeps a place it has given for half a minute


@pytest.fixture
def phone(chromium: Browser, browser_of: Callable[..., Client]) -> Iterator[InProcess]:
    """A grid worker's phone that knows where it is, without a server; a script that throws fails the test."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="en-GB", has_touch=True, service_workers="block",
        geolocation=HERE, permissions=["geolocation"],
    )  # fmt: skip
    thrown: list[str] = []
    tab = context.new_page()
    tab.on("pageerror", lambda error: thrown.append(str(error)))
    yield InProcess(tab, browser_of("collector"))
    context.close()
    assert thrown == []


def ready(phone: InProcess, path: str) -> None:
    phone.open(path)
    phone.tab.wait_for_selector(".walk[data-ready]")


def said(state: str, sentence: str = "", **more: str) -> tuple[int, str]:
    return (200 if state == "sent" else 409), json.dumps({"state": state, "sentence": sentence, **more})


def test_fieldstop_notes_the_arrival_keeps_what_is_refused_and_sends_once(phone: InProcess, site: Life) -> None:
    site.report(class_code=DRAIN)
    address, tab = f"/field/case/{site.number}/", phone.tab
    ready(phone, address)
    tab.locator("[data-arrive]").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("[data-arrived-said]")).to_contain_text("m")
    tab.wait_for_function("document.querySelector('[name=metres]').value > 0")
    paper = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    tab.set_input_files("#photos-shot", [SHOT, paper])
    expect(tab.locator("[data-shots] li")).to_have_count(2)
    tab.locator("[data-shots] li button").last.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("[data-shots] li")).to_have_count(1)
    tab.click("details.more summary")
    tab.fill("[name=note]", "the lid wobbles")
    for status, body in (
        (500, '{"state": "refused"}'),
        (200, '{"state": "sent"}'),
        (200, "<p>a stranger's page</p>"),
    ):
        phone.replies[f"POST {address}"] = (status, body)
        with tab.expect_navigation(url=f"{HOST}/field/"):  # neither a yes nor a no: kept on the phone
            tab.locator("button[value=real]").click()
        expect(tab.locator(WAITING)).to_have_count(1)
        tab.once("dialog", lambda dialog: dialog.accept())
        tab.locator("[data-part=drop]").click()
        expect(tab.locator("[data-waiting]")).to_be_hidden()
        ready(phone, address)
        tab.set_input_files("#photos-shot", SHOT)
        expect(tab.locator("[data-shots] li")).to_have_count(1)
    phone.sent.clear()
    phone.replies[f"POST {address}"] = said("refused", "Somebody was faster.")
    tab.locator("button[value=real]").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("[data-refusal]")).to_have_text("Somebody was faster.")
    expect(tab.locator("[data-shots] li")).to_have_count(1)
    (form,) = phone.sent
    assert form["result"] == "real"
    assert "bytes" in form["photos"]
    phone.replies[f"POST {address}"] = said("sent", url="/field/", number=site.number)
    tab.evaluate("() => { const b = document.querySelector('button[value=real]'); b.click(); b.click(); b.click(); }")
    tab.wait_for_url(f"{HOST}/field/?done=real*")
    assert len(phone.sent) == 2, "three hasty touches are one sending"
    assert phone.sent[0]["key"] == phone.sent[1]["key"], "said again it is the same"


def test_fieldstop_is_a_plain_form_where_nothing_can_be_kept(phone: InProcess, site: Life) -> None:
    site.report(class_code=DRAIN)
    address, tab = f"/field/case/{site.number}/", phone.tab
    tab.add_init_script(NO_STORE)
    ready(phone, address)
    phone.replies["GET /field/ready/"] = OFF
    with tab.expect_response(f"**{address}"):
        tab.locator("button[value=real]").click()
    (form,) = phone.sent
    assert form["result"] == "real"
    assert form["csrfmiddlewaretoken"], "sent by the browser itself"


def test_field_orders_the_walk_and_shows_only_ones_own_that_waits(phone: InProcess, site: Life) -> None:
    places = [(SOUTHEAST[0] + 0.003, SOUTHEAST[1]), SOUTHEAST, (SOUTHEAST[0] + 0.001, SOUTHEAST[1])]
    numbers = []
    for place in places:
        site.report(class_code=DRAIN, place=place)
        numbers.append(site.number)
    tab = phone.tab
    ready(phone, "/field/")
    tab.locator("[data-near]").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("[data-near]")).to_have_attribute("aria-pressed", "true")
    walked = tab.eval_on_selector_all("[data-stop]", "stops => stops.map(stop => stop.dataset.stop)")
    assert walked == [numbers[1], numbers[2], numbers[0]], "the nearest next"
    expect(tab.locator("[data-far]").first).to_contain_text("m")

    phone.replies["GET /field/ready/"] = OFF
    put = """(drafts) => new Promise((done) => {
      const asked = indexedDB.open("cityloom-field", 1);
      asked.onsuccess = () => {
        const work = asked.result.transaction("drafts", "readwrite");
        for (const each of drafts) work.objectStore("drafts").put(each);
        work.oncomplete = () => { asked.result.close(); done(); };
      };
    })"""
    first = f"/field/case/{numbers[1]}/"
    draft = {"state": "waiting", "photos": [], "at": 1, "notBefore": 0, "said": "", "by": "collector", "to": first}
    kept = [
        draft | {"key": "mine", "title": "Drain cover", "fields": {"note": "wobbles"}},
        draft | {"key": "no", "state": "refused", "said": "<b>too late</b>", "title": "Lamp", "fields": {}},
        draft | {"key": "hers", "by": "collector2", "title": "Secret", "fields": {}},
    ]
    tab.evaluate(put, kept)
    ready(phone, "/field/")
    expect(tab.locator(WAITING)).to_have_count(2)
    expect(tab.locator("[data-waiting]")).not_to_contain_text("Secret")
    expect(tab.locator(f"{WAITING}.refused")).to_contain_text("<b>too late</b>")  # words, never markup
    expect(tab.locator(f"[data-stop='{numbers[1]}']")).to_be_hidden()
    expect(tab.locator("[data-count]")).to_have_text("2 to go")
    expect(tab.locator("[data-mark]")).to_contain_text("2")
    tab.once("dialog", lambda dialog: dialog.dismiss())
    tab.locator(f"{WAITING}.refused [data-part=drop]").click()
    expect(tab.locator(WAITING)).to_have_count(2)  # asked first, and the answer was no
    del phone.replies["GET /field/ready/"]
    phone.replies[f"POST {first}"] = said("sent", url="/field/")
    tab.locator("[data-part=send]").first.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator(WAITING)).to_have_count(1)
    assert [form["key"] for form in phone.sent] == ["mine"], "neither what was refused nor another person's"

    tab.evaluate(put, [draft | {"key": "again", "title": "Drain cover", "fields": {}}])
    phone.replies["GET /field/ready/"] = OFF
    ready(phone, "/field/")
    expect(tab.locator(WAITING)).to_have_count(2)
    del phone.replies["GET /field/ready/"]
    tab.evaluate(HANGING)
    tab.locator("[data-part=send]:visible").click()
    tab.wait_for_function("() => Boolean(window.breakLine)")
    tab.once("dialog", lambda dialog: dialog.accept())
    tab.locator(f"{WAITING}:not(.refused) [data-part=drop]").click()
    expect(tab.locator(WAITING)).to_have_count(1)
    tab.evaluate(
        "async () => { breakLine(); await navigator.locks.request('cityloom-field-send', () => undefined); }"
    )
    assert sorted(tab.evaluate(DRAFTS)) == ["hers", "no"], "dropped while it was being tried, it stays gone"

    tab.context.clear_permissions()
    tab.evaluate("sessionStorage.clear()")
    ready(phone, "/field/")
    tab.click("[data-near]")
    expect(tab.locator("[data-near-note]")).to_be_visible()
    expect(tab.locator("[data-near]")).not_to_have_attribute("aria-pressed", "true")


def test_fieldreport_asks_for_a_class_and_takes_only_a_place_in_the_city(phone: InProcess, site: Life) -> None:
    tab = phone.tab
    tab.context.set_geolocation(FAR_AWAY)
    ready(phone, "/field/report/")
    tab.evaluate("document.querySelector('[data-picture-report]').requestSubmit()")
    expect(tab.locator("[data-refusal]")).to_be_visible()
    assert phone.sent == [], "what it is must be said first"
    tab.locator(".picture input").first.focus()
    tab.keyboard.press("Space")
    first = tab.locator("[data-picture-report]").get_attribute("data-picked")
    expect(tab.locator("[data-note=outside]")).to_be_visible()
    assert tab.input_value("#lon") == "", "another country"
    tab.evaluate(ROUGHLY_HERE, HERE)
    tab.click("[data-place-here]")
    expect(tab.locator("[data-note=here-rough]")).to_be_visible()
    assert tab.input_value("#lon").startswith("110.0015")
    tab.keyboard.press("Tab")
    lamp = tab.locator(f"[name=class][value='{LAMP}']")
    picture = lamp.evaluate("input => input.closest('[data-under]').dataset.under")
    assert picture != first
    tab.locator(f".picture:has([value='{picture}'])").click()
    expect(lamp).to_be_visible()
    lamp.check(force=True)
    tab.locator(f".picture:has([value='{first}'])").click()
    expect(lamp).not_to_be_checked()  # a class of another picture is let go
    tab.locator(f".picture:has([value='{picture}'])").click()
    lamp.check(force=True)
    tab.set_input_files("#photos-shot", SHOT)
    expect(tab.locator("[data-shots] li")).to_have_count(1)
    phone.replies["POST /field/report/"] = said("refused", "Outside the city.")
    tab.click(".sendbar button")
    expect(tab.locator("[data-refusal]")).to_have_text("Outside the city.")
    expect(tab.locator("[data-shots] li")).to_have_count(1)
    phone.replies["POST /field/report/"] = said("sent", url="/field/report/?sent=1")
    tab.click(".sendbar button")
    tab.wait_for_url("**/field/report/?sent=1")
    one, other = phone.sent
    assert (one["key"], one["class"], one["lon"]) == (other["key"], LAMP, other["lon"])
    assert "bytes" in other["photos"]
