"""The doors of the pages: everybody's and the staff's. A refusal of the middle becomes a page with its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, patch_cache_control

from cityloom.base.errors import CityloomError
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.naming import said_by
from cityloom.web.shown import show

View = Callable[..., HttpResponseBase]


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
            if post is None:
                return _to_sign_in(request)
            answer = view(request, city, post, *args, **more)
        except CityloomError as refusal:
            answer = refuse(request, refusal, city)
        patch_cache_control(answer, private=True, no_store=True)
        return answer

    return door


def refuse(request: HttpRequest, refusal: CityloomError, city: City | None) -> HttpResponse:
    """The page that tells a refusal."""
    answer = show(request, RefusalPage(said_by(refusal, city), refusal.status), refusal.status)
    add_never_cache_headers(answer)
    return answer


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in, or to the choice of a post; afterwards back to where the person wanted to go."""
    where = "choose_post" if request.user.is_authenticated else "sign_in"
    wanted = request.get_full_path() if request.method == "GET" else request.path
    return redirect(f"{reverse(where)}?{urlencode({'next': wanted})}")


def by_resident() -> Post:
    """The post of somebody who reports or follows without an account."""
    return context.RESIDENT
