"""A unit's due moments for calendar programs: who reads them by which link, and what the document holds."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from icalendar import Calendar, Event
from tests.cases.life import NOISE, NORTHEAST, PARKING, Life, at

from cityloom.base.limits import parse_limit
from cityloom.city.calendar_links import (
    MOST,
    CannotLink,
    end_calendar_link,
    list_calendar_links,
    make_calendar_link,
)
from cityloom.city.values import Name, Post, Role
from cityloom.exchange.calendars.queries import DueCase
from cityloom.exchange.calendars.writing import calendar_of

pytestmark = pytest.mark.django_db
SECRETS = ("秦晓梅", "13800138000", "夜里施工很吵")


def link_of(life: Life, login: str) -> str:
    return make_calendar_link(life.city, life.post(login), life.clock.now())


def read(code: str, unit: str, expect: int = 200, lang: str = "en", **headers: str) -> bytes:
    answer = Client().get(f"/calendars/{unit}.ics", {"key": code, "lang": lang}, headers=headers)
    assert answer.status_code == expect, answer.content
    return answer.content


def events(document: bytes) -> list[Event]:
    return list(Calendar.from_ical(document).walk("VEVENT"))


def texts(document: bytes, name: str) -> list[str]:
    return [str(event[name]) for event in events(document)]


@pytest.fixture
def noisy(site: Life) -> Life:
    """A noisy place in the southeast, which the street's office has to look after."""
    site.report("hotline", by="agent", class_code=NOISE)
    return site


def test_a_unit_reads_when_its_open_cases_fall_due_and_nothing_personal(noisy: Life):
    document = read(link_of(noisy, "handler_e1"), "street_e1")
    (event,) = events(document)
    due = min(c.due_at for c in noisy.file.clocks if c.state == "running" and c.owed_by in ("street_e1", "city"))
    assert event["DTSTART"].dt == due.astimezone(UTC)
    assert str(event["SUMMARY"]).startswith(f"{noisy.number} · Noise · ")
    assert str(event["URL"]) == f"https://small.example/case/{noisy.number}/"
    assert event["SEQUENCE"] == noisy.file.case.version
    assert event["DTSTAMP"].dt == noisy.entries[-1].recorded_at
    assert not [secret for secret in SECRETS if secret in document.decode()]


def test_a_step_moves_the_moment_on_under_the_same_uid_with_a_higher_sequence(noisy: Life):
    code = link_of(noisy, "handler_e1")
    (before,) = events(read(code, "street_e1"))
    noisy.clock.advance(minutes=20)
    noisy.move("sign", "handler_e1")
    (after,) = events(read(code, "street_e1"))
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DTSTAMP"].dt > before["DTSTAMP"].dt


def test_what_ended_and_what_another_unit_has_is_not_there(noisy: Life):
    first = noisy.number
    noisy.report("hotline", by="agent", class_code=NOISE, place=NORTHEAST)
    code = link_of(noisy, "handler_e1")
    assert [s.split(" ")[0] for s in texts(read(code, "street_e1"), "SUMMARY")] == [first]
    noisy.number = first
    noisy.move("void", "shift", reason="voided.test", note="测试")
    assert events(read(code, "street_e1")) == []


def test_an_overdue_case_is_marked_in_both_languages(noisy: Life):
    code = link_of(noisy, "handler_e1")
    noisy.clock.at = at(6, 30)
    (event,) = events(read(code, "street_e1"))
    assert str(event["SUMMARY"]).startswith(f"OVERDUE {noisy.number}")
    assert event["PRIORITY"] == 1
    assert event["DTSTAMP"].dt >= event["DTSTART"].dt
    assert texts(read(code, "street_e1", lang="zh"), "SUMMARY")[0].startswith(f"【超时】{noisy.number} · 噪声扰民")


def test_what_lies_far_behind_or_ahead_stays_out(noisy: Life):
    code = link_of(noisy, "handler_e1")
    noisy.clock.at = at(12, 1)
    assert events(read(code, "street_e1")) == []


def test_a_post_over_an_area_reads_any_unit_but_only_the_cases_it_may_see(noisy: Life):
    code = link_of(noisy, "supervisor")
    assert len(events(read(code, "street_e1"))) == 1
    assert events(read(code, "street_e2")) == []
    read(code, "no_such_unit", expect=404)


