"""Readings over HTTP: stored when the answer comes, for devices of the token's unit, and asked for again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.cases.life import Life
from tests.city.services import kept_service

from cityloom.exchange.api.tokens import issue_token
from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.models import Device, Feed


@pytest.fixture
def thing(site: Life) -> Any:
    load_devices(site.city)
    return next(thing for thing in site.city.things.values() if thing.streams and thing.owner)


def token_of(site: Life, unit: str, *scopes: str) -> str:
    post = kept_service(site, f"devices of {unit}", "handler", unit=unit).post
    return issue_token(site.city, post, "devices", scopes, 365, "test", site.clock.now())[1]


def test_readings_are_stored_once_and_found_again(site: Life, caller_of: Callable[..., Any], thing: Any):
    caller = caller_of()
    assert caller.post("/readings", {"device": thing.code, "payload": {}}).status_code == 401
    caller.token = token_of(site, thing.owner, "readings:write")
    now_ms = round(site.clock.now().timestamp() * 1000)
    stream = thing.streams[0]
    times = [now_ms - 3000, now_ms - 2000, now_ms + 10**9]
    one = {"device": thing.code, "payload": {"t": times, stream: [1.5, None, 9]}}
    many = {"messages": [one, {"device": "nobody", "payload": {stream: 1}}]}
    told = caller.post("/readings", many).json()
    assert (told["stored"], told["repeated"]) == (2, 0)
    assert [(r["code"], r["device"], r["times"]) for r in told["refused"]] == [
        ("sensing.unknown_device", "", 1),
        ("sensing.early", thing.code, 1),
    ]
    assert "things.csv" in told["refused"][0]["detail"]
    assert caller.post("/readings", one).json()["repeated"] == 2
    feed = Feed.objects.get(kind="http")
    assert (feed.received, feed.refused, feed.owner, feed.last_at) == (4, 3, thing.owner, site.clock.now())
    assert feed.expected_s == thing.interval_s, "its silence is told after some such intervals"
    found = caller_of().get(f"/readings?device={thing.code}&stream={stream}").json()
    assert (found["readings"], [item["v"] for item in found["items"]]) == (2, [1.5, None])
    text = caller_of().get(f"/readings?device={thing.code}&stream={stream}", accept="text/csv").content.decode()
    assert text.splitlines()[0].endswith("t,v")
    assert len(text.splitlines()) == 3
    span = f"/readings?device={thing.code}&stream={stream}&from=2026-01-02&to=2026-01-01"
    assert caller_of().get(span).json()["code"] == "api.bad_span"


def test_a_token_sends_for_its_own_unit_only_and_private_devices_stay_private(
    site: Life, caller_of: Callable[..., Any], thing: Any
):
    other = next(code for code in site.city.units if code != thing.owner)
    caller = caller_of()
    caller.token = token_of(site, other, "readings:write", "readings:read")
    body = {"device": thing.code, "stream": thing.streams[0], "payload": 1}
    told = caller.post("/readings", body).json()
    assert [r["code"] for r in told["refused"]] == ["sensing.not_yours"]
    Device.objects.filter(code=thing.code).update(is_private=True)
    asked = f"/readings?device={thing.code}&stream={thing.streams[0]}"
    assert (caller.get(asked).status_code, caller_of().get(asked).status_code) == (404, 404)
    caller.token = token_of(site, thing.owner, "readings:read")
    assert caller.get(asked).status_code == 200
    person = caller_of("supervisor", "readings:write").post("/readings", body)
    assert (person.status_code, person.json()["code"]) == (403, "api.readings_service_only")
