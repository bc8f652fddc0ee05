"""The answers as documents: one value becomes JSON or XML, always UTF-8. Pure.

A document is plain: texts, numbers, truths, None, mappings and lists. In XML a list is an element that holds one
element for each of its items, whose name the table below gives; None is an empty element.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET  # only written here; what others send as XML is read with defusedxml
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

XML, JSON = "xml", "json"
CONTENT_TYPES = {XML: "text/xml; charset=utf-8", JSON: "application/json; charset=utf-8"}
ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "proposals": "proposal",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
# What XML 1.0 cannot hold, even escaped.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Document:
    """One answer: `root` is the name of its outermost element, `value` what it holds."""

    root: str
    value: Mapping[str, Any] | Sequence[Any]

    def as_bytes(self, form: str) -> bytes:
        """The document as it is sent, in `xml` or `json`."""
        return as_json(self) if form == JSON else as_xml(self)


def as_json(document: Document) -> bytes:
    """The value alone, as published servers send it: a list of requests is an array without a name."""
    return json.dumps(document.value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def as_xml(document: Document) -> bytes:
    """The XML document with its declaration."""
    root = ET.Element(document.root)
    _fill(root, document.value)
    return _DECLARATION + ET.tostring(root, encoding="unicode").encode()


def _fill(element: ET.Element, value: Any) -> None:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _fill(ET.SubElement(element, name), inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _fill(ET.SubElement(element, ITEMS[element.tag]), inner)
    elif value is not None:
        element.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_IN_XML.sub("", str(value))


def errors(found: Sequence[tuple[int, str]]) -> Document:
    """Codes with their descriptions, as the specification tells what went wrong."""
    return Document("errors", [{"code": code, "description": said} for code, said in found])
