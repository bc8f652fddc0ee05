"""`$batch`: requests one after the other; those of an atomicity group (a change set) all or none.

Here the form in JSON; `multipart.py` reads and writes the other one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from django.db import transaction

from cityloom.base.errors import CityloomError
from cityloom.exchange.sensorthings.addressing import id_in_link
from cityloom.exchange.sensorthings.errors import BadEntity, Conflict, TooLarge
from cityloom.exchange.sensorthings.said import is_kept_well
from cityloom.exchange.sensorthings.serving import Answer, Asked, Call, serve, with_numbers

MOST = 1000
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


class Part(NamedTuple):
    """One request of a batch."""

    id: str
    asked: Asked
    group: str
    depends_on: tuple[str, ...]


class _GroupFailed(Exception):
    """Carries the answer of the request for which a group is taken back."""

    def __init__(self, id: str, answer: dict[str, Any]) -> None:
        super().__init__(id)
        self.id, self.answer = id, answer


def parts_of(body: Any, base: str) -> list[Part]:
    """The requests of a body; raises BadEntity where it is not of the form, TooLarge for too many."""
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list):
        raise BadEntity("sta.missing", entity="$batch", names=["requests"])
    if len(requests) > MOST:
        raise TooLarge("sta.batch_too_large", most=MOST)
    found = [_part(each, i, base) for i, each in enumerate(requests)]
    ids = [part.id for part in found]
    for part in found:
        if ids.count(part.id) > 1:
            raise BadEntity("sta.bad_value", entity="$batch", name="id", wanted="unique")
    return found


def _part(each: Any, i: int, base: str) -> Part:
    if not isinstance(each, dict) or not is_kept_well(each):
        raise BadEntity("sta.bad_json")
    method, url = str(each.get("method", "")).upper(), each.get("url")
    if method not in METHODS or not isinstance(url, str):
        raise BadEntity("sta.bad_value", entity=f"requests[{i}]", name="method, url", wanted="GET Things(1)")
    path, _, query = url.removeprefix(base).partition("?")
    headers = each.get("headers")
    kind = headers.get("Content-Type", headers.get("content-type", "")) if isinstance(headers, dict) else ""
    depends = each.get("dependsOn")
    asked = Asked(
        method,
        unquote(path),
        tuple(parse_qsl(query, keep_blank_values=True)),
        each.get("body"),
        str(kind).startswith("application/json-patch+json"),
    )
    group = each.get("atomicityGroup")
    return Part(
        str(each.get("id", i)),
        asked,
        str(group) if group is not None else "",
        tuple(map(str, depends)) if isinstance(depends, list) else (),
    )


def serve_batch(
    call: Call, parts: Sequence[Part], refused: Callable[[CityloomError], dict[str, Any]]
) -> list[dict[str, Any]]:
    """The answer to each request. A failed group is answered by what failed in it."""
    answers: list[dict[str, Any]] = []
    made: dict[str, str] = {}
    failed: set[str] = set()
    for group in _groups(parts):
        own, created = _run_group(call, group, made, failed, refused)
        answers += own
        made |= created
        failed |= {str(a["id"]) for a in own if a["status"] >= 400} | (
            {group[0].group} if group[0].group and any(a["status"] >= 400 for a in own) else set()
        )
    return answers


def _groups(parts: Sequence[Part]) -> list[list[Part]]:
    """Requests that belong together, in the order of the first of each."""
    found: dict[str, list[Part]] = {}
    for i, part in enumerate(parts):
        found.setdefault(part.group or f"\0{i}", []).append(part)
    return list(found.values())


def _run_group(
    call: Call,
    group: Sequence[Part],
    made: Mapping[str, str],
    failed: set[str],
    refused: Callable[[CityloomError], dict[str, Any]],
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The answers, and of each request that made something its address."""
    answers: list[dict[str, Any]] = []
    created: dict[str, str] = {}
    try:
        with transaction.atomic():
            for part in group:
                answer = _run(call, part, dict(made) | created, failed, refused)
                if answer["status"] >= 400 and part.group:
                    raise _GroupFailed(part.id, answer)
                answers.append(answer)
                location = answer.get("headers", {}).get("Location", "")
                if location:
                    created[part.id] = location.removeprefix(call.base).strip("/")
    except _GroupFailed as failure:
        undone = refused(Conflict("sta.batch_failed", id=failure.id))
        return [failure.answer if p.id == failure.id else {"id": p.id, **undone} for p in group], {}
    return answers, created


def _run(
    call: Call,
    part: Part,
    made: Mapping[str, str],
    failed: set[str],
    refused: Callable[[CityloomError], dict[str, Any]],
) -> dict[str, Any]:
    missing = next((d for d in part.depends_on if d in failed), None)
    if missing is not None:
        return {"id": part.id, **refused(Conflict("sta.batch_depends", id=missing))}
    known = {name: id_in_link(address) for name, address in made.items()}
    path = with_numbers(_path_with_addresses(part.asked.path, made), known)
    asked = replace(part.asked, path=path, body=_body_with_numbers(part.asked.body, known))
    try:
        with transaction.atomic():
            answer = serve(call, asked)
    except CityloomError as refusal:
        return {"id": part.id, **refused(refusal)}
    return {"id": part.id, **_as_part(answer)}


def _as_part(answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = {"status": answer.status}
    if answer.location:
        told["headers"] = {"Location": answer.location}
    if answer.text is not None:
        told["body"] = answer.text
    elif answer.body is not None:
        told["body"] = answer.body
    return told


def _path_with_addresses(path: str, made: Mapping[str, str]) -> str:
    """A path `$id/Datastreams` with the address of what that request made in front."""
    first, slash, rest = path.strip("/").partition("/")
    return f"{made[first[1:]]}{slash}{rest}" if first[:1] == "$" and first[1:] in made else path


def _body_with_numbers(body: Any, known: Mapping[str, int]) -> Any:
    """A body whose links `{"@iot.id": "$id"}` are the numbers that earlier requests made."""
    if isinstance(body, dict):
        made = {}
        for name, value in body.items():
            is_link = name == "@iot.id" and isinstance(value, str) and value[1:] in known and value[:1] == "$"
            made[name] = known[value[1:]] if is_link else _body_with_numbers(value, known)
        return made
    return [_body_with_numbers(v, known) for v in body] if isinstance(body, list) else body


def as_json(value: Any) -> bytes:
    """JSON in UTF-8, Chinese as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
