"""Which connector carries SMS and which carries mail, by the addresses in the settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qs, unquote, urlsplit

from cityloom.base.errors import CityloomError
from cityloom.base.pretended import drawer
from cityloom.base.reasons import register
from cityloom.base.sending import Adapter
from cityloom.exchange.messages.http_sms.client import HttpSms
from cityloom.exchange.messages.http_sms.mapping import read_form
from cityloom.exchange.messages.pretend.client import Pretend
from cityloom.exchange.messages.smtp.client import Smtp

register(
    {
        "adapter.not_understood": (
            "{setting} 的值看不懂；例如：{example}",
            "{setting} is not understood; it looks like {example}",
        ),
        "adapter.pretends": (
            "{setting} 是模拟发送，正式环境不可用；留空则不发，或写明通道，例如：{example}",
            "{setting} only pretends to send, which production refuses; leave it empty or name one like {example}",
        ),
    }
)

PRETEND = "pretend:"
EXAMPLES = {
    "CITYLOOM_SMS_URL": "https+sms://gateway.example/v1/send",
    "CITYLOOM_MAIL_URL": "smtps://user:password@mail.example?from=no-reply@city.example",
}


class BadAdapterAddress(CityloomError):
    """A setting names no connector that we have. Its value is never repeated: it may hold a password."""

    status = 500


def choose_adapters(
    sms_url: str, mail_url: str, sms_form: str, var: Path, *, production: bool = False
) -> Mapping[str, Adapter]:
    """The adapters by kind; a kind whose address is empty has none. Raises BadAdapterAddress or BadSmsForm.

    In production nothing may pretend: somebody would believe the messages went out.
    """
    for setting, url in (("CITYLOOM_SMS_URL", sms_url), ("CITYLOOM_MAIL_URL", mail_url)):
        if production and url == PRETEND:
            raise BadAdapterAddress("adapter.pretends", setting=setting, example=EXAMPLES[setting])
    found = {"sms": _sms(sms_url, sms_form, var), "mail": _mail(mail_url, var)}
    return {kind: adapter for kind, adapter in found.items() if adapter is not None}


def _sms(url: str, form: str, var: Path) -> Adapter | None:
    if not url or url == PRETEND:
        return Pretend(drawer(var)) if url else None
    parts = urlsplit(url)
    tls = parts.scheme == "https+sms"
    if parts.scheme not in ("https+sms", "http+sms") or not parts.hostname or not form:
        _refuse("CITYLOOM_SMS_FORM" if parts.hostname and not form else "CITYLOOM_SMS_URL")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = _port(url, "CITYLOOM_SMS_URL") or (443 if tls else 80)
    return HttpSms(parts.hostname or "", port, path, read_form(Path(form)), tls)


def _mail(url: str, var: Path) -> Adapter | None:
    if not url or url == PRETEND:
        return Pretend(drawer(var)) if url else None
    parts = urlsplit(url)
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    sender = asked.get("from", "")
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or "@" not in sender:
        _refuse("CITYLOOM_MAIL_URL")
    implicit = parts.scheme == "smtps"
    return Smtp(
        host=parts.hostname or "",
        port=_port(url, "CITYLOOM_MAIL_URL") or (465 if implicit else 587),
        sender=sender,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        implicit_tls=implicit,
        starttls=asked.get("starttls", "yes") != "no",
    )


def _port(url: str, setting: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        _refuse(setting)


def _refuse(setting: str) -> NoReturn:
    example = EXAMPLES.get(setting, "/etc/cityloom/sms-form.toml")
    raise BadAdapterAddress("adapter.not_understood", setting=setting, example=example)
