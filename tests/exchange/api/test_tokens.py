"""Tokens: made once, kept as a digest, bound to a post that must still be held."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import RequestFactory
from tests.cases.life import Life, at
from tests.city.services import make_service

from cityloom.app import ready
from cityloom.app.cli import main
from cityloom.base import clock as clocks
from cityloom.city.actions.disable_service_account import disable_service_account
from cityloom.city.actions.name_deputy import name_deputy
from cityloom.city.actions.put_to_sleep import put_to_sleep
from cityloom.city.service_accounts import find_service_account
from cityloom.city.values import Role
from cityloom.exchange.api.tokens import (
    BadToken,
    Caller,
    CannotIssue,
    ScopeMissing,
    authenticate,
    choose_post,
    issue_token,
    list_tokens,
    revoke_token,
    service_post,
)
from cityloom.exchange.models import ApiToken


def knock(life: Life, text: str = "", api_key: str = "") -> Caller | None:
    headers = {"Authorization": f"Bearer {text}"} if text else {}
    request = RequestFactory().get("/api/v1/cases", headers=headers)
    return authenticate(request, life.city, life.clock.now(), api_key=api_key)


def issued(life: Life, login: str = "dispatcher", *scopes: str, days: int | None = 30) -> str:
    post = choose_post(life.city, login, "", "", "", life.clock.now())
    return issue_token(life.city, post, "a system", scopes or ("cases:read",), days, "test", life.clock.now())[1]


def test_a_token_knocks_as_the_post_it_was_issued_for(life: Life):
    caller = knock(life, issued(life))
    assert caller is not None
    assert (caller.post.login, caller.post.role) == ("dispatcher", "dispatcher")
    assert caller.needs("cases:read") is caller.post
    with pytest.raises(ScopeMissing):
        caller.needs("cases:move")


def test_who_sends_no_token_is_nobody_and_a_key_in_the_address_counts_where_it_is_asked_for(life: Life):
    assert knock(life) is None
    caller = knock(life, api_key=issued(life))
    assert caller is not None
    assert caller.post.login == "dispatcher"


def test_neither_the_table_nor_the_log_holds_a_token(life: Life, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    text = issued(life)
    knock(life, text)
    secret = text.rpartition("_")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM exchange_api_token t")
        assert all(secret not in row for (row,) in cursor.fetchall())
    assert secret not in caplog.text


@pytest.mark.parametrize(
    ("spoilt", "because"),
    [
        (lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"), "one sign of the secret is wrong"),
        (lambda text: "clm_22222222_" + text.rpartition("_")[2], "no token begins so"),
        (lambda text: text + "x", "it is too long"),
        (lambda text: "\x00", "it is no token at all"),
        (lambda text: text.upper(), "case counts"),
    ],
)
def test_a_spoilt_token_opens_nothing(life: Life, spoilt, because):
    with pytest.raises(BadToken):
        knock(life, api_key=spoilt(issued(life)) or "x")


def test_a_token_ends_by_its_day_and_by_being_revoked(life: Life):
    text, other = issued(life, days=2), issued(life)
    life.clock.advance(days=1)
    assert knock(life, text)
    life.clock.advance(days=1)
    with pytest.raises(BadToken):
        knock(life, text)
    revoke_token(life.city, other[:12], "test", life.clock.now())
    with pytest.raises(BadToken):
        knock(life, other)
    assert {t.prefix for t in list_tokens(life.city)} == {text.split("_")[1], other.split("_")[1]}


def test_a_token_ends_with_the_post_and_with_the_account(life: Life):
    text = issued(life, "checker")
    ApiToken.objects.update(unit="hotline")
    with pytest.raises(BadToken, match="no longer held"):
        knock(life, text)
    ApiToken.objects.update(unit="centre")
    assert knock(life, text)
    get_user_model().objects.filter(username="checker").update(is_active=False)
    with pytest.raises(BadToken):
        knock(life, text)


def test_a_deputys_token_works_for_the_days_he_stands_in(life: Life):
    text = issued(life, "supervisor")
    ApiToken.objects.update(login="checker")
    with pytest.raises(BadToken):
        knock(life, text)
    post = life.post("supervisor")
    name_deputy(life.city, post, post, "checker", date(2026, 6, 1), date(2026, 6, 2), life.clock)
    caller = knock(life, text)
    assert caller is not None
    assert (caller.post.login, caller.post.for_login) == ("checker", "supervisor")
    life.clock.at = at(6, 3)
    with pytest.raises(BadToken):
        knock(life, text)


def test_a_service_account_has_a_post_of_its_own_with_the_units_above(life: Life):
    make_service(life, "lamp system", "handler", "lighting_crew")
    post = service_post(life.city, "lamp system")
    text = issue_token(life.city, post, "lamp system", ["cases:read"], None, "test", life.clock.now())[1]
    caller = knock(life, text)
    assert caller is not None
    assert (caller.post.login, caller.post.unit, caller.post.above) == (
        "service:lamp system",
        "lighting_crew",
        ("lighting_co",),
    )


@pytest.mark.parametrize(
    ("role", "unit", "area"), [("dispatcher", "", ""), ("handler", "hotline", ""), ("", "", "990101")]
)
def test_a_token_of_a_service_account_acts_by_its_post_and_no_other(life: Life, role, unit, area):
    make_service(life, "lamp system", "handler", "lighting_crew")
    assert service_post(life.city, "lamp system", "handler", "lighting_crew").role is Role.HANDLER
    with pytest.raises(CannotIssue, match="handler/lighting_crew"):
        service_post(life.city, "lamp system", role, unit, area)


def service_token(life: Life, **more: object) -> str:
    account = make_service(life, "lamps", "handler", "lighting_co", **more)
    return issue_token(life.city, account.post, "lamps", ["cases:read"], None, "test", life.clock.now())[1]


def test_a_service_account_rests_with_its_tokens_when_it_is_disabled_expires_or_loses_its_person(life: Life):
    text = service_token(life, days=2)
    assert knock(life, text)
    assert find_service_account(life.city, "lamps").last_used_at == life.clock.now()
    life.clock.advance(days=2)
    with pytest.raises(BadToken, match="day of the service account lamps"):
        knock(life, text)
    life.clock.advance(days=-1)
    put_to_sleep("supervisor", "list", life.clock.now())
    with pytest.raises(BadToken, match="hand-over"):
        knock(life, text)
    get_user_model().objects.filter(username="supervisor").update(is_active=True)
    assert knock(life, text)
    disable_service_account(life.city, "lamps", "admin", life.clock.now())
    with pytest.raises(BadToken, match="disabled"):
        knock(life, text)


def test_a_scope_nobody_knows_and_a_span_out_of_range_are_refused(life: Life):
    post = life.post("dispatcher")
    for scopes, days in ((["all"], 1), (["cases:read"], 0), (["cases:read"], 5000)):
        with pytest.raises(CannotIssue):
            issue_token(life.city, post, "x", scopes, days, "test", life.clock.now())
    assert not ApiToken.objects.exists()


def test_the_last_use_is_kept_by_the_hour(life: Life):
    text = issued(life)
    knock(life, text)
    life.clock.advance(minutes=59)
    knock(life, text)
    assert list_tokens(life.city)[0].last_used_at == life.clock.now() - timedelta(minutes=59)
    life.clock.advance(minutes=1)
    knock(life, text)
    assert list_tokens(life.city)[0].last_used_at == life.clock.now()


@pytest.fixture
def at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands work on the test's own database."""
    monkeypatch.setattr(ready, "ready", lambda *_, **__: nullcontext())


