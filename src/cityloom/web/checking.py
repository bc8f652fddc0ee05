"""The checker's desk: what was done beside how it was, the next one ready, pass or rework in one press."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from cityloom.base.errors import CityloomError
from cityloom.cases.filters import CaseFilter, View
from cityloom.cases.queries import CaseRow, Mark, list_cases
from cityloom.cases.queries_desk import WaitingGroup, count_waiting
from cityloom.cases.waiting import waiting_states
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.web import context
from cityloom.web.case import CasePage, page_of
from cityloom.web.case_forms import MoveForm
from cityloom.web.counted import Word
from cityloom.web.doors import for_staff
from cityloom.web.moments import band_of, percent_gone
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show

PAGE = 40
CHECKS = ("pass_check", "rework", "verify", "not_accept")  # what a checker says on the spot, the good news first
CHECKERS = frozenset({Role.CHECKER, Role.GRID_WORKER})
DID = frozenset({"handle", "delist"})


@dataclass(frozen=True)
class Line:
    """One that waits: what it is, whether for a check or a first look, how long it has."""

    number: str
    matter: str
    place: str
    state: str
    due_at: datetime | None
    band: str
    gone: int
    urgent: bool
    href: str
    chosen: bool


@dataclass(frozen=True)
class CheckDeskPage:
    """What waits for a check, one of them at hand."""

    template: ClassVar[str] = "cityloom/check_desk.html"
    lines: Annotated[Sequence[Line], "what waits, by what falls due first"]
    only: Annotated[str, "which state is shown; blank: all that wait"]
    states: Annotated[Sequence[Word], "states to choose from, counted; without a name: all"]
    case: Annotated[CasePage | None, "the one at hand"] = None
    forms: Annotated[Sequence[MoveForm], "what the checker may say of it"] = ()
    done: Annotated[str, "the unit's words of what it did last"] = ""
    next: Annotated[str, "address words of the next page"] = ""
    error: Annotated[str, "why the chosen one is not shown"] = ""


@require_safe
@for_staff
def check_desk(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """What waits for a check, by what falls due first, with before and after of the one at hand."""
    if post.role not in CHECKERS:
        return redirect("queue")
    typed = context.typed_of(request.GET, "state", "case")
    states = waiting_states(city.paths, post.role)
    only = typed["state"] if typed["state"] in states else ""
    everything = CaseFilter(view=View.WAITING, waits_for=post)
    asked = replace(everything, state=only)
    now, named = context.clock().now(), names(city)
    with connection.cursor() as cursor:
        groups = count_waiting(cursor, city, post, everything, now)
        found = list_cases(cursor, city, post, asked, now, Mark.from_text(request.GET.get("after", "")), PAGE)
    number = typed["case"].strip()[:40] or (found.rows[0].number if found.rows else "")
    page = CheckDeskPage(
        lines=[_line(row, only, number, named, now) for row in found.rows],
        only=only,
        states=_states(groups, states, only, named),
        next=_query(only, after=found.next.as_text()) if found.next else "",
    )
    if not number:
        return show(request, page)
    try:
        case = replace(page_of(city, post, number), back=f"{reverse('check_desk')}?{_query(only)}".rstrip("?"))
    except CityloomError as refusal:
        return show(request, replace(page, error=said_by(refusal, city)), refusal.status)
    forms = [f for move in CHECKS for f in case.forms if f.move == move]
    done = next((k.note for k in case.knots if k.move in DID and k.note), "")
    return show(request, replace(page, case=case, forms=forms, done=done))


def _states(groups: Sequence[WaitingGroup], states: Sequence[str], only: str, named: Names) -> list[Word]:
    counts: Counter[str] = Counter()
    for group in groups:
        counts[group.state] += group.count
    every = Word("", counts.total(), "", not only)
    return [every, *(Word(named.state(s), counts[s], _query(s), s == only) for s in states)]


def _query(state: str, **more: str) -> str:
    return urlencode({name: value for name, value in {"state": state, **more}.items() if value})


def _line(row: CaseRow, only: str, chosen: str, named: Names, now: datetime) -> Line:
    begins = row.clock_started_at or row.opened_at
    return Line(
        number=row.number,
        matter=named.matter(row.class_code),
        place=row.address or named.near_place(row.area),
        state=named.state(row.state),
        due_at=row.next_due_at,
        band=band_of(begins, row.next_due_at, now),
        gone=percent_gone(begins, row.next_due_at, now),
        urgent=row.urgency == "urgent",
        href=_query(only, case=row.number),
        chosen=row.number == chosen,
    )