def test_a_unit_a_complaint_is_about_does_not_read_of_it(site: Life):
    site.report("hotline", by="agent", class_code=NOISE, complained_about=("street_e1",))
    assert site.number not in read(link_of(site, "handler_e1"), "street_e1").decode()


# --- the link ---------------------------------------------------------------------------------------------------


def test_a_link_opens_nothing_but_the_own_unit(noisy: Life):
    code = link_of(noisy, "handler_e2")
    read(code, "street_e1", expect=404)
    read(code, "street_e2")
    read("", "street_e2", expect=404)
    read("A" * 26, "street_e2", expect=404)


def test_an_ended_link_opens_nothing_and_others_go_on(noisy: Life):
    code, other = link_of(noisy, "handler_e1"), link_of(noisy, "handler_e1")
    newest, oldest = list_calendar_links(noisy.city, "handler_e1")
    assert not end_calendar_link(noisy.city, "handler_e2", oldest.id, noisy.clock.now()), "somebody else's"
    assert end_calendar_link(noisy.city, "handler_e1", oldest.id, noisy.clock.now())
    refused = json.loads(read(code, "street_e1", expect=404))
    assert refused["code"] == "calendar.dead"
    read(other, "street_e1")
    assert [link.id for link in list_calendar_links(noisy.city, "handler_e1")] == [newest.id]


def test_a_link_ends_with_the_post_and_while_the_account_sleeps(site: Life):
    code = make_calendar_link(site.city, Post("deputy", Role.DISPATCHER, "centre"), at(12, 30, year=2025))
    read(code, "centre", expect=404)  # the folder ends that post with 2025
    code = link_of(site, "handler_e1")
    get_user_model().objects.filter(username="handler_e1").update(is_active=False)
    read(code, "street_e1", expect=404)


def test_the_code_is_kept_as_a_digest_only_and_its_use_by_the_hour(site: Life):
    code = link_of(site, "handler_e1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT l::text FROM city_calendar_link l")
        assert code not in str(cursor.fetchall())
    read(code, "street_e1")
    used = list_calendar_links(site.city, "handler_e1")[0].last_used_at
    site.clock.advance(minutes=10)
    read(code, "street_e1")
    assert list_calendar_links(site.city, "handler_e1")[0].last_used_at == used
    site.clock.advance(hours=1)
    read(code, "street_e1")
    assert list_calendar_links(site.city, "handler_e1")[0].last_used_at == site.clock.now()


def test_a_post_without_a_unit_a_deputy_and_a_sixth_link_are_refused(site: Life):
    now = site.clock.now()
    with pytest.raises(CannotLink) as none:
        make_calendar_link(site.city, Post("leader", Role.LEADER), now)
    assert none.value.reason.code == "calendar.no_unit"
    with pytest.raises(CannotLink) as not_own:
        make_calendar_link(site.city, Post("deputy", Role.HANDLER, "street_e1", for_login="handler_e1"), now)
    assert not_own.value.reason.code == "calendar.not_yours"
    for _ in range(MOST):
        link_of(site, "handler_e1")
    with pytest.raises(CannotLink) as crowded:
        link_of(site, "handler_e1")
    assert crowded.value.reason.code == "calendar.too_many"


def test_who_guesses_is_counted_and_who_has_a_link_is_not(site: Life, settings: Any):
    settings.CITYLOOM_LIMITS = settings.CITYLOOM_LIMITS | {"api_public": parse_limit("2/h")}
    code = link_of(site, "handler_e1")
    for expect in (404, 404, 429):
        read("B" * 26, "street_e1", expect=expect)
    read(code, "street_e1")


# --- the document -----------------------------------------------------------------------------------------------


@pytest.fixture
def full_document(site: Life) -> bytes:
    """Two cases, one of them overdue, of a class whose Chinese name takes more than one line."""
    code = NOISE
    long_name = replace(site.city.classes[code], name=Name("夜间施工噪声扰民，" * 12, "Noise; at night, " * 12))
    city = replace(site.city, classes={**site.city.classes, code: long_name})
    due = [
        DueCase(f"260601-200{i}", code, "990101001", "dispatched", i, "promise", at(6, 2 + 20 * i), at(6, 1))
        for i in range(2)
    ]
    return calendar_of(city, "street_e1", due, at(6, 12), "https://small.example", "zh")


