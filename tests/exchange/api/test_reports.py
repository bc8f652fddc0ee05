"""Reports through the interface: sent once, followed by their code, listed without their persons."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.cases.life import NOISE, SOUTHEAST, Life
from tests.stories.test_leaks import with_hidden_data

from cityloom.base.limits import parse_limit
from cityloom.cases.actions.receive_report import find_received
from cityloom.cases.telling import TOLD_MOVES
from cityloom.city.paths import CASE_MOVES

SAID = {
    "words": "夜里施工很吵", "class": NOISE, "lon": SOUTHEAST[0], "lat": SOUTHEAST[1], "name": "秦晓梅",
    "phone": "13800138000",
}  # fmt: skip
KEY = "4f0c8a52-1111-4222-8333-944445555666"


def sent(caller: Any, said: Any = SAID, key: str = KEY) -> Any:
    return caller.post("/reports", said, **({"Idempotency_Key": key} if key else {}))


def test_a_report_becomes_a_case_and_can_be_followed_without_a_token(site: Life, caller_of: Any):
    answer = sent(caller_of("app"))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    site.number = told["number"]
    assert (site.file.case.source, site.file.case.lead_unit, told["unit"]) == ("resident", "street_e1", "street_e1")
    assert answer.headers["Location"] == f"/api/v1/cases/{told['number']}"
    site.move("sign", "handler_e1")
    seen = caller_of().get(f"/reports/{told['tracking_code']}").json()
    assert (seen["number"], seen["words"], seen["unit_name"]) == (
        told["number"],
        SAID["words"],
        "Southeast Street Office",
    )
    assert [s["move"] for s in seen["steps"]][-1] == "sign"
    assert "handler_e1" not in str(seen)
    assert caller_of().get("/reports/NOSUCHCODE").status_code == 404


@pytest.mark.parametrize(
    ("login", "source"),
    [("app", "resident"), ("agent", "hotline"), ("collector", "grid_worker"), ("leader", "leader"), ("", "resident")],
)
def test_a_report_has_the_source_of_the_post_that_sends_it(site: Life, caller_of: Any, login: str, source: str):
    answer = sent(caller_of(login))
    assert answer.status_code == 201, answer.content
    site.number = answer.json()["number"]
    assert site.file.case.source == source
    assert (answer.json()["tracking_code"] is not None) == (source in ("resident", "hotline"))


def test_a_post_that_takes_no_reports_sends_none(caller_of: Any):
    assert sent(caller_of("handler_e1")).status_code == 403
    assert sent(caller_of("app", "cases:read")).status_code == 403


def test_the_same_key_makes_one_report_and_gives_the_same_code(site: Life, caller_of: Any):
    caller = caller_of("app")
    first, again = sent(caller), sent(caller)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"replayed": True, "twins": again.json()["twins"]}
    other = sent(caller, {**SAID, "words": "路灯不亮"})
    assert (other.status_code, other.json()["code"]) == (422, "api.key_reused")
    assert sent(caller_of("app")).json()["number"] != first.json()["number"], "a key is its token's own"


def test_nobody_gets_an_answer_by_the_key_of_somebody_else(site: Life, caller_of: Any):
    told = sent(caller_of("app")).json()
    assert find_received(site.city, KEY) is None
    assert sent(caller_of()).json()["number"] != told["number"]


def test_a_token_must_send_a_key(caller_of: Any):
    answer = sent(caller_of("app"), key="")
    assert (answer.status_code, answer.json()["code"]) == (400, "api.no_key")
    answer = sent(caller_of("app"), key="short")
    assert (answer.status_code, answer.json()["code"]) == (400, "api.bad_key")
    assert sent(caller_of(), key="").status_code == 201, "a resident may do without"


def test_a_photo_comes_clean_of_what_it_hid(site: Life, caller_of: Any):
    import json

    photo = SimpleUploadedFile("p.jpg", with_hidden_data(), "image/jpeg")
    answer = caller_of("app").send("/reports", {"body": json.dumps(SAID), "photos": [photo]}, Idempotency_Key=KEY)
    assert answer.status_code == 201, answer.content
    from django.core.files.storage import default_storage
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT file FROM cases_photo")
        ((name,),) = cursor.fetchall()
    with default_storage.open(name) as kept:
        assert b"Exif" not in kept.read()


def test_only_a_matter_nearby_can_be_joined(site: Life, caller_of: Any):
    there = sent(caller_of("app")).json()["number"]
    joined = sent(caller_of("app"), {**SAID, "same_as": there})
    assert (joined.status_code, joined.json()["joined"], joined.json()["number"]) == (201, True, there)
    far = sent(caller_of("app"), {**SAID, "lon": 110.0031, "lat": 30.0071, "same_as": there})
    assert (far.status_code, far.json()["code"]) == (422, "api.not_near")


def test_a_report_without_a_token_is_counted_and_screened_as_on_the_page(site: Life, caller_of: Any, settings: Any):
    held = sent(caller_of(), {"words": "http://a.example http://b.example"})
    site.number = held.json()["number"]
    assert site.file.case.state in ("reported", "registered"), "it waits for a person's look"
    settings.CITYLOOM_LIMITS = settings.CITYLOOM_LIMITS | {"report": parse_limit("2/h")}
    found = [sent(caller_of(), key="").status_code for _ in range(3)]
    assert found[-1] == 429


@pytest.mark.parametrize(
    ("change", "status", "code", "because"),
    [
        ({"words": ""}, 422, "error.no_words", "it says nothing"),
        ({"words": "多" * 2001}, 422, "error.too_long", "longer than the city allows"),
        ({"class": "x:1"}, 422, "error.unknown_class", "no such class"),
        ({"class": "hotline:01"}, 422, "error.class_not_leaf", "not to be filed"),
        ({"lon": 0, "lat": 0}, 422, "error.outside_city", "outside the city"),
        ({"lon": 1e300}, 422, "error.bad_point", "no longitude"),
        ({"lon": "east"}, 422, "api.bad_input", "no number"),
        ({"phone": "1" * 41}, 422, "api.bad_input", "no phone is so long"),
        ({"idcard": "1"}, 422, "api.bad_input", "nobody asks for that"),
    ],
)
def test_a_report_that_cannot_be_kept_is_told_why(site: Life, caller_of: Any, change, status, code, because):
    answer = sent(caller_of("app"), {**SAID, **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code), because
    assert caller_of("supervisor").get("/reports").json()["items"] == []


def test_reports_are_listed_newest_first_by_pages_and_never_with_their_person(site: Life, caller_of: Any):
    numbers = [sent(caller_of("app")).json()["number"] for _ in range(3)]
    caller = caller_of("supervisor")
    page = caller.get("/reports?limit=2").json()
    rest = caller.get(f"/reports?limit=2&after={page['next']}").json()
    assert [r["case"] for r in page["items"] + rest["items"]] == numbers[::-1]
    assert rest["next"] is None
    text = caller.get("/reports").content.decode()
    assert "秦晓梅" not in text
    assert "13800138000" not in text
    assert [r["case"] for r in caller.get(f"/reports?case={numbers[0]}").json()["items"]] == numbers[:1]
    assert caller_of("supervisor", "cases:read").get("/reports").status_code == 403


def test_the_words_of_a_confidential_report_stay_out_of_lists(site: Life, caller_of: Any):
    number = sent(caller_of("app"), {**SAID, "confidential": True}).json()["number"]
    assert "施工" not in caller_of("supervisor").get("/reports").content.decode()
    assert "施工" not in caller_of("supervisor").get("/cases?view=all").content.decode()
    assert "施工" in caller_of("supervisor").get(f"/cases/{number}").content.decode()


def test_the_pages_and_the_interface_tell_residents_the_same_steps():
    from cityloom.web.words import WORDS

    on_pages = {key.removeprefix("knot.") for key in WORDS if key.startswith("knot.")} & CASE_MOVES.keys()
    assert on_pages == TOLD_MOVES
