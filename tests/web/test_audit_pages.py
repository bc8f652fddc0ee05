"""The auditor's pages: roots and their state, who read what, samples and results, exports; nobody else gets in."""
# ruff: noqa: F811 (fixtures of another story)

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from tests.cases.life import NORTHEAST, PARKING, Life
from tests.web.test_browser_story import _sign_in, people  # noqa: F401

from cityloom.cases.actions.sign_root import sign_root
from cityloom.cases.models import AuditExport, AuditNote, AuditSample

if TYPE_CHECKING:
    from playwright.sync_api import Page

DRAW = {"seed": "六月抽查", "count": "2"}


def read_at_night(life: Life) -> None:
    at = life.clock.now().replace(hour=23)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_reporter_read (reporter_id, case_id, by_login, by_role, by_unit, reason, fields, at) "
            "SELECT 1, id, 'agent', 'callback_agent', '', 'callback', '{phone}', %s FROM cases_case",
            [at],
        )


@pytest.fixture
def audited(site: Life) -> Life:
    """Two cases, a reading of each in the night, a signed root; it is two days later."""
    site.report()
    site.report(class_code=PARKING, place=NORTHEAST)
    read_at_night(site)
    sign_root(site.city, site.clock)
    site.clock.advance(days=2)
    return site


@pytest.mark.parametrize("address", ["/audit/", "/audit/sample/?id=1"])
@pytest.mark.parametrize("login", ["leader", "admin", "agent", "handler_e1", "supervisor"])
def test_only_the_auditor_gets_in(audited, browser_of, login, address):
    assert browser_of(login).get(address).status_code == 403


def test_the_desk_shows_roots_readings_and_what_is_unusual(audited, browser_of):
    said = browser_of("auditor").get("/audit/").content.decode()
    assert "signature fits" in said
    assert audited.number in said
    assert "at night" in said
    assert "nothing written after it" in said


def test_a_root_that_was_changed_is_shown_as_not_fitting(audited, browser_of):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cases_root DISABLE TRIGGER cases_root_only_grows")
        cursor.execute("UPDATE cases_root SET cases = cases - 1")
    assert "does not fit" in browser_of("auditor").get("/audit/").content.decode()


@pytest.mark.parametrize(
    ("asked", "found"),
    [({"role": "callback_agent"}, True), ({"person": "nobody"}, False), ({"day": "2026-06-01"}, True),
     ({"day": "2026-06-02"}, False), ({"day": "soon"}, True), ({"unusual": "yes"}, True)],
)  # fmt: skip
def test_readings_are_filtered(audited, browser_of, asked, found):
    said = browser_of("auditor").get("/audit/", asked).content.decode()
    assert ("No such readings" not in said) is found


def test_a_sample_is_drawn_judged_and_exported(audited, browser_of):
    browser = browser_of("auditor")
    answer = browser.post("/audit/draw/", DRAW)
    sample = AuditSample.objects.get()
    assert answer.url == f"/audit/sample/?id={sample.pk}"
    assert "History whole" in browser.get(answer.url).content.decode()
    number = sample.numbers[0]
    told = {"id": str(sample.pk), "number": number, "result": "question", "note": "时间存疑"}
    assert browser.post("/audit/note/", told).status_code == 302
    assert AuditNote.objects.get().case_number == number
    assert "时间存疑" in browser.get(answer.url).content.decode()
    packed = browser.post("/audit/export/", {"id": str(sample.pk), "form": "csv"})
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        paper, signature = archive.namelist()
        assert number in archive.read(paper).decode("utf-8-sig")
        assert json.loads(archive.read(signature))["sha256"] == bytes(AuditExport.objects.get().digest).hex()


@pytest.mark.parametrize("typed", [{"seed": "", "count": "2"}, {"seed": "s", "count": "many"}, {}])
def test_a_draw_that_makes_no_sense_is_told_and_keeps_what_was_typed(audited, browser_of, typed):
    answer = browser_of("auditor").post("/audit/draw/", typed)
    assert answer.status_code == 422
    assert AuditSample.objects.count() == 0


@pytest.mark.parametrize("id_", ["", "0", "x", "9" * 30])
def test_a_sample_that_nobody_drew_is_not_there(audited, browser_of, id_):
    assert browser_of("auditor").get("/audit/sample/", {"id": id_}).status_code == 404


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_an_audit_in_a_browser_at_the_desk_and_on_a_phone(
    chromium: Any, live_server: Any, people: Life, shoot: Callable[[Page, str], None], language: str
):
    life, url = people, live_server.url
    for _ in range(3):
        life.report()
        life.report(class_code=PARKING, place=NORTHEAST)
    read_at_night(life)
    sign_root(life.city, life.clock)
    life.clock.advance(days=2)
    sign_root(life.city, life.clock)
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale=language)
    tab = context.new_page()
    thrown: list[str] = []
    tab.on("pageerror", lambda error: thrown.append(str(error)))
    _sign_in(tab, url, "auditor")
    name = "-en" if language == "en" else ""
    tab.goto(f"{url}/audit/")
    tab.fill("#seed", "2026年6月第一次")
    tab.fill("#count", "3")
    tab.click("#samples .button.main")
    tab.wait_for_url("**/audit/sample/**")
    tab.locator(".sampled summary").first.click()
    tab.locator(".sampled select").first.select_option("question")
    tab.locator(".sampled input[name=note]").first.fill("回访时间存疑")
    tab.locator(".sampled .button").first.click()
    tab.wait_for_selector(".noted")
    shoot(tab, f"audit-sample{name}")
    tab.goto(f"{url}/audit/")
    shoot(tab, f"audit{name}")
    tab.set_viewport_size({"width": 390, "height": 844})
    for address, kind in (
        ("/audit/", "audit"),
        (f"/audit/sample/?id={AuditSample.objects.get().pk}", "audit-sample"),
    ):
        tab.goto(url + address)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
        shoot(tab, f"{kind}-phone{name}")
    context.close()
    assert thrown == []
