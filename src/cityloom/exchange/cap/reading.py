"""CAP 1.2 as XML → `Alert`. Nothing of a document is trusted: no entities, no outside parts, bounded in size."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from cityloom.sensing.cap_errors import BadAlert
from cityloom.sensing.cap_values import Alert, CapArea, CapInfo, Circle, Fault, Point, Reference, faults_of

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
LONGEST = 2_000_000
MOST_POINTS = 20_000
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")  # the standard forbids Z and fractions
_ORDER: dict[str, tuple[str, ...]] = {
    "alert": ("identifier", "sender", "sent", "status", "msgType", "source", "scope", "restriction", "addresses",
              "code", "note", "references", "incidents", "info"),
    "info": ("language", "category", "event", "responseType", "urgency", "severity", "certainty", "audience",
             "eventCode", "effective", "onset", "expires", "senderName", "headline", "description", "instruction",
             "web", "contact", "parameter", "resource", "area"),
    "area": ("areaDesc", "polygon", "circle", "geocode", "altitude", "ceiling"),
}  # fmt: skip
_MANY = {"code", "info", "category", "responseType", "eventCode", "parameter", "resource", "area", "polygon",
         "circle", "geocode"}  # fmt: skip


def read_alert(body: bytes) -> Alert:
    """The message of a document; raises BadAlert with everything that is wrong with it."""
    if len(body) > LONGEST:
        raise BadAlert([Fault("alert", "cap.too_long", str(LONGEST))])
    try:
        root = fromstring(body, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except (ParseError, DefusedXmlException, ValueError) as wrong:
        raise BadAlert([Fault("alert", "cap.not_xml", type(wrong).__name__)]) from wrong
    if root.tag != f"{{{NAMESPACE}}}alert":
        raise BadAlert([Fault("alert", "cap.not_cap", root.tag[:100])])
    faults: list[Fault] = list(_out_of_order(root, "alert"))
    alert = _alert(root, faults)
    faults += faults_of(alert)
    if faults:
        raise BadAlert(faults)
    return alert


def _alert(root: Element, faults: list[Fault]) -> Alert:
    return Alert(
        identifier=_text(root, "identifier"),
        sender=_text(root, "sender"),
        sent=_moment(root, "sent", faults) or _nothing("sent", faults),
        status=_text(root, "status"),
        kind=_text(root, "msgType"),
        scope=_text(root, "scope"),
        source=_text(root, "source"),
        restriction=_text(root, "restriction"),
        addresses=_text(root, "addresses"),
        note=_text(root, "note"),
        references=tuple(_references(_text(root, "references"), faults)),
        infos=tuple(_info(each, faults) for each in _all(root, "info")),
    )


def _info(element: Element, faults: list[Fault]) -> CapInfo:
    faults += _out_of_order(element, "info")
    return CapInfo(
        event=_text(element, "event"),
        categories=tuple(_texts(element, "category")),
        urgency=_text(element, "urgency"),
        severity=_text(element, "severity"),
        certainty=_text(element, "certainty"),
        language=_text(element, "language") or "en-US",
        responses=tuple(_texts(element, "responseType")),
        effective=_moment(element, "effective", faults),
        onset=_moment(element, "onset", faults),
        expires=_moment(element, "expires", faults),
        sender_name=_text(element, "senderName"),
        headline=_text(element, "headline"),
        description=_text(element, "description"),
        instruction=_text(element, "instruction"),
        web=_text(element, "web"),
        contact=_text(element, "contact"),
        areas=tuple(_area(each, faults) for each in _all(element, "area")),
    )


def _area(element: Element, faults: list[Fault]) -> CapArea:
    faults += _out_of_order(element, "area")
    return CapArea(
        description=_text(element, "areaDesc"),
        polygons=tuple(_ring(text, faults) for text in _texts(element, "polygon")),
        circles=tuple(circle for text in _texts(element, "circle") if (circle := _circle(text, faults))),
        codes=tuple((_text(each, "valueName"), _text(each, "value")) for each in _all(element, "geocode")),
        altitude_ft=_number(element, "altitude", faults),
        ceiling_ft=_number(element, "ceiling", faults),
    )


def _ring(text: str, faults: list[Fault]) -> tuple[Point, ...]:
    """`38.47,-120.14 38.34,-119.95 …`: latitude first."""
    pairs = text.split()
    if len(pairs) > MOST_POINTS:
        faults.append(Fault("polygon", "cap.too_long", str(MOST_POINTS)))
        return ()
    points = [_point(pair) for pair in pairs]
    if None in points:
        faults.append(Fault("polygon", "cap.bad_point", next(p for p in pairs if _point(p) is None)[:40]))
    return tuple(point for point in points if point is not None)


def _circle(text: str, faults: list[Fault]) -> Circle | None:
    """`32.9525,-115.5527 5`: latitude, longitude, kilometres."""
    words = text.split()
    centre = _point(words[0]) if len(words) == 2 else None
    try:
        radius_km = float(words[1]) if len(words) == 2 else float("nan")
    except ValueError:
        centre = None
    if centre is None:
        faults.append(Fault("circle", "cap.bad_point", text[:40]))
        return None
    return Circle(*centre, radius_km)


def _point(pair: str) -> Point | None:
    parts = pair.split(",")
    try:
        lat, lon = map(float, parts)
    except ValueError:
        return None
    return lon, lat


def _references(text: str, faults: list[Fault]) -> Iterator[Reference]:
    for each in text.split():
        parts = each.split(",")
        sent = _read_moment(parts[2]) if len(parts) == 3 else None
        if sent is None or not all(parts):
            faults.append(Fault("references", "cap.bad_value", each[:100]))
        else:
            yield Reference(parts[0], parts[1], sent)


def _out_of_order(element: Element, kind: str) -> Iterator[Fault]:
    """Elements of the standard that stand in another order than it says, or twice where once is allowed."""
    order, last, seen = _ORDER[kind], -1, set()
    for child in element:
        if not isinstance(child.tag, str) or not child.tag.startswith(f"{{{NAMESPACE}}}"):
            continue  # a signature, or an extension of another standard
        name = child.tag.rpartition("}")[2]
        if name not in order:
            yield Fault(name, "cap.unknown_element")
            continue
        place = order.index(name)
        if place < last:
            yield Fault(name, "cap.out_of_order")
        if name in seen and name not in _MANY:
            yield Fault(name, "cap.twice")
        last = max(last, place)
        seen.add(name)


def _all(element: Element, name: str) -> Iterable[Element]:
    return element.findall(f"{{{NAMESPACE}}}{name}")


def _texts(element: Element, name: str) -> Iterator[str]:
    return ((each.text or "").strip() for each in _all(element, name))


def _text(element: Element, name: str) -> str:
    return next(_texts(element, name), "").replace("\x00", "")


def _moment(element: Element, name: str, faults: list[Fault]) -> datetime | None:
    text = _text(element, name)
    if not text:
        return None
    found = _read_moment(text)
    if found is None:
        faults.append(Fault(name, "cap.bad_moment", text[:40]))
        return datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return found


def _read_moment(text: str) -> datetime | None:
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _nothing(name: str, faults: list[Fault]) -> datetime:
    faults.append(Fault(name, "cap.missing"))
    return datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _number(element: Element, name: str, faults: list[Fault]) -> float | None:
    text = _text(element, name)
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        faults.append(Fault(name, "cap.bad_value", text[:40]))
        return None
