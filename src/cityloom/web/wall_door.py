"""The door of the one screen: for those who lead, and for a wall display that a link let in without a person."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control

from cityloom.base.errors import CityloomError
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.doors import View, for_staff, refuse

COOKIE = "wall"  # the link's token; sent back to the screen only
WallOpener = Callable[[str, City], Post | None]
_openers: list[WallOpener] = []


def open_walls_by(opener: WallOpener) -> None:
    """Tell who knows the post of a link's token; None for a token that opens nothing any more."""
    _openers[:] = [opener]


def for_screen(view: View) -> View:
    """The view gets the request, the city and the post: of the person, or else of the wall display's link."""
    staff = for_staff(view)

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        token = request.COOKIES.get(COOKIE, "")
        if request.user.is_authenticated or not token or not _openers or request.method not in ("GET", "HEAD"):
            return staff(request, *args, **more)
        city: City | None = None
        try:
            city = context.city()
            post = _openers[0](token, city)
            if post is None:
                return staff(request, *args, **more)
            answer = view(request, city, post, *args, **more)
        except CityloomError as refusal:
            answer = refuse(request, refusal, city)
        patch_cache_control(answer, private=True, no_store=True)
        return answer

    return door
