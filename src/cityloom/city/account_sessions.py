"""The sessions of a person: where from, since when; at most so many at once, and each can be ended.

Django keeps the sessions themselves; a session ends when Django's row of it is gone, at once and for all processes,
and no request asks for more than that row.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction

from cityloom.base.clock import RealClock
from cityloom.city import models
from cityloom.city.account_events import Happened, record


@dataclass(frozen=True)
class LivingSession:
    """A session that has not ended; `handle` names it in a form and is no key to it."""

    key: str
    handle: str
    began_at: datetime
    seen_at: datetime
    address: str
    device: str


def note_session(login: str, key: str, address: str, device: str, most: int, at: datetime) -> int:
    """Write down a session that begins; the oldest beyond `most` end. How many ended."""
    with transaction.atomic():
        models.AccountSession.objects.update_or_create(
            session_key=key,
            defaults={"login": login, "began_at": at, "address": address[:60], "device": device[:200]},
        )
        living = list_sessions(login)
        over = [s.key for s in living if s.key != key][max(0, most - 1) :]
        if over:
            _end(over)
            record(login, Happened.SESSION_CROWDED_OUT, login, at)
    return len(over)


def list_sessions(login: str) -> list[LivingSession]:
    """The sessions that have not ended, the newest first."""
    rows = {s.session_key: s for s in models.AccountSession.objects.filter(login=login)}
    alive: dict[str, Any] = dict(
        Session.objects.filter(session_key__in=rows, expire_date__gt=RealClock().now()).values_list(
            "session_key", "expire_date"
        )
    )
    idle = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    found = [
        LivingSession(key, _handle(key), row.began_at, alive[key] - idle, row.address, row.device)
        for key, row in rows.items()
        if key in alive
    ]
    return sorted(found, key=lambda s: (s.began_at, s.seen_at), reverse=True)


def end_sessions(login: str, by: str, at: datetime, *, but: str = "", only: str = "") -> int:
    """End a person's sessions: all, all but the one with the key `but`, or the one with the handle `only`."""
    with transaction.atomic():
        keys = [s.key for s in list_sessions(login) if s.key != but and (not only or s.handle == only)]
        _end(keys)
        if keys:
            record(login, Happened.SESSIONS_ENDED, by, at)
    return len(keys)


def forget_ended() -> int:
    """Drop the rows of sessions that Django no longer keeps, and Django's of those that ran out."""
    Session.objects.filter(expire_date__lte=RealClock().now()).delete()
    gone = models.AccountSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    count, _ = gone.delete()
    return count


def _end(keys: list[str]) -> None:
    Session.objects.filter(session_key__in=keys).delete()
    models.AccountSession.objects.filter(session_key__in=keys).delete()


def _handle(key: str) -> str:
    return hashlib.sha256(b"cityloom session\0" + key.encode()).hexdigest()[:16]
