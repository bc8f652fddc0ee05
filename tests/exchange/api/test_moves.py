"""Moves through the interface: versions, keys, verdicts, many at once, and what is open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from tests.cases.life import PARKING, Life

from cityloom.base.reasons import Reason
from cityloom.exchange.api.idempotency import forget_keys
from cityloom.exchange.models import IdempotencyKey


@pytest.fixture
def number(site: Life) -> str:
    """A case at the southeast street."""
    return site.report("hotline", by="agent").number


def tag_of(caller: Any, number: str) -> str:
    return caller.get(f"/cases/{number}").headers["ETag"]


def test_what_is_open_to_a_post_names_needs_and_reasons_and_can_be_done(site: Life, number: str, caller_of: Any):
    caller = caller_of("handler_e1")
    told = caller.get(f"/cases/{number}/moves").json()
    offers = {o["move"]: o for o in told["items"]}
    assert "sign" in offers
    assert offers["return"]["needs"][0] == {"code": "reason", "name": "a reason"}
    assert "return.not_ours" in {r["code"] for r in offers["return"]["reasons"]}
    assert offers["sign"]["to_state"] == "signed"
    done = caller.post(f"/cases/{number}/moves", {"move": "sign"}, If_Match=f'"{told["version"]}"')
    assert done.status_code == 200, done.content
    assert done.json()["state"] == site.file.case.state == "signed"
    assert done.headers["ETag"] == f'"{site.file.case.version}"'
    assert site.entries[-1].by_login == "handler_e1"


def test_a_change_without_the_version_seen_changes_nothing(site: Life, number: str, caller_of: Any):
    caller = caller_of("handler_e1")
    answer = caller.post(f"/cases/{number}/moves", {"move": "sign"})
    assert (answer.status_code, answer.json()["code"]) == (428, "api.no_version")
    answer = caller.post(f"/cases/{number}/moves", {"move": "sign"}, If_Match="*")
    assert (answer.status_code, answer.json()["code"]) == (400, "api.bad_version")
    assert site.file.case.state == "dispatched"


def test_who_comes_second_is_told_what_the_first_did(site: Life, number: str, caller_of: Any):
    caller = caller_of("handler_e1")
    seen = tag_of(caller, number)
    site.move("sign", "handler_e1")
    late = caller.post(f"/cases/{number}/moves", {"move": "contact", "note": "已联系"}, If_Match=seen)
    assert (late.status_code, late.json()["code"]) == (412, "error.stale")
    assert [e["move"] for e in late.json()["changed"]] == ["sign"]
    assert late.headers["ETag"] == f'"{late.json()["version"]}"' != seen


def test_who_may_not_see_the_case_is_not_told_what_changed(site: Life, number: str, caller_of: Any):
    answer = caller_of("handler_e2").post(f"/cases/{number}/moves", {"move": "sign", "version": 0})
    assert answer.status_code == 403
    assert "changed" not in answer.json()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_move_at_once_one_wins(site: Life, number: str, caller_of: Any):
    caller = caller_of("handler_e1")
    seen = tag_of(caller, number)

    def sign(_: int) -> int:
        try:
            return caller.post(f"/cases/{number}/moves", {"move": "sign"}, If_Match=seen).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(sign, range(4)))
    assert found == [200, 412, 412, 412]
    assert [e.move for e in site.entries].count("sign") == 1


def test_the_same_key_moves_once_and_answers_alike(site: Life, number: str, caller_of: Any):
    caller = caller_of("handler_e1")
    seen = tag_of(caller, number)
    first, again = (
        caller.post(f"/cases/{number}/moves", {"move": "sign"}, If_Match=seen, Idempotency_Key="k" * 20)
        for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json() | {"replayed": True}
    assert [e.move for e in site.entries].count("sign") == 1
    other = caller.post(f"/cases/{number}/moves", {"move": "contact"}, If_Match=seen, Idempotency_Key="k" * 20)
    assert (other.status_code, other.json()["code"]) == (422, "api.key_reused")


def test_a_refused_move_leaves_its_key_free(site: Life, number: str, caller_of: Any):
    caller = caller_of("handler_e1")
    wrong = caller.post(f"/cases/{number}/moves", {"move": "reply", "version": 1}, Idempotency_Key="k" * 20)
    assert wrong.status_code in (409, 412, 422)
    assert not IdempotencyKey.objects.exists()


def test_keys_are_forgotten_when_they_are_old(site: Life, number: str, caller_of: Any):
    caller = caller_of("handler_e1")
    caller.post(f"/cases/{number}/moves", {"move": "sign"}, If_Match=tag_of(caller, number), Idempotency_Key="k" * 20)
    assert forget_keys(site.clock.now()) == 0
    site.clock.advance(seconds=1)
    assert forget_keys(site.clock.now()) == 1


def test_a_photo_comes_along_as_multipart(site: Life, number: str, caller_of: Any):
    from io import BytesIO

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    site.move("sign", "handler_e1")
    site.move("contact", "handler_e1", note="已联系")
    out = BytesIO()
    Image.new("RGB", (30, 20), "red").save(out, "JPEG")
    caller = caller_of("handler_e1")
    photo = SimpleUploadedFile("after.jpg", out.getvalue(), "image/jpeg")
    form = {"body": '{"move": "handle", "note": "已整改"}', "photos": [photo]}
    done = caller.send(f"/cases/{number}/moves", form, If_Match=tag_of(caller, number))
    assert done.status_code == 200, done.content
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, by_login FROM cases_photo WHERE case_id = %s", [site.file.case.id])
        assert cursor.fetchall() == [("after", "handler_e1")]
    none = SimpleUploadedFile("after.jpg", b"no picture", "image/jpeg")
    answer = caller.send(f"/cases/{number}/moves", {**form, "photos": [none]}, If_Match='"1"')
    assert answer.status_code == 422


def test_a_request_is_granted_by_a_second_person(site: Life, number: str, caller_of: Any):
    site.move("sign", "handler_e1")
    site.move("contact", "handler_e1", note="已联系")
    asker = caller_of("handler_e1")
    offer = next(o for o in asker.get(f"/cases/{number}/moves").json()["items"] if o["move"] == "extend")
    assert offer["approved_by"]
    asked = asker.post(
        f"/cases/{number}/moves",
        {"move": "extend", "reason": offer["reasons"][0]["code"], "note": "材料未到", "amount": 1},
        If_Match=tag_of(asker, number),
    )
    assert asked.status_code == 200, asked.content
    (request,) = asker.get(f"/cases/{number}/requests").json()
    assert request["state"] == "asked"
    path, body = f"/cases/{number}/requests/{request['id']}/verdict", {"verdict": "grant", "note": "同意"}
    own = asker.post(path, body, If_Match=tag_of(asker, number))
    assert own.status_code == 403
    second = next(c for c in map(caller_of, ("shift", "supervisor")) if _may_grant(c, number))
    granted = second.post(path, body, If_Match=tag_of(second, number))
    assert granted.status_code == 200, granted.content
    assert site.file.case.extension_count == 1


def _may_grant(caller: Any, number: str) -> bool:
    return any(o["move"] == "grant" for o in caller.get(f"/cases/{number}/moves").json()["items"])


def test_a_callback_is_recorded_on_its_report(site: Life, number: str, caller_of: Any):
    from tests.cases.life import photo

    for step, pictures in (("sign", ()), ("contact", ()), ("handle", [photo()]), ("reply", ())):
        site.move(step, "handler_e1", note="已办理", pictures=pictures)
    caller = caller_of("callback")
    told = caller.get(f"/cases/{number}/moves").json()
    offer = next(o for o in told["items"] if o["move"] == "call_back")
    heard = {"reached": "yes", "solved": "yes", "satisfied": "satisfied", "contacted": "yes"}
    done = caller.post(
        f"/cases/{number}/reports/{offer['subject_id']}/moves",
        {"move": "call_back", "outcome": heard, "note": "满意"},
        If_Match=f'"{told["version"]}"',
    )
    assert done.status_code == 200, done.content
    assert site.file.reports[0].solved == "yes"


def test_an_assisting_unit_moves_its_own_task(site: Life, caller_of: Any):
    number = site.report("hotline", by="agent", class_code=PARKING).number
    task = next(t for t in site.file.tasks if t.role == "assist")
    caller = caller_of("handler_urban")
    done = caller.post(f"/cases/{number}/tasks/{task.id}/moves", {"move": "sign"}, If_Match=tag_of(caller, number))
    assert done.status_code == 200, done.content
    assert next(t for t in site.file.tasks if t.id == task.id).state == "signed"


def test_many_moves_are_each_done_or_refused_by_themselves(site: Life, caller_of: Any):
    numbers = [site.report("hotline", by="agent").number for _ in range(3)]
    site.report("hotline", by="agent", class_code=PARKING, place=(110.0031, 30.0071))
    foreign = site.number
    site.number = numbers[0]
    version = site.file.case.version
    moves = [{"number": n, "move": "sign", "version": version} for n in (*numbers, foreign, "none")]
    moves[1]["version"] = 0
    caller = caller_of("handler_e1")
    answer = caller.post("/moves", {"moves": moves}, Idempotency_Key="bulk-" + "1" * 12)
    told = answer.json()
    assert answer.status_code == 200, told
    assert [r["status"] for r in told["items"]] == [200, 412, 200, 403, 404]
    assert (told["done"], told["refused"]) == (2, 3)
    assert told["items"][1]["problem"]["changed"]
    again = caller.post("/moves", {"moves": moves}, Idempotency_Key="bulk-" + "1" * 12).json()
    assert [r["status"] for r in again["items"]] == [200, 412, 200, 403, 404]
    assert [e.move for e in site.entries].count("sign") == 1


@pytest.mark.parametrize(
    ("body", "status", "code", "because"),
    [
        ("{", 400, "api.bad_json", "no JSON"),
        ("[" * 100_000, 400, "api.bad_json", "nested beyond reading"),
        ('{"move": NaN}', 400, "api.bad_json", "no number of JSON"),
        (b"\xff\xfe", 400, "api.bad_json", "no UTF-8"),
        ("[]", 422, "api.bad_input", "no object"),
        ({}, 422, "api.bad_input", "no move"),
        ({"move": "sign", "by": "me"}, 422, "api.bad_input", "a name nobody knows"),
        ('{"move": "sign", "note": "\\ud800"}', 422, "api.bad_input", "half of a character"),
        ({"move": "fly"}, 409, "error.impossible_move", "no such move"),
        ({"move": "return"}, 422, "error.missing_need", "it needs a reason"),
        ({"move": "return", "reason": "x.y"}, 422, "error.unknown_reason", "no such reason"),
        ({"move": "sign", "until": "soon"}, 422, "error.not_a_date", "no day"),
        ({"move": "relocate", "place": {"lon": 0, "lat": 0}}, 422, "error.outside_city", "outside the city"),
        ("x" * 3_000_000, 413, "api.too_large", "too large"),
    ],
)  # fmt: skip
def test_a_bad_body_is_told_and_changes_nothing(
    site: Life, number: str, caller_of: Any, body: Any, status: int, code: str, because: str
):
    caller = caller_of("handler_e1")
    before = site.file
    answer = caller.post(f"/cases/{number}/moves", body, If_Match=tag_of(caller, number))
    assert (answer.status_code, answer.json()["code"]) == (status, code), because
    assert site.file == before, because


def test_a_body_of_another_media_type_is_refused(number: str, caller_of: Any):
    answer = caller_of("handler_e1").send(f"/cases/{number}/moves", {"body": "{"}, If_Match='"1"')
    assert (answer.status_code, answer.json()["code"]) == (400, "api.bad_json")
    from django.test import Client

    caller = caller_of("handler_e1")
    plain = Client().post(
        f"/api/v1/cases/{number}/moves", "move=sign", content_type="text/plain", headers=caller._headers({})
    )
    assert (plain.status_code, plain.json()["code"]) == (415, "api.bad_type")


def test_the_faults_of_a_body_name_their_place_and_not_their_value(number: str, caller_of: Any):
    answer = caller_of("handler_e1").post(f"/cases/{number}/moves", {"move": "sign", "rating": "13800138000x"})
    assert [e["at"] for e in answer.json()["errors"]] == ["rating"]
    assert "13800138000" not in answer.content.decode()


def test_the_reason_of_a_dispatch_is_made_from_its_unit(site: Life, caller_of: Any):
    number = site.report("hotline", by="agent", class_code=PARKING, place=None).number
    caller = caller_of("dispatcher")
    done = caller.post(
        f"/cases/{number}/moves", {"move": "dispatch", "unit": "street_e2"}, If_Match=tag_of(caller, number)
    )
    assert done.status_code == 200, done.content
    assert Reason.from_json(site.entries[-1].reason) == Reason("dispatch.chosen", {"unit": "street_e2"})
