"""Messages to people, by SMS or mail: kept with what they are about, sent later, read by nobody on the way.

Whoever wants to tell somebody something calls `send_later` inside the transaction of what happened: the message goes
out if that commits and never otherwise. Address and parameters are sealed; the text is made from a registered
template at the moment of sending. `sending.py` sends.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from string import Formatter
from typing import Any, NamedTuple

from django.db import connection

from cityloom.base.clock import Clock
from cityloom.base.crypto import canonical
from cityloom.base.ids import ids
from cityloom.base.keys import vault
from cityloom.base.message_rules import PURPOSES, BadMessage, masked, plain_address
from cityloom.base.reasons import Reason


@dataclass(frozen=True)
class Template:
    """A text in both languages with `{parameters}`, a subject for mail. An urgent one waits for no quiet hours."""

    zh: str
    en: str
    subject_zh: str = ""
    subject_en: str = ""
    urgent: bool = False

    def parameters(self) -> frozenset[str]:
        """The names of what has to be filled in."""
        texts = (self.zh, self.en, self.subject_zh, self.subject_en)
        return frozenset(name for text in texts for _, name, _, _ in Formatter().parse(text) if name)


@dataclass(frozen=True)
class About:
    """What a message is about: the code of the city, and where there are ones the case's number and the report."""

    city: str
    case: str = ""
    report_id: int | None = None


class Text(NamedTuple):
    """A message as it goes out."""

    subject: str
    body: str


_TEMPLATES: dict[str, Template] = {}


def register_templates(table: Mapping[str, Template]) -> None:
    """Add a context's messages; the same code with another wording is a mistake and refused."""
    for code, template in table.items():
        if _TEMPLATES.get(code, template) != template:
            raise ValueError(f"message {code!r} is registered twice with different words")
        _TEMPLATES[code] = template


def template_of(code: str) -> Template:
    """The registered template; raises BadMessage."""
    try:
        return _TEMPLATES[code]
    except KeyError:
        raise BadMessage("message.unknown_template", template=code) from None


def known_templates() -> Mapping[str, Template]:
    """All registered templates by code."""
    return dict(_TEMPLATES)


def rendered(code: str, params: Mapping[str, Any], language: str, signed: str = "") -> Text:
    """The text in the reader's language, signed in front as 【name】 where a name is given."""
    template = template_of(code)
    chinese = language.startswith("zh")
    body = (template.zh if chinese else template.en).format_map(params)
    subject = (template.subject_zh if chinese else template.subject_en).format_map(params)
    front = (f"【{signed}】" if chinese else f"{signed}: ") if signed else ""
    return Text(subject or signed, front + body)


def send_later(
    kind: str,
    to: str,
    template: str,
    params: Mapping[str, Any],
    *,
    language: str,
    purpose: str,
    about: About,
    clock: Clock,
    not_before: datetime | None = None,
    until: datetime | None = None,
    once: str | None = None,
) -> int:
    """Keep a message in the caller's transaction, to be sent soon after it commits; the message's id.

    `kind`: sms or mail. `params`: plain values that fill the template. `purpose`: one of `PURPOSES`, held against
    what the recipient agreed to at the moment of sending. `not_before`: no earlier than this; quiet hours may make
    it later. `until`: not any more after this. `once`: a key under which the city sends one message only; asked
    again, the first one's id comes back. Raises BadMessage, and keeps nothing, for a message that can never go out.
    """
    at, address = clock.now(), _checked(kind, to, template, params, purpose)
    safe = vault()
    message_id = ids.one()
    row: list[Any] = [
        message_id, about.city, kind, purpose, template, safe.seal(canonical(dict(params)).decode()),
        language, safe.seal(address), address_index(address), about.case, about.report_id,
        once, not_before or at, until, at,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, row)
        if cursor.rowcount == 1:
            return message_id
        cursor.execute("SELECT id FROM base_message WHERE city = %s AND once = %s", [about.city, once])
        return int(cursor.fetchone()[0])


_INSERT = (
    "INSERT INTO base_message (id, city, kind, purpose, template, params_sealed, language, to_sealed, to_index, "
    "case_number, report_id, once, next_at, until, created_at, state, attempts, reason, provider_id) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting', 0, '{}'::jsonb, '') "
    "ON CONFLICT (city, once) WHERE once IS NOT NULL DO NOTHING"
)


