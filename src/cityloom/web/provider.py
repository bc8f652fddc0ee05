"""Signing in through the identity provider: there, back again, and the farewell when somebody signs out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cityloom.base.crypto import NoKeyOpens
from cityloom.base.errors import CityloomError
from cityloom.base.keys import vault
from cityloom.city.actions.admit_person import admit_person
from cityloom.city.snapshot_values import City
from cityloom.web import context, lockout, oidc_client
from cityloom.web.doors import for_everybody, with_retry_after
from cityloom.web.naming import said_by
from cityloom.web.oidc_claims import has_shown_factor, told_of
from cityloom.web.provider_settings import ProviderSettings
from cityloom.web.public_limits import knock_at
from cityloom.web.shown import show
from cityloom.web.signing_in import SignInPage, go_on, locked, safe_address

log = logging.getLogger(__name__)
_CAME_BY = "provider"
LONGEST_HINT = 4_000  # signs of an id token that still fit into an address


@dataclass(frozen=True)
class SignedOutPage:
    """Signed out here; the provider's own sign-out follows, or is a click away."""

    template: ClassVar[str] = "cityloom/signed_out.html"
    address: Annotated[str, "where the provider signs a person out"]


def _for_provider(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view gets the provider's settings; without a provider there is no such page. Refusals show the sign-in."""

    @wraps(view)
    def door(request: HttpRequest, city: City) -> HttpResponseBase:
        told: ProviderSettings | None = settings.IDENTITY_PROVIDER
        if told is None:
            raise Http404
        try:
            return view(request, city, told)
        except CityloomError as refusal:
            log.warning("sign-in through the identity provider refused: %s", refusal.reason.code)
            page = SignInPage(error=said_by(refusal, city))
            return with_retry_after(show(request, page, refusal.status), refusal)

    return door


@never_cache
@require_safe
@for_everybody
@_for_provider
def provider_sign_in(request: HttpRequest, city: City, told: ProviderSettings) -> HttpResponseBase:
    """Send the visitor to the identity provider."""
    knock_at(request, city, sign_in="")
    return oidc_client.begin(request, told, safe_address(request, request.GET.get("next", "")))


@never_cache
@require_safe
@for_everybody
@_for_provider
def provider_back(request: HttpRequest, city: City, told: ProviderSettings) -> HttpResponseBase:
    """Take what the identity provider answers, and sign the person in."""
    needed = tuple(filter(None, (told.claim, told.groups_claim)))
    answer = oidc_client.take_answer(request, told, needed)
    person = told_of(answer.claims, told)
    user = admit_person(person, context.clock().now(), create=city.settings.makes_accounts)
    if lockout.is_locked(request, user.get_username()):
        return locked(request, city, SignInPage(), user.get_username())
    if request.user.is_authenticated:
        logout(request)
    _remember(request, answer)
    passed = has_shown_factor(answer.claims, told.factors)
    return go_on(request, city, user, answer.wanted, passed=passed)


def came_by_provider(request: HttpRequest) -> bool:
    """Whether this session began at the identity provider."""
    return _CAME_BY in request.session


def farewell_of(request: HttpRequest) -> str:
    """Where the provider signs out whoever came by it (RP-Initiated Logout 1.0); blank where it offers nothing."""
    told: ProviderSettings | None = settings.IDENTITY_PROVIDER
    kept: dict[str, Any] = request.session.get(_CAME_BY) or {}
    if told is None or not kept.get("end"):
        return ""
    asked = {"client_id": told.client_id, "post_logout_redirect_uri": request.build_absolute_uri(reverse("start"))}
    hint = _opened(str(kept.get("hint", "")))
    if hint:
        asked["id_token_hint"] = hint
    joint = "&" if "?" in kept["end"] else "?"
    return f"{kept['end']}{joint}{urlencode(asked)}"


def show_farewell(request: HttpRequest, address: str) -> HttpResponse:
    """Signed out here; on to the provider. A page, not a redirect: the form's policy leads to our own pages only."""
    return show(request, SignedOutPage(address))


def _remember(request: HttpRequest, answer: oidc_client.Answer) -> None:
    """For signing out: where to, and the id token as a hint, sealed because it names the person."""
    secure = answer.end_session.startswith("https://") or not settings.PRODUCTION
    hint = vault().seal(answer.id_token).hex() if len(answer.id_token) <= LONGEST_HINT else ""
    request.session[_CAME_BY] = {"end": answer.end_session if secure else "", "hint": hint}


def _opened(sealed: str) -> str:
    """The hint, or none where the keys have changed since."""
    try:
        return vault().open(bytes.fromhex(sealed)) if sealed else ""
    except NoKeyOpens:
        return ""
