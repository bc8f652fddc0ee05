"""Supervision orders in a browser: issued from a case, answered, judged, printed; seen by whom they concern."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from tests.cases.life import NOISE, Life, at
from tests.web.test_staff import BY_ROLE

from cityloom.cases.actions.issue_order import issue_order
from cityloom.cases.order_issuing import NewOrder
from cityloom.cases.order_keeping import get_order
from cityloom.cases.orders import READERS
from cityloom.city.values import Role

Browsers = Callable[..., Client]
FORM = {"subject": "case", "title": "夜间施工久拖不决", "demand": "三日内答复整改结果", "level": "ordinary",
        "amount": "3", "limit_unit": "work_day", "unit": ["", "", ""]}  # fmt: skip


def issued(site: Life, **more: Any) -> str:
    facts: dict[str, Any] = {"units": ("street_e1",), "limit_unit": "work_day", "amount": 3, **more}
    new = NewOrder("unit", "积压案件", "说明积压原因", **facts)
    return issue_order(site.city, new, site.post("supervisor"), site.clock).number


def state(site: Life, number: str) -> str:
    with connection.cursor() as cursor:
        return get_order(cursor, site.city.id, number).state


def send(client: Client, site: Life, number: str, move: str, **typed: Any) -> Any:
    with connection.cursor() as cursor:
        version = get_order(cursor, site.city.id, number).version
    empty = {"note": "", "amount": "", "limit_unit": "work_day", "unit": "", "cases": ""}
    return client.post(f"/orders/{number}/move/", {**empty, "move": move, "version": version, **typed})


def jpeg() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "JPEG")
    return SimpleUploadedFile("b.jpg", out.getvalue(), "image/jpeg")


def test_a_supervisor_issues_an_order_from_a_case_and_the_unit_answers_it(site: Life, browser_of: Browsers):
    site.report()
    boss, unit = browser_of("supervisor"), browser_of("handler_e1")
    case = boss.get(f"/case/{site.number}/").content.decode()
    assert f"/orders/new/?subject=case&amp;case={site.number}" in case
    form = boss.get(f"/orders/new/?subject=case&case={site.number}").content.decode()
    assert site.number in form
    assert "Noise" in form, "the case is named in words"
    answer = boss.post("/orders/new/", {**FORM, "case": site.number})
    assert answer.headers["Location"] == "/orders/2026-1/"
    assert "Order 2026-1" in boss.get(f"/case/{site.number}/").content.decode()
    assert "积压" not in unit.get("/orders/?view=mine").content.decode()
    assert "夜间施工久拖不决" in unit.get("/orders/?view=mine").content.decode()
    assert send(unit, site, "2026-1", "receive").status_code == 302
    assert send(unit, site, "2026-1", "reply", note="已停工整改", cases=site.number, photos=jpeg()).status_code == 302
    page = boss.get("/orders/2026-1/").content.decode()
    assert "已停工整改" in page
    assert "/photo/" in page
    assert send(boss, site, "2026-1", "discharge", note="属实").status_code == 302
    assert state(site, "2026-1") == "discharged"
    assert "1 of 1" in boss.get("/orders/").content.decode()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("role", BY_ROLE, ids=lambda role: role.value)
def test_whoever_may_see_orders_sees_them_in_both_languages_and_nobody_else(
    site: Life, browser_of: Browsers, role: Role, language: str
):
    number = issued(site)
    client = browser_of(BY_ROLE[role], language)
    listed = client.get("/orders/?view=all")
    assert listed.status_code == 200
    assert ("积压案件" in listed.content.decode()) is (role in READERS)
    for address in (f"/orders/{number}/", f"/orders/{number}/letter/"):
        assert client.get(address).status_code == (200 if role in READERS else 403), address
    if role in READERS:
        told = "督办〔2026〕1号" if language == "zh" else "Order 2026-1"
        assert told in client.get(f"/orders/{number}/").content.decode()
    assert client.get("/orders/new/").status_code == (200 if role in (Role.SUPERVISOR, Role.LEADER) else 403)


def test_a_resident_is_sent_to_sign_in(site: Life, browser_of: Browsers):
    assert browser_of().get("/orders/").headers["Location"].startswith("/signin/")


def test_a_unit_that_owes_no_answer_does_not_see_the_order(site: Life, browser_of: Browsers):
    number = issued(site)
    assert browser_of("handler_water").get(f"/orders/{number}/").status_code == 403


@pytest.mark.parametrize(
    ("change", "status", "shown"),
    [
        ({"title": " "}, 422, "needs a title"),
        ({"demand": ""}, 422, "needs what is demanded"),
        ({"amount": "soon"}, 422, "a limit of soon working days will not do"),
        ({"amount": "-1"}, 422, "will not do"),
        ({"limit_unit": "moon"}, 422, "is not known for a limit"),
        ({"case": "260101-1"}, 404, "there is no case 260101-1"),
        ({"case": ""}, 422, "the number of a case"),
        ({"level": "leader"}, 403, "only a leader"),
        ({"unit": ["nobody", "", ""]}, 422, "there is no unit nobody"),
        ({"subject": "topic", "unit": ["street_e1"]}, 422, "a class or an area"),
    ],
)
def test_an_order_that_is_refused_keeps_what_was_typed(
    site: Life, browser_of: Browsers, change: dict, status: int, shown: str
):
    site.report()
    answer = browser_of("supervisor").post("/orders/new/", {**FORM, "case": site.number, "title": "久拖", **change})
    assert answer.status_code == status
    html = answer.content.decode()
    assert shown in html
    if "demand" not in change:
        assert "三日内答复整改结果" in html


def test_a_refused_move_keeps_what_was_typed_in_its_own_form(site: Life, browser_of: Browsers):
    number = issued(site)
    unit = browser_of("handler_e1")
    answer = send(unit, site, number, "ask_time", note="备件在途", amount="many")
    assert answer.status_code == 422
    assert "备件在途" in answer.content.decode()
    answer = send(unit, site, number, "ask_time", note="备件在途", amount="2")
    assert answer.status_code == 302
    assert "asks for 2 working days more" in browser_of("supervisor").get(f"/orders/{number}/").content.decode()


def test_a_stale_form_is_refused_and_told(site: Life, browser_of: Browsers):
    number = issued(site)
    send(browser_of("handler_e1"), site, number, "receive")
    answer = browser_of("supervisor").post(
        f"/orders/{number}/move/", {"move": "withdraw", "version": "1", "note": "撤"}
    )
    assert answer.status_code == 409
    assert "you saw version 1, the order is now at 2" in answer.content.decode()
    assert state(site, number) == "received"


@pytest.mark.parametrize(
    ("words", "found", "because"),
    [
        ("view=open", True, "it is open"),
        ("view=overdue", False, "it is in time"),
        ("view=all&unit=street_e1", True, "the unit answers it"),
        ("view=all&unit=water_co", False, "another unit does"),
        ("view=all&state=issued", True, "it is issued"),
        ("view=all&state=discharged", False, "it is not discharged"),
        ("view=all&subject=topic", False, "it is about a unit"),
        ("view=mine", True, "the supervisor issued it"),
    ],
)
def test_each_filter_narrows_the_list(site: Life, browser_of: Browsers, words: str, found: bool, because: str):
    issued(site)
    html = browser_of("supervisor").get(f"/orders/?{words}").content.decode()
    assert ("积压案件" in html) is found, because


def test_late_orders_are_counted_and_found_also_before_a_worker_told_them(site: Life, browser_of: Browsers):
    issued(site)
    site.clock.at = at(6, 20)
    answer = browser_of("leader").get("/orders/?view=overdue")
    assert answer.context["page"].figures.overdue == 1
    assert "积压案件" in answer.content.decode()


@pytest.mark.parametrize("words", ["view=x", "unit=x", "state=x", "subject=x"])
def test_a_filter_that_nobody_knows_is_told_and_the_list_is_shown(site: Life, browser_of: Browsers, words: str):
    issued(site)
    answer = browser_of("supervisor").get(f"/orders/?{words}")
    assert answer.status_code == 400
    assert "积压案件" in answer.content.decode()


@pytest.mark.parametrize("number", ["2026-99", "x", "2026-", "²-1"])
def test_an_order_that_is_not_there_is_told(site: Life, browser_of: Browsers, number: str):
    assert browser_of("supervisor").get(f"/orders/{number}/").status_code == 404


def test_the_list_asks_at_most_five_statements_and_pages_join(site: Life, browser_of: Browsers):
    for _ in range(53):
        issued(site)
    client = browser_of("supervisor")
    client.get("/orders/")
    with CaptureQueriesContext(connection) as asked:
        first = client.get("/orders/?view=all").context["page"]
    own = [q["sql"] for q in asked if not any(t in q["sql"] for t in ("django_session", "auth_user"))]
    assert len(own) <= 5, own
    second = client.get(f"/orders/?{first.next}").context["page"]
    numbers = [line.number for page in (first, second) for line in page.lines]
    assert len(numbers) == len(set(numbers)) == 53
    assert second.next == ""


def test_a_topic_leads_to_the_list_of_its_cases(site: Life, browser_of: Browsers):
    new = NewOrder(
        "topic", "施工噪声", "拿出方案", 5, "work_day", units=("street_e1",), class_code=NOISE, area="990101"
    )
    number = issue_order(site.city, new, site.post("leader"), site.clock).number
    html = browser_of("leader").get(f"/orders/{number}/").content.decode()
    assert "?view=all&amp;area=990101&amp;class=hotline%3A0101" in html


def test_the_case_of_a_resident_tells_nothing_of_an_order(site: Life, browser_of: Browsers):
    received = site.report()
    about = NewOrder("case", "内部督办", "内部要求", 3, "work_day", case_number=site.number)
    issue_order(site.city, about, site.post("supervisor"), site.clock)
    html = browser_of().get(f"/t/{received.tracking_code}/").content.decode()
    assert "内部" not in html
    assert "rder" not in html.replace("border", "")
