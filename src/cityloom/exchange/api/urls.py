"""The addresses under /api/v1; behind the door each, and whatever is left over is told to be none."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path

from cityloom.exchange.api.api import api
from cityloom.exchange.api.calls import door
from cityloom.exchange.api.errors import NoRoute


def _nothing(request: HttpRequest) -> HttpResponseBase:
    raise NoRoute("api.no_route", path=request.path[:200])


def _behind_the_door() -> list[URLPattern]:
    """The framework's addresses, each view behind the door."""
    found: list[URLPattern] = []
    for pattern in api.urls[0]:
        if isinstance(pattern, URLPattern) and str(pattern.pattern) != "":
            found.append(path(str(pattern.pattern), door(pattern.callback), name=f"api_{pattern.name}"))
    return found


urlpatterns = [*_behind_the_door(), re_path(r"^.*$", door(_nothing), name="api_nothing")]