def test_the_command_issues_lists_and_revokes(life: Life, at_hand: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clocks, "clock_of_settings", lambda: life.clock)
    run = CliRunner().invoke
    done = run(main, ["tokens", "issue", "board", "--login", "leader", "--scope", "cases:read"])
    assert done.exit_code == 0, done.output
    text = done.stdout.strip().splitlines()[0]
    assert knock(life, text)
    assert text[:12] in run(main, ["tokens", "list"]).output
    assert text not in run(main, ["tokens", "list", "--json"]).output
    assert run(main, ["tokens", "revoke", text[:12]]).exit_code == 0
    with pytest.raises(BadToken):
        knock(life, text)
    assert text[:12] not in run(main, ["tokens", "list"]).output
    assert text[:12] in run(main, ["tokens", "list", "--all"]).output


@pytest.mark.parametrize(
    ("words", "code", "because"),
    [
        (["x", "--scope", "cases:read"], 2, "neither a person nor a service"),
        (["x", "--login", "nobody", "--scope", "cases:read"], 1, "nobody holds it"),
        (["x", "--login", "leader", "--scope", "everything"], 1, "no such scope"),
        (["x", "--service", "--scope", "cases:read"], 1, "no such service account"),
    ],
)
def test_the_command_refuses_with_its_exit_code(life: Life, at_hand: None, words, code, because):
    done = CliRunner().invoke(main, ["tokens", "issue", *words])
    assert done.exit_code == code, done.output
