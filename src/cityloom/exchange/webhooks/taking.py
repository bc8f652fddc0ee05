"""Taking what is due and writing down what became of it; nothing is locked while a receiver thinks.

A worker that dies in between leaves a message that is taken again when its lease is over, under the same id. For the
same reason none of this waits for the disk: what a crash of the database forgets is done again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction

from cityloom.base.crypto import NoKeyOpens, canonical
from cityloom.base.keys import vault
from cityloom.base.reasons import Reason
from cityloom.exchange.webhooks.retrying import (
    BREAK_AFTER,
    RetryRules,
    is_to_be_turned_off,
    next_try,
    rests_until,
)
from cityloom.exchange.webhooks.rows import DELIVERY, delivery_of
from cityloom.exchange.webhooks.values import Answer, Delivery

PER_HOOK = 8  # how many messages of one webhook are on their way at once
LEASE = timedelta(minutes=2)
NO_WAIT = "SET LOCAL synchronous_commit TO off"
HELD = timedelta(hours=1)  # how long a message waits for an earlier one of the same case


@dataclass(frozen=True)
class Taken:
    """A message that this worker holds, with where it goes and the secrets that sign it."""

    delivery: Delivery
    url: str
    secrets: tuple[str, ...] = field(repr=False)  # none: no key opens them


class Turned(NamedTuple):
    """A webhook that was turned off, and why."""

    webhook_id: int
    reason: Reason


def take(at: datetime, busy: Sequence[int], most: int) -> list[Taken]:
    """Up to `most` messages that are due, of webhooks that are not `busy`, held for a while.

    Of one case a webhook is sent one message at a time, the older first: a newer one waits for it, for an hour at
    most. A webhook that fails gets one message at a time, and none while it rests.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NO_WAIT)
        cursor.execute(_DUE, [at, list(busy), at, at - HELD, BREAK_AFTER, PER_HOOK, most])
        rows = cursor.fetchall()
        if not rows:
            return []
        cursor.execute(
            "UPDATE exchange_webhook_delivery SET state = 'sending', next_at = %s, tried_at = %s WHERE id = ANY(%s)",
            [at + LEASE, at, [row[0] for row in rows]],
        )
        cursor.execute(
            "UPDATE exchange_webhook SET probe_at = %s WHERE id = ANY(%s) AND failures >= %s",
            [at + LEASE, [row[1] for row in rows], BREAK_AFTER],
        )
    return [_taken(row, at) for row in rows]


_DUE = (
    f"SELECT {DELIVERY}, w.url, w.secret_sealed, w.old_secret_sealed, w.old_until FROM exchange_webhook w "  # noqa: S608
    "CROSS JOIN LATERAL (SELECT * FROM exchange_webhook_delivery d WHERE d.webhook_id = w.id "
    "AND d.state IN ('waiting', 'sending') AND d.next_at <= %s AND w.id <> ALL(%s) "
    "AND (w.probe_at IS NULL OR w.probe_at <= %s) AND NOT EXISTS (SELECT 1 FROM exchange_webhook_delivery e "
    "WHERE e.webhook_id = d.webhook_id AND e.key = d.key AND e.state IN ('waiting', 'sending') "
    "AND (e.seq, e.id) < (d.seq, d.id) AND e.created_at > %s) "
    "ORDER BY d.next_at, d.id LIMIT CASE WHEN w.failures >= %s THEN 1 ELSE %s END FOR UPDATE SKIP LOCKED) d "
    "WHERE w.state = 'active' ORDER BY d.next_at, d.id LIMIT %s"
)


def _taken(row: Sequence[object], at: datetime) -> Taken:
    *delivery, url, present, before, old_until = row
    safe = vault()
    try:
        secrets = [safe.open(bytes(present))]  # type: ignore[call-overload]
        if isinstance(old_until, datetime) and at < old_until and before:
            secrets.append(safe.open(bytes(before)))  # type: ignore[call-overload]
    except NoKeyOpens:
        secrets = []
    return Taken(delivery_of(delivery), str(url), tuple(secrets))


