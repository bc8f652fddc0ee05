"""Let another person answer for a machine's account, which wakes one whose person has left."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from cityloom.city import models
from cityloom.city.account_events import Happened, record
from cityloom.city.actions.add_service_account import check_responsible
from cityloom.city.service_accounts import MOST_DAYS, CannotKeepService, ServiceAccount, find_service_account
from cityloom.city.snapshot_values import City


def hand_over_service_account(
    city: City, name: str, responsible: str, by: str, at: datetime, days: int | None = None
) -> ServiceAccount:
    """The account with another responsible person, good for `days` from now where they are given."""
    account = find_service_account(city, name)
    check_responsible(responsible)
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise CannotKeepService("service.days", most=MOST_DAYS)
    expires_at = account.expires_at if days is None else at + timedelta(days=days)
    with transaction.atomic():
        models.ServiceAccount.objects.filter(pk=account.id).update(responsible=responsible, expires_at=expires_at)
        record(account.login, Happened.HANDED_OVER, by, at)
    return find_service_account(city, name)
