"""A case's whole life through the pages, as each person in turn: on a phone where the person uses one."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from PIL import Image
from tests.cases.life import DRAIN, SOUTHEAST, Life

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
SAID = {
    "zh": ("小区门口的井盖破了，老人差点摔倒", "不归我们管", "已更换井盖，周边平整", "没有彻底修好"),
    "en": ("The manhole cover at the gate is broken", "Not ours", "The cover was replaced", "Still loose"),
}


@pytest.fixture
def people(
    chromium: Browser, live_server: Any, site: Life, browser_of: Callable[..., Client]
) -> Iterator[Callable[..., Page]]:
    """Opens a page as somebody, in a language, on a desk or a phone; a script that throws fails the story."""
    contexts: list[BrowserContext] = []
    thrown: list[str] = []

    def open_page(login: str, path: str, language: str, phone: bool = False) -> Page:
        context = chromium.new_context(
            viewport=PHONE if phone else DESK, has_touch=phone, reduced_motion="reduce",
            locale={"zh": "zh-CN", "en": "en-GB"}[language],
        )  # fmt: skip
        contexts.append(context)
        if login:
            cookie = browser_of(login).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        tab = context.new_page()
        tab.on("pageerror", lambda error: thrown.append(str(error)))
        tab.goto(f"{live_server.url}{path}")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert thrown == []


def shot(colour: str) -> dict[str, Any]:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "JPEG")
    return {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def form_of(tab: Page, move: str) -> Locator:
    """The form of a move on a page of a case or a desk; a folded one is opened."""
    form = tab.locator(f'form.moveform:has(input[name="move"][value="{move}"])').first
    form.wait_for(state="attached")
    if not form.is_visible():
        tab.locator("details.move", has=form).locator("summary").first.click()
    return form


def send(tab: Page, form: Locator) -> None:
    with tab.expect_navigation():
        form.locator("button.button").last.click()
    assert not tab.locator(".error:visible").count(), tab.locator(".error").first.inner_text()


def visit(tab: Page, result: str, picture: dict[str, Any] | None = None) -> None:
    """A stop of the walk: a photo where one is asked for, what was found, sent at once."""
    tab.wait_for_selector(".walk[data-ready]")
    if picture is not None:
        tab.set_input_files("#photos-shot", picture)
        tab.wait_for_selector(".shotlist img")
    tab.click(f"button[value='{result}']")
    tab.wait_for_url(re.compile(r"/field/(\?.*)?$"))


def report(tab: Page, words: str) -> str:
    """A report from a phone in three steps; its private code."""
    tab.wait_for_selector("form[data-ready]")
    tab.fill("#words", words)
    tab.click("[data-step-of='1'] .stepnav .main")
    tab.wait_for_selector("form[data-step='2']")
    tab.evaluate(
        "([lon, lat]) => { for (const [id, value] of [['lon', lon], ['lat', lat]]) {"
        " const input = document.getElementById(id); input.value = value;"
        " input.dispatchEvent(new Event('input', {bubbles: true}));"
        " input.dispatchEvent(new Event('change', {bubbles: true})); } }",
        [str(SOUTHEAST[0]), str(SOUTHEAST[1])],
    )
    tab.wait_for_selector(".proof")
    tab.click("[data-step-of='2'] .stepnav .main")
    tab.select_option("#class", DRAIN)
    tab.fill("#phone", "13800138000")
    tab.click("#send-it")
    tab.wait_for_url(re.compile("/sent/"))
    return tab.locator("code").first.inner_text()


def work(people: Callable[..., Page], life: Life, language: str, unit: str) -> None:
    """The unit finds it in its inbox, signs, does the work and shows it."""
    tab = people(unit, "/inbox/", language)
    with tab.expect_navigation():
        tab.locator(f"a.inboxline[href='/case/{life.number}/']").click()
    if life.file.tasks[-1].signed_at is None:
        send(tab, form_of(tab, "sign"))
    life.clock.advance(minutes=40)
    tab.reload()
    form = form_of(tab, "handle")
    form.locator("textarea[name=note]").fill(SAID[language][2])
    form.locator("input[type=file]").last.set_input_files(shot("grey"))
    send(tab, form)
    life.clock.advance(minutes=20)


def call(people: Callable[..., Page], language: str, solved: str) -> None:
    """The agent opens the number, asks, and writes down what was heard."""
    tab = people("callback", "/callbacks/", language)
    with tab.expect_navigation():
        tab.click("[data-number]")
    assert "13800138000" in tab.locator(".phone").inner_text()
    satisfied = "satisfied" if solved == "yes" else "unsatisfied"
    for name, value in (("contacted", "yes"), ("solved", solved), ("satisfied", satisfied)):
        tab.locator(f"label.tap:has(input[name='{name}'][value='{value}'])").click()
    if solved != "yes":
        tab.fill("#note", SAID[language][3])
    with tab.expect_navigation():
        tab.click("[data-record]")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_case_lives_through_everybodys_page(people: Callable[..., Page], site: Life, language: str) -> None:
    resident = people("", "/report/", language, phone=True)
    code = report(resident, SAID[language][0])
    site.number = resident.locator(".number").inner_text()
    assert site.state == "reported"

    site.clock.advance(minutes=25)
    visit(people("collector", f"/field/case/{site.number}/", language, phone=True), "real", shot("olive"))
    assert site.state == "dispatched"

    refusing = people("handler_water", f"/case/{site.number}/", language)
    form = form_of(refusing, "return")
    form.locator("select[name=reason]").select_option(index=1)
    form.locator("textarea[name=note]").fill(SAID[language][1])
    send(refusing, form)
    assert site.state == "returned"

    desk = people("dispatcher", f"/dispatch/?case={site.number}", language)
    form = form_of(desk, "redispatch")
    if form.locator("select[name=reason]").count() and not form.locator("select[name=reason]").input_value():
        form.locator("select[name=reason]").select_option(index=1)
    form.locator("select[name=unit]").select_option("street_e1")
    send(desk, form)
    assert site.state == "dispatched"

    site.clock.advance(minutes=15)
    work(people, site, language, "handler_e1")
    assert site.state == "handled"
    visit(people("collector", f"/field/case/{site.number}/", language, phone=True), "passed", shot("silver"))
    assert site.state == "checked"

    site.clock.advance(hours=1)
    call(people, language, "no")
    assert site.state not in ("checked", "closed"), "not solved: the work goes on"
    assert site.file.case.reopen_count + site.moves.count("rework") >= 1

    work(people, site, language, "handler_e1")
    visit(people("collector", f"/field/case/{site.number}/", language, phone=True), "passed", shot("white"))
    site.clock.advance(hours=1)
    call(people, language, "yes")
    assert site.state == "closed"

    resident.goto(re.sub(r"/t/.*", f"/t/{code}/", resident.url))
    told = resident.locator(".knots").inner_text()
    assert {"zh": "已结案", "en": "Closed"}[language] in told
    assert resident.locator(".beforeafter img").count() >= 2
    assert site.broken() == []
