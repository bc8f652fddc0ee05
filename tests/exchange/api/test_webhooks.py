"""Webhooks through the interface: added once, changed by version, rotated, tested, replayed; each post its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.cases.life import PARKING, Life
from tests.exchange.webhooks.conftest import HERE
from tests.exchange.webhooks.receiver import Receiver

from cityloom.exchange.webhooks.courier import Courier
from cityloom.exchange.webhooks.posting import Poster

URL = "https://hooks.example/cases"
KEY = {"Idempotency_Key": "0d0cf9d2-webhook"}


@pytest.fixture
def admin(caller_of: Callable[..., Any], settings: Any) -> Any:
    settings.CITYLOOM_WEBHOOK_HOSTS = HERE
    return caller_of("admin")


def settle(life: Life) -> None:
    courier = Courier(life.clock, lambda _: life.city, Poster(HERE, 30.0), chance=lambda: 0.5)
    courier.settle()
    courier.close()


def test_a_webhook_is_added_once_and_tells_its_secret_once(site: Life, admin: Any) -> None:
    body = {"url": URL, "description": "the board", "moves": ["close"]}
    made = admin.post("/webhooks", body, **KEY)
    assert made.status_code == 201
    told = made.json()
    assert told["secret"].startswith("whsec_")
    assert made.headers["ETag"] == '"1"'
    again = admin.post("/webhooks", body, **KEY)
    assert (again.status_code, again.json()["id"], again.json()["secret"]) == (200, told["id"], None)
    assert admin.post("/webhooks", {**body, "moves": []}, **KEY).status_code == 422, "another wish under the same key"
    assert admin.post("/webhooks", body).json()["code"] == "api.no_key"
    shown = admin.get(f"/webhooks/{told['id']}").json()
    assert "secret" not in shown
    assert shown["moves"] == ["close"]
    assert [w["id"] for w in admin.get("/webhooks").json()["items"]] == [told["id"]]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"url": "ftp://hooks.example/"}, "webhook.bad_url"),
        ({"url": "https://user:secret@hooks.example/"}, "webhook.bad_url"),
        ({"url": "https://10.0.0.8/hook"}, "webhook.private_host"),
        ({"url": "http://localhost:8000/hook"}, "webhook.private_host"),
        ({"url": URL, "moves": ["closed"]}, "webhook.unknown_value"),
        ({"url": URL, "areas": ["nowhere"]}, "webhook.unknown_value"),
        ({"url": URL, "unit": "nobody"}, "webhook.unknown_value"),
        ({"url": URL, "color": "red"}, "api.bad_input"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_be_right(
    wrong: dict[str, Any], code: str, site: Life, admin: Any
) -> None:
    refused = admin.post("/webhooks", wrong, **KEY)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert admin.get("/webhooks").json()["items"] == []


def test_a_change_names_the_version_it_saw(site: Life, admin: Any) -> None:
    hook = admin.post("/webhooks", {"url": URL}, **KEY).json()
    path = f"/api/v1/webhooks/{hook['id']}"

    def patch(body: dict[str, Any], **headers: str) -> Any:
        return Client().patch(path, body, content_type="application/json", headers=admin._headers(headers))

    assert patch({"state": "paused"}).status_code == 428
    paused = patch({"state": "paused", "units": ["street_e1"]}, If_Match='"1"')
    assert (paused.json()["state"], paused.json()["units"], paused.headers["ETag"]) == (
        "paused",
        ["street_e1"],
        '"2"',
    )
    assert patch({"state": "active"}, If_Match='"1"').status_code == 412
    assert patch({"url": "https://127.0.0.1.nip.io:99999/"}, If_Match='"2"').status_code == 422
    assert admin.post(f"/webhooks/{hook['id']}/ping", {}).status_code == 409, "it is paused"
    assert patch({"state": "active"}, If_Match='"2"').json()["units"] == ["street_e1"], "what is left out stays"
    gone = Client().delete(path, headers=admin._headers({"If-Match": '"3"'}))
    assert gone.status_code == 204
    assert admin.get(f"/webhooks/{hook['id']}").status_code == 404


def test_deliveries_are_listed_by_pages_shown_whole_and_replayed(site: Life, admin: Any) -> None:
    with Receiver() as receiver:
        hook = admin.post("/webhooks", {"url": receiver.url}, **KEY).json()
        site.report("hotline", by="agent", class_code=PARKING)
        site.move("sign", "handler_e1")
        settle(site)
        assert admin.post(f"/webhooks/{hook['id']}/ping", {}).status_code == 202
        settle(site)
        assert len(receiver.got) == 3
        first = admin.get(f"/webhooks/{hook['id']}/deliveries?limit=2&state=delivered")
        assert 'rel="next"' in first.headers["Link"]
        rest = admin.get(f"/webhooks/{hook['id']}/deliveries?limit=2&after={first.json()['next']}").json()
        items = [*first.json()["items"], *rest["items"]]
        assert [(i["topic"], i["case_version"]) for i in items] == [
            ("webhook.ping", None), ("case.moved", 2), ("case.moved", 1)
        ]  # fmt: skip
        whole = admin.get(f"/webhooks/{hook['id']}/deliveries/{items[1]['id']}").json()
        assert whole["body"]["data"]["moves"] == ["sign"]
        assert whole["status"] == 204
        ask = {"delivery": items[1]["id"]}
        again = [admin.post(f"/webhooks/{hook['id']}/replay", ask, Idempotency_Key="replay-one") for _ in range(2)]
        assert [(a.status_code, a.json()) for a in again] == [
            (202, {"deliveries": 1, "replayed": False}), (202, {"deliveries": 1, "replayed": True})
        ]  # fmt: skip
        settle(site)
        assert [g.id for g in receiver.got[3:]] == [items[1]["event"]], "once, though it was asked for twice"
        assert admin.post(f"/webhooks/{hook['id']}/replay", {}).json()["code"] == "webhook.bad_window"
        assert admin.post(f"/webhooks/{hook['id']}/replay", {"delivery": 1}).status_code == 404
        site.clock.advance(minutes=5)
        spanned = admin.post(f"/webhooks/{hook['id']}/replay", {"since": "2026-06-01T00:00:00", "only_failed": True})
        assert spanned.json()["deliveries"] == 0, "nothing failed"
        assert (
            admin.post(f"/webhooks/{hook['id']}/replay", {"since": "2026-06-01T00:00:00"}).json()["deliveries"] == 2
        )


def test_a_rotated_secret_is_told_once_and_the_old_one_signs_along(site: Life, admin: Any) -> None:
    with Receiver() as receiver:
        hook = admin.post("/webhooks", {"url": receiver.url}, **KEY).json()
        rotated = admin.post(f"/webhooks/{hook['id']}/rotate", {"overlap_h": 2}, If_Match='"1"')
        assert rotated.json()["both_secrets_until"] == "2026-06-01T11:00:00+08:00"
        assert admin.post(f"/webhooks/{hook['id']}/rotate", {}, If_Match='"2"').json()["code"] == "webhook.rotating"
        site.report()
        settle(site)
        assert receiver.got[0].fits(hook["secret"])
        assert receiver.got[0].fits(rotated.json()["secret"])


def test_a_token_manages_the_webhooks_of_its_post_and_sees_no_others(
    site: Life, admin: Any, caller_of: Callable[..., Any]
) -> None:
    of_city = admin.post("/webhooks", {"url": URL}, **KEY).json()
    unit = caller_of("handler_e1")
    own = unit.post("/webhooks", {"url": URL}, **KEY).json()
    assert (own["role"], own["unit"]) == ("handler", "street_e1")
    assert [w["id"] for w in unit.get("/webhooks").json()["items"]] == [own["id"]]
    assert unit.get(f"/webhooks/{of_city['id']}").status_code == 404
    assert unit.post("/webhooks", {"url": URL, "unit": "street_e1"}, Idempotency_Key="other-key-1").status_code == 403
    assert caller_of("app").post("/webhooks", {"url": URL}, Idempotency_Key="other-key-2").status_code == 403
    assert caller_of("admin", "cases:read").get("/webhooks").json()["code"] == "token.scope"
    assert caller_of().get("/webhooks").status_code == 401
    assert {w["id"] for w in admin.get("/webhooks").json()["items"]} == {own["id"], of_city["id"]}
