"""The street's pages without a line: their service worker, and whether the server can be reached and by whom."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cityloom.web.service_workers import send_worker


@never_cache
@require_safe
def field_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the address whose pages it may serve: those of the street."""
    return send_worker("fieldsw.js")


@never_cache
@require_safe
def field_ready(request: HttpRequest) -> HttpResponse:
    """Whether the server can be reached, the token a form has to bring, and who is signed in (nobody: empty).

    What one person kept on a phone is not sent as another's.
    """
    login = request.user.get_username() if request.user.is_authenticated else ""
    return JsonResponse({"token": get_token(request), "login": login})