def test_lines_end_with_crlf_and_hold_at_most_75_octets_without_a_broken_character(full_document: bytes):
    assert full_document.endswith(b"\r\n")
    lines = full_document.split(b"\r\n")[:-1]
    assert not [line for line in lines if b"\n" in line or b"\r" in line]
    assert max(map(len, lines)) <= 75
    assert any(line.startswith(b" ") for line in lines), "something is long enough to be folded"
    for line in lines:
        line.decode()  # each line by itself is UTF-8


def test_the_document_holds_what_rfc_5545_asks_for(full_document: bytes):
    calendar = Calendar.from_ical(full_document)
    assert (calendar["VERSION"], calendar["PRODID"]) == ("2.0", "-//Cityloom//Due moments//EN")
    assert "METHOD" not in calendar
    found = list(calendar.walk("VEVENT"))
    assert len({str(e["UID"]) for e in found}) == len(found) >= 2
    for event in found:
        assert not event.errors
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "SEQUENCE"} <= set(event)
        assert event["TRANSP"] == "TRANSPARENT"
        assert event["DTSTART"].dt.utcoffset() == timedelta(0)
    unfolded = full_document.replace(b"\r\n ", b"").decode()
    assert len(re.findall(r"^DTSTART:\d{8}T\d{6}Z\r?$", unfolded, re.M)) == len(found)
    assert not re.findall(r"^DTSTAMP(?!:\d{8}T\d{6}Z\r?$).*", unfolded, re.M)


def test_a_calendar_without_anything_is_still_one(site: Life):
    document = read(link_of(site, "handler_e1"), "street_e1")
    assert [c.name for c in Calendar.from_ical(document).subcomponents] == ["VTIMEZONE"]


def test_a_program_that_has_it_is_told_so(noisy: Life):
    code = link_of(noisy, "handler_e1")
    answer = Client().get("/calendars/street_e1.ics", {"key": code})
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "private" in answer.headers["Cache-Control"]
    assert read(code, "street_e1", 304, "zh", **{"If-None-Match": answer.headers["ETag"]}) == b""
    noisy.clock.advance(minutes=20)
    noisy.move("sign", "handler_e1")
    read(code, "street_e1", 200, "zh", **{"If-None-Match": answer.headers["ETag"]})


def test_only_reading_is_taken(site: Life):
    assert Client(enforce_csrf_checks=True).post("/calendars/street_e1.ics").status_code == 405


# --- the page ---------------------------------------------------------------------------------------------------


def signed_in(login: str) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(get_user_model().objects.get(username=login), "django.contrib.auth.backends.ModelBackend")
    return client


def test_a_handler_makes_a_link_reads_by_it_and_ends_it(noisy: Life):
    client = signed_in("handler_e1")
    assert "No links yet" in client.get("/account/calendars/").content.decode()
    made = client.post("/account/calendars/")
    (address,) = re.findall(r'value="https://small\.example(/calendars/street_e1\.ics[^"]*)"', made.content.decode())
    address = address.replace("&amp;", "&")
    assert "no-store" in made.headers["Cache-Control"]
    assert len(events(Client().get(address).content)) == 1
    code = address.rpartition("key=")[2]
    page = client.get("/account/calendars/").content.decode()
    assert code not in page, "shown once"
    assert "last read" in page
    (link,) = list_calendar_links(noisy.city, "handler_e1")
    assert client.post("/account/calendars/end/", {"id": link.id}).status_code == 302
    assert Client().get(address).status_code == 404
    told = client.get("/account/").content.decode()
    assert "A calendar link was made" in told
    assert "A calendar link was ended" in told


def test_somebody_without_a_unit_is_told_why_there_is_no_link(site: Life):
    assert signed_in("handler_e1").get("/account/calendars/").status_code == 200
    assert Client().get("/account/calendars/").status_code == 302


def test_moments_are_told_by_what_falls_due_first(site: Life):
    for class_code in (NOISE, PARKING, NOISE):
        site.report("hotline", by="agent", class_code=class_code, same_as=None)
        site.clock.advance(days=1)
    starts: list[datetime] = [e["DTSTART"].dt for e in events(read(link_of(site, "handler_e1"), "street_e1"))]
    assert len(starts) == 3
    assert starts == sorted(starts)
