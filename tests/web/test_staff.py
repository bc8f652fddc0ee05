"""What the staff does in a browser: sign in by post, work from the list, move cases, see what the post may see."""

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
from tests.cases.life import DRAIN, ENQUIRY, NOISE, NORTHEAST, SOUTHWEST, Life, at, photo
from tests.web.conftest import PASSWORD

from cityloom.city.values import Role

BY_ROLE = {
    Role.HOTLINE_AGENT: "agent",
    Role.SHIFT_LEAD: "shift",
    Role.GRID_WORKER: "collector",
    Role.DISPATCHER: "dispatcher",
    Role.HANDLER: "handler_e1",
    Role.CHECKER: "checker",
    Role.CALLBACK_AGENT: "callback",
    Role.SUPERVISOR: "supervisor",
    Role.LEADER: "leader",
    Role.AUDITOR: "auditor",
    Role.DATA_STEWARD: "steward",
    Role.ADMIN: "admin",
}


def _send(client: Client, site: Life, move: str, **typed: Any) -> Any:
    """One move's form as the case page would send it."""
    file = site.file
    form = {
        "subject": "case", "subject_id": file.case.id, "move": move, "version": file.case.version,
        "seq": file.case.seq, "reason": "", "note": "", "class": "", "lon": "", "lat": "", "address": "", "unit": "",
        "other_number": "", "solved": "", "satisfied": "", "reached": "",
    }  # fmt: skip
    return client.post(f"/case/{site.number}/move/", {**form, **typed})


def _jpeg() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "JPEG")
    return SimpleUploadedFile("b.jpg", out.getvalue(), "image/jpeg")


# --- signing in -------------------------------------------------------------------------------------------------


def _with_password(user_model: Any, login: str) -> None:
    user = user_model.objects.get(username=login)
    user.set_password(PASSWORD)
    user.save()


def test_a_person_signs_in_and_comes_where_he_wanted_to_go(site: Life, django_user_model: Any):
    _with_password(django_user_model, "dispatcher")
    client = Client(headers={"accept-language": "en"})
    wanted = client.get("/queue/?view=all").headers["Location"]
    assert wanted == "/signin/?next=%2Fqueue%2F%3Fview%3Dall"
    sent = {"username": "dispatcher", "password": PASSWORD, "next": "/queue/?view=all"}
    assert client.post("/signin/", sent).headers["Location"] == "/queue/?view=all"
    assert client.get("/queue/").status_code == 200


def test_an_address_of_another_site_is_not_followed_after_signing_in(site: Life, django_user_model: Any):
    _with_password(django_user_model, "dispatcher")
    sent = {"username": "dispatcher", "password": PASSWORD, "next": "https://example.com/"}
    assert Client().post("/signin/", sent).headers["Location"] == "/queue/"


def test_a_wrong_password_says_so_and_too_many_lock_the_name(site: Life, django_user_model: Any):
    _with_password(django_user_model, "dispatcher")
    client = Client(headers={"accept-language": "en"})
    wrong = {"username": "dispatcher", "password": "no", "next": ""}
    first = client.post("/signin/", wrong)
    assert first.status_code == 401
    assert 'value="dispatcher"' in first.content.decode()
    for _ in range(5):
        last = client.post("/signin/", wrong)
    assert last.status_code == 429
    assert client.post("/signin/", {**wrong, "password": PASSWORD}).status_code == 429


def test_only_posts_held_on_that_day_can_be_acted_by(site: Life, browser_of: Callable[..., Client]):
    client = browser_of("deputy")
    assert "checker" in client.get("/queue/").content.decode()
    site.clock.at = at(12, 1, year=2025)
    assert "dispatcher" in client.get("/queue/").content.decode()


def test_somebody_without_a_post_is_told_so(site: Life, django_user_model: Any):
    django_user_model.objects.create_user("stranger", password=PASSWORD)
    client = Client(headers={"accept-language": "en"})
    client.post("/signin/", {"username": "stranger", "password": PASSWORD, "next": ""})
    assert client.get("/queue/").headers["Location"].startswith("/signin/post/")
    assert "You hold no post today" in client.get("/signin/post/").content.decode()


