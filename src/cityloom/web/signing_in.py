"""What every way of signing in shares: the page, the lock, the second step, and the post to go on by."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from cityloom.base.clock import RealClock
from cityloom.city.second_factor import has_factor
from cityloom.city.snapshot_values import City
from cityloom.web import context, factor_door, lockout
from cityloom.web.beginning import begin_session
from cityloom.web.moments import say_span
from cityloom.web.navigation import home_of
from cityloom.web.shown import show
from cityloom.web.words import say

PENDING = "pending_sign_in"
PENDING_S = 600  # how long the second step may take


def provider_label() -> str:
    """What the button of the identity provider says; blank where there is no provider."""
    told = settings.IDENTITY_PROVIDER
    return told.label(context.language()) if told is not None else ""


@dataclass(frozen=True)
class SignInPage:
    """Name and password, or the identity provider."""

    template: ClassVar[str] = "cityloom/sign_in.html"
    login: Annotated[str, "the name as typed"] = ""
    error: Annotated[str, "why the sign-in failed"] = ""
    next: Annotated[str, "where to go afterwards"] = ""
    told: Annotated[str, "what happened before, if anything"] = ""
    provider: Annotated[str, "what the button of the identity provider says; blank for none"] = field(
        default_factory=provider_label
    )


@dataclass(frozen=True)
class CodePage:
    """The second step: a code of the generator, or a recovery code."""

    template: ClassVar[str] = "cityloom/sign_in_code.html"
    login: Annotated[str, "who is signing in"]
    error: Annotated[str, "why the code was not taken"] = ""


def go_on(request: HttpRequest, city: City, user: User, wanted: str, *, passed: bool) -> HttpResponse:
    """Go on after the first step: to the code of the second factor, or into a session. `passed`: it was shown."""
    if not passed and factor_door.is_in_use() and has_factor(user.get_username()):
        request.session.cycle_key()
        request.session[PENDING] = [user.pk, user.get_session_auth_hash(), int(time.time()), wanted]
        return redirect("sign_in_code")
    begin_session(request, user, passed=passed)
    return to_post_or(request, city, wanted)


def to_post_or(request: HttpRequest, city: City, wanted: str) -> HttpResponse:
    """To where the person wanted to go, or to the choice of a post where there is not just one."""
    post = context.post_of(request, city)
    if post is not None:
        context.remember_post(request, post)
        return redirect(wanted or home_of(post)[0])
    if getattr(request.user, "is_staff", False) and wanted.startswith(reverse("admin:index")):
        return redirect(wanted)
    return redirect(f"{reverse('choose_post')}?next={wanted}" if wanted else "choose_post")


def locked(request: HttpRequest, city: City, page: SignInPage | CodePage, name: str) -> HttpResponse:
    """The page with until when the name is locked at this address."""
    lockout.note_lock(name)
    now = RealClock().now()
    until = lockout.locked_until(request, name) or now
    left_s = max(60, int((until - now).total_seconds()))
    clock = f"{until.astimezone(city.calendar().tz):%H:%M}"
    error = say("signin.locked", until=clock, left=say_span(left_s + 59, context.language()))
    told = type(page)(login=page.login, error=error, **({"next": page.next} if isinstance(page, SignInPage) else {}))
    answer = show(request, told, 429)
    answer.headers["Retry-After"] = str(left_s)
    return answer


def safe_address(request: HttpRequest, wanted: str) -> str:
    """The address to go to afterwards, when it is one of ours."""
    own = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if own else ""
