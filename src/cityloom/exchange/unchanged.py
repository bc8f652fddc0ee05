"""Whether a reader has a document already: by its tag, which is exact, else by the moment of its newest change."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import http_date, parse_etags


def answer_once(request: HttpRequest, body: bytes, kind: str, changed: datetime, cache: str) -> HttpResponse:
    """The document with its tag, or 304 for a reader who has it; `cache` is its Cache-Control.

    A date is compared for equality: a newest case that was taken back makes the newest change an older one.
    """
    tag, moment = f'"{hashlib.sha256(body).hexdigest()[:32]}"', http_date(changed.timestamp())
    answer: HttpResponse = HttpResponse(body, content_type=kind)
    if _has(request, tag, moment):
        answer = HttpResponseNotModified()
    for name, value in (("ETag", tag), ("Last-Modified", moment), ("Cache-Control", cache)):
        answer.headers[name] = value
    return answer


def _has(request: HttpRequest, tag: str, moment: str) -> bool:
    told = request.headers.get("If-None-Match")
    if told is None:
        return request.headers.get("If-Modified-Since") == moment
    known = [each.removeprefix("W/") for each in parse_etags(told)]  # a proxy that packs the body weakens its tag
    return "*" in known or tag in known
