"""Signing in: lockout, second factor, sessions, links that set a password once; and nothing secret in any log."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django_otp.oath import TOTP
from tests.cases.life import Life, at
from tests.web.conftest import PASSWORD

from cityloom.app import idle
from cityloom.base.models import Message
from cityloom.city import second_factor as factors
from cityloom.city.account_sessions import list_sessions
from cityloom.city.accounts import keep_accounts
from cityloom.city.models import Account, AccountEvent, Deputy, SecondFactor
from cityloom.city.passwords import issue_reset, set_password
from cityloom.city.values import Role
from cityloom.web.lockout import unlock

NEW = "Weft-and-warp-9"


@pytest.fixture
def person(site: Life) -> Callable[..., User]:
    """Gives somebody of the small city a password."""

    def make(login: str = "dispatcher", **more: Any) -> User:
        user = User.objects.get(username=login)
        user.set_password(PASSWORD)
        for name, value in more.items():
            setattr(user, name, value)
        user.save()
        return user

    return make


def _client(language: str = "en", **meta: Any) -> Client:
    return Client(headers={"accept-language": {"en": "en", "zh": "zh-hans"}[language]}, **meta)


def _sign_in(client: Client, login: str = "dispatcher", password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/signin/", {"username": login, "password": password, "next": "", **more})


def _signed_in(login: str = "dispatcher", **meta: Any) -> Client:
    client = _client(**meta)
    assert _sign_in(client, login).status_code == 302
    return client


def _enrol(login: str) -> tuple[str, list[str]]:
    """A confirmed second factor whose last code lies long ago."""
    now_s = 1_780_000_000.0
    secret = factors.begin(login, at(6, 1))
    generator = TOTP(factors._bytes(secret))
    generator.time = now_s
    codes = factors.confirm(login, f"{generator.token():06d}", at(6, 1), now_s)
    assert codes is not None
    SecondFactor.objects.filter(login=login).update(last_step=0)
    return secret, codes


def _code(secret: str) -> str:
    return f"{TOTP(factors._bytes(secret)).token():06d}"


def _kinds(login: str = "dispatcher") -> list[str]:
    return list(AccountEvent.objects.filter(login=login).order_by("id").values_list("kind", flat=True))


# --- lockout ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_fifth_failure_locks_the_name_and_tells_until_when_and_who_lifts_it(person, language):
    person()
    client = _client(language)
    answers = [_sign_in(client, password="no") for _ in range(5)]
    assert [a.status_code for a in answers] == [401, 401, 401, 401, 429]
    html = answers[-1].content.decode()
    assert re.search(r"锁定到\d\d:\d\d" if language == "zh" else r"until \d\d:\d\d", html)
    assert ("管理员" if language == "zh" else "administrator") in html
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 900
    assert _sign_in(client).status_code == 429, "the right password does not help now"
    assert _kinds().count("locked") == 1


def test_another_address_and_another_name_are_not_locked(person):
    person()
    person("agent")
    for _ in range(6):
        _sign_in(_client(), password="no")
    assert _sign_in(_client(REMOTE_ADDR="192.0.2.9")).status_code == 302
    assert _sign_in(_client(), "agent").status_code == 302


def test_behind_a_trusted_proxy_the_clients_own_address_counts_and_cannot_be_made_up(person, settings):
    person()
    settings.CITYLOOM_TRUSTED_PROXIES = 1
    for i in range(6):
        _sign_in(_client(HTTP_X_FORWARDED_FOR=f"198.51.100.{i}, 203.0.113.5"), password="no")
    assert _sign_in(_client(HTTP_X_FORWARDED_FOR="192.0.2.200, 203.0.113.5")).status_code == 429
    assert _sign_in(_client(HTTP_X_FORWARDED_FOR="203.0.113.6")).status_code == 302


def test_an_administrator_lifts_the_lock(person):
    person()
    for _ in range(6):
        _sign_in(_client(), password="no")
    assert unlock("dispatcher", "command", at(6, 1))
    assert _sign_in(_client()).status_code == 302
    assert _kinds() == ["locked", "unlocked"]


def test_sign_ins_of_many_names_from_one_address_are_limited_as_well(person, settings):
    from cityloom.base.limits import parse_limit

    person()
    settings.CITYLOOM_LIMITS = {**settings.CITYLOOM_LIMITS, "sign_in": parse_limit("3/15min")}
    answers = [_sign_in(_client(), f"somebody{i}", "no").status_code for i in range(3)]
    last = _sign_in(_client())
    assert answers == [401, 401, 401]
    assert last.status_code == 429
    assert 'value="dispatcher"' in last.content.decode(), "what was typed is kept"
    assert int(last.headers["Retry-After"]) == 300


@pytest.mark.parametrize("login", ["", "\x00", "x" * 400, "' OR 1=1 --", "<script>alert(1)</script>"])
def test_strange_names_are_refused_like_any_other(site, login):
    answer = _sign_in(_client(), login, "\x00no")
    assert answer.status_code == 401
    assert "<script>alert" not in answer.content.decode()


# --- the second factor ------------------------------------------------------------------------------------------


def test_with_a_second_factor_the_password_alone_lets_nobody_in(person):
    person()
    secret, _ = _enrol("dispatcher")
    client = _client()
    assert _sign_in(client, next="/queue/?view=all").headers["Location"] == "/signin/code/"
    assert client.get("/queue/").headers["Location"].startswith("/signin/?")
    assert client.post("/signin/code/", {"code": "000000"}).status_code == 401
    done = client.post("/signin/code/", {"code": _code(secret)})
    assert done.headers["Location"] == "/queue/?view=all"
    assert client.get("/queue/").status_code == 200


def test_wrong_codes_lock_the_name_like_wrong_passwords(person):
    person()
    secret, _ = _enrol("dispatcher")
    client = _client()
    _sign_in(client)
    answers = [client.post("/signin/code/", {"code": "000000"}).status_code for _ in range(5)]
    assert answers == [401, 401, 401, 401, 429]
    assert client.post("/signin/code/", {"code": _code(secret)}).status_code == 429
    assert _sign_in(_client()).status_code == 429


def test_the_second_step_without_the_first_or_too_late_starts_again(person, monkeypatch):
    person()
    secret, _ = _enrol("dispatcher")
    assert _client().get("/signin/code/").headers["Location"] == "/signin/?told=session_over"
    client = _client()
    _sign_in(client)
    now_s = idle.time.time()
    monkeypatch.setattr("cityloom.web.signin.time.time", lambda: now_s + 601)
    assert client.post("/signin/code/", {"code": _code(secret)}).headers["Location"] == "/signin/?told=session_over"


def test_a_password_set_between_the_steps_makes_the_first_one_void(person):
    user = person()
    secret, _ = _enrol("dispatcher")
    client = _client()
    _sign_in(client)
    set_password(user, NEW, "command", at(6, 1))
    assert client.post("/signin/code/", {"code": _code(secret)}).headers["Location"] == "/signin/?told=session_over"


def test_a_post_that_needs_it_enrols_before_anything_else(person, settings):
    settings.CITYLOOM_SECOND_FACTOR = frozenset({Role.DISPATCHER})
    person()
    client = _signed_in()
    for address in ("/queue/", "/handover/", "/account/deputies/"):
        assert client.get(address).headers["Location"] == "/account/second-factor/"
    secret = factors.begin("dispatcher", at(6, 1))
    done = client.post("/account/second-factor/", {"code": _code(secret), "do": ""})
    assert len(re.findall(r"[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}", done.content.decode())) == 10
    assert client.get("/queue/").status_code == 200
    again = client.get("/account/second-factor/").content.decode()
    assert secret not in again.replace(" ", ""), "the secret is shown until it is confirmed and never again"


def test_it_cannot_be_turned_off_where_the_post_needs_it_and_only_with_a_code_elsewhere(person, settings):
    person()
    _, codes = _enrol("dispatcher")
    client = _client()
    _sign_in(client)
    client.post("/signin/code/", {"code": codes[0]})
    settings.CITYLOOM_SECOND_FACTOR = frozenset({Role.DISPATCHER})
    assert client.post("/account/second-factor/", {"code": codes[1], "do": "off"}).status_code == 400
    settings.CITYLOOM_SECOND_FACTOR = frozenset()
    assert client.post("/account/second-factor/", {"code": "123", "do": "off"}).status_code == 400
    assert factors.has_factor("dispatcher")
    assert client.post("/account/second-factor/", {"code": codes[1], "do": "off"}).status_code == 302
    assert not factors.has_factor("dispatcher")


def test_switched_off_there_is_no_second_factor_at_all(person, settings):
    settings.CITYLOOM_SECOND_FACTOR = None
    person()
    _enrol("dispatcher")
    client = _signed_in()
    assert client.get("/account/second-factor/").status_code == 404
    assert client.get("/queue/").status_code == 200


def test_enrolling_ends_the_sessions_that_began_without_it(person):
    person()
    old, client = _signed_in(), _signed_in()
    secret = factors.begin("dispatcher", at(6, 1))
    assert client.post("/account/second-factor/", {"code": _code(secret), "do": ""}).status_code == 200
    assert client.get("/queue/").status_code == 200
    assert old.get("/queue/").status_code == 302


def test_the_administration_has_no_sign_in_of_its_own(person, settings):
    person("admin", is_staff=True, is_superuser=True)
    assert _client().get("/admin/login/").headers["Location"].startswith("/signin/?")
    client = _client()
    _sign_in(client, "admin", next="/admin/")
    assert client.get("/admin/").status_code == 200
    settings.CITYLOOM_SECOND_FACTOR = frozenset({Role.ADMIN})
    assert client.get("/admin/").headers["Location"] == "/account/second-factor/"


# --- sessions ---------------------------------------------------------------------------------------------------


def test_the_fourth_session_ends_the_oldest(person):
    person()
    clients = []
    for _ in range(4):
        clients.append(_signed_in())
    assert [c.get("/queue/").status_code for c in clients] == [302, 200, 200, 200]
    assert len(list_sessions("dispatcher")) == 3
    assert "session_crowded_out" in _kinds()


def test_a_session_ends_by_age_however_busy(person, monkeypatch):
    person()
    client = _signed_in()
    began_s = idle.time.time()
    monkeypatch.setattr(idle.time, "time", lambda: began_s + 12 * 3600 - 60)
    assert client.get("/queue/").status_code == 200
    monkeypatch.setattr(idle.time, "time", lambda: began_s + 12 * 3600 + 1)
    assert client.get("/queue/").status_code == 302


def test_one_sees_where_one_is_signed_in_and_ends_the_others(person):
    person()
    phone = _signed_in(HTTP_USER_AGENT="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1")
    desk, third = _signed_in(), _signed_in()
    html = desk.get("/account/").content.decode()
    assert "Safari · iPhone" in html
    assert not any(key in html for key in Session.objects.values_list("session_key", flat=True))
    handle = next(s.handle for s in list_sessions("dispatcher") if s.device.startswith("Safari"))
    desk.post("/account/sessions/end/", {"handle": handle})
    assert [c.get("/queue/").status_code for c in (phone, desk, third)] == [302, 200, 200]
    desk.post("/account/sessions/end/")
    assert [c.get("/queue/").status_code for c in (desk, third)] == [200, 302]


def test_nobody_ends_the_session_of_somebody_else(person):
    person()
    person("agent")
    mine, theirs = _signed_in(), _signed_in("agent")
    mine.post("/account/sessions/end/", {"handle": list_sessions("agent")[0].handle})
    assert theirs.get("/queue/").status_code == 200


def test_changing_the_password_ends_all_other_sessions_and_keeps_this_one(person):
    person()
    other, client = _signed_in(), _signed_in()
    typed = {"current": PASSWORD, "new": NEW, "again": NEW}
    assert client.post("/account/password/", typed).headers["Location"] == "/account/?told=password_set"
    assert client.get("/queue/").status_code == 200
    assert other.get("/queue/").status_code == 302
    assert _sign_in(_client(), password=NEW).status_code == 302


@pytest.mark.parametrize(
    ("typed", "status", "told"),
    [
        ({"current": "wrong"}, 401, "present password is wrong"),
        ({"new": "Short-1", "again": "Short-1"}, 400, "at least 10"),
        ({"new": "onlysmallletters", "again": "onlysmallletters"}, 400, "at least 3 of"),
        ({"new": NEW, "again": NEW + "x"}, 400, "differ"),
        ({"new": PASSWORD + "-A1", "again": PASSWORD + "-A1", "current": ""}, 401, "present password"),
        ({"new": "Dispatcher-1", "again": "Dispatcher-1"}, 400, "too similar"),
        ({"new": "Aa1-" * 60, "again": "Aa1-" * 60}, 400, "200"),
        ({"new": "", "again": ""}, 400, "at least"),
    ],
)
def test_a_password_that_is_not_good_enough_is_told_why_and_nothing_changes(person, typed, status, told):
    person()
    client = _signed_in()
    answer = client.post("/account/password/", {"current": PASSWORD, "new": NEW, "again": NEW, **typed})
    assert answer.status_code == status
    assert told in answer.content.decode()
    assert _sign_in(_client()).status_code == 302


def test_a_password_that_is_due_is_changed_before_going_on(person, settings):
    user = person()
    set_password(user, PASSWORD, "command", at(6, 1), must_change=True)
    client = _signed_in()
    assert client.get("/queue/").headers["Location"] == "/account/password/"
    client.post("/account/password/", {"current": PASSWORD, "new": NEW, "again": NEW})
    assert client.get("/queue/").status_code == 200
    settings.CITYLOOM_PASSWORD_DAYS = 90
    Account.objects.update(password_set_at=at(6, 1) - timedelta(days=91))
    old = _client()
    _sign_in(old, password=NEW)
    assert old.get("/queue/").headers["Location"] == "/account/password/"


def test_a_deputy_who_is_called_off_stops_at_once_and_signs_in_again(person, site: Life):
    person("supervisor")
    Deputy.objects.create(
        city_id=site.city.id, login="dispatcher", deputy="supervisor", role="dispatcher", unit="centre",
        first_day=site.clock.now().date(), last_day=site.clock.now().date(), set_by="dispatcher",
        set_at=site.clock.now(),
    )  # fmt: skip
    client = _signed_in("supervisor")
    client.post("/signin/post/", {"post": "dispatcher|centre||dispatcher", "next": ""})
    assert "for 邓派: dispatcher" in client.get("/queue/").content.decode()
    Deputy.objects.update(ended_at=site.clock.now(), ended_by="dispatcher")
    gone = client.get("/queue/")
    assert gone.headers["Location"] == "/signin/?told=post_ended"
    assert "has ended" in client.get(gone.headers["Location"]).content.decode()
    assert "post_ended" in _kinds("supervisor")


def test_a_post_that_leaves_the_folder_ends_the_sessions_of_its_person(person, site: Life):
    person()
    client = _signed_in()
    posts = [p for held in site.city.posts.values() for p in held]
    moved = [replace(p, role=Role.CHECKER) if p.login == "dispatcher" else p for p in posts]
    keep_accounts(moved, site.city.id, site.city.version + 1, at(6, 1))
    assert list_sessions("dispatcher") == []
    assert client.get("/queue/").status_code == 302


# --- links that set a password ------------------------------------------------------------------------------------


def _link(user: User) -> str:
    uid, token = issue_reset(user, "command", at(6, 1))
    return f"/signin/reset/{uid}/{token}/"


def test_a_link_sets_a_password_once_lifts_the_lock_and_ends_all_sessions(person):
    user = person()
    old = _signed_in()
    for _ in range(6):
        _sign_in(_client(REMOTE_ADDR="192.0.2.9"), password="no")
    link, client = _link(User.objects.get(pk=user.pk)), _client(REMOTE_ADDR="192.0.2.9")
    form = client.get(link).headers["Location"]
    assert form.endswith("/set/"), "the token has left the address before anything is shown"
    assert client.get(form).status_code == 200
    done = client.post(form, {"new": NEW, "again": NEW})
    assert done.headers["Location"] == "/signin/?told=password_set"
    assert old.get("/queue/").status_code == 302
    assert _sign_in(client, password=NEW).status_code == 302
    late = _client()
    assert late.get(late.get(link).headers["Location"]).status_code == 410, "good once"


def test_a_weak_password_leaves_the_link_good(person):
    link, client = _link(person()), _client()
    form = client.get(link).headers["Location"]
    assert client.post(form, {"new": "weak", "again": "weak"}).status_code == 400
    assert client.post(form, {"new": NEW, "again": NEW}).status_code == 302


def test_a_link_runs_out(person, settings):
    link = _link(person())
    settings.PASSWORD_RESET_TIMEOUT = -1
    client = _client()
    assert client.get(client.get(link).headers["Location"]).status_code == 410


@pytest.mark.parametrize("uid", ["MQ", "x", "%00", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "____", "set"])
@pytest.mark.parametrize("token", ["set", "abc", "0-0", "x" * 300])
def test_a_made_up_link_sets_nothing(site, uid, token):
    client = _client()
    answer = client.get(f"/signin/reset/{uid}/{token}/", follow=True)
    assert answer.status_code == 410
    assert client.post(f"/signin/reset/{uid}/set/", {"new": NEW, "again": NEW}).status_code == 410


def test_the_answer_is_the_same_whether_a_name_is_known_or_not(person):
    person(email="deng@city.example")
    pages = {_client().post("/signin/forgot/", {"username": n}).content for n in ("dispatcher", "nobody", "", "\x00")}
    assert len({re.sub(rb'value="[^"]*"', b"", page) for page in pages}) == 1
    message = Message.objects.get()
    assert (message.kind, message.template, message.purpose) == ("mail", "account.reset", "account")
    assert b"deng@" not in bytes(message.to_sealed) + bytes(message.params_sealed)
    assert _kinds() == ["reset_issued"]


def test_who_left_gets_no_link_and_none_that_was_sent_works(person):
    user = person(email="deng@city.example")
    link = _link(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    _client().post("/signin/forgot/", {"username": "dispatcher"})
    assert not Message.objects.exists()
    client = _client()
    assert client.get(client.get(link).headers["Location"]).status_code == 410


# --- what no log may hold -----------------------------------------------------------------------------------------


def test_no_log_holds_a_password_a_token_a_secret_or_a_code(person, caplog):
    caplog.set_level(logging.DEBUG)
    user = person(email="deng@city.example")
    link, client = _link(user), _client()
    token = link.rstrip("/").rsplit("/", 1)[1]
    form = client.get(link).headers["Location"]
    client.post(form, {"new": "weak", "again": "weak"})
    client.post(form, {"new": NEW, "again": NEW})
    client.get(link, follow=True)
    secret, codes = _enrol("dispatcher")
    _sign_in(client, password=NEW)
    client.post("/signin/code/", {"code": "135791"})
    client.post("/signin/code/", {"code": codes[0]})
    client.get("/account/second-factor/")
    told = "\n".join(
        [
            *(
                r.getMessage() + str(r.__dict__.get("exc_text") or "")
                for r in caplog.records
                if r.name != "django.db.backends"
            )
        ]
    )
    for kept_secret in (NEW, token, secret, codes[0], "135791"):
        assert kept_secret not in told
    from axes.models import AccessAttempt

    tried = " ".join(f"{a.get_data} {a.post_data} {a.path_info}" for a in AccessAttempt.objects.all())
    assert not any(word in tried for word in (NEW, token, codes[0], "135791"))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("login", ["agent", "handler_e1", "auditor", "leader", "collector"])
def test_the_pages_of_an_account_open_for_every_role_in_both_languages(browser_of, login, language):
    client = browser_of(login, language)
    for address in ("/account/", "/account/password/", "/account/second-factor/", "/account/deputies/"):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "address", ["/account/", "/account/password/", "/account/second-factor/", "/account/deputies/", "/handover/"]
)
def test_pages_of_an_account_send_strangers_to_sign_in(site, address):
    assert _client().get(address).headers["Location"].startswith("/signin/?next=")
