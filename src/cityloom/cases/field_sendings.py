"""What a phone sends is done once: its key is kept with what it did, and answers what comes again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from cityloom.base.errors import CityloomError
from cityloom.base.ids import ids
from cityloom.base.reasons import register
from cityloom.cases import models
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

KEPT = timedelta(days=60)  # longer than any phone waits
OLDEST = timedelta(days=3)  # how long ago a phone may say something was done
FASTEST = timedelta(minutes=2)  # how far a phone's clock may be ahead

register({
    "field.key_of_another": (
        "这条内容由另一位工作人员提交；请用该账号登录后再提交",
        "somebody else's phone has sent this; sign in as that person and send it again",
    ),
    "field.bad_key": (
        "提交的编号不对；请刷新页面再试",
        "the sending has no key of its own; reload the page and try again",
    ),
})  # fmt: skip


class KeyOfAnother(CityloomError):
    """The key was used by somebody else; nothing was done."""

    status = 409


class BadKey(CityloomError):
    """What was sent has no key that could be kept; nothing was done."""

    status = 422


@dataclass(frozen=True)
class Sending:
    """What a phone tells of a sending: its key, what about, when it was done, when and how far off somebody came."""

    key: str
    what: str  # case, record
    subject: str
    done_at: datetime | None = None
    arrived_at: datetime | None = None
    metres: int | None = None


@dataclass(frozen=True)
class Answered:
    """The answer; `again`: it had been given before and nothing was done this time."""

    answer: dict[str, Any]
    again: bool


def do_once(city: City, sending: Sending, by: Post, at: datetime, act: Callable[[], dict[str, Any]]) -> Answered:
    """Do it, unless it was done under this key before; then the answer is the one given at that time.

    Key and deed share one transaction: when `act` raises, the key is free again. Two tries at one moment wait for
    each other. Raises BadKey and KeyOfAnother.
    """
    key = _uuid(sending.key)
    with transaction.atomic():
        if not _took(city, key, sending, by, at):
            row = models.FieldSending.objects.get(city_id=city.id, key=key)
            if row.by_login != by.login or row.subject != sending.subject:
                raise KeyOfAnother("field.key_of_another")
            return Answered(dict(row.answer), again=True)
        answer = act()
        models.FieldSending.objects.filter(city_id=city.id, key=key).update(answer=answer)
    return Answered(answer, again=False)


def _took(city: City, key: UUID, sending: Sending, by: Post, at: datetime) -> bool:
    """Whether the key was free; a try under way elsewhere is waited for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_field_sending (id, city_id, key, by_login, what, subject, answer, done_at, arrived_at,"
            " metres, sent_at) VALUES (%s, %s, %s, %s, %s, %s, '{}', %s, %s, %s, %s)"
            " ON CONFLICT (city_id, key) DO NOTHING",
            [ids.one(), city.id, key, by.login, sending.what, sending.subject, sending.done_at, sending.arrived_at,
             sending.metres, at],
        )  # fmt: skip
        return bool(cursor.rowcount)


def moment_of_phone(told: str, now: datetime) -> datetime | None:
    """The moment a phone names; None for none, and for one that lies ahead or too long ago to be believed. Pure."""
    try:
        at = datetime.fromisoformat(told.replace("Z", "+00:00"))
    except ValueError:
        return None
    if at.tzinfo is None or not now - OLDEST <= at <= now + FASTEST:
        return None
    return min(at, now)


def forget_sendings(before: datetime) -> int:
    """Drop keys older than any phone would still send; how many went."""
    return int(models.FieldSending.objects.filter(sent_at__lt=before).delete()[0])


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise BadKey("field.bad_key") from wrong
