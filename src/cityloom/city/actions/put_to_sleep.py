"""Let a person who left sign in no more, and wake one who came back. Nothing is deleted."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from cityloom.city import models
from cityloom.city.account_events import Happened, record
from cityloom.city.account_sessions import end_sessions
from cityloom.city.actions.set_groups import set_groups


def put_to_sleep(login: str, by: str, at: datetime) -> None:
    """From now on: no sign-in, no session, no token, no post of a group, no deputy either way."""
    with transaction.atomic():
        User.objects.filter(username=login).update(is_active=False)
        models.PersonIdentity.objects.update_or_create(login=login, defaults={"asleep_at": at})
        set_groups(login, (), by, at)
        end_sessions(login, by, at)
        deputies = models.Deputy.objects.filter(Q(login=login) | Q(deputy=login), ended_at=None)
        for row in deputies.select_for_update():
            row.ended_by, row.ended_at = by, at
            row.save(update_fields=["ended_by", "ended_at"])
            record(row.login, Happened.DEPUTY_ENDED, by, at)
        record(login, Happened.PUT_TO_SLEEP, by, at)


def wake(login: str, by: str, at: datetime) -> None:
    """The person may sign in again, with the password or the provider's account of before."""
    with transaction.atomic():
        User.objects.filter(username=login).update(is_active=True)
        models.PersonIdentity.objects.filter(login=login).update(asleep_at=None)
        record(login, Happened.WOKEN, by, at)
