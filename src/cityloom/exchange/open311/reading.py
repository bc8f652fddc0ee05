"""Reads what a client sends: bounded in size, UTF-8 and nothing else, forms only. No XML is ever parsed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import BadRequest as DjangoBadRequest
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from cityloom.cases.photos import MOST_BYTES
from cityloom.exchange.open311.errors import BadRequest, TooLarge

FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
MOST_FORM_BYTES = 256_000
MOST_UPLOAD_BYTES = 40_000_000
MOST_FIELDS = 200
LONGEST_FIELD = 20_000
_REPLACED = "�"  # what Django puts where bytes were no UTF-8


@dataclass(frozen=True)
class Sent:
    """The fields of a form, each once (the last one counts), and the files that came along."""

    fields: Mapping[str, str]
    files: tuple[Any, ...] = ()

    def text(self, name: str, longest: int = LONGEST_FIELD) -> str:
        """What a field says, trimmed and cut; empty when it was not sent."""
        return self.fields.get(name, "").strip()[:longest]

    def attributes(self) -> dict[str, str]:
        """The answers of `attribute[CODE]`, by code."""
        found = {n[10:-1]: v for n, v in self.fields.items() if n.startswith("attribute[") and n.endswith("]")}
        return found


def read_query(request: HttpRequest) -> Sent:
    """The parameters of an address; raises BadRequest for what is no UTF-8."""
    return _of_query(request.META.get("QUERY_STRING", ""))


def read_form(request: HttpRequest) -> Sent:
    """What was posted, with the parameters of the address under it: some clients put their `api_key` there.

    Raises TooLarge before anything is read, BadRequest for what is no form, broken, or no UTF-8.
    """
    kind = request.content_type or ""
    if kind not in (FORM, MULTIPART):
        raise BadRequest("open311.not_a_form")
    if (charset := (request.content_params or {}).get("charset", "utf-8").strip("\"' ").lower()) not in (
        "utf-8",
        "utf8",
    ):
        raise BadRequest("open311.bad_value", name="charset", value=charset[:20], example="utf-8")
    most = MOST_UPLOAD_BYTES if kind == MULTIPART else MOST_FORM_BYTES
    if _length_of(request) > most:
        raise TooLarge("open311.too_large", most_kb=most // 1000)
    query = read_query(request)
    try:
        sent = _of_parts(request) if kind == MULTIPART else _of_body(request.body)
    except (MultiPartParserError, SuspiciousOperation, DjangoBadRequest, UnreadablePostError, ValueError) as wrong:
        raise BadRequest("open311.broken_form") from wrong
    return Sent({**query.fields, **sent.fields}, sent.files)


def _length_of(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _of_query(text: str) -> Sent:
    try:
        return _of_body(text.encode("latin-1"))  # how WSGI hands bytes over
    except UnicodeEncodeError as wrong:
        raise BadRequest("open311.not_utf8") from wrong
    except ValueError as wrong:
        raise BadRequest("open311.broken_form") from wrong


def _of_body(body: bytes) -> Sent:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError as wrong:
        raise BadRequest("open311.not_utf8") from wrong
    return Sent(_checked(pairs))


def _of_parts(request: HttpRequest) -> Sent:
    files = tuple(file for name in request.FILES for file in request.FILES.getlist(name))
    for file in files:
        if (file.size or 0) > MOST_BYTES:
            raise TooLarge("open311.too_large", most_kb=MOST_BYTES // 1000)
    return Sent(_checked((name, str(value)) for name, value in request.POST.items()), files)


def _checked(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found = {}
    for name, value in pairs:
        if _REPLACED in name or _REPLACED in value:
            raise BadRequest("open311.not_utf8")
        if len(name) > 200 or len(value) > LONGEST_FIELD:
            raise TooLarge("open311.too_large", most_kb=LONGEST_FIELD // 1000)
        found[name.replace("\x00", "")] = value.replace("\x00", "")
    return found
