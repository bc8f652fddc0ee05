"""End a machine's account: from the next request on its tokens open nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from cityloom.city import models
from cityloom.city.account_events import Happened, record
from cityloom.city.service_accounts import ServiceAccount, find_service_account
from cityloom.city.snapshot_values import City


def disable_service_account(city: City, name: str, by: str, at: datetime) -> ServiceAccount:
    """The account, disabled; doing it twice changes nothing. Raises NoSuchService."""
    account = find_service_account(city, name)
    with transaction.atomic():
        rows = models.ServiceAccount.objects.filter(pk=account.id, disabled_at=None)
        if rows.update(disabled_at=at, disabled_by=by):
            record(account.login, Happened.PUT_TO_SLEEP, by, at)
    return find_service_account(city, name)
