"""Callbacks on the pages: the agent's list and answers, the link a resident follows, the drawer of a demo."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from tests.cases.life import SHANGHAI, Life, at
from tests.web.conftest import PASSWORD

from cityloom.base.message_rules import MessageRules
from cityloom.base.pretended import drawer, list_pretended
from cityloom.base.sending import send_messages
from cityloom.cases.actions.invite_callbacks import invite_callback
from cityloom.exchange.messages.pretend.client import Pretend

if TYPE_CHECKING:
    from playwright.sync_api import Page

BOTH = ("callback", "sms")
PHONE = "13800138000"
CONTENT = {"solved": "yes", "satisfied": "satisfied", "contacted": "yes"}


@pytest.fixture
def demo(site: Life, settings: Any, tmp_path: Path) -> Life:
    """A demo that keeps what it would have sent in a drawer of its own."""
    settings.CITYLOOM_VAR = tmp_path
    settings.CITYLOOM_SMS_URL = settings.CITYLOOM_MAIL_URL = "pretend:"
    settings.CITYLOOM_SITE_URL = "http://testserver"
    return site


def replied(life: Life, **said: Any) -> Life:
    life.report("hotline", by="agent", **{"consents": BOTH, **said})
    for move in ("sign", "contact", "handle", "reply"):
        life.move(move, "handler_e1", note="已与工地商定夜间停工")
    return life


def sent_code(life: Life, tmp_path: Path) -> str:
    """Invite the person and read the code in the drawer."""
    invite_callback(life.city, life.number, life.file.reports[0].id, life.post("callback"), life.clock)
    send_messages({"sms": Pretend(drawer(tmp_path))}, life.clock, lambda _: MessageRules(zone=SHANGHAI))
    found = re.search(r"/c/(\w+)/", list_pretended(drawer(tmp_path))[0].body)
    assert found is not None
    return found.group(1)


def post(client: Client, life: Life, door: str, **typed: Any) -> Any:
    file = life.file
    form = {"report": file.reports[0].id, "number": life.number, "version": file.case.version, **typed}
    return client.post(f"/callbacks/{door}/", form)


# --- the agent's page -------------------------------------------------------------------------------------------


def test_the_page_tells_who_is_next_what_was_said_and_what_to_say(site: Life, browser_of: Callable[..., Client]):
    replied(site)
    page = browser_of("callback").get("/callbacks/")
    text = page.content.decode()
    assert "夜里施工很吵" in text
    assert "已与工地商定夜间停工" in text
    assert "Small City calling back. You reported “Noise”" in text
    assert (page.context["page"].now, page.context["page"].later) == (1, 0)
    assert PHONE not in text, "nobody's number before it is asked for"


def test_the_number_is_shown_on_asking_and_the_reading_is_recorded(site: Life, browser_of: Callable[..., Client]):
    replied(site)
    text = post(browser_of("callback"), site, "number").content.decode()
    assert PHONE in text
    with connection.cursor() as cursor:
        cursor.execute("SELECT by_login, reason FROM cases_reporter_read")
        assert cursor.fetchall() == [("callback", "callback")]


def test_an_outcome_is_recorded_and_the_next_person_comes(site: Life, browser_of: Callable[..., Client]):
    replied(site)
    client = browser_of("callback")
    answer = post(client, site, "record", reached="yes", **CONTENT, note="谢谢")
    assert answer.headers["Location"] == "/callbacks/?done=heard"
    assert (site.state, site.file.reports[0].contacted) == ("closed", "yes")
    page = client.get("/callbacks/?done=heard")
    assert page.context["page"].done == (1, 0)
    assert "Nobody waits for a call." in page.content.decode()


def test_a_try_in_vain_is_coded_and_the_person_comes_again_later(site: Life, browser_of: Callable[..., Client]):
    replied(site)
    client = browser_of("callback")
    assert post(client, site, "record", reached="busy").headers["Location"] == "/callbacks/?done=tried"
    page = client.get("/callbacks/").context["page"]
    assert (page.now, page.later, page.call.because) == (0, 1, "tried lately")
    answer = post(client, site, "record", reached="later", later_at="2026-06-01T16:00")
    assert answer.status_code == 302
    assert site.file.reports[0].callback_next_at == at(6, 1, 16)


@pytest.mark.parametrize(
    ("typed", "status", "because"),
    [
        ({"reached": "yes", "solved": "yes"}, 422, "the other questions are open"),
        ({"reached": "yes", **CONTENT, "version": 1}, 409, "somebody else moved it"),
        ({"reached": "later"}, 422, "no moment"),
        ({"reached": "later", "later_at": "soon"}, 422, "no moment"),
        ({"reached": "asleep"}, 422, "no such result"),
        ({"reached": "yes", **CONTENT, "report": "x"}, 409, "no such report"),
        ({"reached": "yes", **CONTENT, "number": "none"}, 404, "no such case"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(site: Life, browser_of: Callable[..., Client], typed, status, because):
    replied(site)
    answer = post(browser_of("callback"), site, "record", **{"note": "老人接听", **typed})
    assert answer.status_code == status, because
    assert "老人接听" in answer.content.decode()
    assert site.file.reports[0].state == "due_callback"


def test_an_answer_heard_in_person_says_where(site: Life, browser_of: Callable[..., Client]):
    replied(site)
    client = browser_of("callback")
    heard = {"reached": "yes", **CONTENT, "in_person": "yes"}
    assert post(client, site, "record", **heard).status_code == 422
    assert post(client, site, "record", **heard, note="6月1日上门").status_code == 302
    assert site.file.reports[0].callback_channel == "in_person"


def test_of_two_agents_on_the_same_page_one_is_told(site: Life, browser_of: Callable[..., Client]):
    replied(site)
    version = site.file.case.version
    first, second = browser_of("callback"), browser_of("callback")
    assert post(first, site, "record", reached="busy", version=version).status_code == 302
    late = post(second, site, "record", reached="yes", **CONTENT, version=version)
    assert late.status_code == 409
    assert site.file.reports[0].solved is None


def test_a_link_is_sent_by_one_button(demo: Life, browser_of: Callable[..., Client]):
    replied(demo)
    client = browser_of("callback")
    assert post(client, demo, "link").headers["Location"] == "/callbacks/?done=link"
    assert client.get("/callbacks/").context["page"].call.because == "a link is out"
    again = post(client, demo, "link")
    assert again.status_code == 409
    assert "a link is out and holds until" in again.content.decode()


@pytest.mark.parametrize("login", ["agent", "handler_e1", "leader", "admin"])
def test_the_page_is_for_callback_agents_only(site: Life, browser_of: Callable[..., Client], login: str):
    replied(site)
    client = browser_of(login)
    assert client.get("/callbacks/").status_code == 403
    for door in ("number", "record", "link"):
        assert post(client, site, door, reached="yes", **CONTENT).status_code == 403
    assert site.file.reports[0].state == "due_callback"


def test_the_page_takes_no_more_statements_with_more_people(
    site: Life, browser_of: Callable[..., Client], django_assert_max_num_queries: Any
):
    for n in range(5):
        replied(site, phone=f"1390013900{n}")
    client = browser_of("callback")
    client.get("/callbacks/")
    with django_assert_max_num_queries(14):
        client.get("/callbacks/")


# --- where a resident answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "title"), [("en", "Was it solved?"), ("zh", "问题解决了吗？")])
def test_a_resident_answers_in_three_taps(demo: Life, browser_of: Callable[..., Client], tmp_path, language, title):
    code = sent_code(replied(demo), tmp_path)
    client = browser_of("", language)
    page = client.get(f"/c/{code}/")
    text = page.content.decode()
    assert title in text
    assert "已与工地商定夜间停工" in text
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert PHONE not in text
    assert client.post(f"/c/{code}/", CONTENT).status_code == 200
    assert (demo.state, demo.file.reports[0].callback_channel) == ("closed", "link")
    over = client.get(f"/c/{code}/")
    assert over.status_code == 410
    assert ("You have answered already" if language == "en" else "您已经答过") in over.content.decode()


def test_unsolved_is_told_what_follows(demo: Life, browser_of: Callable[..., Client], tmp_path: Path):
    code = sent_code(replied(demo), tmp_path)
    answer = browser_of().post(f"/c/{code}/", {**CONTENT, "solved": "no", "satisfied": "unsatisfied"})
    assert "it goes back to the unit" in answer.content.decode()
    assert demo.file.case.rework_count == 1


@pytest.mark.parametrize("typed", [{}, {"solved": "yes"}, {**CONTENT, "solved": "perhaps"}, {**CONTENT, "why": "x"}])
def test_an_incomplete_answer_is_asked_again(demo: Life, browser_of: Callable[..., Client], tmp_path: Path, typed):
    code = sent_code(replied(demo), tmp_path)
    assert browser_of().post(f"/c/{code}/", typed).status_code == 422
    assert demo.file.reports[0].state == "due_callback"
    assert browser_of().post(f"/c/{code}/", CONTENT).status_code == 200


@pytest.mark.parametrize("code", ["A" * 26, "x", "%00", "' OR 1=1"])
def test_a_wrong_link_says_so(demo: Life, browser_of: Callable[..., Client], code: str):
    answer = browser_of().get(f"/c/{code}/")
    assert answer.status_code == 404
    assert "check the address" in answer.content.decode()


def test_an_old_link_says_so(demo: Life, browser_of: Callable[..., Client], tmp_path: Path):
    code = sent_code(replied(demo), tmp_path)
    demo.clock.advance(days=8)
    answer = browser_of().get(f"/c/{code}/")
    assert answer.status_code == 410
    assert "expired" in answer.content.decode()


def test_a_resident_answers_from_the_page_of_an_own_report(site: Life, browser_of: Callable[..., Client]):
    replied(site)
    assert site.received is not None
    code, client = site.received.tracking_code, browser_of()
    assert f"/t/{code}/answer/" in client.get(f"/t/{code}/").content.decode()
    assert client.get(f"/t/{code}/answer/").status_code == 200
    assert client.post(f"/t/{code}/answer/", CONTENT).status_code == 200
    assert site.state == "closed"
    assert "/answer/" not in client.get(f"/t/{code}/").content.decode()
    assert client.post(f"/t/{code}/answer/", CONTENT).status_code == 410


# --- the drawer of a demo ---------------------------------------------------------------------------------------


def test_a_demos_administrator_sees_what_would_have_gone_out(
    demo: Life, browser_of: Callable[..., Client], tmp_path: Path
):
    code = sent_code(replied(demo), tmp_path)
    text = browser_of("admin").get("/messages/").content.decode()
    assert "138****8000" in text
    assert PHONE not in text
    assert f'href="/c/{code}/"' in text
    assert browser_of("callback").get("/messages/").status_code == 403


def test_there_is_no_drawer_where_messages_really_go_out(
    demo: Life, browser_of: Callable[..., Client], settings: Any
):
    settings.CITYLOOM_SMS_URL = settings.CITYLOOM_MAIL_URL = "https+sms://gateway.example/"
    assert browser_of("admin").get("/messages/").status_code == 404
    settings.CITYLOOM_SMS_URL, settings.PRODUCTION = "pretend:", True
    assert browser_of("admin").get("/messages/").status_code == 404


# --- in a real browser ------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_an_agent_calls_back_by_keyboard_and_a_resident_answers_without_scripts(
    page: Page, live_server: Any, demo: Life, django_user_model: Any, tmp_path: Path,
    shoot: Callable[[Page, str], None],
):  # fmt: skip
    for user in django_user_model.objects.all():
        user.set_password(PASSWORD)
        user.save()
    replied(demo, phone="13900139000", words="凌晨还有渣土车进出")
    replied(demo)
    code = sent_code(demo, tmp_path)
    url = live_server.url
    page.goto(f"{url}/signin/")
    page.fill("#username", "callback")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.goto(f"{url}/callbacks/")
    shoot(page, "callbacks")
    page.locator('input[name="contacted"]').first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/callbacks/?done=heard")
    bare = page.context.browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})  # type: ignore[union-attr]
    phone = bare.new_page()
    phone.goto(f"{url}/c/{code}/")
    shoot(phone, "callback-answer")
    phone.locator('.tap:has(input[name="solved"][value="yes"])').click()
    phone.locator('.tap:has(input[name="satisfied"][value="basically"])').click()
    phone.locator('.tap:has(input[name="contacted"][value="yes"])').click()
    phone.locator("main button.main").click()
    assert phone.locator("h1").inner_text() in ("Thank you, it is recorded.", "谢谢，已经记下。")
    bare.close()
    assert demo.file.reports[0].satisfied == "basically"
