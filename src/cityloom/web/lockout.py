"""Too many failed sign-ins lock a name at an address for a while: until when, and lifting it. By django-axes.

The count is kept in the database, so all web processes share it. Wrong codes of a second factor count as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse

from cityloom.base.clock import RealClock
from cityloom.city import models
from cityloom.city.account_events import Happened, record
from cityloom.web import context
from cityloom.web.addresses import address_of


def own_answer(request: HttpRequest, answer: HttpResponse, credentials: object) -> HttpResponse:
    """What django-axes would replace by an answer of its own stays ours."""
    return answer


def is_locked(request: HttpRequest, login: str) -> bool:
    """Whether the name is locked at this address."""
    return not AxesProxyHandler.is_allowed(request, {"username": login})


def count_failure(request: HttpRequest, login: str) -> None:
    """Count a failure that did not come from a password."""
    user_login_failed.send(sender=__name__, credentials={"username": login}, request=request)


def locked_until(request: HttpRequest, login: str) -> datetime | None:
    """The moment, by the machine's clock, from which the name may be tried again; None when it is not locked."""
    last = (
        AccessAttempt.objects.filter(username=login, ip_address=address_of(request)).order_by("attempt_time").last()
    )
    until = last.attempt_time + _span() if last is not None else None
    return until if until is not None and until > RealClock().now() else None


def note_lock(login: str) -> None:
    """Write down, once for each lock, that an account was locked."""
    at = context.clock().now()
    if not User.objects.filter(username=login).exists():
        return
    before = models.AccountEvent.objects.filter(login=login, kind=Happened.LOCKED.value).order_by("-id").first()
    if before is None or at - before.at >= _span():
        record(login, Happened.LOCKED, "system", at)


def unlock(login: str, by: str, at: datetime) -> bool:
    """Lift the lock of a name at every address; whether there was anything to lift."""
    count = reset(username=login)
    if count:
        record(login, Happened.UNLOCKED, by, at)
    return bool(count)


def _span() -> timedelta:
    span: timedelta = settings.AXES_COOLOFF_TIME
    return span
