"""Refusals as problem details (RFC 9457): the code of the reason with its parameters, the sentence in zh or en."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language

from cityloom.base.errors import CityloomError
from cityloom.base.rate_limits import TooOften
from cityloom.base.reasons import Reason, register, render

PROBLEM = "application/problem+json"
TYPES = "/api/v1/problems/"  # where the sentences of a code can be read

register(
    {
        "api.no_route": ("没有这个地址：{path}", "there is nothing at {path}"),
        "api.no_method": ("此地址不接受 {method}；可用：{allowed}", "{method} is not taken here; use {allowed}"),
        "api.bad_json": ("请求正文不是有效的 JSON", "the body is not valid JSON"),
        "api.bad_form": ("请求正文无法按 multipart 读取", "the body cannot be read as multipart"),
        "api.bad_type": (
            "正文类型 {given} 不支持，请用 {known}",
            "a body of type {given} is not taken; send {known}",
        ),
        "api.bad_input": ("有 {count} 处填写有误：{where}", "{count} values are wrong: {where}"),
        "api.too_large": ("请求正文过大，最多 {most_mb} MB", "the body is too large; at most {most_mb} MB"),
        "api.not_acceptable": (
            "不能以 Accept 所要求的格式返回；可用：{known}",
            "no such format here; there are: {known}",
        ),
        "api.unknown_word": (
            "筛选条件“{name}”没有“{value}”这个值",
            "the filter {name} knows no {value}",
        ),
        "api.bad_mark": ("after 不是本接口给出的翻页标记", "after is no mark that a page of this list ended with"),
        "api.unknown_field": ("没有字段“{field}”；有：{known}", "there is no field {field}; there are: {known}"),
        "api.bad_bbox": (
            "bbox 应为 西,南,东,北 四个经纬度",
            "bbox is west,south,east,north in degrees",
        ),
        "api.no_version": (
            "修改须说明所见版本：请求头 If-Match，取自案件的 ETag",
            "a change names the version that was seen: send If-Match with the ETag of the case",
        ),
        "api.bad_version": (
            'If-Match 应为案件的 ETag，例如 "5"',
            'If-Match is the ETag of the case, for example "5"',
        ),
        "api.no_key": (
            "凭令牌新建须带请求头 Idempotency-Key，以免重复",
            "what a token creates needs the header Idempotency-Key, so that nothing is made twice",
        ),
        "api.bad_key": (
            "Idempotency-Key 应为8到120个可见字符，如 UUID",
            "Idempotency-Key has 8 to 120 visible signs; use a UUID",
        ),
        "api.key_reused": (
            "此 Idempotency-Key 已用于另一内容的请求，请换一个",
            "this Idempotency-Key was used for something else; take another one",
        ),
        "api.no_such": ("没有 {what} {code}", "there is no {what} {code}"),
        "api.not_near": (
            "{number}不是附近同类的在办案件，不能并入",
            "{number} is no open case of this kind nearby; it cannot be joined",
        ),
        "api.failed": (
            "系统出错，未作任何更改。请把应答头 X-Request-Id 告知管理员",
            "something went wrong here and nothing was changed; tell the administrator the answer's X-Request-Id",
        ),
    }
)


class NoRoute(CityloomError):
    """An address under /api/v1 that nothing answers to."""

    status = 404


class NoSuchThing(CityloomError):
    """A code or number in the address that the city does not have."""

    status = 404


class NoMethod(CityloomError):
    """The address is there, the method is not."""

    status = 405


class BadRequest(CityloomError):
    """Something in the address, the head or the body cannot be read."""


class BadInput(CityloomError):
    """Values that do not fit; `errors` names each with its place."""

    status = 422

    def __init__(self, errors: list[dict[str, str]]) -> None:
        where = [e["at"] for e in errors[:10]]
        super().__init__("api.bad_input", count=len(errors), where=where)
        self.errors = errors


class TooLarge(CityloomError):
    status = 413


class BadType(CityloomError):
    """A body of a media type that is not taken."""

    status = 415


class NotAcceptable(CityloomError):
    """None of the formats asked for is made here."""

    status = 406


class NoVersion(CityloomError):
    """A change without the version it is based on."""

    status = 428


class KeyReused(CityloomError):
    """An idempotency key that was used for something else."""

    status = 422


class Changed(CityloomError):
    """Somebody moved the case first: `version` is the present one, `entries` what happened since the one seen."""

    status = 412

    def __init__(self, reason: Reason, version: int, entries: list[dict[str, Any]]) -> None:
        super().__init__(reason.code, **reason.params)
        self.version, self.entries = version, entries


class Failed(CityloomError):
    """Our own mistake; the log has it under the request's id."""

    status = 500


def language() -> str:
    """`zh` or `en`, by the request's Accept-Language."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def problem_of(refusal: CityloomError) -> dict[str, Any]:
    """The refusal as problem details."""
    told: dict[str, Any] = {
        "type": TYPES + refusal.reason.code,
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": render(refusal.reason, language()),
        "code": refusal.reason.code,
        "params": plain(refusal.reason.params),
    }
    if isinstance(refusal, BadInput):
        told["errors"] = refusal.errors
    if isinstance(refusal, Changed):
        told |= {"version": refusal.version, "changed": refusal.entries}
    return told


def answer_refusal(refusal: CityloomError) -> HttpResponse:
    """The answer that tells a refusal, with what its status asks for in the head."""
    answer = HttpResponse(as_json(problem_of(refusal)), status=refusal.status, content_type=PROBLEM)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="cityloom"'
    if isinstance(refusal, TooOften):
        answer.headers["Retry-After"] = str(refusal.retry_after_s)
    if isinstance(refusal, NoMethod):
        answer.headers["Allow"] = ", ".join(refusal.reason.params["allowed"])
    if isinstance(refusal, Changed):
        answer.headers["ETag"] = f'"{refusal.version}"'
    return answer


def plain(value: Any) -> Any:
    """A value as JSON knows it; sets become sorted lists, moments ISO 8601."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def as_json(value: Any) -> str:
    """JSON in UTF-8, Chinese as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
