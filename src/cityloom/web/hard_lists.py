"""Three lists of hard cases: what waits for a second person, the long-term list, and the precedents."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from cityloom.base.errors import CityloomError
from cityloom.cases.actions.settle_precedent import SETTLERS, settle_precedent
from cityloom.cases.precedents import STATES
from cityloom.cases.queries_hard import (
    LongTermCase,
    PrecedentRow,
    WaitingRequest,
    list_long_term,
    list_precedents,
    list_waiting_requests,
)
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.moments import band_of
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show
from cityloom.web.words import say

SEES_PRECEDENTS = SETTLERS | {Role.DISPATCHER, Role.SHIFT_LEAD, Role.HANDLER, Role.AUDITOR}


@dataclass(frozen=True)
class RequestRow:
    """A request in the list: what is asked, of which case, by whom, until when somebody decides."""

    number: str
    title: str
    matter: str
    place: str
    who: str
    asked_at: datetime
    reason: str
    due_at: datetime | None
    band: str
    mine: bool


@dataclass(frozen=True)
class RequestsPage:
    """What waits for a decision: mine to decide first."""

    template: ClassVar[str] = "cityloom/waiting_requests.html"
    mine: Annotated[Sequence[RequestRow], "requests this post may decide"]
    others: Annotated[Sequence[RequestRow], "requests that others decide"]


@dataclass(frozen=True)
class LongTermRow:
    """A case of the long-term list: its plan, its next review, and how old it really is."""

    number: str
    matter: str
    place: str
    unit: str
    opened_at: datetime
    plan: str
    review_at: datetime | None
    band: str
    reviews: int


@dataclass(frozen=True)
class LongTermPage:
    """The long-term list (挂账)."""

    template: ClassVar[str] = "cityloom/long_term.html"
    rows: Annotated[Sequence[LongTermRow], "the cases, the next review first"]
    late: Annotated[int, "how many reviews are overdue"]
    oldest: Annotated[datetime | None, "when the oldest was opened"]


@dataclass(frozen=True)
class PrecedentLine:
    """A ruling in words, and the duty it proposes."""

    number: str
    case_number: str
    matter: str
    place: str
    from_unit: str
    to_unit: str
    moved: bool
    rule: str
    evidence: str
    duty: str
    state: str
    state_code: str
    ruled_by: str
    ruled_at: datetime
    may_settle: bool


@dataclass(frozen=True)
class PrecedentsPage:
    """Rulings on whose work a matter is (判例)."""

    template: ClassVar[str] = "cityloom/precedents.html"
    lines: Annotated[Sequence[PrecedentLine], "the rulings, newest first"]
    states: Annotated[Sequence[tuple[str, str, bool]], "the views: address part, name, whether it is the one shown"]
    adopted: Annotated[int, "how many of those shown are adopted"]
    error: Annotated[str, "why a verdict was refused"] = ""


@require_safe
@for_staff
def waiting_requests(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """What was asked for and waits for a second person; what this post may decide stands first."""
    named, now = names(city), context.clock().now()
    with connection.cursor() as cursor:
        found = list_waiting_requests(cursor, city, post)
    rows = [_request_row(r, city, post, named, now) for r in found]
    return show(request, RequestsPage([r for r in rows if r.mine], [r for r in rows if not r.mine]))


def _request_row(asked: WaitingRequest, city: City, post: Post, named: Names, now: datetime) -> RequestRow:
    path = city.paths.paths.get(asked.path)
    rows = [s for s in path.steps_from(asked.state) if s.move == asked.move] if path else []
    mine = any(post.role in s.approved_by for s in rows) and asked.asked_by not in post.persons
    return RequestRow(
        number=asked.number,
        title=say("case.request_asks", move=named.move(asked.move, "case")),
        matter=named.matter(asked.class_code),
        place=asked.address or named.near_place(asked.area),
        who=" · ".join(filter(None, [named.person(asked.asked_by), named.unit(asked.asked_unit)])),
        asked_at=asked.asked_at,
        reason=named.reason(asked.reason),
        due_at=asked.due_at,
        band=band_of(asked.asked_at, asked.due_at, now),
        mine=mine,
    )


@require_safe
@for_staff
def long_term(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Matters that only larger works, money or a rule can solve: plan, next review, and their whole age."""
    named, now = names(city), context.clock().now()
    with connection.cursor() as cursor:
        rows = [_long_term_row(c, named, now) for c in list_long_term(cursor, city, post)]
    late = sum(r.band == "overdue" for r in rows)
    return show(request, LongTermPage(rows, late, min((r.opened_at for r in rows), default=None)))


def _long_term_row(case: LongTermCase, named: Names, now: datetime) -> LongTermRow:
    return LongTermRow(
        number=case.number,
        matter=named.matter(case.class_code),
        place=case.address or named.near_place(case.area),
        unit=named.unit(case.lead_unit),
        opened_at=case.opened_at,
        plan=case.plan,
        review_at=case.review_at,
        band=band_of(case.listed_at or case.opened_at, case.review_at, now),
        reviews=case.reviews,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def precedents(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Rulings on objections and returns, each with the duty it proposes; adopted ones as rows for duties.csv."""
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    error = ""
    if request.method == "POST":
        typed = context.typed_of(request.POST, "number", "verdict")
        try:
            settle_precedent(city, typed["number"], typed["verdict"], post, context.clock())
            return redirect(request.get_full_path())
        except CityloomError as refusal:
            error = said_by(refusal, city)
    with connection.cursor() as cursor:
        found = list_precedents(cursor, city, post, state) if post.role in SEES_PRECEDENTS else []
    if request.GET.get("format") == "csv":
        return _csv([p for p in found if p.state == "adopted"])
    named = names(city)
    lines = [_precedent_line(p, post, named) for p in found]
    views = [("", say("precedents.all"), not state)] + [(s, say(f"precedents.{s}"), s == state) for s in STATES]
    page = PrecedentsPage(lines, views, sum(p.state == "adopted" for p in found))
    return show(request, replace(page, error=error), 409 if error else 200)


def _precedent_line(row: PrecedentRow, post: Post, named: Names) -> PrecedentLine:
    duty = row.proposed
    return PrecedentLine(
        number=row.number,
        case_number=row.case_number,
        matter=named.matter(row.class_code),
        place=named.near_place(row.area),
        from_unit=named.unit(row.from_unit),
        to_unit=named.unit(row.to_unit),
        moved=row.kind == "moved",
        rule=row.rule,
        evidence=row.evidence,
        duty=",".join(duty.get(name, "") for name in ("class", "area", "unit", "role")),
        state=say(f"precedents.{row.state}"),
        state_code=row.state,
        ruled_by=named.person(row.ruled_by),
        ruled_at=row.ruled_at,
        may_settle=row.state == "proposed" and post.role in SETTLERS and row.ruled_by not in post.persons,
    )


def _csv(adopted: Sequence[PrecedentRow]) -> HttpResponse:
    """The adopted rulings as rows that can be put into duties.csv and tried in the rule replay."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["class", "area", "unit", "role"])
    rows = dict.fromkeys(tuple(p.proposed.get(n, "") for n in ("class", "area", "unit", "role")) for p in adopted)
    writer.writerows(rows)
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="duties-from-precedents.csv"'
    return answer
