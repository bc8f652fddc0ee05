"""How often one may knock at a public door: a leaky bucket per key, shared by all processes in one small table.

The generic cell rate algorithm (ITU-T I.371): a limit of n per span gives each knock a step of span / n; a key's
bucket is free again at `free_at`; a knock is let in while the bucket after it is full for no longer than the span.
With 60 an hour, sixty at once are let in, then one a minute. One upsert counts any number of keys; a second
statement runs only for who is refused, to say when the door opens again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper

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
        let_in = _count(cursor, asked, at)
        refused = {k.key: k.limit for k in asked if k.key not in let_in}
        if not refused:
            return {}
        cursor.execute("SELECT key, free_at FROM base_rate WHERE key = ANY(%s)", [list(refused)])
        return {key: free_at + refused[key].step - refused[key].span for key, free_at in cursor.fetchall()}


@dataclass(frozen=True)
class Standing:
    """How a key stands after a knock: so many more at once, wholly free again in so many seconds.

    `again_at` is the moment from which one more is let in, set only where this knock was refused.
    """

    limit: Limit
    left: int
    free_in_s: int
    again_at: datetime | None = None


def knock_and_tell(asked: Knock, at: datetime) -> Standing:
    """The same for one key, with what is left of its limit: for doors that tell it in their answers."""
    limit = asked.limit
    with connection.cursor() as cursor:
        let_in = _count(cursor, [asked], at)
        if asked.key in let_in:
            full_s = (let_in[asked.key] - at).total_seconds()
            left = int((limit.span.total_seconds() - full_s) / limit.step.total_seconds() + 1e-6)
            return Standing(limit, max(0, left), max(0, -int(-full_s // 1)))
        cursor.execute("SELECT free_at FROM base_rate WHERE key = %s", [asked.key])
        ((free_at,),) = cursor.fetchall()
    return Standing(limit, 0, max(0, -int(-(free_at - at).total_seconds() // 1)), free_at + limit.step - limit.span)


def _count(cursor: CursorWrapper, asked: Sequence[Knock], at: datetime) -> dict[str, datetime]:
    """The keys that were let in, with the moment at which each is wholly free again."""
    cursor.execute(
        "INSERT INTO base_rate AS r (key, free_at, step, span) "
        "SELECT key, %s + step, step, span FROM unnest(%s::varchar[], %s::interval[], %s::interval[]) "
        "AS asked (key, step, span) "
        "ON CONFLICT (key) DO UPDATE SET free_at = greatest(r.free_at + excluded.step, excluded.free_at), "
        "step = excluded.step, span = excluded.span "
        "WHERE greatest(r.free_at + excluded.step, excluded.free_at) <= excluded.free_at - excluded.step "
        "+ excluded.span RETURNING r.key, r.free_at",
        [at, [k.key for k in asked], [k.limit.step for k in asked], [k.limit.span for k in asked]],
    )
    return dict(cursor.fetchall())


def forget_free(at: datetime) -> int:
    """Drop the rows of keys that are wholly free again; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM base_rate WHERE free_at < %s", [at])
        return int(cursor.rowcount)


def count_keys(at: datetime) -> tuple[int, int]:
    """How many keys have used something of their limit, and how many of them would be refused now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE free_at + step - span > %s) FROM base_rate WHERE free_at > %s",
            [at, at],
        )
        used, full = cursor.fetchone()
    return int(used), int(full)


def free_keys(keys: Sequence[str] | None) -> int:
    """Give these keys their whole limit back, all keys for None; how many had used something of it."""
    with connection.cursor() as cursor:
        if keys is None:
            cursor.execute("DELETE FROM base_rate")
        else:
            cursor.execute("DELETE FROM base_rate WHERE key = ANY(%s)", [list(keys)])
        return int(cursor.rowcount)
