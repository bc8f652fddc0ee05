"""The public doors: limits per address and phone with a clear answer, none for trusted addresses, nothing dropped."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from tests.cases.life import NOISE, Life

from cityloom.app.account_settings import limits_of, needing_of, networks_of
from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.base.limits import parse_limit
from cityloom.web.addresses import address_of, blurred, household_of, is_trusted


@pytest.fixture
def limited(site: Life, settings: Any) -> Callable[..., None]:
    """Sets limits by name."""

    def to(**limits: str) -> None:
        settings.CITYLOOM_LIMITS = {**settings.CITYLOOM_LIMITS, **{k: parse_limit(v) for k, v in limits.items()}}

    return to


def _said(**more: Any) -> dict[str, Any]:
    said = {"key": str(uuid.uuid4()), "class": NOISE, "words": f"楼下施工第{uuid.uuid4()}次", "lon": 110.0011,
            "lat": 30.0011, "address": "", "name": "", "phone": "", "same_as": "", "asked": "yes"}  # fmt: skip
    return {**said, **more}


def _client(address: str = "127.0.0.1", language: str = "en") -> Client:
    return Client(REMOTE_ADDR=address, headers={"accept-language": {"en": "en", "zh": "zh-hans"}[language]})


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_over_the_limit_the_form_says_when_to_come_back_and_keeps_what_was_typed(limited, site: Life, language: str):
    limited(report="2/h")
    client = _client(language=language)
    assert [client.post("/report/", _said()).status_code for _ in range(2)] == [200, 200]
    said = _said(words="路灯不亮了", address="解放路口")
    answer = client.post("/report/", said)
    html = answer.content.decode()
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1800"
    assert "09:30" in html
    assert "路灯不亮了" in html
    assert "解放路口" in html
    assert said["key"] in html
    assert ("再试" if language == "zh" else "try again") in html
    assert _count("cases_case") == 2
    site.clock.advance(minutes=30)
    assert client.post("/report/", said).status_code == 200
    assert _count("cases_case") == 3


def test_a_phone_is_limited_from_whatever_address_and_however_it_is_written(limited):
    limited(report_phone="2/d")
    phones = ["138 0013 8000", "+86-13800138000", "13800138000"]
    answers = [_client(f"192.0.2.{i}").post("/report/", _said(phone=p)).status_code for i, p in enumerate(phones)]
    assert answers == [200, 200, 429]
    assert _client("192.0.2.9").post("/report/", _said(phone="13900139000")).status_code == 200


def test_a_kiosk_and_the_call_centre_are_never_limited(limited, settings):
    limited(report="1/h", report_phone="1/d", same_words="1/d", track="1/h", sign_in="1/h", forgot="1/h")
    settings.CITYLOOM_TRUSTED_ADDRESSES = networks_of(Environment({"CITYLOOM_TRUSTED_ADDRESSES": "10.1.0.0/16,::1"}))
    for address in ("10.1.2.3", "::1"):
        client = _client(address)
        said = [_said(phone="13800138000", words="路灯不亮") for _ in range(3)]
        assert [client.post("/report/", each).status_code for each in said] == [200] * 3
        assert [client.post("/track/", {"code": "x"}).status_code for _ in range(3)] == [404] * 3
    assert _client("10.2.0.1").post("/report/", _said()).status_code == 200
    assert _client("10.2.0.1").post("/report/", _said()).status_code == 429


@pytest.mark.parametrize(
    ("limits", "send"),
    [
        ({"track": "2/h"}, lambda c: c.post("/track/", {"code": "ABC"})),
        ({"track": "2/h"}, lambda c: c.get("/t/ABCDEFGHJKLMNPQRSTUVWXYZ23/")),
        ({"near": "2/h"}, lambda c: c.get("/report/near/?lon=110.0011&lat=30.0011")),
        ({"near": "2/h"}, lambda c: c.post("/report/", _said(asked="", words=""))),
        ({"forgot": "2/h"}, lambda c: c.post("/signin/forgot/", {"username": "x"})),
    ],
    ids=["guessing codes", "guessing addresses", "asking what is near", "trying forms", "asking for links"],
)
def test_every_public_door_that_does_work_has_a_limit(limited, limits, send):
    limited(**limits)
    client = _client()
    answers = [send(client) for _ in range(3)]
    assert [a.status_code == 429 for a in answers] == [False, False, True]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert send(_client("192.0.2.9")).status_code != 429, "another address is not concerned"


def test_a_report_that_was_taken_is_answered_again_even_over_the_limit(limited):
    limited(report="1/h")
    client, said = _client(), _said()
    first = client.post("/report/", said)
    again = client.post("/report/", said)
    assert (first.status_code, again.status_code) == (200, 200)
    assert _count("cases_case") == 1


def test_a_report_pays_one_statement_for_its_limits(site: Life):
    with CaptureQueriesContext(connection) as asked:
        assert _client().post("/report/", _said(phone="13800138000")).status_code == 200
    assert len([q for q in asked if "base_rate" in q["sql"]]) == 1


# --- suspicious reports -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"website": "http://spam.example"}, "only machines see"),
        ({"words": "https://spam.example https://spam.example/2"}, "links and nothing else"),
        ({"words": "啊啊啊啊啊啊啊"}, "without sense"),
    ],
)
def test_a_suspicious_report_is_kept_held_and_says_why_to_the_staff_alone(
    site: Life, browser_of: Callable[..., Client], said: dict[str, str], why: str
):
    html = _client().post("/report/", _said(**said)).content.decode()
    assert why not in html
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, state, lead_unit FROM cases_case")
        ((number, state, lead),) = cursor.fetchall()
    assert (state, lead) == ("registered", None), "a person at the desk decides"
    assert why in browser_of("shift").get(f"/case/{number}/").content.decode()
    code = html.split('<code class="code">')[1].split("<")[0]
    assert why not in _client().get(f"/t/{code}/").content.decode()


def test_an_ordinary_report_is_dispatched_as_before(site: Life):
    _client().post("/report/", _said(words="楼下夜里施工"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT lead_unit FROM cases_case")
        assert cursor.fetchone()[0]


def test_the_same_words_again_and_again_are_held_from_the_fourth_on(site: Life):
    states = []
    for words in ("路灯不亮", "路灯 不亮！", "路灯不亮。", "路灯不亮", "井盖松了"):
        _client().post("/report/", _said(words=words))
        with connection.cursor() as cursor:
            cursor.execute("SELECT lead_unit IS NULL FROM cases_case ORDER BY id DESC LIMIT 1")
            states.append(cursor.fetchone()[0])
    assert states == [False, False, False, True, False]
    _client("192.0.2.9").post("/report/", _said(words="路灯不亮"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT lead_unit IS NULL FROM cases_case ORDER BY id DESC LIMIT 1")
        assert not cursor.fetchone()[0], "other people may say the same"


# --- addresses and settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "told", "connected", "address", "because"),
    [
        (0, "1.2.3.4", "9.9.9.9", "9.9.9.9", "no proxy is believed"),
        (1, "1.2.3.4", "9.9.9.9", "1.2.3.4", "the one proxy says who asked it"),
        (1, "6.6.6.6, 1.2.3.4", "9.9.9.9", "1.2.3.4", "what the client made up stands left"),
        (2, "6.6.6.6, 1.2.3.4, 8.8.8.8", "9.9.9.9", "1.2.3.4", "two proxies"),
        (2, "1.2.3.4", "9.9.9.9", "9.9.9.9", "fewer than there should be are not believed"),
        (1, "rubbish", "9.9.9.9", "9.9.9.9", "no address"),
        (1, "::ffff:1.2.3.4", "9.9.9.9", "1.2.3.4", "an IPv4 address in IPv6 clothes"),
        (0, "", "", "0.0.0.0", "a socket without an address"),  # noqa: S104
    ],
)
def test_the_clients_address_is_what_the_trusted_proxies_saw(settings, proxies, told, connected, address, because):
    settings.CITYLOOM_TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=told, REMOTE_ADDR=connected)
    assert address_of(request) == address, because


def test_what_one_client_changes_at_will_is_one():
    assert (
        household_of("2001:db8:1:2:3::4") == household_of("2001:db8:1:2:ffff::1") != household_of("2001:db8:1:3::1")
    )
    assert household_of("192.0.2.1") == "192.0.2.1"


def test_a_key_tells_nothing_of_address_or_phone():
    key = blurred("report_phone", "13800138000")
    assert "13800138000" not in key
    assert len(key) == 64
    assert key != blurred("report", "13800138000")


def test_no_network_is_trusted_unless_named(settings):
    settings.CITYLOOM_TRUSTED_ADDRESSES = ()
    assert not is_trusted("127.0.0.1")


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("CITYLOOM_LIMITS", "report=lots", limits_of),
        ("CITYLOOM_LIMITS", "reports=5/h", limits_of),
        ("CITYLOOM_SECOND_FACTOR", "everybody", needing_of),
        ("CITYLOOM_TRUSTED_ADDRESSES", "10.1.0.0/33", networks_of),
        ("CITYLOOM_TRUSTED_ADDRESSES", "kiosk.example", networks_of),
    ],
)
def test_a_setting_that_cannot_be_read_is_refused_by_name(name, value, read):
    with pytest.raises(SettingNotUnderstood, match=name):
        read(Environment({name: value}))


def test_production_needs_a_second_factor_for_those_who_see_or_rule_and_a_demo_for_nobody():
    from cityloom.city.values import Role

    needing = needing_of(Environment({"CITYLOOM_ENV": "production"}))
    assert needing == {Role.ADMIN, Role.AUDITOR, Role.DATA_STEWARD, Role.CALLBACK_AGENT, Role.SUPERVISOR, Role.LEADER}
    assert needing_of(Environment({})) == frozenset()
    assert needing_of(Environment({"CITYLOOM_SECOND_FACTOR": "off"})) is None
