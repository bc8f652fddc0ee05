"""Signing in by name and password, then by post: a person with several posts says by which one he acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from cityloom.city.snapshot_values import City
from cityloom.web import context
from cityloom.web.doors import for_everybody
from cityloom.web.naming import names
from cityloom.web.shown import show
from cityloom.web.words import say


@dataclass(frozen=True)
class SignInPage:
    """Name and password."""

    template: ClassVar[str] = "cityloom/sign_in.html"
    login: Annotated[str, "the name as typed"] = ""
    error: Annotated[str, "why the sign-in failed"] = ""
    next: Annotated[str, "where to go afterwards"] = ""


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
    """Sign in by name and password; too many failures lock the name for a quarter of an hour."""
    wanted = _safe(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.method == "GET":
        return show(request, SignInPage(next=wanted))
    typed = context.typed_of(request.POST, "username", "password")
    user = authenticate(request, username=typed["username"].strip(), password=typed["password"])
    if user is None:
        locked = getattr(request, "axes_locked_out", False)
        error = say("signin.locked" if locked else "signin.wrong")
        return show(request, SignInPage(typed["username"], error, wanted), 429 if locked else 401)
    login(request, user)
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


def _to_post_or(request: HttpRequest, city: City, wanted: str) -> HttpResponse:
    if context.post_of(request, city) is not None:
        return redirect(wanted or "queue")
    return redirect(f"{reverse('choose_post')}?next={wanted}" if wanted else "choose_post")


def _safe(request: HttpRequest, wanted: str) -> str:
    """The address to go to afterwards, when it is one of ours."""
    own = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if own else ""
