"""The form of a gateway's request and answer, from a TOML file; and our message written into it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.base.sending import Outgoing

register(
    {
        "sms_form.missing": ("找不到短信网关的格式文件 {file}", "there is no file {file} with the gateway's form"),
        "sms_form.bad": ("短信网关的格式文件 {file} 有误：{detail}", "the gateway's form {file} is wrong: {detail}"),
    }
)

WORDS = frozenset({"to", "text", "id", "language"})
TABLES = frozenset({"fields", "headers", "answer"})


class BadSmsForm(CityloomError):
    """The file that says how a gateway wants its requests cannot be used."""

    status = 500


@dataclass(frozen=True)
class SmsForm:
    """`fields` and `headers` with `{to}`, `{text}`, `{id}`, `{language}`; where the answer holds id and success."""

    fields: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    id_at: str = ""
    success_at: str = ""
    success_is: tuple[str, ...] = ()


def read_form(path: Path) -> SmsForm:
    """The form in a file; raises BadSmsForm with what is wrong."""
    if not path.is_file():
        raise BadSmsForm("sms_form.missing", file=str(path))
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeError) as wrong:
        raise BadSmsForm("sms_form.bad", file=str(path), detail=str(wrong)) from wrong
    return form_of(data, str(path))


def form_of(data: Mapping[str, Any], file: str) -> SmsForm:
    """The form from its data; raises BadSmsForm."""
    unknown = sorted(data.keys() - TABLES)
    fields, headers, answer = (data.get(name, {}) for name in ("fields", "headers", "answer"))
    if unknown:
        raise BadSmsForm("sms_form.bad", file=file, detail=f"unknown table {unknown[0]}")
    if not all(isinstance(table, Mapping) for table in (fields, headers, answer)):
        raise BadSmsForm("sms_form.bad", file=file, detail="fields, headers and answer are tables")
    try:
        words = {word for text in _texts([fields, headers]) for _, word, _, _ in Formatter().parse(text) if word}
    except ValueError as wrong:
        raise BadSmsForm("sms_form.bad", file=file, detail=str(wrong)) from wrong
    if strange := sorted(word for word in words if word not in WORDS):
        raise BadSmsForm("sms_form.bad", file=file, detail=f"{{{strange[0]}}} is none of {sorted(WORDS)}")
    if not {"to", "text"} <= words:
        raise BadSmsForm("sms_form.bad", file=file, detail="[fields] must hold {to} and {text}")
    success = answer.get("success", [])
    return SmsForm(
        fields=fields,
        headers={str(name): str(value) for name, value in headers.items()},
        id_at=str(answer.get("id", "")),
        success_at=str(answer.get("success_at", "")),
        success_is=tuple(map(str, success if isinstance(success, list) else [success])),
    )


def request_of(form: SmsForm, message: Outgoing) -> tuple[bytes, dict[str, str]]:
    """Body and headers of the request that sends this message."""
    given = {"to": message.to, "text": message.text.body, "id": message.id, "language": message.language}
    body = json.dumps(_filled(form.fields, given), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": f"cityloom-{message.id}"}
    return body, {**headers, **{name: value.format_map(given) for name, value in form.headers.items()}}


@dataclass(frozen=True)
class Answer:
    """What a gateway's answer means: taken or not, and its own id."""

    taken: bool
    provider_id: str
    said: str


def answer_of(form: SmsForm, body: bytes) -> Answer:
    """Read an answer whose status was good; one that is no JSON counts as taken when the form asks for nothing."""
    try:
        data = json.loads(body) if body.strip() else {}
    except ValueError:
        data = {}
    said = str(_at(data, form.success_at)) if form.success_at else ""
    taken = not form.success_at or said in form.success_is
    return Answer(taken, str(_at(data, form.id_at) or "") if form.id_at else "", said)


def _at(data: Any, path: str) -> Any:
    """The value at `data.items.0.id`; None where there is none."""
    for part in path.split("."):
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and part.isdigit() and int(part) < len(data):
            data = data[int(part)]
        else:
            return None
    return data


def _filled(value: Any, given: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return value.format_map(given)
    if isinstance(value, Mapping):
        return {name: _filled(inner, given) for name, inner in value.items()}
    return [_filled(inner, given) for inner in value] if isinstance(value, list) else value


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for each in inner for text in _texts(each)]