def test_a_post_that_is_not_ones_own_cannot_be_chosen(site: Life, browser_of: Callable[..., Client]):
    client = browser_of("handler_e1")
    client.post("/signin/post/", {"post": "admin|centre|", "next": ""})
    assert "handler" in client.get("/queue/").content.decode()


# --- the list ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("role", BY_ROLE, ids=lambda role: role.value)
def test_every_role_opens_its_list_and_a_case_in_both_languages(
    site: Life, browser_of: Callable[..., Client], role: Role, language: str
):
    site.report()
    client = browser_of(BY_ROLE[role], language)
    for address in ("/queue/", "/queue/?view=open", "/queue/?view=all", f"/case/{site.number}/"):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "no-store" in answer.headers["Cache-Control"]
    assert ("噪声扰民" if language == "zh" else "Noise") in client.get("/queue/?view=all").content.decode()


def test_the_list_asks_at_most_five_statements_beyond_session_and_user(site: Life, browser_of: Callable[..., Client]):
    for number in range(60):
        site.report(words=f"第{number}件", place=NORTHEAST if number % 2 else SOUTHWEST)
        site.clock.advance(minutes=1)
    client = browser_of("dispatcher")
    client.get("/queue/")
    for address in ("/queue/?view=open", "/queue/?view=all&area=990101", "/queue/?view=all&class=hotline:01"):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            html = client.get(address).content.decode()
        of_the_user = ("django_session", "auth_user", "city_deputy")
        own = [q["sql"] for q in asked if not any(table in q["sql"] for table in of_the_user)]
        assert len(own) <= 5, own
        assert not any("OFFSET" in sql for sql in own)
    assert "Next page" in html


def test_pages_of_a_list_join_without_gap_or_repeat(site: Life, browser_of: Callable[..., Client]):
    for number in range(55):
        site.report(words=f"第{number}件", class_code=NOISE if number % 3 else "hotline:0903")
        site.clock.advance(minutes=number % 2)
    client = browser_of("supervisor")
    for view in ("open", "all"):
        found, address = [], f"/queue/?view={view}"
        while address:
            page = client.get(address).context["page"]
            found += [line.number for block in page.blocks for line in block.lines]
            address = f"/queue/?{page.next}" if page.next else ""
        assert len(found) == len(set(found))
        assert len(found) == (55 if view == "all" else sum(n % 3 > 0 for n in range(55)))


def test_a_filter_that_nobody_knows_is_told_and_the_list_is_shown(site: Life, browser_of: Callable[..., Client]):
    site.report()
    answer = browser_of("supervisor").get("/queue/?state=nonsense")
    assert answer.status_code == 400
    assert "knows no “nonsense”" in answer.content.decode()
    assert site.number in answer.content.decode()


@pytest.mark.parametrize(
    ("words", "found", "because"),
    [
        ("view=open", True, "it is open"),
        ("view=all&unit=street_e1", True, "the unit leads it"),
        ("view=all&unit=street_e2", False, "another unit leads it"),
        ("view=open&unit=-", False, "somebody leads it"),
        ("view=open&area=990101", True, "it lies in that district"),
        ("view=open&area=990102", False, "it lies in the other district"),
        ("view=open&class=hotline:01", True, "its class lies below"),
        ("view=open&class=hotline:0102", False, "it is of another class"),
        ("view=open&source=hotline", False, "a resident reported it"),
        ("view=open&overdue=yes", False, "nothing is late yet"),
        ("view=open&state=dispatched", True, "it is dispatched"),
        ("view=open&state=closed", False, "it is not closed"),
    ],
)
def test_each_filter_narrows_the_list(
    site: Life, browser_of: Callable[..., Client], words: str, found: bool, because: str
):
    site.report()
    html = browser_of("supervisor").get(f"/queue/?{words}").content.decode()
    assert (site.number in html) is found, because


