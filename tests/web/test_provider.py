"""Signing in through an identity provider, the whole way over HTTP: who gets in, as whom, what is not believed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP
from tests.cases.life import Life, at
from tests.city.small_city import write_small_city
from tests.web.conftest import PASSWORD
from tests.web.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider

from cityloom.city import second_factor as factors
from cityloom.city.actions.admit_person import release_person
from cityloom.city.actions.load_city import load_city
from cityloom.city.actions.put_to_sleep import put_to_sleep
from cityloom.city.models import AccountEvent, GroupMember, PersonIdentity
from cityloom.city.snapshot import current_city
from cityloom.city.staff_names import forget_names
from cityloom.city.values import Role
from cityloom.web.provider_settings import KnownBy, ProviderSettings

GROUPS = "group,role,unit,area,from,until\nstreets,checker,centre,,,\nlamps,handler,lighting_co,,,\n"


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    started = IdentityProvider(claims={"sub": "s-1", "preferred_username": "dispatcher", "name": "邓派"})
    yield started
    started.stop()


@pytest.fixture
def door(site: Life, provider: IdentityProvider, settings: Any) -> Life:
    """The small city with a provider that names groups."""
    forget_names()
    settings.IDENTITY_PROVIDER = ProviderSettings(
        issuer=provider.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, groups_claim="groups"
    )
    return site


@pytest.fixture
def with_groups(door: Life, tmp_path: Path) -> Life:
    """The same city with a table of groups."""
    folder = write_small_city(tmp_path / "city")
    (folder / "groups.csv").write_text(GROUPS, encoding="utf-8")
    load_city(folder, "test", at(6, 1))
    return replace(door, city=current_city("990100"))


def client_of(language: str = "en", **meta: Any) -> Client:
    return Client(headers={"accept-language": {"en": "en", "zh": "zh-hans"}[language]}, **meta)


def to_provider(client: Client, wanted: str = "") -> str:
    """The way there and back: the address under which the provider sends the browser back to us."""
    there = client.get("/signin/provider/", {"next": wanted} if wanted else {})
    assert there.status_code == 302, there.content.decode()
    back = requests.get(there.headers["Location"], allow_redirects=False, timeout=10)
    return back.headers["Location"].removeprefix("http://testserver")


def come_back(client: Client, wanted: str = "") -> Any:
    return client.get(to_provider(client, wanted))


def signed_in(**meta: Any) -> Client:
    client = client_of(**meta)
    assert come_back(client).status_code == 302
    return client


def kinds(login: str) -> list[str]:
    return list(AccountEvent.objects.filter(login=login).order_by("id").values_list("kind", flat=True))


# --- the way in -------------------------------------------------------------------------------------------------


def test_without_a_provider_there_is_no_button_and_no_such_page(site, settings):
    settings.IDENTITY_PROVIDER = None
    client = client_of()
    assert "/signin/provider/" not in client.get("/signin/").content.decode()
    assert [client.get(f"/signin/provider/{end}").status_code for end in ("", "back/")] == [404, 404]


@pytest.mark.parametrize(("language", "label"), [("zh", "用统一身份认证登录"), ("en", "single sign-on")])
def test_the_button_stands_on_the_page_in_both_languages_and_keeps_where_to_go(door, language, label):
    html = client_of(language).get("/signin/", {"next": "/queue/?view=all"}).content.decode()
    assert label in html
    assert 'href="/signin/provider/?next=/queue/%3Fview%3Dall"' in html


def test_a_known_person_comes_in_with_the_own_post_and_goes_where_he_wanted(door, provider):
    client = client_of()
    done = come_back(client, "/queue/?view=all")
    assert (done.status_code, done.headers["Location"]) == (302, "/queue/?view=all")
    assert client.get("/queue/").status_code == 200
    (asked,) = provider.asked
    assert (asked["code_challenge_method"], set(asked["scope"].split())) == ("S256", {"openid", "profile", "email"})
    assert len(asked["nonce"]) >= 32
    assert "dispatcher" in client.get("/account/").content.decode()
    assert kinds("dispatcher") == ["bound"]


def test_nothing_but_state_and_code_is_taken_from_an_address(door, provider):
    client = client_of()
    there = client.get("/signin/provider/?scope=admin&auth_params=nonce%3Dmine&process=connect&next=//evil.example/")
    query = parse_qs(urlsplit(there.headers["Location"]).query)
    assert "admin" not in query["scope"][0]
    assert query["nonce"] != ["mine"]
    back = requests.get(there.headers["Location"], allow_redirects=False, timeout=10).headers["Location"]
    assert client.get(back.removeprefix("http://testserver")).headers["Location"] == "/queue/"


def test_no_table_of_the_library_holds_anything_afterwards(door, provider):
    from allauth.account.models import EmailAddress
    from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken

    signed_in()
    assert [m.objects.count() for m in (EmailAddress, SocialAccount, SocialApp, SocialToken)] == [0, 0, 0, 0]


# --- what is not believed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "because"),
    [
        ({"nonce": "another"}, "the nonce is of another sign-in"),
        ({"nonce": None}, "it has no nonce"),
        ({"exp": int(time.time()) - 3600}, "it has expired"),
        ({"exp": None}, "it never expires"),
        ({"iat": int(time.time()) + 3600}, "it was made in the future"),
        ({"aud": "another"}, "it is for another party"),
        ({"aud": [CLIENT_ID, "another"], "azp": "another"}, "it was issued to another party"),
        ({"iss": "https://evil.example"}, "somebody else made it"),
        ({"sub": None}, "it is about nobody"),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_token_that_fails_a_check_lets_nobody_in_and_says_what_to_do(door, provider, spoil, because, language):
    provider.spoil = spoil
    client = client_of(language)
    answer = come_back(client)
    assert answer.status_code == 403, because
    assert ("请重试" if language == "zh" else "Try again") in answer.content.decode()
    assert client.get("/queue/").status_code == 302


@pytest.mark.parametrize("wrong", ["foreign_key", "unsigned"])
def test_a_token_signed_by_nobody_published_is_not_believed(door, provider, wrong):
    setattr(provider, wrong, True)
    assert come_back(client_of()).status_code == 403


def test_a_token_signed_with_the_public_key_as_a_secret_is_not_believed(door, provider, monkeypatch):
    def forged(nonce: str) -> str:
        now = int(time.time())
        said = {"iss": provider.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "nonce": nonce}
        return jwt.encode({**said, **provider.claims}, "x" * 64, algorithm="HS256", headers={"kid": "one"})

    monkeypatch.setattr(provider, "_id_token", forged)
    assert come_back(client_of()).status_code == 403


@pytest.mark.parametrize(
    ("changed", "status", "because"),
    [
        (lambda back: back.replace("state=", "state=x"), 400, "the state is not ours"),
        (lambda back: back.replace("code=", "code=x"), 403, "the code is not the provider's"),
        (lambda back: back.replace("iss=", "iss=http%3A//evil.example&x="), 403, "another provider answers"),
        (lambda back: "/signin/provider/back/", 400, "nothing was asked"),
    ],
)
def test_an_answer_that_was_tampered_with_leads_nowhere(door, provider, changed, status, because):
    client = client_of()
    assert client.get(changed(to_provider(client))).status_code == status, because
    assert client.get("/queue/").status_code == 302


def test_an_answer_counts_once_and_for_the_browser_that_asked(door, provider):
    client, other = client_of(), client_of()
    back = to_provider(client)
    assert other.get(back).status_code == 400
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 400


def test_what_userinfo_says_counts_only_for_the_same_person(door, provider):
    provider.claims = {"sub": "s-1"}
    provider.in_userinfo = {"preferred_username": "dispatcher"}
    assert come_back(client_of()).status_code == 302
    provider.in_userinfo = {"preferred_username": "dispatcher", "sub": "s-2"}
    assert come_back(client_of()).status_code == 403


@pytest.mark.parametrize(
    ("what", "status", "word"),
    [("denies", 403, "did not let you in"), ("is_down", 503, "cannot be reached")],
)
def test_a_provider_that_refuses_or_is_away_leaves_the_password_as_a_way_in(door, provider, what, status, word):
    client = client_of()
    back = to_provider(client)
    setattr(provider, what, True)
    answer = come_back(client) if what == "denies" else client.get(back)
    assert answer.status_code == status
    assert word in answer.content.decode()
    assert 'name="password"' in answer.content.decode()
    if what == "is_down":
        assert client.get("/signin/provider/").status_code == 503


def test_a_provider_that_calls_itself_otherwise_is_not_believed(door, provider, settings):
    other_name = provider.issuer.replace("127.0.0.1", "localhost")
    settings.IDENTITY_PROVIDER = replace(settings.IDENTITY_PROVIDER, issuer=other_name)
    assert client_of().get("/signin/provider/").status_code == 403


# --- who is who -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "word"), [("zh", "people.csv"), ("en", "people.csv")])
def test_an_unknown_person_is_refused_with_who_helps(door, provider, language, word):
    provider.claims = {"sub": "s-9", "preferred_username": "newcomer"}
    answer = come_back(client_of(language))
    assert answer.status_code == 403
    assert word in answer.content.decode()
    assert "newcomer" in answer.content.decode()
    assert not User.objects.filter(username="newcomer").exists()


def test_a_city_that_says_so_gets_an_account_made_with_posts_of_groups(with_groups, provider, tmp_path):
    folder = write_small_city(tmp_path / "creating")
    (folder / "groups.csv").write_text(GROUPS, encoding="utf-8")
    toml = folder / "city.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + "\n[identity]\ncreate = true\n", encoding="utf-8")
    load_city(folder, "test", at(6, 1))
    provider.claims = {"sub": "s-9", "preferred_username": "newcomer", "name": "牛来", "groups": ["lamps", "unknown"]}
    client = signed_in()
    user = User.objects.get(username="newcomer")
    assert (user.first_name, user.has_usable_password()) == ("牛来", False)
    assert client.get("/queue/").status_code == 200
    account = client.get("/account/").content.decode()
    assert "牛来" in account
    assert "Street Lighting Company" in account
    assert kinds("newcomer") == ["made", "bound", "posts_given"]
    assert list(GroupMember.objects.values_list("login", "group", "joined_by")) == [("newcomer", "lamps", "provider")]


@pytest.mark.parametrize("claims", [{"sub": "s-9"}, {"sub": "s-9", "preferred_username": "  "}])
def test_a_provider_that_does_not_say_who_it_is_lets_nobody_in(door, provider, claims):
    provider.claims = claims
    answer = come_back(client_of())
    assert answer.status_code == 403
    assert "preferred_username" in answer.content.decode()


@pytest.mark.parametrize(
    ("verified", "status", "because"),
    [(True, 302, "verified"), (False, 403, "not verified"), (None, 403, "nothing said of it")],
)
def test_a_mail_address_counts_only_when_verified_there(door, provider, settings, verified, status, because):
    settings.IDENTITY_PROVIDER = replace(settings.IDENTITY_PROVIDER, known_by=KnownBy.EMAIL, claim="email")
    User.objects.filter(username="dispatcher").update(email="Deng@City.example")
    provider.claims = {"sub": "s-1", "email": "deng@city.example", "email_verified": verified}
    assert come_back(client_of()).status_code == status, because


def test_a_number_of_the_list_of_people_finds_the_person(door, provider, settings):
    settings.IDENTITY_PROVIDER = replace(
        settings.IDENTITY_PROVIDER, known_by=KnownBy.EXTERNAL_ID, claim="staff.number"
    )
    PersonIdentity.objects.create(login="checker", external_id="4711")
    provider.claims = {"sub": "s-1", "staff": {"number": 4711}}
    assert "checker" in signed_in().get("/account/").content.decode()


def test_who_takes_over_a_login_at_the_provider_does_not_get_the_account(door, provider):
    signed_in()
    provider.claims = {"sub": "s-2", "preferred_username": "dispatcher"}
    answer = come_back(client_of())
    assert answer.status_code == 403
    assert "cityloom people release dispatcher" in answer.content.decode()
    assert release_person("dispatcher", "command", at(6, 1))
    assert come_back(client_of()).status_code == 302
    assert kinds("dispatcher") == ["bound", "released", "bound"]


def test_a_person_renamed_at_the_provider_keeps_the_account(door, provider):
    signed_in()
    provider.claims = {"sub": "s-1", "preferred_username": "deng.pai"}
    assert "dispatcher" in signed_in().get("/account/").content.decode()


def test_two_accounts_of_one_mail_address_are_not_guessed_at(door, provider, settings):
    settings.IDENTITY_PROVIDER = replace(settings.IDENTITY_PROVIDER, known_by=KnownBy.EMAIL, claim="email")
    User.objects.filter(username__in=["dispatcher", "checker"]).update(email="desk@city.example")
    provider.claims = {"sub": "s-1", "email": "desk@city.example", "email_verified": True}
    assert "more than one account" in come_back(client_of()).content.decode()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda: put_to_sleep("dispatcher", "list", at(6, 1)), "put to sleep"),
        (lambda: User.objects.filter(username="dispatcher").update(is_staff=True), "never through"),
    ],
)
def test_a_sleeping_account_and_one_of_the_administration_do_not_come_in(door, provider, change, word):
    change()
    answer = come_back(client_of())
    assert answer.status_code == 403
    assert word in answer.content.decode()


# --- groups and posts -------------------------------------------------------------------------------------------


def test_groups_open_posts_beside_those_by_hand_and_leaving_one_ends_its_post_at_once(with_groups, provider):
    provider.claims["groups"] = ["lamps", "streets"]
    client = client_of()
    assert come_back(client).headers["Location"] == "/signin/post/"
    posts = client.get("/signin/post/").content.decode()
    assert posts.count('name="post"') == 3, "the own post and two of groups"
    client.post("/signin/post/", {"post": "handler|lighting_co|"})
    assert client.get("/queue/").status_code == 200
    provider.claims["groups"] = ["streets"]
    other = client_of()
    come_back(other)
    assert client.get("/queue/").status_code == 302, "the session that went on by the post has ended"
    assert other.get("/signin/post/").content.decode().count('name="post"') == 2
    rows = GroupMember.objects.order_by("group").values_list("group", "left_by")
    assert list(rows) == [("lamps", "provider"), ("streets", "")]
    assert kinds("dispatcher") == ["bound", "posts_given", "posts_taken", "sessions_ended"]


def test_no_groups_in_the_token_mean_none_but_a_list_left_out_refuses(with_groups, provider):
    provider.claims["groups"] = ["streets"]
    signed_in()
    provider.claims.update(groups=None, _claim_names={"groups": "src1"})
    assert "so many groups" in come_back(client_of()).content.decode()
    assert GroupMember.objects.get().left_at is None
    provider.claims["_claim_names"] = None
    signed_in()
    assert GroupMember.objects.get().left_at is not None


def test_a_provider_that_is_not_asked_for_groups_ends_no_post(with_groups, provider, settings):
    provider.claims["groups"] = ["streets"]
    signed_in()
    settings.IDENTITY_PROVIDER = replace(settings.IDENTITY_PROVIDER, groups_claim="")
    provider.claims["groups"] = []
    signed_in()
    assert GroupMember.objects.get().left_at is None


# --- lock, second factor, sessions, signing out -----------------------------------------------------------------


def test_a_name_locked_by_wrong_passwords_waits_here_as_well(door, provider):
    client = client_of()
    for _ in range(5):
        client.post("/signin/", {"username": "dispatcher", "password": "no"})
    answer = come_back(client)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_our_own_second_factor_is_asked_unless_the_settings_trust_the_providers(door, provider, settings):
    secret = factors.begin("dispatcher", at(6, 1))
    assert factors.confirm("dispatcher", _code(secret), at(6, 1), time.time()) is not None
    client = client_of()
    assert come_back(client, "/queue/?view=all").headers["Location"] == "/signin/code/"
    assert client.get("/queue/").status_code == 302
    settings.IDENTITY_PROVIDER = replace(settings.IDENTITY_PROVIDER, factors=frozenset({"amr:otp", "acr:gold"}))
    provider.claims["amr"] = ["pwd"]
    assert come_back(client_of()).headers["Location"] == "/signin/code/"
    for shown in ({"amr": ["pwd", "otp"]}, {"amr": None, "acr": "gold"}):
        provider.claims.update(shown)
        assert come_back(client_of()).headers["Location"] == "/queue/"
    assert provider.asked[-1]["acr_values"] == "gold"


def test_a_post_that_needs_a_second_factor_enrols_one_unless_the_provider_showed_it(door, provider, settings):
    settings.CITYLOOM_SECOND_FACTOR = frozenset({Role.DISPATCHER})
    assert signed_in().get("/queue/").headers["Location"] == "/account/second-factor/"
    settings.IDENTITY_PROVIDER = replace(settings.IDENTITY_PROVIDER, factors=frozenset({"amr:mfa"}))
    provider.claims["amr"] = ["mfa"]
    assert signed_in().get("/queue/").status_code == 200


def test_it_is_a_session_like_any_other_and_the_account_says_where_it_came_from(door, provider):
    clients = [signed_in() for _ in range(4)]
    assert [c.get("/queue/").status_code for c in clients] == [302, 200, 200, 200]
    html = clients[-1].get("/account/").content.decode()
    assert "It confirms who you are" in html


def test_whoever_has_no_password_here_is_not_asked_to_change_one_nor_sent_a_link(door, provider, mailoutbox):
    User.objects.filter(username="dispatcher").update(email="deng@city.example")
    client = signed_in()
    assert "/account/password/" not in client.get("/account/").content.decode()
    assert client.get("/account/password/").status_code == 404
    client_of().post("/signin/forgot/", {"username": "dispatcher"})
    assert "reset_issued" not in kinds("dispatcher")


def test_a_person_with_both_keeps_the_password(door, provider):
    user = User.objects.get(username="dispatcher")
    user.set_password(PASSWORD)
    user.save()
    assert client_of().post("/signin/", {"username": "dispatcher", "password": PASSWORD}).status_code == 302
    assert "/account/password/" in signed_in().get("/account/").content.decode()


def test_signing_out_goes_on_to_the_provider_with_a_way_back(door, provider):
    client = signed_in()
    assert "eyJ" not in str(dict(client.session.items())), "the token is sealed in the session"
    html = client.post("/signout/").content.decode()
    (address,) = {part.split('"')[0].replace("&amp;", "&") for part in html.split('href="')[1:] if "/logout?" in part}
    query = parse_qs(urlsplit(address).query)
    assert query["client_id"] == [CLIENT_ID]
    assert query["post_logout_redirect_uri"] == ["http://testserver/"]
    hint = jwt.decode(query["id_token_hint"][0], options={"verify_signature": False})
    assert hint["sub"] == "s-1"
    assert client.get("/queue/").status_code == 302


def test_a_provider_without_sign_out_and_a_session_by_password_just_end(door, provider):
    provider.offers_logout = False
    assert signed_in().post("/signout/").headers["Location"] == "/"


def _code(secret: str) -> str:
    return f"{TOTP(factors._bytes(secret)).token():06d}"
