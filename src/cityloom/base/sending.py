"""Sending what waits: a worker takes a few messages, hands each to its adapter and writes down what became of it.

A message is taken in one transaction and marked in another, so nothing is locked while a provider thinks. A worker
that dies in between leaves a message that another one takes after a while; the provider is told the message's id and
can so keep the second from reaching anybody.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.crypto import NoKeyOpens, canonical
from cityloom.base.errors import CityloomError
from cityloom.base.keys import vault
from cityloom.base.message_rules import (
    LEASE,
    BadMessage,
    MessageRules,
    day_bounds,
    forbidden,
    held_until,
    retry_after,
)
from cityloom.base.messages import Text, address_indexes, find_wish, rendered, template_of
from cityloom.base.reasons import Reason

log = logging.getLogger("cityloom.messages")


@dataclass(frozen=True)
class Outgoing:
    """What an adapter is given; `id` is the same at every attempt. Nothing of it belongs in a log."""

    id: str
    kind: str
    to: str
    text: Text
    language: str
    at: datetime


class Adapter(Protocol):
    """Talks to one provider. `send` gives the provider's own id, or raises ProviderAway or ProviderRefused."""

    def send(self, message: Outgoing) -> str: ...


class ProviderAway(CityloomError):
    """The provider did not answer or asks to come again: the message is tried later."""

    status = 503


class ProviderRefused(CityloomError):
    """The provider will never take this message."""

    status = 502


class Taken(NamedTuple):
    """A message that this worker holds."""

    id: int
    city: str
    kind: str
    purpose: str
    template: str
    params_sealed: bytes
    language: str
    to_sealed: bytes
    attempts: int
    until: datetime | None


def send_messages(
    adapters: Mapping[str, Adapter], clock: Clock, rules_of: Callable[[str], MessageRules], most: int = 20
) -> int:
    """Send up to `most` messages that are due; how many were dealt with. Several workers may run at once.

    An adapter that is away is left alone for the rest of this round, and what it would have sent waits its turn.
    """
    done, away = 0, set[str]()
    for _ in range(most):
        kinds = [kind for kind in ("sms", "mail") if kind not in away]
        taken = _take(kinds, clock.now())
        if taken is None:
            break
        done += 1
        if _deal_with(taken, adapters, clock, rules_of(taken.city)) == "away":
            away.add(taken.kind)
    return done


def _take(kinds: list[str], at: datetime) -> Taken | None:
    """The next message that is due, held for a while; None when there is none."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, city, kind, purpose, template, params_sealed, language, to_sealed, attempts, until "
            "FROM base_message WHERE state IN ('waiting', 'sending') AND kind = ANY(%s) AND next_at <= %s "
            "ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED",
            [kinds, at],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        cursor.execute(
            "UPDATE base_message SET state = 'sending', next_at = %s WHERE id = %s",
            [at + LEASE, row[0]],
        )
    return Taken(*row)


def _deal_with(taken: Taken, adapters: Mapping[str, Adapter], clock: Clock, rules: MessageRules) -> str:
    """Send, hold back or drop one message; the word for what became of it."""
    at = clock.now()
    try:
        template = template_of(taken.template)
    except BadMessage as unknown:  # kept by a version that knew it
        return _end(taken, "failed", unknown.reason, at)
    if taken.until is not None and at > taken.until:
        return _end(taken, "dropped", Reason("message.too_late"), at)
    try:
        address = vault().open(bytes(taken.to_sealed))
    except NoKeyOpens:
        return _end(taken, "failed", Reason("message.key_gone"), at)
    indexes = address_indexes(address)
    why = forbidden(taken.purpose, find_wish(taken.city, indexes, taken.purpose))
    if why is not None:
        return _end(taken, "dropped", why, at)
    held = held_until(at, _sent_today(taken.city, indexes, at, rules), template.urgent, rules)
    if held is not None:
        return _wait(taken, held[0], held[1], taken.attempts)
    adapter = adapters.get(taken.kind)
    if adapter is None:
        return _failed(taken, Reason("message.no_adapter", {"kind": taken.kind}), at)
    try:
        provider_id = adapter.send(_outgoing(taken, address, rules, at))
    except NoKeyOpens:
        return _end(taken, "failed", Reason("message.key_gone"), at)
    except ProviderRefused as refusal:
        return _end(taken, "failed", refusal.reason, at)
    except ProviderAway as refusal:
        return _failed(taken, refusal.reason, at)
    except Exception as wrong:  # its words may hold the address, so only its kind is kept
        log.error("message=%d kind=%s adapter_broke=%s", taken.id, taken.kind, type(wrong).__name__)
        return _failed(taken, Reason("message.provider_away", {"detail": type(wrong).__name__}), at)
    return _end(taken, "sent", None, at, provider_id)


def _outgoing(taken: Taken, address: str, rules: MessageRules, at: datetime) -> Outgoing:
    params: Mapping[str, Any] = json.loads(vault().open(bytes(taken.params_sealed)))
    signed = rules.signed_zh if taken.language.startswith("zh") else rules.signed_en
    text = rendered(taken.template, params, taken.language, signed)
    return Outgoing(str(taken.id), taken.kind, address, text, taken.language, at)


def _sent_today(city: str, indexes: Sequence[bytes], at: datetime, rules: MessageRules) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM base_message "
            "WHERE city = %s AND to_index = ANY(%s) AND sent_at >= %s AND sent_at < %s",
            [city, list(indexes), *day_bounds(at, rules)],
        )
        return int(cursor.fetchone()[0])


def _failed(taken: Taken, reason: Reason, at: datetime) -> str:
    """Tried again later, and later each time; in the end given up."""
    attempts = taken.attempts + 1
    wait = retry_after(attempts)
    if wait is None:
        return _end(taken, "failed", Reason("message.gave_up", {"attempts": attempts}), at, attempts=attempts)
    _wait(taken, at + wait, reason, attempts)
    return "away"


def _wait(taken: Taken, until: datetime, reason: Reason, attempts: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE base_message SET state = 'waiting', next_at = %s, reason = %s::jsonb, attempts = %s "
            "WHERE id = %s AND state = 'sending'",
            [until, canonical(reason.as_json()).decode(), attempts, taken.id],
        )
    return "waiting"


def _end(
    taken: Taken, state: str, reason: Reason | None, at: datetime, provider_id: str = "", attempts: int | None = None
) -> str:
    """Mark what became of it, and forget address and parameters: nobody needs them any more."""
    tried = taken.attempts + (state == "sent") if attempts is None else attempts
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE base_message SET state = %s, reason = %s::jsonb, sent_at = %s, provider_id = %s, attempts = %s, "
            "next_at = NULL, to_sealed = ''::bytea, params_sealed = ''::bytea WHERE id = %s AND state <> 'sent'",
            [
                state,
                canonical(reason.as_json() if reason else {}).decode(),
                at if state == "sent" else None,
                provider_id[:200],
                tried,
                taken.id,
            ],
        )
    log.info(
        "message=%d kind=%s template=%s state=%s attempts=%d", taken.id, taken.kind, taken.template, state, tried
    )
    return state


def forget_messages(before: datetime, most: int = 1000) -> int:
    """Delete messages that ended and were made before that moment, at most so many; how many went."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM base_message WHERE id IN (SELECT id FROM base_message WHERE state IN "
            "('sent', 'failed', 'dropped') AND created_at < %s ORDER BY id LIMIT %s)",
            [before, most],
        )
        return int(cursor.rowcount)


MESSAGES_KEPT = timedelta(days=180)  # logs are kept at least six months
