"""The outermost frame around every request: its id, its line in the log, its count and its duration."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cityloom.app import metrics
from cityloom.app.logs import request_id
from cityloom.app.masking import mask
from cityloom.city.values import Post
from cityloom.web.doors import ACTING

log = logging.getLogger("cityloom.request")


_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{7,63}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"healthz", "readyz", "metrics", "static"})


class WatchRequests:
    """Notes of each request its route, status, milliseconds and the post it was made by: no path, no words."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_id.set(id_of(request))
        began_s = time.perf_counter()
        try:
            answer = self.get_response(request)
            answer.headers["X-Request-Id"] = request_id.get()
            _note(request, answer.status_code, time.perf_counter() - began_s)
            return answer
        finally:
            request_id.reset(token)


def id_of(request: HttpRequest) -> str:
    """The id that whoever is in front gave the request, if it is one and hides nothing; else a new one."""
    given = request.headers.get("X-Request-Id", "")
    return given if _ID.fullmatch(given) and mask(given) == given else uuid.uuid4().hex


def route_of(request: HttpRequest) -> str:
    """The name of the route, never its parameters; `none` for an address that nothing answers to."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name or "unnamed"
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"


def _note(request: HttpRequest, status: int, took_s: float) -> None:
    route, post = route_of(request), request.META.get(ACTING)
    method = request.method if request.method in _METHODS else "other"
    metrics.REQUESTS.labels(method, route, str(status)).inc()
    metrics.DURATIONS.labels(route).observe(took_s)
    metrics.note_pool()
    fields = {"method": method, "route": route, "status": status, "ms": round(1000 * took_s, 1)}
    if isinstance(post, Post):
        fields |= {"role": post.role.value, "unit": post.unit or ""}
    level = logging.DEBUG if route in _QUIET and status < 500 else logging.INFO
    log.log(level, "request", extra={"fields": fields})