def test_a_case_is_found_by_its_number_or_the_end_of_it_also_after_closing(
    site: Life, browser_of: Callable[..., Client]
):
    site.report()
    site.move("withdraw", "resident", owns=True, reason="withdrawn.by_resident")
    client = browser_of("supervisor")
    for number in (site.number, site.number.split("-")[1]):
        assert f"/case/{site.number}/" in client.get(f"/queue/?number={number}").content.decode()
    assert f"/case/{site.number}/" not in client.get("/queue/?view=open").content.decode()


def test_late_work_stands_first_and_is_called_overdue(site: Life, browser_of: Callable[..., Client]):
    site.report()
    site.clock.at = at(6, 1, 16)
    blocks = browser_of("handler_e1").get("/queue/").context["page"].blocks
    assert [b.title for b in blocks] == ["overdue"]
    assert blocks[0].lines[0].next_move == "sign for"


# --- walls ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("login", "allowed", "because"),
    [
        ("handler_e1", True, "the unit has the case"),
        ("handler_w1", False, "there is no such person"),
        ("handler_water", False, "another unit's handler"),
        ("collector2", False, "a grid worker of the other district"),
        ("checker", True, "a checker of the whole city"),
    ],
)
def test_a_case_and_its_photos_are_seen_by_those_who_may(
    site: Life, browser_of: Callable[..., Client], django_user_model: Any, login: str, allowed: bool, because: str
):
    site.report(photos=(photo(),))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM cases_photo")
        (photo_id,) = cursor.fetchone()
    if not django_user_model.objects.filter(username=login).exists():
        client = browser_of()
        assert client.get(f"/case/{site.number}/").status_code == 302, because
        assert client.get(f"/photo/{photo_id}").status_code == 302, because
        return
    client = browser_of(login)
    expected = 200 if allowed else 403
    assert client.get(f"/case/{site.number}/").status_code == expected, because
    assert client.get(f"/photo/{photo_id}").status_code == expected, because
    assert (site.number in client.get("/queue/?view=open").content.decode()) is allowed, because


def test_names_and_phones_are_opened_by_callback_agents_only_and_each_look_is_recorded(
    site: Life, browser_of: Callable[..., Client]
):
    site.report()
    for login in ("handler_e1", "dispatcher", "supervisor"):
        client = browser_of(login)
        assert "13800138000" not in client.get(f"/case/{site.number}/").content.decode()
        assert client.post(f"/case/{site.number}/contact/", {"reason": "x"}).status_code == 403
    client = browser_of("callback")
    assert "13800138000" not in client.get(f"/case/{site.number}/").content.decode()
    assert client.post(f"/case/{site.number}/contact/", {"reason": " "}).status_code == 403
    assert "13800138000" in client.post(f"/case/{site.number}/contact/", {"reason": "callback"}).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT by_login, reason FROM cases_reporter_read")
        assert cursor.fetchall() == [("callback", "callback")]


@pytest.mark.parametrize("address", ["/queue/", "/new/", "/case/1/", "/photo/1"])
def test_pages_of_the_staff_send_others_to_sign_in(browser_of: Callable[..., Client], address: str):
    answer = browser_of().get(address)
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/signin/")


def test_only_those_who_take_calls_write_them_down(site: Life, browser_of: Callable[..., Client]):
    assert browser_of("handler_e1").get("/new/").status_code == 403
    assert browser_of("agent").get("/new/").status_code == 200


# --- moving -----------------------------------------------------------------------------------------------------


def test_the_page_offers_the_moves_the_table_opens_and_no_others(site: Life, browser_of: Callable[..., Client]):
    site.report()
    offered = [f.move for f in browser_of("handler_e1").get(f"/case/{site.number}/").context["page"].forms]
    assert offered == ["sign", "assist", "object", "return", "supplement"]
    assert browser_of("auditor").get(f"/case/{site.number}/").context["page"].forms == []


