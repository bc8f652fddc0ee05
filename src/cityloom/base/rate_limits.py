"""How often one may knock at a public door: a leaky bucket per key, shared by all processes in one small table.

The generic cell rate algorithm (ITU-T I.371): a limit of n per span gives each knock a step of span / n; a key's
bucket is free again at `free_at`; a knock is let in while the bucket after it is full for no longer than the span.
With 60 an hour, sixty at once are let in, then one a minute. One upsert counts any number of keys; a second
statement runs only for who is refused, to say when the door opens again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from cityloom.base.errors import CityloomError
from cityloom.base.limits import Limit
from cityloom.base.reasons import register

register(
    {
        "rate.too_often": (
            "短时间内次数太多。您填写的内容没有丢，请在{at}（约{minutes}分钟后）再试",
            "too many in a short time. Nothing you typed is lost; try again at {at}, in about {minutes} min",
        ),
    }
)


class TooOften(CityloomError):
    """More knocks at a public door than its limit; `retry_after_s` says in how many seconds it opens again."""

    status = 429

    def __init__(self, again_at: str, retry_after_s: int) -> None:
        super().__init__("rate.too_often", at=again_at, minutes=max(1, -(-retry_after_s // 60)))
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Knock:
    """One use of a key, which tells nothing of whom it stands for, against its limit."""

    key: str
    limit: Limit


def knock(knocks: Iterable[Knock], at: datetime) -> dict[str, datetime]:
    """Count each; the keys that are over their limit, with the moment from which one more is let in.

    A knock that is refused is not counted. Call it outside of a transaction, so that keys are held for a moment only.
    """
    asked = sorted({k.key: k for k in knocks}.values(), key=lambda k: k.key)  # one order, so that nobody deadlocks
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO base_rate AS r (key, free_at, step, span) "
            "SELECT key, %s + step, step, span FROM unnest(%s::varchar[], %s::interval[], %s::interval[]) "
            "AS asked (key, step, span) "
            "ON CONFLICT (key) DO UPDATE SET free_at = greatest(r.free_at + excluded.step, excluded.free_at), "
            "step = excluded.step, span = excluded.span "
            "WHERE greatest(r.free_at + excluded.step, excluded.free_at) <= excluded.free_at - excluded.step "
            "+ excluded.span RETURNING r.key",
            [at, [k.key for k in asked], [k.limit.step for k in asked], [k.limit.span for k in asked]],
        )
        let_in = {key for (key,) in cursor.fetchall()}
        refused = {k.key: k.limit for k in asked if k.key not in let_in}
        if not refused:
            return {}
        cursor.execute("SELECT key, free_at FROM base_rate WHERE key = ANY(%s)", [list(refused)])
        return {key: free_at + refused[key].step - refused[key].span for key, free_at in cursor.fetchall()}


def forget_free(at: datetime) -> int:
    """Drop the rows of keys that are wholly free again; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM base_rate WHERE free_at < %s", [at])
        return int(cursor.rowcount)
