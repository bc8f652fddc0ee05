"""The doors of the pages: everybody's and the staff's. A refusal of the middle becomes a page with its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, patch_cache_control

from cityloom.base.errors import CityloomError
from cityloom.base.rate_limits import TooOften
from cityloom.city.account_events import Happened, record
from cityloom.city.account_sessions import end_sessions
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context, factor_door
from cityloom.web.naming import said_by
from cityloom.web.shown import show

View = Callable[..., HttpResponseBase]
ACTING = "cityloom.post"  # where `request.META` notes by which post somebody was let in
PASSWORD_DUE = "password_due"  # noqa: S105 (what the session calls it)


@dataclass(frozen=True)
class RefusalPage:
    """Something could not be done: what, and what to do next."""

    template: ClassVar[str] = "cityloom/refusal.html"
    sentence: Annotated[str, "the refusal in the visitor's language"]
    status: Annotated[int, "the answer's status"]


def for_everybody(view: View) -> View:
    """The view gets the request and the city."""

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        city: City | None = None
        try:
            city = context.city()
            return view(request, city, *args, **more)
        except CityloomError as refusal:
            return refuse(request, refusal, city)

    return door


def for_staff(view: View) -> View:
    """The view gets the request, the city and the post; others are sent to sign in or to choose a post."""

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        city: City | None = None
        try:
            city = context.city()
            post = context.post_of(request, city)
            if context.has_lost_post(request, city):
                return _to_new_sign_in(request)
            if post is None:
                return _to_sign_in(request)
            if (first := _first_to_do(request, post)) is not None:
                return first
            request.META[ACTING] = post
            answer = view(request, city, post, *args, **more)
        except CityloomError as refusal:
            answer = refuse(request, refusal, city)
        patch_cache_control(answer, private=True, no_store=True)
        return answer

    return door


def for_signed_in(view: View) -> View:
    """The view gets the request and the city; whoever has not signed in is sent to do so. No post is needed."""

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        city: City | None = None
        try:
            city = context.city()
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            answer = view(request, city, *args, **more)
        except CityloomError as refusal:
            answer = refuse(request, refusal, city)
        patch_cache_control(answer, private=True, no_store=True)
        return answer

    return door


def refuse(request: HttpRequest, refusal: CityloomError, city: City | None) -> HttpResponse:
    """The page that tells a refusal."""
    answer = show(request, RefusalPage(said_by(refusal, city), refusal.status), refusal.status)
    add_never_cache_headers(answer)
    return with_retry_after(answer, refusal)


def with_retry_after(answer: HttpResponse, refusal: CityloomError) -> HttpResponse:
    """The answer telling when to come back, where the refusal says so."""
    if isinstance(refusal, TooOften):
        answer.headers["Retry-After"] = str(refusal.retry_after_s)
    return answer


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in, or to the choice of a post; afterwards back to where the person wanted to go."""
    where = "choose_post" if request.user.is_authenticated else "sign_in"
    wanted = request.get_full_path() if request.method == "GET" else request.path
    return redirect(f"{reverse(where)}?{urlencode({'next': wanted})}")


def _to_new_sign_in(request: HttpRequest) -> HttpResponse:
    """The post that the session went on by has ended, and with it all sessions of the person."""
    login, at = request.user.get_username(), context.clock().now()
    end_sessions(login, "system", at)
    record(login, Happened.POST_ENDED, "system", at)
    logout(request)
    return redirect(f"{reverse('sign_in')}?{urlencode({'told': 'post_ended'})}")


def _first_to_do(request: HttpRequest, post: Post) -> HttpResponse | None:
    """Where a person has to go before working: to enrol a second factor, to set another password."""
    if factor_door.is_asked_of(request, (post,)) and not factor_door.has_passed(request):
        return redirect("second_factor")
    if request.session.get(PASSWORD_DUE):
        return redirect("change_password")
    return None


def by_resident() -> Post:
    """The post of somebody who reports or follows without an account."""
    return context.RESIDENT


def wants_json(request: HttpRequest) -> bool:
    """Whether the page's own script asks."""
    return "application/json" in request.headers.get("Accept", "")
