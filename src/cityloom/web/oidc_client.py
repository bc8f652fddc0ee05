"""Talking to the identity provider: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636), by django-allauth.

allauth discovers the provider, keeps the state of a sign-in in the session, and exchanges the code. What it leaves
open is closed here: every id token is checked by its signature, its issuer, its audience, its dates and the nonce of
this very sign-in, and what is read besides must be of the same person. Nothing is taken from the address but code and
state. Its tables stay empty; who the person is here is decided by `city/actions/admit_person.py`.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from requests import RequestException

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.web.provider_settings import ProviderSettings

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_S = 60  # clocks of two machines may differ so much
NEEDED = ("iss", "sub", "aud", "exp", "iat")
_SUB_ID = "city"

register(
    {
        "oidc.unreachable": (
            "统一身份认证现在连接不上。请稍后再试，或用用户名和密码登录；持续不行请告知管理员",
            "the identity provider cannot be reached. Try again later or sign in with name and password; tell the "
            "administrator if it goes on",
        ),
        "oidc.lost": (
            "这次登录已过期，或不是从本页开始的。请重新点登录按钮",
            "this sign-in took too long or did not begin on this page. Use the button once more",
        ),
        "oidc.denied": (
            "统一身份认证没有让您登录。需要时请重试，或用用户名和密码登录",
            "the identity provider did not let you in. Try again, or sign in with name and password",
        ),
        "oidc.not_believed": (
            "统一身份认证的答复核验不通过，未登录。请重试；仍不行请管理员核对接入设置和两边的时间",
            "the identity provider's answer could not be verified, and nobody was signed in. Try again; if it "
            "persists, the administrator compares the settings and the clocks of both sides",
        ),
    }
)


class ProviderUnreachable(CityloomError):
    """The provider does not answer, or not as a provider does."""

    status = 503


class SignInLost(CityloomError):
    """An answer to a sign-in that nobody began here, or too long ago."""

    status = 400


class SignInDenied(CityloomError):
    """The provider says no."""

    status = 403


class NotBelieved(CityloomError):
    """An answer that cannot be verified."""

    status = 403


class Answer(NamedTuple):
    """What the provider says: verified claims, the token that says so, and where to go afterwards."""

    claims: Mapping[str, Any]
    id_token: str
    wanted: str
    end_session: str


class CityProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """The one provider of the settings; never one of a database row."""

    def get_oauth2_adapter(self, request: HttpRequest) -> CityAdapter:
        return CityAdapter(request, self)


class CityAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """How this provider is spoken to."""

    def __init__(self, request: HttpRequest, provider: CityProvider) -> None:
        super().__init__(request, _SUB_ID)
        self._provider = provider

    def get_provider(self) -> CityProvider:
        return self._provider

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("provider_back"))

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself; it must be who the settings name and keep to TLS where they do."""
        config: dict[str, Any] = super().openid_config
        issuer = str(self._provider.app.settings["server_url"])
        if not isinstance(config, dict) or str(config.get("issuer", "")).rstrip("/") != issuer:
            raise NotBelieved("oidc.not_believed")
        addresses = (config.get(name, "") for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
        if issuer.startswith("https://") and not all(str(each).startswith("https://") for each in addresses):
            raise NotBelieved("oidc.not_believed")
        return config

    def verified(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an id token; raises a PyJWTError where any check of Core 1.0, 3.1.3.7 fails."""
        header = jwt.get_unverified_header(id_token)
        client_id = self._provider.app.client_id
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key=self._key(header),
            algorithms=[header["alg"]],
            audience=client_id,
            issuer=self.openid_config["issuer"],
            leeway=LEEWAY_S,
            options={"require": list(NEEDED)},
        )
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise jwt.InvalidTokenError("another nonce")
        if claims.get("azp", client_id) != client_id:
            raise jwt.InvalidTokenError("issued to another party")
        return claims

    def _key(self, header: Mapping[str, Any]) -> Any:
        """The provider's public key that the token names; only signatures of two different keys are taken."""
        if header.get("alg") not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError("not an algorithm of a provider")
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        named = [key for key in keys if header.get("kid") in (None, key.key_id)]
        if len(named) != 1:
            raise jwt.InvalidKeyError("no key of that name")
        return named[0].key

    def said_besides(self, access_token: str, subject: str) -> dict[str, Any]:
        """What the provider's userinfo says of the same person (Core 1.0, 5.3.2); empty where it has none."""
        if not self.openid_config.get("userinfo_endpoint"):
            return {}
        info: dict[str, Any] = self._fetch_user_info(access_token)
        if info.get("sub") != subject:
            raise jwt.InvalidTokenError("userinfo of somebody else")
        return info


def begin(request: HttpRequest, told: ProviderSettings, wanted: str) -> HttpResponseBase:
    """Send the visitor to the provider; state, nonce and the PKCE verifier stay in the session."""
    nonce = secrets.token_urlsafe(32)
    asked = {"nonce": nonce, **({"acr_values": told.acr_values} if told.acr_values else {})}
    try:
        answer: HttpResponseBase = _provider(request, told).redirect(
            request, "login", wanted, {"nonce": nonce}, scope=list(told.scopes), auth_params=asked
        )
    except (RequestException, OAuth2Error, KeyError, ValueError) as wrong:
        raise ProviderUnreachable("oidc.unreachable") from wrong
    return answer


def take_answer(request: HttpRequest, told: ProviderSettings, needed: tuple[str, ...]) -> Answer:
    """What the provider answers to a sign-in begun here; `needed` claims are asked of userinfo where they lack."""
    provider = _provider(request, told)
    adapter = provider.get_oauth2_adapter(request)
    state = statekit.unstash_state(request, state_id=request.GET.get("state", ""), provider_id=provider.sub_id)
    if state is None:
        raise SignInLost("oidc.lost")
    if "code" not in request.GET:
        raise SignInDenied("oidc.denied")
    if request.GET.get("iss", told.issuer).rstrip("/") != told.issuer:  # RFC 9207
        raise NotBelieved("oidc.not_believed")
    try:
        client = adapter.get_client(request, provider.app)
        got = adapter.get_access_token_data(request, provider.app, client, state["pkce_code_verifier"])
        claims = adapter.verified(got["id_token"], state["data"]["nonce"])
        if any(claim.partition(".")[0] not in claims for claim in needed):
            claims = {**adapter.said_besides(got["access_token"], claims["sub"]), **claims}
        end_session = str(adapter.openid_config.get("end_session_endpoint", ""))
    except RequestException as wrong:
        raise ProviderUnreachable("oidc.unreachable") from wrong
    except (OAuth2Error, jwt.PyJWTError, KeyError, ValueError, TypeError) as wrong:
        raise NotBelieved("oidc.not_believed") from wrong
    return Answer(claims, got["id_token"], str(state.get("next") or ""), end_session)


def _provider(request: HttpRequest, told: ProviderSettings) -> CityProvider:
    app = SocialApp(
        provider="openid_connect",
        provider_id=_SUB_ID,
        name="city",
        client_id=told.client_id,
        secret=told.client_secret,
        settings={"server_url": told.issuer, "oauth_pkce_enabled": True},
    )
    return CityProvider(request, app=app)