def test_a_move_that_needs_something_says_what_and_keeps_the_rest(site: Life, browser_of: Callable[..., Client]):
    site.report()
    site.move("sign", "handler_e1")
    answer = _send(browser_of("handler_e1"), site, "contact", note="  ")
    assert answer.status_code == 422
    assert "“contact the resident” needs a note" in answer.content.decode()
    chinese = _send(browser_of("handler_e1", "zh"), site, "contact").content.decode()
    assert "“联系诉求人”须提供说明" in chinese


def test_whoever_comes_second_is_told_what_changed_and_keeps_what_was_typed(
    site: Life, browser_of: Callable[..., Client]
):
    site.report()
    site.move("sign", "handler_e1")
    version, seq = site.file.case.version, site.file.case.seq
    site.move("supplement", "dispatcher", note="诉求人又来电")
    answer = _send(browser_of("handler_e1"), site, "contact", note="已上门", version=version, seq=seq)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else moved it first" in html
    assert "诉求人又来电" in html.split("threecol")[0]
    assert "已上门" in html
    assert site.state == "signed"
    page = answer.context["page"]
    assert _send(browser_of("handler_e1"), site, "contact", note="已上门", version=page.version).status_code == 302


def test_a_unit_is_asked_to_assist_and_its_handler_finishes_by_himself(site: Life, browser_of: Callable[..., Client]):
    site.report()
    site.move("sign", "handler_e1")
    _send(browser_of("handler_e1"), site, "assist", unit="water_co", reason="assist.asked")
    task = site.file.assisting()[0]
    client = browser_of("handler_water")
    forms = client.get(f"/case/{site.number}/").context["page"].forms
    assert [(f.subject, f.move) for f in forms if f.weight == "main"] == [("task", "sign")]
    _send(client, site, "sign", subject="task", subject_id=task.id)
    _send(client, site, "finish", subject="task", subject_id=task.id, note="已疏通")
    assert site.file.assisting()[0].state == "done"


def test_a_report_is_called_back_on_the_page_and_the_case_closes(site: Life, browser_of: Callable[..., Client]):
    site.report()
    for move in ("sign", "contact", "handle", "reply"):
        site.move(move, "handler_e1", note="x")
    client, report = browser_of("callback"), site.file.reports[0]
    _send(client, site, "attempt_callback", subject="report", subject_id=report.id, reached="unreachable")
    assert site.file.reports[0].callback_attempts == 1
    half = _send(client, site, "call_back", subject="report", subject_id=report.id, solved="yes")
    assert half.status_code == 422
    _send(client, site, "call_back", subject="report", subject_id=report.id, solved="yes", satisfied="satisfied")
    assert site.state == "closed"


def test_a_dispatcher_sends_a_case_nobody_owes_to_a_unit(site: Life, browser_of: Callable[..., Client]):
    site.report(place=None)
    client = browser_of("dispatcher")
    assert site.number in client.get("/queue/").content.decode()
    _send(client, site, "dispatch", unit="street_e2")
    assert (site.state, site.file.case.lead_unit) == ("dispatched", "street_e2")
    assert "the dispatcher chose Northeast Street Office" in client.get(f"/case/{site.number}/").content.decode()


def test_a_reason_with_a_blank_asks_for_it(site: Life, browser_of: Callable[..., Client]):
    site.report()
    client = browser_of("handler_e1")
    assert _send(client, site, "return", reason="return.needs_other").status_code == 422
    assert _send(client, site, "return", reason="return.needs_other", unit="water_co").status_code == 302
    assert "belongs to Drainage Company" in browser_of("dispatcher").get(f"/case/{site.number}/").content.decode()


def test_a_place_is_corrected_by_its_coordinates(site: Life, browser_of: Callable[..., Client]):
    site.report(place=None)
    lon, lat = NORTHEAST
    typed = {"reason": "corrected.place", "lon": lon, "lat": lat, "address": "东北路"}
    assert _send(browser_of("dispatcher"), site, "relocate", **typed).status_code == 302
    assert site.file.case.address == "东北路"
    assert _send(browser_of("dispatcher"), site, "relocate", **{**typed, "lon": "here"}).status_code == 422


