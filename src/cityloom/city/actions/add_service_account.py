"""Make an account for a machine: owned by a unit, answered for by a person, for a purpose, until a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from cityloom.city import models
from cityloom.city.account_events import Happened, record
from cityloom.city.service_accounts import (
    MOST_DAYS,
    NOT_FOR_MACHINES,
    CannotKeepService,
    ServiceAccount,
    find_service_account,
    login_of,
)
from cityloom.city.snapshot_values import City
from cityloom.city.values import Role

NAME_CHARS = 100


@dataclass(frozen=True)
class NewService:
    """What is told of a machine's account: `role`, `unit` and `area` are the post that its tokens act by."""

    name: str
    purpose: str
    owner: str
    responsible: str
    role: str
    unit: str = ""
    area: str = ""
    days: int = 365


def add_service_account(city: City, new: NewService, by: str, at: datetime) -> ServiceAccount:
    """The account, made. Raises CannotKeepService for what the city does not know."""
    _check(city, new, at.astimezone(city.calendar().tz).date())
    login = login_of(new.name)
    with transaction.atomic():
        kept, is_new = models.ServiceAccount.objects.get_or_create(
            city_id=city.id, login=login,
            defaults={
                "name": new.name, "purpose": new.purpose.strip(), "owner": new.owner, "responsible": new.responsible,
                "role": new.role, "unit": new.unit, "area": new.area, "made_at": at, "made_by": by,
                "expires_at": at + timedelta(days=new.days),
            },
        )  # fmt: skip
        if not is_new:
            raise CannotKeepService("service.exists", name=kept.name)
        record(login, Happened.MADE, by, at)
    return find_service_account(city, new.name)


def check_responsible(login: str) -> None:
    """Raise CannotKeepService unless this person can answer for a machine's account: somebody who can sign in."""
    if not User.objects.filter(username=login, is_active=True).exists():
        raise CannotKeepService("service.no_such_person", login=login[:150])


def _check(city: City, new: NewService, today: date) -> None:
    if not (0 < len(new.name) <= NAME_CHARS and new.name.isprintable() and new.name == new.name.strip()):
        raise CannotKeepService("service.name")
    if not new.purpose.strip():
        raise CannotKeepService("service.purpose")
    known = sorted(role.value for role in Role if role not in NOT_FOR_MACHINES)
    if new.role not in known:
        raise CannotKeepService("service.no_such_role", role=new.role, known=known)
    for unit in filter(None, (new.owner or "?", new.unit)):
        if unit not in city.units or not city.units[unit].valid.covers(today):
            raise CannotKeepService("service.no_such_unit", unit=unit)
    if new.area and new.area not in city.areas:
        raise CannotKeepService("service.no_such_area", area=new.area)
    if not 1 <= new.days <= MOST_DAYS:
        raise CannotKeepService("service.days", most=MOST_DAYS)
    check_responsible(new.responsible)
