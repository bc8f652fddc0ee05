"""The settings of the identity provider: off unless named, and refused with what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.app.identity_settings import provider_of
from cityloom.web.provider_settings import KnownBy

ISSUER = {"CITYLOOM_OIDC_ISSUER": "https://id.city.example/realms/city/", "CITYLOOM_OIDC_CLIENT_ID": "cityloom"}


def test_without_an_issuer_there_is_no_provider():
    assert provider_of(Environment({"CITYLOOM_OIDC_CLIENT_ID": "cityloom"})) is None


def test_what_is_not_said_has_a_default():
    told = provider_of(Environment(ISSUER))
    assert told is not None
    assert (told.issuer, told.known_by, told.claim) == (
        "https://id.city.example/realms/city",
        KnownBy.LOGIN,
        "preferred_username",
    )
    assert (told.groups_claim, told.factors, told.client_secret) == ("", frozenset(), "")
    assert told.label("zh") == "用统一身份认证登录"


def test_everything_can_be_said_and_the_secret_never_shows(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("hidden\n", encoding="utf-8")
    told = provider_of(
        Environment(
            ISSUER
            | {
                "CITYLOOM_OIDC_CLIENT_SECRET": "not this one",
                "CITYLOOM_OIDC_CLIENT_SECRET_FILE": str(secret),
                "CITYLOOM_OIDC_SCOPES": "openid groups",
                "CITYLOOM_OIDC_LABEL": "市民码登录 | City ID",
                "CITYLOOM_OIDC_PERSON": "external_id",
                "CITYLOOM_OIDC_GROUPS_CLAIM": "realm_access.roles",
                "CITYLOOM_OIDC_FACTORS": "amr:mfa,acr:urn:city:gold",
            }
        )
    )
    assert told is not None
    assert (told.client_secret, told.scopes, told.claim) == ("hidden", ("openid", "groups"), "employee_number")
    assert (told.label("zh"), told.label("en")) == ("市民码登录", "City ID")
    assert told.acr_values == "urn:city:gold"
    assert "hidden" not in repr(told)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"CITYLOOM_OIDC_ISSUER": "http://id.city.example"}, "https://"),
        ({"CITYLOOM_OIDC_ISSUER": "id.city.example"}, "https://"),
        ({"CITYLOOM_OIDC_CLIENT_ID": ""}, "CITYLOOM_OIDC_CLIENT_ID"),
        ({"CITYLOOM_OIDC_SCOPES": "profile"}, "openid"),
        ({"CITYLOOM_OIDC_PERSON": "name"}, "login, email, external_id"),
        ({"CITYLOOM_OIDC_LABEL": "City ID"}, "both languages"),
        ({"CITYLOOM_OIDC_FACTORS": "mfa"}, "amr:mfa"),
        ({"CITYLOOM_OIDC_CLIENT_SECRET_FILE": "/nowhere/secret"}, "cannot be read"),
    ],
)
def test_what_cannot_be_safe_is_refused_with_what_would_be_right(given, word):
    with pytest.raises(SettingNotUnderstood, match=word):
        provider_of(Environment(ISSUER | given))


def test_a_provider_on_this_machine_may_be_tried_without_tls():
    assert provider_of(Environment(ISSUER | {"CITYLOOM_OIDC_ISSUER": "http://127.0.0.1:9000"})) is not None