def test_photos_of_the_work_come_with_the_move_and_the_resident_sees_them(
    site: Life, browser_of: Callable[..., Client]
):
    site.report()
    site.move("sign", "handler_e1")
    site.move("contact", "handler_e1", note="x")
    bad = _send(
        browser_of("handler_e1"),
        site,
        "handle",
        note="x",
        photos=[SimpleUploadedFile("a.jpg", b"GIF89a", "image/jpeg")],
    )
    assert bad.status_code == 422
    assert site.state == "contacted"
    _send(browser_of("handler_e1"), site, "handle", note="已整改", photos=[_jpeg()])
    page = browser_of().get(f"/t/{site.received.tracking_code}/").context["page"]
    assert [p.kind for p in page.after] == ["after"]
    shown = browser_of().get(f"/t/{page.code}/photo/{page.after[0].id}")
    assert shown.headers["Content-Type"] == "image/jpeg"


def test_a_case_that_does_not_exist_is_told(site: Life, browser_of: Callable[..., Client]):
    answer = browser_of("dispatcher", "zh").get("/case/260601-9/")
    assert answer.status_code == 404
    assert "没有编号为260601-9的案件" in answer.content.decode()


# --- taking calls -----------------------------------------------------------------------------------------------


def test_an_agent_writes_down_a_call_and_answers_at_once(site: Life, browser_of: Callable[..., Client]):
    client = browser_of("agent")
    key = client.get("/new/").context["page"].typed["key"]
    said = {
        "key": key,
        "class": ENQUIRY,
        "words": "居住证怎么办",
        "hold": "yes",
        "nature": "",
        "phone": "13900000000",
    }
    answer = client.post("/new/", said)
    site.number = answer.headers["Location"].split("/")[2]
    assert client.post("/new/", said).headers["Location"] == answer.headers["Location"]
    assert site.state == "registered"
    _send(client, site, "answer", note="带身份证到街道办理")
    assert site.state == "answered"


def test_a_call_kept_confidential_shows_no_words_in_lists_and_no_dot_on_the_map(
    site: Life, browser_of: Callable[..., Client]
):
    client = browser_of("agent")
    key = client.get("/new/").context["page"].typed["key"]
    said = {
        "key": key,
        "class": NOISE,
        "words": "请保密的话",
        "lon": "110.0011",
        "lat": "30.0011",
        "confidential": "yes",
    }
    client.post("/new/", said)
    assert "请保密的话" not in browser_of("handler_e1").get("/queue/?view=open").content.decode()
    assert browser_of("handler_e1").get("/map/cases.geojson").json()["features"] == []


def test_a_drain_cover_found_by_a_collector_goes_its_whole_way_through_pages(
    site: Life, browser_of: Callable[..., Client]
):
    site.report(source="grid_worker", by="collector", class_code=DRAIN, place=(110.0012, 30.0012))
    _send(browser_of("handler_water"), site, "sign")
    _send(browser_of("handler_water"), site, "handle", note="已换盖", photos=[_jpeg()])
    _send(browser_of("checker"), site, "pass_check", note="盖好了")
    assert site.state == "closed"
    assert site.broken() == []


def test_a_unit_sees_in_its_history_what_it_led_and_what_it_assists_with_once_each(
    site: Life, browser_of: Callable[..., Client]
):
    site.report(name="", phone="")
    led = site.number
    for move in ("sign", "contact", "handle", "reply"):
        site.move(move, "handler_e1", note="x")
    assert site.state == "closed"
    site.clock.advance(minutes=5)
    site.report(place=NORTHEAST)
    site.move("sign", "handler_e2")
    site.move("assist", "handler_e2", reason="assist.asked", unit="street_e1")
    assisted = site.number
    site.clock.advance(minutes=5)
    site.report(place=SOUTHWEST)
    blocks = browser_of("handler_e1").get("/queue/?view=all").context["page"].blocks
    assert [line.number for block in blocks for line in block.lines] == [assisted, led]
