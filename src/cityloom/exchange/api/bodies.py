"""Reading bodies: JSON, or multipart with the JSON in its part `body` and pictures in `photos`."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple, TypeVar

from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from pydantic import ValidationError

from cityloom.base.reasons import register
from cityloom.cases.errors import BadPhoto
from cityloom.cases.photos import MOST_BYTES, Picture, clean_photo
from cityloom.city.snapshot_values import City
from cityloom.exchange.api.errors import BadInput, BadRequest, BadType
from cityloom.exchange.api.schemas import Incoming

register({"api.too_many_photos": ("最多可附{most}张照片", "at most {most} photos can be added")})
DEFAULT_PHOTOS = 6
JSON, MULTIPART = "application/json", "multipart/form-data"
In = TypeVar("In", bound=Incoming)


class Body(NamedTuple):
    """What came: the JSON as it was read, the pictures as they were sent, and a digest of both."""

    data: Any
    files: list[Any]
    digest: bytes


def body_of(request: HttpRequest) -> Body:
    """The body; raises BadRequest or BadType for one that cannot be read."""
    kind = (request.content_type or "").lower()
    if kind == JSON or kind.endswith("+json"):
        return Body(_parsed(request.body), [], _digest(request, request.body, []))
    if kind != MULTIPART:
        raise BadType("api.bad_type", given=kind[:60], known=[JSON, MULTIPART])
    try:
        text, files = request.POST.get("body", ""), request.FILES.getlist("photos")
    except (MultiPartParserError, UnicodeError) as wrong:
        raise BadRequest("api.bad_form") from wrong
    return Body(_parsed(text.encode("utf-8", "surrogatepass")), files, _digest(request, text.encode(), files))


def said(body: Body, kind: type[In]) -> In:
    """The body as this class; raises BadInput naming every value that does not fit."""
    try:
        return kind.model_validate(body.data)
    except ValidationError as wrong:
        raise BadInput(faults(wrong.errors(include_url=False, include_context=False, include_input=False))) from wrong


def faults(errors: Any) -> list[dict[str, str]]:
    """Each fault with its place and what is wrong with it, never with the value itself."""
    return [{"at": ".".join(map(str, e["loc"])) or "body", "what": str(e["msg"])[:300]} for e in errors]


def pictures_of(body: Body, city: City) -> tuple[Picture, ...]:
    """The pictures, re-encoded; raises BadPhoto for the first that is none, and for too many."""
    most = int(city.settings.limits.get("photos_per_report", DEFAULT_PHOTOS))
    if len(body.files) > most:
        raise BadPhoto("api.too_many_photos", most=most)
    for file in body.files:
        if (file.size or 0) > MOST_BYTES:
            raise BadPhoto("error.photo_too_large", most_mb=MOST_BYTES // 1_000_000)
    return tuple(clean_photo(_bytes(file)) for file in body.files)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as wrong:
        raise BadRequest("api.bad_json") from wrong


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _digest(request: HttpRequest, raw: bytes, files: list[Any]) -> bytes:
    """What a repeated request is told by: its address, its words, its pictures."""
    made = hashlib.sha256(f"{request.method} {request.path}\0{request.headers.get('If-Match', '')}\0".encode())
    made.update(raw)
    for file in files:
        made.update(hashlib.sha256(_bytes(file)).digest())
    return made.digest()


def _bytes(file: Any) -> bytes:
    file.seek(0)
    return bytes(file.read())
