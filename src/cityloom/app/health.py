"""Answers for whoever watches the processes: alive, ready to serve, and what is measured."""

from __future__ import annotations

import hmac
import ipaddress
import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cityloom.app import metrics as measured
from cityloom.app.figures import StoredFigures
from cityloom.app.health_checks import Look, is_ready, looks
from cityloom.base.clock import clock_of_settings
from cityloom.web.addresses import address_of

LOOKS_KEPT_S = 1.0  # however often it is asked: a look costs tens of milliseconds, and anybody may ask
_stored = StoredFigures(clock_of_settings)
_kept: list[tuple[float, list[Look]]] = []


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether this process can serve: each look with its milliseconds and the next step; 503 when it cannot."""
    found = _looked()
    ready = is_ready(found)
    told = {"status": "ready" if ready else "not ready", "checks": [look.as_json() for look in found]}
    return JsonResponse(told, status=200 if ready else 503)


def _looked() -> list[Look]:
    """What was found a moment ago, or now."""
    now_s = time.monotonic()
    if not _kept or now_s - _kept[0][0] >= LOOKS_KEPT_S:
        _kept[:] = [(now_s, looks())]
    return _kept[0][1]


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What is measured, in the text format of Prometheus, for the addresses and the token of the settings."""
    if not _may_measure(request):
        words = (
            "metrics are for the addresses in CITYLOOM_METRICS_FROM, or with the token as `Authorization: Bearer`\n"
        )
        return HttpResponse(words, status=403, content_type="text/plain; charset=utf-8")
    return HttpResponse(measured.exposition(_stored), content_type=measured.CONTENT_TYPE)


def _may_measure(request: HttpRequest) -> bool:
    token = settings.CITYLOOM_METRICS_TOKEN
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if token and kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return True
    if _came_through_a_stranger(request):
        return False
    address = ipaddress.ip_address(address_of(request))
    return any(address in network for network in settings.CITYLOOM_METRICS_FROM)


def _came_through_a_stranger(request: HttpRequest) -> bool:
    """Whether a proxy stands in front that we were not told of: then the address seen is the proxy's own."""
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"))
    return forwarded and not settings.CITYLOOM_TRUSTED_PROXIES
