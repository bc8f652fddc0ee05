"""`Alert` → CAP 1.2 as XML, its elements in the order of the standard."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree as Tree
from xml.etree.ElementTree import Element, SubElement

from cityloom.exchange.cap.reading import NAMESPACE
from cityloom.sensing.cap_errors import BadAlert
from cityloom.sensing.cap_values import Alert, CapArea, CapInfo, faults_of

TYPE = "application/cap+xml; charset=utf-8"


def write_alert(alert: Alert) -> bytes:
    """The document; raises BadAlert rather than write a message that breaks the standard."""
    if faults := list(faults_of(alert)):
        raise BadAlert(faults)
    Tree.register_namespace("", NAMESPACE)
    root = Element(f"{{{NAMESPACE}}}alert")
    _add(root, "identifier", alert.identifier)
    _add(root, "sender", alert.sender)
    _add(root, "sent", moment_text(alert.sent))
    _add(root, "status", alert.status)
    _add(root, "msgType", alert.kind)
    _add(root, "source", alert.source)
    _add(root, "scope", alert.scope)
    _add(root, "restriction", alert.restriction)
    _add(root, "addresses", alert.addresses)
    _add(root, "note", alert.note)
    _add(root, "references", " ".join(f"{r.sender},{r.identifier},{moment_text(r.sent)}" for r in alert.references))
    for info in alert.infos:
        _info(SubElement(root, f"{{{NAMESPACE}}}info"), info)
    body: bytes = Tree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _info(element: Element, info: CapInfo) -> None:
    _add(element, "language", info.language)
    _each(element, "category", info.categories)
    _add(element, "event", info.event)
    _each(element, "responseType", info.responses)
    _add(element, "urgency", info.urgency)
    _add(element, "severity", info.severity)
    _add(element, "certainty", info.certainty)
    for name, moment in (("effective", info.effective), ("onset", info.onset), ("expires", info.expires)):
        _add(element, name, moment_text(moment) if moment else "")
    _add(element, "senderName", info.sender_name)
    _add(element, "headline", info.headline)
    _add(element, "description", info.description)
    _add(element, "instruction", info.instruction)
    _add(element, "web", info.web)
    _add(element, "contact", info.contact)
    for area in info.areas:
        _area(SubElement(element, f"{{{NAMESPACE}}}area"), area)


def _area(element: Element, area: CapArea) -> None:
    _add(element, "areaDesc", area.description)
    _each(element, "polygon", (" ".join(f"{lat:.7g},{lon:.8g}" for lon, lat in ring) for ring in area.polygons))
    _each(element, "circle", (f"{c.lat:.7g},{c.lon:.8g} {c.radius_km:g}" for c in area.circles))
    for name, code in area.codes:
        pair = SubElement(element, f"{{{NAMESPACE}}}geocode")
        _add(pair, "valueName", name)
        _add(pair, "value", code)
    for name, value in (("altitude", area.altitude_ft), ("ceiling", area.ceiling_ft)):
        _add(element, name, f"{value:g}" if value is not None else "")


def moment_text(moment: datetime) -> str:
    """A moment as the standard writes it: whole seconds, the offset in figures, never Z; UTC is -00:00."""
    text = moment.replace(microsecond=0).isoformat()
    return text.replace("+00:00", "-00:00") if moment.tzinfo is UTC else text


def _each(element: Element, name: str, texts: Iterable[str]) -> None:
    for text in texts:
        _add(element, name, text)


def _add(element: Element, name: str, text: str) -> None:
    if text:
        SubElement(element, f"{{{NAMESPACE}}}{name}").text = text