def mark(delivery: Delivery, answer: Answer, at: datetime, rules: RetryRules, chance: float) -> Turned | None:
    """Write down what came of a try; tells of a webhook that this turns off.

    A message that somebody else has marked meanwhile, because the lease was over, stays as they marked it; only that
    it was delivered counts whoever says so.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NO_WAIT)
        cursor.execute(
            "SELECT failures, failing_since, state FROM exchange_webhook WHERE id = %s FOR UPDATE",
            [delivery.webhook_id],
        )
        failures, failing_since, state = cursor.fetchone()
        if answer.is_good:
            _end(delivery, "delivered", answer, None, at)
            _works(delivery.webhook_id, failures, at)
            return None
        _failed(delivery, answer, at, rules, chance)
        failures, failing_since = failures + 1, failing_since or at
        cursor.execute(
            "UPDATE exchange_webhook SET failures = %s, failing_since = %s, probe_at = %s WHERE id = %s",
            [failures, failing_since, rests_until(failures, at, chance), delivery.webhook_id],
        )
        why = _why_off(answer, failing_since, at, rules)
        if why is None or state not in ("active", "paused"):
            return None
        turn_off(delivery.webhook_id, why, at)
        return Turned(delivery.webhook_id, why)


def _why_off(answer: Answer, failing_since: datetime, at: datetime, rules: RetryRules) -> Reason | None:
    if answer.is_gone:
        return Reason("webhook.gone")
    if is_to_be_turned_off(failing_since, at, rules):
        return Reason("webhook.failing", {"days": (at - failing_since).days})
    return None


def _failed(delivery: Delivery, answer: Answer, at: datetime, rules: RetryRules, chance: float) -> None:
    attempts = delivery.attempts + 1
    again = next_try(attempts, delivery.created_at, at, rules, chance, answer.retry_after_s)
    if again is None or answer.is_gone:
        _end(delivery, "failed", answer, answer.why(), at)
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_webhook_delivery SET state = 'waiting', attempts = %s, next_at = %s, status = %s, "
            "duration_ms = %s, answer = %s, reason = %s::jsonb WHERE id = %s AND state = 'sending'",
            [attempts, again, answer.status, answer.duration_ms, answer.text, _json(answer.why()), delivery.id],
        )


def _end(delivery: Delivery, state: str, answer: Answer, reason: Reason | None, at: datetime) -> None:
    before = ["waiting", "sending", "failed"] if state == "delivered" else ["sending"]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_webhook_delivery SET state = %s, attempts = %s, next_at = NULL, ended_at = %s, "
            "status = %s, duration_ms = %s, answer = %s, reason = %s::jsonb WHERE id = %s AND state = ANY(%s)",
            [
                state, delivery.attempts + 1, at, answer.status, answer.duration_ms, answer.text, _json(reason),
                delivery.id, before,
            ],
        )  # fmt: skip


def _works(webhook_id: int, failures: int, at: datetime) -> None:
    """The address answers: where it was left in peace before, all that waits may go at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_webhook SET failures = 0, failing_since = NULL, probe_at = NULL, last_success_at = %s "
            "WHERE id = %s",
            [at, webhook_id],
        )
        if failures >= BREAK_AFTER:
            cursor.execute(
                "UPDATE exchange_webhook_delivery SET next_at = %s WHERE webhook_id = %s AND state = 'waiting' "
                "AND next_at > %s",
                [at, webhook_id, at],
            )


def turn_off(webhook_id: int, why: Reason, at: datetime, state: str = "off") -> None:
    """Keep nothing more for a webhook; what waited has failed and can be replayed."""
    code = "webhook.removed" if state == "removed" else "webhook.off"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO on")  # that somebody is told of it is not done twice
        cursor.execute(
            "UPDATE exchange_webhook SET state = %s, reason = %s::jsonb, version = version + 1, changed_at = %s, "
            "changed_by = 'system' WHERE id = %s",
            [state, _json(why), at, webhook_id],
        )
        cursor.execute(
            "UPDATE exchange_webhook_delivery SET state = 'failed', next_at = NULL, ended_at = %s, "
            "reason = %s::jsonb WHERE webhook_id = %s AND state IN ('waiting', 'sending')",
            [at, _json(Reason(code)), webhook_id],
        )


def give_up_old(before: datetime, at: datetime, most: int = 1000) -> int:
    """End what has waited since before that moment, because its webhook was paused or rested; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_webhook_delivery SET state = 'failed', next_at = NULL, ended_at = %s, "
            "reason = %s::jsonb || jsonb_build_object('params', jsonb_build_object('attempts', attempts)) "
            "WHERE id IN (SELECT id FROM exchange_webhook_delivery WHERE state = 'waiting' AND created_at < %s "
            "ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)",
            [at, _json(Reason("webhook.gave_up")), before, most],
        )
        return int(cursor.rowcount)


def forget_deliveries(before: datetime, most: int = 1000) -> int:
    """Delete ended deliveries made before that moment among the `most` oldest, and removed webhooks left without
    any; how many deliveries went."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM exchange_webhook_delivery WHERE id IN "
            "(SELECT id FROM exchange_webhook_delivery ORDER BY id LIMIT %s) "
            "AND state IN ('delivered', 'failed') AND created_at < %s",
            [most, before],
        )
        gone = int(cursor.rowcount)
        cursor.execute(
            "DELETE FROM exchange_webhook w WHERE w.state = 'removed' AND w.changed_at < %s AND NOT EXISTS "
            "(SELECT 1 FROM exchange_webhook_delivery d WHERE d.webhook_id = w.id)",
            [before],
        )
    return gone


def _json(reason: Reason | None) -> str:
    return canonical(reason.as_json() if reason else {}).decode()
