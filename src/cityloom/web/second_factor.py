"""One's second factor: enrol a generator by its QR code, keep recovery codes, turn it off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from cityloom.base.clock import RealClock
from cityloom.city import second_factor as factors
from cityloom.city.account_sessions import end_sessions
from cityloom.city.snapshot_values import City
from cityloom.web import context, factor_door, lockout
from cityloom.web.doors import for_signed_in
from cityloom.web.shown import show
from cityloom.web.words import say


@dataclass(frozen=True)
class FactorPage:
    """The second factor: not there yet (secret and QR code), or there (recovery codes left)."""

    template: ClassVar[str] = "cityloom/second_factor.html"
    needed: Annotated[bool, "whether the person's posts ask for it"]
    on: Annotated[bool, "whether there is a confirmed generator"]
    qr: Annotated[str, "the QR code as SVG"] = ""
    secret: Annotated[str, "the secret in groups of four, to type in by hand"] = ""
    codes_left: Annotated[int, "recovery codes not used yet"] = 0
    error: Annotated[str, "why a code was not taken"] = ""


@dataclass(frozen=True)
class RecoveryPage:
    """Recovery codes, shown this once."""

    template: ClassVar[str] = "cityloom/recovery_codes.html"
    codes: Annotated[Sequence[str], "the codes"]


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
@for_signed_in
def second_factor(request: HttpRequest, city: City) -> HttpResponse:
    """Enrol a second factor; with one, make new recovery codes or turn it off."""
    if not factor_door.is_in_use():
        raise Http404
    login = request.user.get_username()
    on = factors.has_factor(login)
    if request.method == "GET":
        return show(request, _page(request, city, on))
    if lockout.is_locked(request, login):
        return show(request, _page(request, city, on, say("factor.locked")), 429)
    typed = context.typed_of(request.POST, "code", "do")
    return _use(request, city, login, typed) if on else _enrol(request, city, login, typed["code"])


def qr_code(uri: str) -> SafeString:
    """The QR code of an address as an SVG of its own, without a style or a request to anybody."""
    code = segno.make_qr(uri, error="m")
    text = code.svg_inline(border=4, omitsize=True, dark="#1b1f24", light="#ffffff", svgclass=None, lineclass=None)
    return mark_safe(text)  # noqa: S308 (drawn here from black and white squares)


def _enrol(request: HttpRequest, city: City, login: str, code: str) -> HttpResponse:
    now = context.clock().now()
    codes = factors.confirm(login, code[:40], now, RealClock().now().timestamp())
    if codes is None:
        lockout.count_failure(request, login)
        return show(request, _page(request, city, False, say("factor.wrong")), 400)
    factor_door.note_passed(request)
    end_sessions(login, login, now, but=request.session.session_key or "")
    return show(request, RecoveryPage(codes))


def _use(request: HttpRequest, city: City, login: str, typed: dict[str, str]) -> HttpResponse:
    """New recovery codes, or turning it off: both with a code, so that an open desk is not enough."""
    now = context.clock().now()
    off = typed["do"] == "off"
    if off and _needed(request, city):
        return show(request, _page(request, city, True, say("factor.needed_here")), 400)
    if not factors.check_code(login, typed["code"][:40], now, RealClock().now().timestamp()):
        lockout.count_failure(request, login)
        return show(request, _page(request, city, True, say("factor.wrong")), 400)
    if off:
        factors.turn_off(login, login, now)
        factor_door.forget_passed(request)
        return redirect(f"{reverse('account')}?told=factor_off")
    factor_door.note_passed(request)
    return show(request, RecoveryPage(factors.make_recovery_codes(login, now)))


def _needed(request: HttpRequest, city: City) -> bool:
    return factor_door.is_asked_of(request, context.posts_of(request, city))


def _page(request: HttpRequest, city: City, on: bool, error: str = "") -> FactorPage:
    login, needed = request.user.get_username(), _needed(request, city)
    if on:
        return FactorPage(needed, True, codes_left=factors.count_recovery_codes(login), error=error)
    secret = factors.begin(login, context.clock().now())
    uri = factors.enrolment_uri(login, secret, city.name.in_language(context.language()))
    grouped = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return FactorPage(needed, False, qr_code(uri), grouped, error=error)
