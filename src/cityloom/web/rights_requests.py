"""For the data steward: requests of people about their own data, by what falls due first, and their decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.reasons import Reason
from cityloom.cases.actions.decide_rights_request import check_steward, decide_rights_request
from cityloom.cases.errors import NotAllowed
from cityloom.cases.holds import find_hold
from cityloom.cases.keeping import get_file_by_id
from cityloom.cases.rights import (
    REASONS_OF_DECISION,
    RightsRequest,
    decisions_for,
    get_request,
    list_requests,
    numbers_seen,
)
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.forms import Group
from cityloom.web.moments import band_of, percent_gone
from cityloom.web.naming import names
from cityloom.web.shown import show
from cityloom.web.words import say


@dataclass(frozen=True)
class RightsLine:
    """One request in the list: nothing of it tells who asks."""

    id: int
    kind: str
    number: str
    asked_at: datetime
    due_at: datetime
    band: str
    gone: int
    is_open: bool
    state: str


@dataclass(frozen=True)
class RightsListPage:
    """The requests."""

    template: ClassVar[str] = "cityloom/rights_requests.html"
    lines: Annotated[Sequence[RightsLine], "requests, those that fall due first on top"]
    every: Annotated[bool, "whether decided ones are shown too"]


@dataclass(frozen=True)
class RightsPage:
    """One request and the decisions open to the steward."""

    template: ClassVar[str] = "cityloom/rights_request.html"
    line: Annotated[RightsLine, "the request"]
    matters: Annotated[int, "how many reports of the person it concerns"]
    case_open: Annotated[bool, "whether the case is still being worked on"]
    hold: Annotated[str, "why the case's data is on hold, if it is"]
    reason: Annotated[str, "the reason of the decision"]
    done: Annotated[Sequence[tuple[str, int]], "what was erased, in rows"]
    choices: Annotated[Sequence[Group], "decisions with their reasons"]


@require_safe
@for_staff
def rights_requests(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Requests to see, correct or erase, by what falls due first."""
    _check_role(post)
    every = request.GET.get("all") == "yes"
    with connection.cursor() as cursor:
        found = list_requests(cursor, city.id, only_open=not every)
        numbers = numbers_seen(cursor, found, post)
    lines = [_line(r, numbers[r.case_id]) for r in found if r.case_id in numbers]
    return show(request, RightsListPage(lines, every))


@require_safe
@for_staff
def rights_request(request: HttpRequest, city: City, post: Post, request_id: int) -> HttpResponse:
    """One request with the decisions that can be made."""
    _check_role(post)
    named = names(city)
    with connection.cursor() as cursor:
        asked = get_request(cursor, city.id, request_id)
        check_steward(cursor, asked, post)
        file = get_file_by_id(cursor, asked.case_id)
        hold = find_hold(cursor, asked.case_id)
    choices = [
        Group(
            say(f"decision.{decision}"),
            tuple((f"{decision}|{code}", named.reason(Reason(code))) for code in REASONS_OF_DECISION[decision]),
        )
        for decision in decisions_for(asked.kind)
    ]
    page = RightsPage(
        line=_line(asked, file.case.number),
        matters=len(asked.reporter_ids),
        case_open=not file.case.has_ended,
        hold=named.reason(Reason(hold.reason)) if hold else "",
        reason=named.reason(Reason(asked.reason)) if asked.reason else "",
        done=[
            (say(f"erased.{w}"), asked.done[w]) for w in ("texts", "relay", "photos", "persons") if w in asked.done
        ],
        choices=choices if asked.is_open else [],
    )
    return show(request, page)


@require_POST
@for_staff
def rights_decide(request: HttpRequest, city: City, post: Post, request_id: int) -> HttpResponse:
    """Decide a request; what is granted is carried out at once."""
    decision, _, reason = context.typed_of(request.POST, "decision")["decision"].partition("|")
    decide_rights_request(city, request_id, decision, reason, post, context.clock())
    return redirect("rights_request", request_id=request_id)


def _check_role(post: Post) -> None:
    if post.role is not Role.DATA_STEWARD:
        roles = [Role.DATA_STEWARD.value]
        raise NotAllowed("error.not_allowed", role=post.role.value, move="decide_rights", roles=roles)


def _line(asked: RightsRequest, number: str) -> RightsLine:
    now = context.clock().now()
    return RightsLine(
        id=asked.id,
        kind=say(f"rights.{asked.kind}"),
        number=number,
        asked_at=asked.asked_at,
        due_at=asked.due_at,
        band=band_of(asked.asked_at, asked.due_at, now) if asked.is_open else "closed",
        gone=percent_gone(asked.asked_at, asked.due_at, now),
        is_open=asked.is_open,
        state=say(f"decision.{asked.state}"),
    )
