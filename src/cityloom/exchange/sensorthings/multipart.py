"""`$batch` as multipart/mixed (OData 4.01, 11.7.7): parts that are HTTP requests, and change sets of some of them.

The library's parser of mail reads the body. The same values come out as of a batch in JSON, so both are served alike.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from email import message_from_bytes
from email.message import Message
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from cityloom.exchange.sensorthings.batch import METHODS, MOST, Part, as_json
from cityloom.exchange.sensorthings.errors import BadEntity, TooLarge
from cityloom.exchange.sensorthings.said import is_kept_well
from cityloom.exchange.sensorthings.serving import Asked

MIXED, HTTP_PART = "multipart/mixed", "application/http"
_CHANGES = ("POST", "PATCH", "PUT", "DELETE")


class Outline(NamedTuple):
    """How the answer is laid out: for a part of the body the ids of its requests, and whether it is a change set."""

    ids: tuple[str, ...]
    is_change_set: bool


def parts_of_multipart(body: bytes, content_type: str, base: str) -> tuple[list[Part], list[Outline]]:
    """The requests of a body in order, and how they stood in it; raises BadEntity, TooLarge."""
    try:
        whole = message_from_bytes(b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n" + body)
    except RecursionError as deep:
        raise _not_mixed("multipart/mixed") from deep
    parts: list[Part] = []
    outlines: list[Outline] = []
    for each in _within(whole, "$batch"):
        name = f"part {len(outlines) + 1}"
        group = f"change set {len(outlines) + 1}" if each.get_content_type() == MIXED else ""
        inner = _within(each, name) if group else [each]
        found = [_part(one, name, group, len(parts) + i, base) for i, one in enumerate(inner)]
        parts += found
        outlines.append(Outline(tuple(part.id for part in found), bool(group)))
        if len(parts) > MOST:
            raise TooLarge("sta.batch_too_large", most=MOST)
    ids = [part.id for part in parts]
    if len(set(ids)) < len(ids):
        raise BadEntity("sta.bad_value", entity="$batch", name="Content-ID", wanted="unique")
    return parts, outlines


def _within(message: Message, name: str) -> list[Message]:
    """The parts of a message; raises BadEntity where it has none that can be told apart."""
    found = message.get_payload()
    if message.get_content_type() != MIXED or not isinstance(found, list) or not found or message.defects:
        raise _not_mixed(name)
    return [each for each in found if isinstance(each, Message)]


def _not_mixed(name: str) -> BadEntity:
    return BadEntity("sta.bad_value", entity="$batch", name=name, wanted="multipart/mixed; boundary=…")


def _part(message: Message, name: str, group: str, number: int, base: str) -> Part:
    """The request that a part is."""
    said = message.get_payload(decode=True)
    if message.get_content_type() != HTTP_PART or not isinstance(said, bytes):
        raise BadEntity("sta.bad_value", entity="$batch", name=name, wanted=f"Content-Type: {HTTP_PART}")
    first, _, rest = said.lstrip(b"\r\n").partition(b"\n")
    words = first.decode("utf-8", "replace").split()
    allowed = _CHANGES if group else METHODS
    if len(words) not in (2, 3) or words[0].upper() not in allowed:
        wanted = f"{allowed[0]} Things(1) HTTP/1.1"
        raise BadEntity("sta.bad_value", entity="$batch", name=name, wanted=wanted)
    inner = message_from_bytes(rest)
    kind = inner.get_content_type() if "Content-Type" in inner else ""
    path, query = _address(words[1], base)
    asked = Asked(
        words[0].upper(),
        path,
        tuple(parse_qsl(query, keep_blank_values=True)),
        _body(inner, name),
        kind == "application/json-patch+json",
    )
    own = str(message.get("Content-ID") or inner.get("Content-ID") or "").strip().strip("<>")
    return Part(own or f"\0{number}", asked, group, ())


def _address(text: str, base: str) -> tuple[str, str]:
    """The path behind the root, and the query, of an address that is whole, begins with a slash, or does neither."""
    path, _, query = text.partition("?")
    root = urlsplit(base).path
    if "://" in path:
        path = path.removeprefix(base) if path.startswith(base) else urlsplit(path).path
    return unquote(path.removeprefix(root)), query


def _body(inner: Message, name: str) -> Any:
    said = inner.get_payload(decode=True)
    if not isinstance(said, bytes) or not said.strip():
        return None
    try:
        made = json.loads(said.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as wrong:
        raise BadEntity("sta.bad_json") from wrong
    if not is_kept_well(made):
        raise BadEntity("sta.bad_value", entity="$batch", name=name, wanted="JSON")
    return made


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


# --- the answer -----------------------------------------------------------------------------------------------------


def as_multipart(answers: Sequence[dict[str, Any]], outlines: Sequence[Outline]) -> tuple[bytes, str]:
    """The answers as the body they make, and its Content-Type. A change set that failed is one answer: why."""
    by_id = {str(answer["id"]): answer for answer in answers}
    told = []
    for outline in outlines:
        own = [by_id[id] for id in outline.ids]
        failed = next((a for a in own if a["status"] >= 400 and a["body"].get("reason") != "sta.batch_failed"), None)
        if not outline.is_change_set or failed is not None:
            told.append(_http(failed or own[0]))
            continue
        body, kind = _mixed([_http(answer) for answer in own], "changeset")
        told.append(f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    return _mixed(told, "batch")


def _mixed(parts: Sequence[bytes], word: str) -> tuple[bytes, str]:
    boundary = f"{word}_{secrets.token_hex(12)}"
    line = f"--{boundary}".encode()
    body = b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"
    return body, f"{MIXED}; boundary={boundary}"


def _http(answer: dict[str, Any]) -> bytes:
    """One answer as a part: its head, then the answer as it goes over the wire."""
    status = HTTPStatus(answer["status"])
    body = answer.get("body")
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.get("headers", {}).items()]
    content = b""
    if body is not None:
        kind = "text/plain; charset=utf-8" if isinstance(body, str) else "application/json; charset=utf-8"
        content = body.encode() if isinstance(body, str) else as_json(body)
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(content)}"]
    head = [f"Content-Type: {HTTP_PART}", "Content-Transfer-Encoding: binary"]
    if not str(answer["id"]).startswith("\0"):
        head.append(f"Content-ID: {answer['id']}")
    return "\r\n".join([*head, "", *lines, "", ""]).encode() + content
