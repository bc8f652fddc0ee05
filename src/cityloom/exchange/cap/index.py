"""Where the messages of an index are: the links of an Atom or RSS document."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from cityloom.exchange.cap.reading import NAMESPACE
from cityloom.sensing.cap_errors import BadAlert
from cityloom.sensing.cap_values import Fault

ATOM = "{http://www.w3.org/2005/Atom}"
MOST = 200


def links_of(body: bytes, url: str) -> list[str] | None:
    """The addresses of messages in an index, on the same host only; None where the document is itself a message.

    Raises BadAlert for what is neither.
    """
    try:
        root = fromstring(body, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except (ParseError, DefusedXmlException, ValueError) as wrong:
        raise BadAlert([Fault("alert", "cap.not_xml", type(wrong).__name__)]) from wrong
    if root.tag == f"{{{NAMESPACE}}}alert":
        return None
    if root.tag == f"{ATOM}feed":
        found = [link.get("href", "") for entry in root.iter(f"{ATOM}entry") for link in _message_links(entry)]
    elif root.tag == "rss":
        found = [(item.findtext("link") or "").strip() for item in root.iter("item")]
    else:
        raise BadAlert([Fault("alert", "cap.not_cap", root.tag[:100])])
    whole = [urljoin(url, each) for each in found if each]
    return [each for each in dict.fromkeys(whole) if urlsplit(each).netloc == urlsplit(url).netloc][:MOST]


def _message_links(entry: Element) -> list[Element]:
    """The links of an entry that lead to a message: those of its type, else the one without a relation."""
    links = entry.findall(f"{ATOM}link")
    typed = [link for link in links if "cap+xml" in link.get("type", "")]
    return typed or [link for link in links if link.get("rel", "alternate") == "alternate"][:1]
