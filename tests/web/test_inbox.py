"""The handler's inbox, the evidence on a case's page, the checker's desk: what each shows, takes and refuses."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from tests.cases.life import DRAIN, NOISE, PARKING, SHANGHAI, Life, at, photo

from cityloom.cases.inbox_turns import TURNS, turns_of
from cityloom.cases.queries_inbox import Bounds
from cityloom.city.clock_values import ClockUnit, WorkCalendar, WorkHours
from cityloom.web.working_time import say_time, time_left

OF_THE_FRAME = ("django_session", "auth_user", "city_deputy")
WEEKDAYS = WorkCalendar("Asia/Shanghai", (WorkHours.parse("08:00-12:00 14:00-18:00"),), 2025, 2027)


def own_statements(queries: CaptureQueriesContext) -> list[str]:
    return [q["sql"] for q in queries if not any(table in q["sql"] for table in OF_THE_FRAME)]


def upload(name: str = "a.jpg", content: bytes = b"") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "JPEG")
    return SimpleUploadedFile(name, content or out.getvalue(), "image/jpeg")


def send(client: Client, life: Life, move: str, **typed: Any) -> Any:
    file = life.file
    form = {"subject": "case", "subject_id": file.case.id, "move": move, "version": file.case.version,
            "seq": file.case.seq, **typed}  # fmt: skip
    return client.post(f"/case/{life.number}/move/", form)


def lines_of(page: Any) -> list[Any]:
    return [line for block in page.blocks for line in block.lines]


# --- time left, and whose turn ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("started", "due", "now", "unit", "said", "band", "because"),
    [
        (at(6, 5, 16), at(6, 8, 10), at(6, 5, 17), "work_hour", "3 h", "on-time", "a weekend is no working time"),
        (at(6, 1), at(6, 4, 12), at(6, 1, 17), "work_day", "2 working days 5 h", "on-time", "eight hours are a day"),
        (at(6, 1), at(6, 1, 10), at(6, 1, 9, 50), "work_hour", "10 min", "due-soon", "four fifths have gone"),
        (at(6, 1), at(6, 1, 10), at(6, 2, 9), "work_hour", "7 h", "overdue", "late by working hours"),
        (at(6, 5, 20), at(6, 5, 22), at(6, 5, 21), "emergency_hour", "1 h", "on-time", "emergencies run at night"),
    ],
)
def test_what_is_left_is_said_in_the_clocks_own_time(started, due, now, unit, said, band, because):
    left = time_left(started, due, now, unit, WEEKDAYS)
    assert (say_time(left, WEEKDAYS, "en"), left.band) == (said, band), because
    assert left.working is ClockUnit(unit).asks_the_calendar


def test_whose_turn_it_is_is_read_off_the_paths(site: Life):
    turns = turns_of(site.city)
    assert set(turns) <= set(TURNS)
    assert ((), "hotline", "dispatched") in turns["sign"]
    assert turns["contact"] == [((), "hotline", "signed")]
    handled = {when for when, *where in turns["handle"] if where == ["hotline", "contacted"]}
    assert handled == {("asks_check",), ("asks_no_check",)}, "with and without a check the unit handles"
    assert (("asks_no_check",), "hotline", "handled") in turns["reply"], "it answers at once where no check is asked"
    assert (("asks_check",), "hotline", "checked") in turns["reply"], "after the check where one is asked"


# --- the inbox --------------------------------------------------------------------------------------------------


def test_the_inbox_holds_the_units_own_work_counted_by_words_that_lead_to_it(
    site: Life, browser_of: Callable[..., Client]
):
    client = browser_of("handler_e1")
    empty = client.get("/inbox/")
    assert "Nothing waits for your unit" in empty.text
    assert "None were closed in the last seven days" in empty.text
    for number in range(3):
        site.report("hotline", by="agent", words=f"第{number}件", class_code=PARKING if number == 2 else NOISE)
        site.clock.advance(minutes=1)
    site.move("sign", "handler_e1")
    signed = site.number
    site.move("assist", "handler_e1", unit="lighting_co", reason="assist.asked")
    site.report("hotline", by="agent")
    site.move("return", "handler_e1", reason="return.not_ours")
    page = client.get("/inbox/").context["page"]
    assert page.waiting == 3
    assert {w.key: w.count for w in page.turns} == {"sign": 2, "contact": 1}
    assert {w.key: w.count for w in page.times if w.count} == {"today": 2, "week": 1}
    for word in [*page.turns, *page.matters, *page.areas]:
        assert len(lines_of(client.get(f"/inbox/?{word.href}").context["page"])) == word.count, word
    contacted = client.get("/inbox/?turn=contact").context["page"]
    assert [line.number for line in lines_of(contacted)] == [signed]
    assert "No case under these words" in client.get("/inbox/?turn=put_off&when=later").text
    assisting = lines_of(browser_of("handler_lighting").get("/inbox/").context["page"])
    assert [(line.number, line.turn) for line in assisting] == [(signed, "assist")]
    assert lines_of(browser_of("handler_e2").get("/inbox/").context["page"]) == []
    assert browser_of("dispatcher").get("/inbox/")["Location"] == "/queue/"


def test_pages_of_an_inbox_join_without_gap_or_repeat_by_few_statements(
    site: Life, browser_of: Callable[..., Client]
):
    for number in range(53):
        site.report("hotline", by="agent", words=f"第{number}件")
        if number % 3 == 0:
            site.clock.advance(minutes=1)
    site.clock.at = at(6, 1, 20)
    client, address, found = browser_of("handler_e1"), "/inbox/", []
    client.get(address)
    while address:
        with CaptureQueriesContext(connection) as asked:
            page = client.get(address).context["page"]
        assert len(own_statements(asked)) <= 5, own_statements(asked)
        assert not any("OFFSET" in sql for sql in own_statements(asked))
        found += [line.number for line in lines_of(page)]
        address = f"/inbox/?{page.next}" if page.next else ""
    assert len(found) == len(set(found)) == 53
    assert [block.when for block in page.blocks] == ["overdue"]


# --- evidence and messages on a case's page -----------------------------------------------------------------------


def test_a_handler_adds_photos_of_before_and_after_and_a_file_that_is_none_is_named(
    site: Life, browser_of: Callable[..., Client]
):
    site.report("hotline", by="agent")
    site.move("sign", "handler_e1")
    client = browser_of("handler_e1")
    refused = send(client, site, "supplement", note="围挡已加高", photos=[upload(), upload("合同.pdf", b"%PDF-1.7")])
    assert refused.status_code == 422
    assert "“合同.pdf”: this is no photo we can read" in refused.text
    assert "围挡已加高</textarea>" in refused.text, "what was typed is still there"
    sent = send(client, site, "supplement", note="围挡已加高", before_photos=[upload()], photos=[upload(), upload()])
    assert sent.status_code == 302
    page = client.get(f"/case/{site.number}/").context["page"]
    assert (len(page.before), len(page.after)) == (1, 2)
    assert "data-compare" in client.get(f"/case/{site.number}/").text
    assert page.owes.startswith("Southeast Street Office owes first contact by")


def test_of_two_people_at_once_one_is_told_what_the_other_did_and_keeps_the_text(
    site: Life, browser_of: Callable[..., Client]
):
    site.report("hotline", by="agent")
    seen = site.file.case
    site.move("sign", "handler_e1")
    stale = {"version": seen.version, "seq": seen.seq, "note": "已到现场"}
    told = send(browser_of("handler_e1"), site, "supplement", **stale)
    assert told.status_code == 409
    assert "Somebody else moved it first" in told.text
    assert "已到现场</textarea>" in told.text
    assert [k.move for k in told.context["page"].news] == ["sign"]


def test_a_message_that_the_relay_refuses_stays_in_its_box(site: Life, browser_of: Callable[..., Client]):
    site.report("resident", consents=("callback", "relay"))
    site.move("sign", "handler_e1")
    report = site.file.reports[0].id
    client = browser_of("handler_e1")
    long = "请问" + "方便" * 600
    refused = client.post(f"/case/{site.number}/relay/", {"report": report, "text": long})
    assert refused.status_code in (400, 422)
    assert long in refused.text
    sent = client.post(f"/case/{site.number}/relay/", {"report": report, "text": "几点方便？"})
    assert sent["Location"] == f"/case/{site.number}/#relay"


def test_a_cases_page_asks_as_often_for_a_long_history_as_for_a_short_one(
    site: Life, browser_of: Callable[..., Client]
):
    site.report("hotline", by="agent")
    site.move("sign", "handler_e1")
    client = browser_of("handler_e1")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/case/{site.number}/").status_code == 200
        return len(own_statements(queries))

    asked()
    few = asked()
    for number in range(4):
        site.move("supplement", "handler_e1", note=f"第{number}次", pictures=[photo()])
    assert asked() <= few + 1, "the city's version is looked at once a second"
    assert few <= 20


# --- the checker's desk -------------------------------------------------------------------------------------------


def handled(site: Life, by: str = "handler_water") -> str:
    """A drain cover that was mended, with a photo from before and one of the work."""
    site.report("grid_worker", by="collector", class_code=DRAIN, photos=(photo("brown"),))
    site.move("sign", by)
    site.move("handle", by, note="井盖已更换", pictures=[photo("grey")])
    return site.number


def test_a_checker_sees_before_and_after_and_the_next_is_ready(site: Life, browser_of: Callable[..., Client]):
    client = browser_of("checker")
    assert "Nothing waits for a check" in client.get("/check/").text
    assert browser_of("handler_e1").get("/check/")["Location"] == "/queue/"
    first = handled(site)
    site.clock.advance(minutes=1)
    second = handled(site)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/check/")
    assert len(own_statements(asked)) <= 24
    page = answer.context["page"]
    assert [line.number for line in page.lines] == [first, second]
    assert [form.move for form in page.forms] == ["pass_check", "rework"]
    assert page.done == "井盖已更换"
    assert 'type="range"' in answer.text
    site.number = first
    refused = send(client, site, "rework", reason="", back="/check/")
    assert refused.status_code == 422 or refused.status_code == 400
    passed = send(client, site, "pass_check", note="现场已恢复", back="/check/")
    assert passed["Location"] == "/check/"
    assert [line.number for line in client.get("/check/?state=handled").context["page"].lines] == [second]
    assert re.search(r"aria-current=\"true\">Handled", client.get("/check/?state=handled").text)
    states = client.get("/check/").context["page"].states
    assert [(word.name, word.count) for word in states] == [("", 1), ("reported", 0), ("handled", 1)]


def test_a_person_comes_to_the_desk_of_the_post_after_signing_in(site: Life, django_user_model: Any):
    for login, desk in (("handler_e1", "/inbox/"), ("checker", "/check/"), ("dispatcher", "/queue/")):
        user = django_user_model.objects.get(username=login)
        user.set_password("a long pass phrase")
        user.save()
        sent = {"username": login, "password": "a long pass phrase", "next": ""}
        assert Client().post("/signin/", sent)["Location"] == desk


def test_bounds_of_an_inbox_are_midnights_of_the_city(site: Life):
    bounds = Bounds.at(at(6, 1, 23), site.city)
    assert bounds.tomorrow == at(6, 2, 0)
    assert bounds.week == at(6, 8, 0)
    assert bounds.when(at(6, 1, 23, 30)) == "today"
    assert bounds.tomorrow.astimezone(SHANGHAI).hour == 0
