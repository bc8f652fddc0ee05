"""Accounts of machines, for the administrator: whose, what for, until when, and which have lost their person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cityloom.cases.errors import NotAllowed
from cityloom.city.service_accounts import ServiceAccount, ServiceState, list_service_accounts
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import Names, names
from cityloom.web.shown import show
from cityloom.web.words import say

ORDER = (ServiceState.WITHOUT_PERSON, ServiceState.EXPIRED, ServiceState.GOOD, ServiceState.DISABLED)


@dataclass(frozen=True)
class ServiceLine:
    """One machine's account; `what_next` is blank where nothing has to be done."""

    name: str
    purpose: str
    owner: str
    responsible: str
    post: str
    state: str
    rests: bool
    what_next: str
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class ServicesPage:
    """All machines' accounts, those that need somebody first."""

    template: ClassVar[str] = "cityloom/services.html"
    lines: Annotated[Sequence[ServiceLine], "the accounts"]
    without_person: Annotated[int, "how many have lost who answered for them"]


@require_safe
@for_staff
def service_accounts(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """List the accounts of machines."""
    if post.role is not Role.ADMIN:
        raise NotAllowed("error.not_allowed", role=post.role.value, move="see_services", roles=[Role.ADMIN.value])
    now, named = context.clock().now(), names(city)
    found = sorted(list_service_accounts(city), key=lambda each: (ORDER.index(each.state(now)), each.name))
    lines = [_line(each, named, now) for each in found]
    lost = sum(each.state(now) is ServiceState.WITHOUT_PERSON for each in found)
    return show(request, ServicesPage(lines, lost))


def _line(each: ServiceAccount, named: Names, now: datetime) -> ServiceLine:
    state = each.state(now)
    needs = state in (ServiceState.WITHOUT_PERSON, ServiceState.EXPIRED)
    return ServiceLine(
        name=each.name,
        purpose=each.purpose,
        owner=named.unit(each.owner),
        responsible=named.person(each.responsible),
        post=named.post(each.post),
        state=say(f"services.{state.value}"),
        rests=needs,
        what_next=say(f"services.{state.value}_next", name=each.name) if needs else "",
        expires_at=each.expires_at,
        last_used_at=each.last_used_at,
    )
