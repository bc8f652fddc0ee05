"""The door over HTTP: who calls and how often, the request read, the answer or refusal as the standard tells it."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from cityloom.base.errors import CityloomError
from cityloom.base.rate_limits import Standing, TooOften
from cityloom.base.reasons import render
from cityloom.city.snapshot import NoSuchCity
from cityloom.city.this_city import this_city
from cityloom.exchange.api import calls
from cityloom.exchange.api.errors import language, plain
from cityloom.exchange.sensorthings import batch
from cityloom.exchange.sensorthings.errors import BadEntity, BadQuery, BadType, Failed, NoMethod, TooLarge
from cityloom.exchange.sensorthings.multipart import MIXED, as_multipart, parts_of_multipart
from cityloom.exchange.sensorthings.serving import Answer, Asked, Call, serve

log = logging.getLogger("cityloom.sensorthings")

ROOT = "/sta/v1.1"
JSON, JSON_PATCH = "application/json", "application/json-patch+json"
GEO_JSON = "application/geo+json"
_METHODS = "GET, HEAD, POST, PATCH, PUT, DELETE, OPTIONS"
_STATUS = {422: 400}  # the standard knows no other word for what cannot be understood


@csrf_exempt
def door(request: HttpRequest, path: str = "") -> HttpResponse:
    """Every address under the root."""
    standing: Standing | None = None
    try:
        if request.method == "OPTIONS":
            return _preflight()
        city, now = this_city(), calls.clock().now()
        standing, caller = calls.let_in(request, city, now)
        call = Call(city, caller, now, f"{_site(request)}{ROOT}")
        answer = _served(call, request, path)
    except CityloomError as refusal:
        answer = _refused(refusal)
    except NoSuchCity as none:
        answer = _json({"code": 503, "type": "error", "message": str(none)}, 503)
    except SuspiciousOperation as wrong:
        answer = _refused(_suspicious(wrong))
    except Exception as wrong:  # told like all else; the log has the whole of it
        log.error("request failed", exc_info=wrong)
        answer = _refused(Failed("sta.failed"))
    if request.method in ("GET", "HEAD"):
        answer.headers["Access-Control-Allow-Origin"] = "*"  # no cookie opens anything here
    return calls.headed(request, answer, standing)


def _site(request: HttpRequest) -> str:
    return str(settings.CITYLOOM_SITE_URL or request.build_absolute_uri("/")).rstrip("/")


def _served(call: Call, request: HttpRequest, path: str) -> HttpResponse:
    """The answer of a single request or of a batch."""
    query = request.META.get("QUERY_STRING", "")
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    if not calls.is_plain(path) or not all(calls.is_plain(k) and calls.is_plain(v) for k, v in pairs):
        raise BadQuery("sta.bad_path", path="…")
    if path.strip("/") == "$batch":
        return _batch(call, request)
    body, is_patch = _body(request) if request.method in ("POST", "PATCH", "PUT") else (None, False)
    return _as_response(serve(call, Asked(request.method or "", path, pairs, body, is_patch)))


def _batch(call: Call, request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        raise NoMethod(request.method or "", ("POST",))
    if (request.content_type or "").lower() == MIXED:
        parts, outlines = parts_of_multipart(request.body, request.META["CONTENT_TYPE"], call.base)
        told, kind = as_multipart(batch.serve_batch(call, parts, _told_refusal), outlines)
        return HttpResponse(told, content_type=kind)
    body, _ = _body(request)
    return _json({"responses": batch.serve_batch(call, batch.parts_of(body, call.base), _told_refusal)})


def _body(request: HttpRequest) -> tuple[Any, bool]:
    """The body as JSON, and whether it is a JSON Patch; raises BadType, BadEntity."""
    kind = (request.content_type or "").lower()
    if kind not in (JSON, JSON_PATCH, "") and not kind.endswith("+json"):
        raise BadType("sta.bad_type", given=kind[:60])
    try:
        return json.loads(request.body.decode("utf-8"), parse_constant=_refuse), kind == JSON_PATCH
    except (ValueError, RecursionError) as wrong:
        raise BadEntity("sta.bad_json") from wrong


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _suspicious(wrong: SuspiciousOperation) -> CityloomError:
    if isinstance(wrong, RequestDataTooBig):
        return TooLarge("sta.too_large", most_mb=round((settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) / 10**6, 1))
    return BadEntity("sta.bad_json")


# --- answers --------------------------------------------------------------------------------------------------------


def _as_response(answer: Answer) -> HttpResponse:
    if answer.text is not None:
        return HttpResponse(answer.text, status=answer.status, content_type="text/plain; charset=utf-8")
    if answer.body is None:
        return HttpResponse(status=answer.status)
    made = _json(answer.body, answer.status)
    if answer.location:
        made.headers["Location"] = answer.location
    if isinstance(answer.body, dict) and answer.body.get("type") == "FeatureCollection":
        made.headers["Content-Type"] = GEO_JSON
    return made


def _json(value: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(batch.as_json(value), status=status, content_type=f"{JSON}; charset=utf-8")


def status_of(refusal: CityloomError) -> int:
    """The status of the standard for a refusal."""
    return _STATUS.get(refusal.status, refusal.status)


def error_of(refusal: CityloomError) -> dict[str, Any]:
    """A refusal as JSON: the status, our code of the reason with its parameters, the sentence in zh or en."""
    status = status_of(refusal)
    return {
        "code": status,
        "type": "error",
        "message": render(refusal.reason, language()),
        "reason": refusal.reason.code,
        "params": plain(refusal.reason.params),
    }


def _told_refusal(refusal: CityloomError) -> dict[str, Any]:
    return {"status": status_of(refusal), "body": error_of(refusal)}


def _refused(refusal: CityloomError) -> HttpResponse:
    answer = _json(error_of(refusal), status_of(refusal))
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="cityloom"'
    if isinstance(refusal, TooOften):
        answer.headers["Retry-After"] = str(refusal.retry_after_s)
    if isinstance(refusal, NoMethod):
        answer.headers["Allow"] = ", ".join(refusal.allowed)
    return answer


def _preflight() -> HttpResponse:
    answer = HttpResponse(status=204)
    answer.headers["Allow"] = _METHODS
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
    answer.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
    return answer
