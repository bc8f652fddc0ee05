"""The pages about people's data: messages through the case, conflicts, holds, rights, the place of a photo."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image
from tests.cases.life import NOISE, Life

from cityloom.cases.rights import list_requests

NAME, PHONE = "欧阳静疑", "13912345678"


def code_of(life: Life) -> str:
    assert life.received is not None
    return life.received.tracking_code


def html(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.fixture
def reported(site: Life) -> Life:
    site.report(name=NAME, phone=PHONE)
    return site


def test_handler_and_resident_write_to_each_other_on_their_pages(reported: Life, browser_of: Callable[..., Client]):
    report_id = reported.file.reports[0].id
    handler, resident = browser_of("handler_e1"), browser_of()
    case, thread = f"/case/{reported.number}/", f"/t/{code_of(reported)}/"
    answer = handler.post(f"{case}relay/", {"report": report_id, "text": "几楼能看到？电话13911112222"})
    assert answer.headers["Location"] == f"{case}#relay"
    seen = html(resident, thread)
    assert "几楼能看到？" in seen
    assert "13911112222" not in seen
    assert "Southeast Street Office" in seen
    resident.post(f"{thread}relay/", {"text": "三楼"})
    seen = html(handler, case)
    assert "三楼" in seen
    assert "1 contact details masked" in seen
    assert "· read" in seen
    assert "三楼" not in html(browser_of("dispatcher"), case), "the two sides alone read it"
    assert resident.post(f"{thread}relay/", {"text": " "}).status_code == 422
    assert browser_of("handler_e2").post(f"{case}relay/", {"report": report_id, "text": "x"}).status_code == 403


def test_a_unit_named_at_the_desk_keeps_away(reported: Life, browser_of: Callable[..., Client]):
    case = f"/case/{reported.number}/"
    desk = browser_of("shift")
    assert "It is about a unit or its people" in html(desk, case)
    version = str(reported.file.case.version)
    assert desk.post(f"{case}about/", {"unit": "street_e1", "version": version}).headers["Location"] == case
    assert "That unit and its people keep away" in html(desk, case)
    assert browser_of("handler_e1").get(case).status_code == 403
    assert browser_of("handler_e1").post(f"{case}about/", {"unit": "", "version": version}).status_code == 403
    version = str(reported.file.case.version)
    answer = desk.post(f"{case}about/", {"unit": "hotline", "version": version})
    assert answer.headers["Location"] == "/queue/", "who names the own unit leaves the case"


def test_an_agent_writes_down_whom_a_call_is_about(site: Life, browser_of: Callable[..., Client]):
    typed = {"key": str(uuid.uuid4()), "words": "街道窗口没人", "class": NOISE, "lon": "110.0011", "lat": "30.0011",
             "about": "street_e1", "asked": "yes", "name": NAME, "phone": PHONE, "under_14": "yes"}  # fmt: skip
    answer = browser_of("agent").post("/new/", typed)
    assert answer.status_code == 302
    site.number = answer.headers["Location"].split("/")[2]
    assert site.file.case.complained_about == ("street_e1",)
    assert site.file.lead is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT under_14, consents FROM cases_reporter")
        assert cursor.fetchall() == [(True, ["callback"])]


def test_a_data_steward_puts_a_case_on_hold(reported: Life, browser_of: Callable[..., Client]):
    case = f"/case/{reported.number}/"
    steward = browser_of("steward")
    assert steward.post(f"{case}hold/", {"reason": "hold.audit"}).status_code == 302
    assert "an audit needs it" in html(steward, case)
    assert "an audit needs it" not in html(browser_of("supervisor"), case).split('class="knots"')[0]
    assert steward.post(f"{case}hold/", {"lift": "yes"}).status_code == 302
    assert browser_of("admin").post(f"{case}hold/", {"reason": "hold.audit"}).status_code == 403


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_person_asks_sees_and_downloads(reported: Life, browser_of: Callable[..., Client], language: str):
    resident, steward = browser_of(language=language), browser_of("steward", language)
    mine = f"/t/{code_of(reported)}/data/"
    assert NAME not in html(resident, mine)
    wrong = resident.post(f"{mine}ask/", {"kind": "see", "phone": "13800000000"})
    assert wrong.status_code == 403
    assert resident.post(f"{mine}ask/", {"kind": "see", "phone": "139 1234 5678"}).headers["Location"] == mine
    assert resident.post(f"{mine}export/", {"phone": PHONE, "as": "json"}).status_code == 403, "not granted yet"
    listed = html(steward, "/requests/")
    assert NAME not in listed
    assert reported.number in listed
    with connection.cursor() as cursor:
        (request,) = list_requests(cursor, reported.city.id, only_open=True)
    page = html(steward, f"/requests/{request.id}/")
    assert NAME not in page
    assert PHONE not in page
    steward.post(f"/requests/{request.id}/decide/", {"decision": "granted|rights.granted"})
    assert resident.post(f"{mine}export/", {"phone": "1", "as": "json"}).status_code == 403
    told = resident.post(f"{mine}export/", {"phone": PHONE, "as": "json"})
    assert json.loads(told.content)["persons"][0]["name"] == NAME
    assert "attachment" in told.headers["Content-Disposition"]
    assert NAME in resident.post(f"{mine}export/", {"phone": PHONE, "as": "page"}).content.decode()
    reported.clock.advance(days=31)
    assert resident.post(f"{mine}export/", {"phone": PHONE, "as": "json"}).status_code == 403


def test_a_granted_erasure_shows_on_both_pages(reported: Life, browser_of: Callable[..., Client]):
    resident, steward = browser_of(), browser_of("steward")
    mine = f"/t/{code_of(reported)}/data/"
    resident.post(f"{mine}ask/", {"kind": "erase", "phone": PHONE})
    with connection.cursor() as cursor:
        (request,) = list_requests(cursor, reported.city.id, only_open=True)
    assert (
        steward.post(f"/requests/{request.id}/decide/", {"decision": "granted|rights.asked_again"}).status_code == 422
    )
    steward.post(f"/requests/{request.id}/decide/", {"decision": "granted|rights.granted"})
    assert "contact records" in html(steward, f"/requests/{request.id}/")
    assert "no contact details are kept" in html(resident, mine)
    assert html(resident, f"/t/{code_of(reported)}/")
    assert "erase personal data" in html(browser_of("dispatcher"), f"/case/{reported.number}/").lower()
    assert html(steward, "/requests/?all=yes").count(reported.number) == 1


@pytest.mark.parametrize("login", ["dispatcher", "admin", "callback", "handler_e1"])
def test_requests_are_the_data_stewards_alone(reported: Life, browser_of: Callable[..., Client], login: str):
    client = browser_of(login)
    for address in ("/requests/", "/requests/1/"):
        assert client.get(address).status_code == 403
    assert client.post("/requests/1/decide/", {"decision": "granted|rights.granted"}).status_code in (403, 404)


def jpeg_at(lon: float, lat: float) -> SimpleUploadedFile:
    exif = Image.Exif()
    exif[0x8825] = {
        1: "N",
        2: (int(lat), 0.0, (lat - int(lat)) * 3600),
        3: "E",
        4: (int(lon), 0.0, (lon - int(lon)) * 3600),
    }
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG", exif=exif)
    return SimpleUploadedFile("a.jpg", out.getvalue(), "image/jpeg")


@pytest.mark.parametrize(
    ("agreed", "point", "lon", "proposed", "because"),
    [
        ("yes", (110.0011, 30.0011), "", True, "agreed, and the photo has a place"),
        ("", (110.0011, 30.0011), "", False, "not agreed"),
        ("yes", (110.0011, 30.0011), "110.0091", False, "the person put a pin"),
        ("yes", (113.6, 34.7), "", False, "taken elsewhere"),
    ],
)
def test_the_place_of_a_photo_is_proposed_only_to_who_agreed(
    site: Life, browser_of: Callable[..., Client], agreed: str, point: Any, lon: str, proposed: bool, because: str
):
    lat = "30.0031" if lon else ""
    typed = {"key": str(uuid.uuid4()), "words": "路灯不亮", "class": NOISE, "lon": lon, "lat": lat,
             "use_photo_place": agreed, "photos": jpeg_at(*point)}  # fmt: skip
    answer = browser_of().post("/report/", typed).content.decode()
    assert ('value="110.001100"' in answer) is proposed, because
    assert ("The pin stands where the photo was taken" in answer) is proposed
