"""Machines' accounts for tests."""

from __future__ import annotations

from typing import Any

from tests.cases.life import Life

from cityloom.city.actions.add_service_account import NewService, add_service_account
from cityloom.city.service_accounts import ServiceAccount, list_service_accounts


def make_service(life: Life, name: str, role: str = "handler", unit: str = "", **more: Any) -> ServiceAccount:
    """A machine's account of the small city: owned by the centre, answered for by the supervisor unless told."""
    told = {"purpose": "for the tests", "owner": "centre", "responsible": "supervisor", **more}
    new = NewService(name=name, role=role, unit=unit, **told)
    return add_service_account(life.city, new, "test", life.clock.now())


def kept_service(life: Life, name: str, role: str, **more: str) -> ServiceAccount:
    """The machine's account of that name: the one that an earlier test left in the database, or a new one."""
    there = next((each for each in list_service_accounts(life.city) if each.name == name), None)
    return there or make_service(life, name, role, **more)
