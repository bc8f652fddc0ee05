"""The street's pages without a line: their service worker, and whether the server can be reached and by whom."""

from __future__ import annotations

from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

_WORKER = "cityloom/build/fieldsw.js"


@never_cache
@require_safe
def field_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the address whose pages it may serve: those of the street."""
    found = finders.find(_WORKER)
    if not found:
        raise Http404
    return HttpResponse(Path(found).read_bytes(), content_type="text/javascript; charset=utf-8")


@never_cache
@require_safe
def field_ready(request: HttpRequest) -> HttpResponse:
    """Whether the server can be reached, the token a form has to bring, and who is signed in (nobody: empty).

    What one person kept on a phone is not sent as another's.
    """
    login = request.user.get_username() if request.user.is_authenticated else ""
    return JsonResponse({"token": get_token(request), "login": login})
