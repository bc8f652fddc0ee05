"""What another Open311 server says, read from its XML without trusting it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from cityloom.exchange.open311.mapping import CLOSED, moment_of

LONGEST_TEXT = 4000


class AnswerNotUnderstood(ValueError):
    """An answer that is no XML of the specification; the text says why."""


@dataclass(frozen=True)
class TheirRequest:
    """One request of another server; what it did not say is empty. A number that is none is left open."""

    id: str = ""
    token: str = ""
    is_closed: bool = False
    status_notes: str = ""
    service_code: str = ""
    service_name: str = ""
    description: str = ""
    requested_at: datetime | None = None
    updated_at: datetime | None = None
    address: str = ""
    lon: float | None = None
    lat: float | None = None


def read_requests(body: bytes) -> list[TheirRequest]:
    """The requests of an answer, in any of the shapes that are in use; raises AnswerNotUnderstood."""
    root = _root(body)
    if root.tag == "errors":
        raise AnswerNotUnderstood(_said(root) or "errors")
    return [_request(element) for element in root.iter("request")]


def read_refusal(body: bytes) -> str:
    """What an error document says; empty for one that is none."""
    try:
        return _said(_root(body))
    except AnswerNotUnderstood:
        return ""


def _root(body: bytes) -> Element:
    try:
        root: Element = fromstring(body)
    except DefusedXmlException as hostile:
        raise AnswerNotUnderstood(f"hostile XML: {type(hostile).__name__}") from hostile
    except (ParseError, LookupError, ValueError) as wrong:
        raise AnswerNotUnderstood("no XML") from wrong
    return root


def _said(root: Element) -> str:
    return "; ".join(_text(e, "description", 200) for e in root.iter("error"))[:300]


def _request(element: Element) -> TheirRequest:
    return TheirRequest(
        id=_text(element, "service_request_id", 100),
        token=_text(element, "token", 100),
        is_closed=_text(element, "status", 20).lower() == CLOSED,
        status_notes=_text(element, "status_notes"),
        service_code=_text(element, "service_code", 100),
        service_name=_text(element, "service_name", 200),
        description=_text(element, "description"),
        requested_at=moment_of(_text(element, "requested_datetime", 60)),
        updated_at=moment_of(_text(element, "updated_datetime", 60)),
        address=_text(element, "address", 300),
        lon=_degrees(_text(element, "long", 40)),
        lat=_degrees(_text(element, "lat", 40)),
    )


def _text(element: Element, name: str, longest: int = LONGEST_TEXT) -> str:
    return (element.findtext(name) or "").strip()[:longest]


def _degrees(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None
