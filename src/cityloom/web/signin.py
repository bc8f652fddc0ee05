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
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from cityloom.base.clock import RealClock
from cityloom.base.rate_limits import TooOften
from cityloom.city.second_factor import check_code, has_factor
from cityloom.city.snapshot_values import City
from cityloom.web import context, factor_door, lockout
from cityloom.web.beginning import begin_session
from cityloom.web.doors import for_everybody, with_retry_after
from cityloom.web.moments import say_span
from cityloom.web.naming import names, said_by
from cityloom.web.public_limits import knock_at
from cityloom.web.shown import show
from cityloom.web.words import say

_PENDING = "pending_sign_in"
PENDING_S = 600  # how long the second step may take
TOLD = {"post_ended": "signin.post_ended", "password_set": "signin.password_set", "session_over": "signin.over"}


@dataclass(frozen=True)
class SignInPage:
    """Name and password."""

    template: ClassVar[str] = "cityloom/sign_in.html"
    login: Annotated[str, "the name as typed"] = ""
    error: Annotated[str, "why the sign-in failed"] = ""
    next: Annotated[str, "where to go afterwards"] = ""
    told: Annotated[str, "what happened before, if anything"] = ""


@dataclass(frozen=True)
class CodePage:
    """The second step: a code of the generator, or a recovery code."""

    template: ClassVar[str] = "cityloom/sign_in_code.html"
    login: Annotated[str, "who is signing in"]
    error: Annotated[str, "why the code was not taken"] = ""


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
    wanted = _safe(request, request.POST.get("next") or request.GET.get("next") or "")
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
    if factor_door.is_in_use() and has_factor(user.get_username()):
        request.session.cycle_key()
        request.session[_PENDING] = [user.pk, user.get_session_auth_hash(), int(time.time()), wanted]
        return redirect("sign_in_code")
    begin_session(request, user, passed=False)
    return _to_post_or(request, city, wanted)


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
        return _locked(request, city, CodePage(name), name)
    code = context.typed_of(request.POST, "code")["code"][:40]
    if not check_code(name, code, context.clock().now(), RealClock().now().timestamp()):
        lockout.count_failure(request, name)
        return _refused(request, city, CodePage(name, say("signin.wrong_code")), name)
    request.session.pop(_PENDING)
    begin_session(request, user, passed=True)
    return _to_post_or(request, city, wanted)


@never_cache
@require_http_methods(["GET", "POST"])
@for_everybody
def choose_post(request: HttpRequest, city: City) -> HttpResponse:
    """Choose the post to act by; only posts held today are offered."""
    if not request.user.is_authenticated:
        return redirect("sign_in")
    wanted = _safe(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.method == "POST" and context.choose_post(request, city, request.POST.get("post", "")):
        return redirect(wanted or "queue")
    current = context.post_of(request, city)
    posts = tuple((context.post_key(p), names(city).post(p)) for p in context.posts_of(request, city))
    return show(request, ChoosePostPage(posts, context.post_key(current) if current else "", wanted))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("start")


def _pending(request: HttpRequest) -> tuple[User, str] | None:
    """Who has shown the password and has yet to show the code, and where to go afterwards; None when too long ago."""
    kept = request.session.get(_PENDING)
    if not kept or time.time() - kept[2] > PENDING_S:
        return None
    user = User.objects.filter(pk=kept[0], is_active=True).first()
    if user is None or user.get_session_auth_hash() != kept[1]:
        return None
    return user, str(kept[3])


def _refused(request: HttpRequest, city: City, page: SignInPage | CodePage, name: str) -> HttpResponse:
    """The page again with why; when the failure locked the name, with until when."""
    if getattr(request, "axes_locked_out", False):
        return _locked(request, city, page, name)
    return show(request, page, 401)


def _locked(request: HttpRequest, city: City, page: SignInPage | CodePage, name: str) -> HttpResponse:
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


def _to_post_or(request: HttpRequest, city: City, wanted: str) -> HttpResponse:
    post = context.post_of(request, city)
    if post is not None:
        context.remember_post(request, post)
        return redirect(wanted or "queue")
    if getattr(request.user, "is_staff", False) and wanted.startswith(reverse("admin:index")):
        return redirect(wanted)
    return redirect(f"{reverse('choose_post')}?next={wanted}" if wanted else "choose_post")


def _safe(request: HttpRequest, wanted: str) -> str:
    """The address to go to afterwards, when it is one of ours."""
    own = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if own else ""
