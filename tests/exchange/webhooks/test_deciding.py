"""What decides about webhooks: signatures, waits, matching, payloads, addresses. Values in, values out."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook as TheirWebhook

from cityloom.city.values import Post, Role
from cityloom.exchange.webhooks.addresses import Inside, is_public, target_of
from cityloom.exchange.webhooks.errors import BadWebhook
from cityloom.exchange.webhooks.matching import is_wanted
from cityloom.exchange.webhooks.payload import case_body
from cityloom.exchange.webhooks.retrying import (
    RetryRules,
    is_to_be_turned_off,
    next_try,
    rests_until,
    wait_after,
)
from cityloom.exchange.webhooks.signing import new_secret, signature, signed_headers
from cityloom.exchange.webhooks.values import Wanted, manages

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
RULES = RetryRules()


# --- signing ----------------------------------------------------------------------------------------------------


def test_a_signature_is_the_one_that_the_conventions_own_library_makes() -> None:
    secret = new_secret()
    body = '{"type":"case.moved","data":{"address":"东南街道"}}'
    theirs = TheirWebhook(secret).sign("msg_1", NOON, body)
    assert signature(secret, "msg_1", int(NOON.timestamp()), body.encode()) == theirs


def test_a_signature_is_known_for_a_known_secret() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    told = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_secrets_give_two_signatures_and_each_fits_its_own() -> None:
    now = datetime.now(UTC)
    old, new, body = new_secret(), new_secret(), b"{}"
    headers = signed_headers([new, old], "msg_7", now, body)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        assert TheirWebhook(secret).verify(body, headers) == {}
    assert headers["webhook-timestamp"] == str(int(now.timestamp()))


def test_secrets_are_long_told_apart_by_their_beginning_and_never_the_same() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert all(secret.startswith("whsec_") and len(secret) == 6 + 44 for secret in made)


# --- waits ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failures", "chance", "seconds", "because"),
    [
        (1, 0.5, 5, "the first wait"),
        (1, 0.0, 4, "a fifth shorter"),
        (1, 1.0, 6, "a fifth longer"),
        (3, 0.5, 80, "four times the one before, twice"),
        (6, 0.5, 5120, "still growing"),
        (9, 0.5, 43200, "twelve hours at most"),
        (10_000, 0.5, 43200, "never more, however often"),
    ],
)
def test_waits_grow_fourfold_spread_by_chance(failures: int, chance: float, seconds: float, because: str) -> None:
    assert wait_after(failures, chance).total_seconds() == pytest.approx(seconds), because


@pytest.mark.parametrize(
    ("attempts", "age", "asked_s", "wait_s", "because"),
    [
        (1, timedelta(), None, 5, "tried again soon"),
        (1, timedelta(), 120.0, 120, "the receiver asked for more time"),
        (4, timedelta(), 1.0, 320, "it asked for less than we wait anyway"),
        (1, timedelta(), 10.0**9, 43200, "nobody makes us wait longer than the longest wait"),
        (1, timedelta(), -5.0, 5, "a wait is never shortened"),
        (12, timedelta(), None, None, "all tries are used up"),
        (3, timedelta(days=2, hours=23, minutes=59), None, None, "it would be too old by then"),
        (3, timedelta(days=2, hours=23), None, 80, "there is still time"),
    ],
)
def test_a_message_is_tried_again_until_its_tries_or_days_are_over(
    attempts: int, age: timedelta, asked_s: float | None, wait_s: float | None, because: str
) -> None:
    again = next_try(attempts, NOON - age, NOON, RULES, 0.5, asked_s)
    assert (again and (again - NOON).total_seconds()) == wait_s, because


@given(attempts=st.integers(1, 40), chance=st.floats(0, 1), asked=st.none() | st.floats(0, 1e7))
def test_a_next_try_is_never_now_and_never_after_the_end(attempts: int, chance: float, asked: float | None) -> None:
    again = next_try(attempts, NOON, NOON, RULES, chance, asked)
    assert again is None or NOON < again < NOON + RULES.give_up


@pytest.mark.parametrize(
    ("failures", "rest_s", "because"),
    [
        (4, None, "a few failures are no reason to rest"),
        (5, 20, "now it rests a little"),
        (7, 320, "longer each time"),
        (50, 600, "but is asked every ten minutes"),
    ],
)
def test_an_address_that_fails_again_and_again_is_left_in_peace(
    failures: int, rest_s: float | None, because: str
) -> None:
    until = rests_until(failures, NOON, 0.5)
    assert (until and (until - NOON).total_seconds()) == rest_s, because


def test_a_webhook_is_turned_off_after_days_of_failures_on_end() -> None:
    assert not is_to_be_turned_off(None, NOON, RULES)
    assert not is_to_be_turned_off(NOON - timedelta(days=4, hours=23), NOON, RULES)
    assert is_to_be_turned_off(NOON - timedelta(days=5), NOON, RULES)


# --- matching ---------------------------------------------------------------------------------------------------


@dataclass
class SmallCity:
    """Two units below one, two grids in one street."""

    units = {"bureau": 1, "team": 1, "other": 1}
    areas = {"01": 1, "0101": 1, "0102": 1}

    def unit_chain(self, code: str) -> tuple[str, ...]:
        return {"team": ("bureau", "team")}.get(code, (code,))

    def ancestors(self, code: str) -> tuple[str, ...]:
        return (code[:2], code) if len(code) > 2 else (code,)


MOVED = {"moves": ["receive", "file", "dispatch"], "unit": "team", "area": "0101"}


@pytest.mark.parametrize(
    ("wanted", "payload", "fits", "because"),
    [
        (Wanted(), MOVED, True, "nothing asked for means all"),
        (Wanted(moves=("file",)), MOVED, True, "one of the moves is enough"),
        (Wanted(moves=("close",)), MOVED, False, "that did not happen"),
        (Wanted(units=("bureau",)), MOVED, True, "a unit takes in those below it"),
        (Wanted(units=("team", "other")), MOVED, True, "one of the units"),
        (Wanted(units=("other",)), MOVED, False, "another unit leads"),
        (Wanted(units=("team",)), {**MOVED, "unit": None}, False, "nobody leads yet"),
        (Wanted(units=("gone",)), {**MOVED, "unit": "gone"}, True, "a unit that is no more is still itself"),
        (Wanted(areas=("01",)), MOVED, True, "an area takes in those inside it"),
        (Wanted(areas=("0102",)), MOVED, False, "next door"),
        (Wanted(areas=("01",)), {**MOVED, "area": None}, False, "the place is open"),
        (Wanted(("file",), ("bureau",), ("0102",)), MOVED, False, "all parts must fit"),
    ],
)
def test_a_message_is_wanted_where_all_parts_of_the_wish_fit(
    wanted: Wanted, payload: dict[str, object], fits: bool, because: str
) -> None:
    assert is_wanted(wanted, payload, SmallCity()) is fits, because  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("post", "may", "because"),
    [
        (Post("a", Role.ADMIN), True, "an administrator of the whole city"),
        (Post("a", Role.ADMIN, None, "01"), False, "an administrator of a district"),
        (Post("b", Role.HANDLER, "team"), True, "whoever holds the same post"),
        (Post("b", Role.HANDLER, "other"), False, "another unit"),
        (Post("b", Role.CHECKER, "team"), False, "another role"),
    ],
)
def test_who_manages_a_webhook(post: Post, may: bool, because: str) -> None:
    assert manages(post, Post("maker", Role.HANDLER, "team")) is may, because


# --- payload ----------------------------------------------------------------------------------------------------

PAYLOAD = {
    "number": "260601-1", "version": 3, "path": "street", "state": "dispatched", "source": "grid_worker",
    "nature": "matter", "urgency": "ordinary", "class": "gb2013:0137", "area": "0101", "lon": 110.00112345,
    "lat": 30.001, "unit": "team", "opened_at": "2026-06-01T01:00:00+00:00", "closed_at": None,
    "promise_due_at": "2026-06-08T01:00:00+00:00", "confidential": False, "moves": ["dispatch"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "lon", "because"),
    [
        ({}, 110.00112, "a matter in the street is told to the metre"),
        ({"confidential": True}, None, "a confidential one only by its area"),
        ({"path": "hotline"}, None, "what a home called about as well"),
        ({"lon": None}, None, "an open place stays open"),
    ],
)
def test_a_place_is_told_as_far_as_the_public_map_shows_it(
    changed: dict[str, object], lon: float | None, because: str
) -> None:
    told = json.loads(case_body({**PAYLOAD, **changed}, "990100", NOON, ZoneInfo("Asia/Shanghai")))
    assert told["data"]["lon"] == lon, because
    assert told["data"]["area"] == "0101"


def test_a_body_names_its_type_its_moment_and_the_case_as_the_interface_does() -> None:
    told = json.loads(case_body(PAYLOAD, "990100", NOON, ZoneInfo("Asia/Shanghai")))
    assert (told["type"], told["timestamp"]) == ("case.moved", "2026-06-01T20:00:00+08:00")
    assert told["data"]["opened_at"] == "2026-06-01T09:00:00+08:00"
    assert told["data"]["closed_at"] is None
    assert set(told["data"]) == set(PAYLOAD) | {"city"}


# --- addresses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "public", "because"),
    [
        ("93.184.215.14", True, "somewhere in the world"),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True, "somewhere in the world, IPv6"),
        ("127.0.0.1", False, "this machine"),
        ("0.0.0.0", False, "this machine, too"),  # noqa: S104
        ("10.1.2.3", False, "private"),
        ("172.20.0.1", False, "private"),
        ("192.168.1.1", False, "private"),
        ("169.254.169.254", False, "where clouds keep their secrets"),
        ("100.64.0.1", False, "behind a carrier's NAT"),
        ("224.0.0.1", False, "many at once"),
        ("240.0.0.1", False, "reserved"),
        ("::1", False, "this machine, IPv6"),
        ("fe80::1", False, "this cable"),
        ("fd00::1", False, "private, IPv6"),
        ("::ffff:10.0.0.1", False, "private, wrapped"),
        ("64:ff9b::a00:1", False, "private, behind NAT64"),
        ("2002:a00:1::", False, "private, in 6to4"),
    ],
)
def test_which_addresses_belong_to_the_world(address: str, public: bool, because: str) -> None:
    assert is_public(ipaddress.ip_address(address)) is public, because


@pytest.mark.parametrize(
    ("url", "code", "because"),
    [
        ("https://hooks.example/cases?k=1", None, "a public host"),
        ("http://hooks.example:8080/", None, "unencrypted and at another port, which is told on the page"),
        ("https://hooks.inside.example/", None, "a host that the operator named"),
        ("https://10.1.4.4/", None, "in a network that the operator named"),
        ("https://10.2.4.4/", "webhook.private_host", "in one that nobody named"),
        ("https://[::1]/", "webhook.private_host", "this machine"),
        ("https://LOCALHOST/", "webhook.private_host", "this machine by name"),
        ("https://db.internal/", "webhook.private_host", "a name of inside"),
        ("https://localhost./", "webhook.private_host", "with its last full stop"),
        ("ftp://hooks.example/", "webhook.bad_url", "another protocol"),
        ("//hooks.example/", "webhook.bad_url", "none"),
        ("https:///cases", "webhook.bad_url", "no host"),
        ("https://me:secret@hooks.example/", "webhook.bad_url", "a password in it"),
        ("https://hooks.example/#top", "webhook.bad_url", "a part that is never sent"),
        ("https://hooks.example:0/", "webhook.bad_url", "no port"),
        ("https://hooks.example:99999/", "webhook.bad_url", "no port either"),
        ("https://hooks.example/a b", "webhook.bad_url", "a space would end the line"),
        ("https://hooks.example/a\r\nX-Header: 1", "webhook.bad_url", "another header"),
        ("https://hooks.example/" + "a" * 500, "webhook.bad_url", "too long"),
    ],
)
def test_where_a_webhook_may_lead(url: str, code: str | None, because: str) -> None:
    inside = Inside.of(["hooks.inside.example", "10.1.0.0/16"])
    if code is None:
        assert target_of(url, inside).host, because
        return
    with pytest.raises(BadWebhook) as refused:
        target_of(url, inside)
    assert refused.value.reason.code == code, because


def test_an_address_is_taken_apart_as_it_is_sent() -> None:
    target = target_of("https://Hooks.Example:8443/a?b=c", Inside())
    assert (target.tls, target.host, target.port, target.path) == (True, "hooks.example", 8443, "/a?b=c")
    assert target.authority == "hooks.example:8443"
    assert target_of("http://[2606:4700::1111]", Inside()).authority == "[2606:4700::1111]"
