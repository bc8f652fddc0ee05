"""How a page looks to this visitor: paper or ink, text of usual or large type; kept in two cookies of the device."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEMES = ("", "paper", "ink")  # none: as the device has it
TYPES = ("", "large")
KEPT_S = 365 * 24 * 3600
_CHOICES = {"theme": THEMES, "type": TYPES}


@dataclass(frozen=True)
class Look:
    """What the visitor chose; empty where the device or the usual size decides."""

    theme: str = ""
    type: str = ""


def look_of(request: HttpRequest | None) -> Look:
    """The choice that came with the request; anything unknown counts as none."""
    cookies = request.COOKIES if request is not None else {}
    kept = {name: value for name in _CHOICES if (value := cookies.get(name, "")) in _CHOICES[name]}
    return Look(**kept)


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Keep a choice of theme or type and go back to the page it was made on."""
    back = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(back if own else "/")
    for name, allowed in _CHOICES.items():
        value = request.POST.get(name)
        if value is not None and value in allowed:
            response.set_cookie(
                name, value, max_age=KEPT_S, samesite="Lax", secure=request.is_secure(), httponly=True
            )
    return response
