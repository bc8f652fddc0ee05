"""Signing in by name, password and second factor, then by post: a person with several says by which one he acts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated, ClassVar

from django.contrib.auth import authenticate, logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from cityloom.base.clock import RealClock
from cityloom.base.rate_limits import TooOften
from cityloom.city.second_factor import check_code
from cityloom.city.snapshot_values import City
from cityloom.web import context, lockout
from cityloom.web.beginning import begin_session
from cityloom.web.doors import for_everybody, with_retry_after
from cityloom.web.naming import names, said_by
from cityloom.web.navigation import home_of
from cityloom.web.provider import farewell_of, show_farewell
from cityloom.web.public_limits import knock_at
from cityloom.web.shown import show
from cityloom.web.signing_in import (
    PENDING,
    PENDING_S,
    CodePage,
    SignInPage,
    go_on,
    locked,
    safe_address,
    to_post_or,
)
from cityloom.web.words import say

TOLD = {"post_ended": "signin.post_ended", "password_set": "signin.password_set", "session_over": "signin.over"}


@dataclass(frozen=True)
class ChoosePostPage:
    """The posts that a person holds today."""

    template: ClassVar[str] = "cityloom/choose_post.html"
    posts: Annotated[tuple[tuple[str, str], ...], "key and name of each post"]
    chosen: Annotated[str, "the key of the post acted by now"] = ""
    next: Annotated[str, "where to go afterwards"] = ""


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
@for_everybody
def sign_in(request: HttpRequest, city: City) -> HttpResponse:
    """Sign in by name and password; too many failures lock the name for a while."""
    wanted = safe_address(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.method == "GET":
        told = TOLD.get(request.GET.get("told", ""), "")
        return show(request, SignInPage(next=wanted, told=say(told) if told else ""))
    typed = context.typed_of(request.POST, "username", "password")
    name = typed["username"].strip()[:150]
    try:
        knock_at(request, city, sign_in="")
    except TooOften as refusal:
        page = SignInPage(typed["username"], said_by(refusal, city), wanted)
        return with_retry_after(show(request, page, refusal.status), refusal)
    user = authenticate(request, username=name, password=typed["password"])
    if not isinstance(user, User):
        return _refused(request, city, SignInPage(typed["username"], say("signin.wrong"), wanted), name)
    return go_on(request, city, user, wanted, passed=False)


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
@for_everybody
def sign_in_code(request: HttpRequest, city: City) -> HttpResponse:
    """The second step of signing in: a code of the generator or a recovery code."""
    found = _pending(request)
    if found is None:
        return redirect(f"{reverse('sign_in')}?told=session_over")
    user, wanted = found
    name = user.get_username()
    if request.method == "GET":
        return show(request, CodePage(name))
    if lockout.is_locked(request, name):
        return locked(request, city, CodePage(name), name)
    code = context.typed_of(request.POST, "code")["code"][:40]
    if not check_code(name, code, context.clock().now(), RealClock().now().timestamp()):
        lockout.count_failure(request, name)
        return _refused(request, city, CodePage(name, say("signin.wrong_code")), name)
    request.session.pop(PENDING)
    begin_session(request, user, passed=True)
    return to_post_or(request, city, wanted)


@never_cache
@require_http_methods(["GET", "POST"])
@for_everybody
def choose_post(request: HttpRequest, city: City) -> HttpResponse:
    """Choose the post to act by; only posts held today are offered."""
    if not request.user.is_authenticated:
        return redirect("sign_in")
    wanted = safe_address(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.method == "POST" and context.choose_post(request, city, request.POST.get("post", "")):
        chosen = context.post_of(request, city)
        return redirect(wanted or (home_of(chosen)[0] if chosen else "queue"))
    current = context.post_of(request, city)
    posts = tuple((context.post_key(p), names(city).post(p)) for p in context.posts_of(request, city))
    return show(request, ChoosePostPage(posts, context.post_key(current) if current else "", wanted))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and where the identity provider began it, the one there as well."""
    farewell = farewell_of(request)
    logout(request)
    return show_farewell(request, farewell) if farewell else redirect("start")


def _pending(request: HttpRequest) -> tuple[User, str] | None:
    """Who has taken the first step and has yet to show the code, and where to go then; None when too long ago."""
    kept = request.session.get(PENDING)
    if not kept or time.time() - kept[2] > PENDING_S:
        return None
    user = User.objects.filter(pk=kept[0], is_active=True).first()
    if user is None or user.get_session_auth_hash() != kept[1]:
        return None
    return user, str(kept[3])


def _refused(request: HttpRequest, city: City, page: SignInPage | CodePage, name: str) -> HttpResponse:
    """The page again with why; when the failure locked the name, with until when."""
    if getattr(request, "axes_locked_out", False):
        return locked(request, city, page, name)
    return show(request, page, 401)
