"""Hard cases on the pages: what a move asks for, what waits for a second person, the lists, what was here before."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.cases.life import NOISE, PARKING, Life, at

BrowserOf = Callable[..., Client]
pytestmark = pytest.mark.django_db(transaction=True)


def _send(client: Client, site: Life, move: str, **typed: Any) -> Any:
    """A form of the case page, with the fields it really has and what was typed."""
    page = client.get(f"/case/{site.number}/").content.decode()
    form = next(f for f in re.findall(r"<form.*?</form>", page, re.S) if f'name="move" value="{move}"' in f)
    names = set(re.findall(r'name="(\w+)"', form))
    assert set(typed) <= names, f"the form of {move} has {sorted(names)}"
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    return client.post(f"/case/{site.number}/move/", {**hidden, **typed})


def _decide(client: Client, site: Life, **typed: Any) -> Any:
    file = site.file
    request = next(r for r in reversed(file.requests) if r.is_open)
    form = {"version": file.case.version, "seq": file.case.seq, **typed}
    return client.post(f"/case/{site.number}/request/{request.id}/", form)


def _contacted(site: Life) -> None:
    site.report("hotline", by="agent", class_code=NOISE)
    site.move("sign", "handler_e1")
    site.move("contact", "handler_e1", note="已联系")


@pytest.mark.parametrize(("language", "asked"), [("en", "Asks to extend"), ("zh", "申请延期")])
def test_an_extension_goes_through_two_people_and_both_see_where_it_stands(
    site: Life, browser_of: BrowserOf, language: str, asked: str
) -> None:
    _contacted(site)
    handler, shift = browser_of("handler_e1", language), browser_of("shift", language)
    answer = _send(handler, site, "extend", reason="extended.needs_time", note="分三次施工", amount="2")
    assert answer.status_code == 302, answer.content.decode()[:2000]
    page = handler.get(f"/case/{site.number}/").content.decode()
    assert asked in page
    assert 'value="grant"' not in page, "nobody decides what one asked for oneself"
    assert 'value="take_back"' in page
    waiting = shift.get("/waiting/").content.decode()
    assert site.number in waiting
    refused = _decide(shift, site, verdict="grant", note="")
    assert refused.status_code == 422
    assert _decide(shift, site, verdict="grant", note="同意").status_code == 302
    assert site.file.case.extension_count == 1
    assert site.due("handling") == at(6, 10, 9)
    assert site.number not in shift.get("/waiting/").content.decode()


@pytest.mark.parametrize(
    ("amount", "because"),
    [("9", "longer than the limit itself"), ("x", "no number"), ("-1", "below nothing"), ("nan", "no number either")],
)
def test_a_bad_amount_keeps_what_was_typed_and_says_why(
    site: Life, browser_of: BrowserOf, amount: str, because: str
) -> None:
    _contacted(site)
    answer = _send(
        browser_of("handler_e1"), site, "extend", reason="extended.needs_time", note="量大得很", amount=amount
    )
    assert answer.status_code == 422, because
    assert "量大得很" in answer.content.decode()
    assert site.moves[-1] == "contact"


@pytest.mark.parametrize("day", ["2026-05-01", "2099-01-01", "tomorrow", "2026-13-01"])
def test_a_bad_date_is_refused_plainly(site: Life, browser_of: BrowserOf, day: str) -> None:
    _contacted(site)
    answer = _send(browser_of("handler_e1"), site, "defer", reason="deferred.season", note="天冷", until=day)
    assert answer.status_code == 422


def test_a_deferral_ends_at_the_end_of_its_day(site: Life, browser_of: BrowserOf) -> None:
    _contacted(site)
    _send(browser_of("handler_e1"), site, "defer", reason="deferred.season", note="天冷", until="2026-06-20")
    _decide(browser_of("supervisor"), site, verdict="grant", note="同意")
    assert site.state == "deferred"
    assert site.due("deferral") == at(6, 21, 0)


def test_the_long_term_list_shows_plan_review_and_whole_age(site: Life, browser_of: BrowserOf) -> None:
    _contacted(site)
    _send(
        browser_of("handler_e1"), site, "list", reason="listed.no_funds", note="明年改造", until="2026-08-31"
    )  # fmt: skip
    _decide(browser_of("leader"), site, verdict="grant", note="同意列入")
    site.clock.at = at(9, 5)
    page = browser_of("supervisor", "zh").get("/long-term/").content.decode()
    assert "明年改造" in page
    assert site.number in page
    assert "96 天" in page or "96天" in page, "the age counts from the first report"
    assert site.number not in browser_of("handler_water").get("/long-term/").content.decode()


def test_a_street_whistles_and_the_department_reports_on_the_spot(site: Life, browser_of: BrowserOf) -> None:
    _contacted(site)
    street, department = browser_of("handler_e1"), browser_of("handler_east")
    answer = _send(
        street, site, "whistle", reason="whistle.enforcement", note="夜市占道", units=["east_urban", "water_co"]
    )
    assert answer.status_code == 302
    page = department.get(f"/case/{site.number}/").content.decode()
    assert 'name="move" value="arrive"' in page
    assert _send(department, site, "arrive", lon="110.0012", lat="30.0012").status_code == 302
    assert _send(department, site, "finish", note="已清理").status_code == 302
    for_street = street.get(f"/case/{site.number}/").content.decode()
    assert for_street.count('name="move" value="rate"') == 2
    assert _send(street, site, "rate", rating="5", note="及时").status_code == 302
    rated = [t.rating for t in site.file.tasks if t.role == "respond"]
    assert sorted(rated, key=str) == [5, None]


def test_merging_and_splitting_from_the_page(site: Life, browser_of: BrowserOf) -> None:
    first = site.report("resident", class_code=NOISE).number
    second = site.report("resident", class_code=NOISE).number
    site.number = first
    dispatcher = browser_of("dispatcher")
    assert _send(dispatcher, site, "merge", reason="merged.same_matter", case="nothing").status_code == 404
    assert _send(dispatcher, site, "merge", reason="merged.same_matter", case=f" {second} ").status_code == 302
    assert f"/case/{second}/" in dispatcher.get(f"/case/{first}/").content.decode()
    site.number = second
    report = site.file.reports[0].id
    sent = {"reason": "split.two_matters", "class": PARKING, "report_ids": str(report)}
    assert _send(dispatcher, site, "split", **sent).status_code == 302
    assert len(site.file.reports) == 1
    assert site.broken() == []


def test_an_objection_is_ruled_on_and_its_precedent_adopted_by_a_third_person(
    site: Life, browser_of: BrowserOf
) -> None:
    site.report("hotline", by="agent", class_code=NOISE)
    site.move("sign", "handler_e1")
    _send(browser_of("handler_e1"), site, "object", reason="object.not_our_duty", note="属城管")
    dispatcher = browser_of("dispatcher")
    assert _decide(dispatcher, site, verdict="grant", note="三定方案第5条").status_code == 422
    assert _decide(dispatcher, site, verdict="grant", note="三定方案第5条", unit="urban_bureau").status_code == 302
    page = dispatcher.get("/precedents/").content.decode()
    assert "三定方案第5条" in page
    assert 'value="adopt"' not in page
    steward = browser_of("steward")
    number = re.search(r'name="number" value="([^"]+)"', steward.get("/precedents/").content.decode())[1]
    assert steward.post("/precedents/", {"number": number, "verdict": "adopt"}).status_code == 302
    assert steward.post("/precedents/", {"number": number, "verdict": "decline"}).status_code == 409
    table = steward.get("/precedents/?state=adopted&format=csv").content.decode()
    assert table == f"class,area,unit,role\n{NOISE},*,urban_bureau,lead\n"
    assert site.number not in browser_of("handler_water").get("/precedents/").content.decode()


def test_a_resident_urges_and_reads_the_promised_day(site: Life, browser_of: BrowserOf) -> None:
    received = site.report("resident", class_code=NOISE)
    site.move("sign", "handler_e1")
    site.move("contact", "handler_e1", note="已联系")
    site.move("promise_date", "handler_e1", note="七月前装好隔音墙", until=at(7, 1))
    resident = browser_of("", "zh")
    page = resident.get(f"/t/{received.tracking_code}/").content.decode()
    assert "七月前装好隔音墙" in page
    assert 'value="urge"' in page
    form = {"move": "urge", "version": site.file.case.version, "note": "", "reason": ""}
    assert resident.post(f"/t/{received.tracking_code}/move/", form).status_code == 302
    assert site.file.case.urge_count == 1
    assert 'value="urge"' not in resident.get(f"/t/{received.tracking_code}/").content.decode()


def test_a_resident_who_told_of_two_matters_follows_both_by_one_code(site: Life, browser_of: BrowserOf) -> None:
    received = site.report("resident", class_code=NOISE)
    site.move("split", "dispatcher", reason="split.two_matters", class_code=PARKING)
    page = browser_of("", "zh").get(f"/t/{received.tracking_code}/").content.decode()
    assert "您说的另一件事" in page
    assert "车辆乱停" in page


def test_the_case_page_tells_what_was_promised_and_said_here_before(site: Life, browser_of: BrowserOf) -> None:
    _contacted(site)
    first = site.number
    site.move("promise_date", "handler_e1", note="七月前装好隔音墙", until=at(6, 10))
    for move in ("handle", "reply"):
        site.move(move, "handler_e1", note="已解决")
    site.move_report("call_back", "callback", outcome=_outcome("no", "unsatisfied"))
    site.clock.at = at(6, 20)
    site.report("resident", class_code=NOISE)
    page = browser_of("dispatcher", "zh").get(f"/case/{site.number}/").content.decode()
    assert "未兑现" in page
    assert first in page


def _outcome(solved: str, satisfied: str) -> Any:
    from cityloom.cases.values import Outcome

    return Outcome("yes", solved, satisfied)