def _checked(kind: str, to: str, template: str, params: Mapping[str, Any], purpose: str) -> str:
    """The plain address of a message that can be made; raises BadMessage."""
    if purpose not in PURPOSES:
        raise BadMessage("message.unknown_purpose", purpose=purpose, known=list(PURPOSES))
    missing = sorted(template_of(template).parameters() - params.keys())
    if missing:
        raise BadMessage("message.missing_params", template=template, missing=missing)
    return plain_address(kind, to)


def address_index(address: str) -> bytes:
    """The same 32 bytes for the same plain address, telling nothing to who has no key."""
    return vault().mark("address\0" + address)


def address_indexes(address: str) -> list[bytes]:
    """Under which index the address may stand while keys are being changed, the one of the key in use first."""
    return vault().marks("address\0" + address)


# --- what a recipient wishes ------------------------------------------------------------------------------------


def note_wish(city: str, kind: str, to: str, purpose: str, allowed: bool, clock: Clock) -> None:
    """Remember whether this address wants messages of this purpose; what was said last counts. Raises BadMessage."""
    if purpose not in PURPOSES:
        raise BadMessage("message.unknown_purpose", purpose=purpose, known=list(PURPOSES))
    index = address_index(plain_address(kind, to))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO base_message_wish (city, to_index, purpose, allowed, said_at) VALUES (%s, %s, %s, %s, %s) "
            "ON CONFLICT (city, to_index, purpose) DO UPDATE SET allowed = EXCLUDED.allowed, "
            "said_at = EXCLUDED.said_at",
            [city, index, purpose, allowed, clock.now()],
        )


def note_wish_of_message(message_id: int, purpose: str, allowed: bool, clock: Clock) -> None:
    """The same for whoever got this message, whose address may be forgotten by now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO base_message_wish (city, to_index, purpose, allowed, said_at) "
            "SELECT city, to_index, %s, %s, %s FROM base_message WHERE id = %s "
            "ON CONFLICT (city, to_index, purpose) DO UPDATE SET allowed = EXCLUDED.allowed, "
            "said_at = EXCLUDED.said_at",
            [purpose, allowed, clock.now(), message_id],
        )


def find_wish(city: str, to_indexes: Sequence[bytes], purpose: str) -> bool | None:
    """What the address said last about this purpose; None when it never did."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT allowed FROM base_message_wish WHERE city = %s AND to_index = ANY(%s) AND purpose = %s "
            "ORDER BY said_at DESC LIMIT 1",
            [city, list(to_indexes), purpose],
        )
        row = cursor.fetchone()
    return None if row is None else bool(row[0])


# --- looking ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """A message as an operator sees it: never its text, its address only masked and only while it waits."""

    id: int
    kind: str
    purpose: str
    template: str
    state: str
    attempts: int
    reason: Reason | None
    created_at: datetime
    next_at: datetime | None
    sent_at: datetime | None
    about: About
    to: str = field(default="")


def list_messages(city: str, states: tuple[str, ...] = (), most: int = 100) -> list[Kept]:
    """The newest messages of a city, of these states if any are named."""
    where = "AND state = ANY(%s)" if states else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, kind, purpose, template, state, attempts, reason, created_at, next_at, sent_at, case_number, "  # noqa: S608
            f"report_id, to_sealed FROM base_message WHERE city = %s {where} ORDER BY id DESC LIMIT %s",
            [city, *([list(states)] if states else []), most],
        )
        return [_kept(city, row) for row in cursor.fetchall()]


def _kept(city: str, row: Any) -> Kept:
    reason = json.loads(row[6]) if isinstance(row[6], str) else row[6]
    sealed = bytes(row[12])
    return Kept(
        id=row[0],
        kind=row[1],
        purpose=row[2],
        template=row[3],
        state=row[4],
        attempts=row[5],
        reason=Reason.from_json(reason) if reason else None,
        created_at=row[7],
        next_at=row[8],
        sent_at=row[9],
        about=About(city, row[10], row[11]),
        to=masked(vault().open(sealed)) if sealed else "",
    )


def count_messages(city: str) -> dict[str, int]:
    """How many messages there are in each state."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, count(*) FROM base_message WHERE city = %s GROUP BY state", [city])
        return dict(cursor.fetchall())
