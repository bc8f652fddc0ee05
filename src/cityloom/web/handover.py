"""Shift handover: the page that the leaving shift writes and the coming one takes over with one click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from cityloom.base.errors import CityloomError
from cityloom.cases.actions.hand_over_shift import hand_over_shift
from cityloom.cases.actions.take_over_shift import take_over_shift
from cityloom.cases.handovers import DESKS, Handover, desk_of, desk_queue, list_handovers
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show
from cityloom.web.words import say


@dataclass(frozen=True)
class DueLine:
    """A case that falls due within the next shift."""

    number: str
    matter: str
    place: str
    state: str
    due_at: datetime
    late: bool
    marked: bool


@dataclass(frozen=True)
class HandoverLine:
    """A handover as it is read."""

    id: int
    note: str
    figures: Sequence[tuple[str, int]]
    marked: Sequence[str]
    by: str
    written_at: datetime
    taken_by: str
    taken_at: datetime | None
    mine: bool


@dataclass(frozen=True)
class HandoverPage:
    """What is open at the desk, what the last shift left, and the form to leave it to the next."""

    template: ClassVar[str] = "cityloom/handover.html"
    desk: Annotated[str, "the desk in words"]
    figures: Annotated[Sequence[tuple[str, int]], "open cases at the desk by state"]
    overdue: Annotated[int, "how many of them are late"]
    due: Annotated[Sequence[DueLine], "what falls due within the next shift"]
    until: Annotated[datetime, "when the next shift ends"]
    last: Annotated[HandoverLine | None, "the newest handover"]
    earlier: Annotated[Sequence[HandoverLine], "handovers before it"]
    note: Annotated[str, "the note as typed"] = ""
    error: Annotated[str, "why it was not kept"] = ""


@require_http_methods(["GET", "POST"])
@for_staff
def handover(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Leave the shift to the next: the note, the figures of the desk, the cases to look at."""
    desk_of(post)
    if request.method == "GET":
        return show(request, _page(city, post))
    note = context.typed_of(request.POST, "note")["note"]
    marked = [n.replace("\x00", "")[:40] for n in request.POST.getlist("marked")]
    try:
        hand_over_shift(city, post, note, marked, context.clock())
    except CityloomError as refusal:
        return show(request, _page(city, post, note, marked, said_by(refusal, city)), refusal.status)
    return redirect("handover")


@require_POST
@for_staff
def take_over(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Take over what the last shift left."""
    wanted = request.POST.get("id", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else 0
    take_over_shift(city, post, number, context.clock())
    return redirect("handover")


def line_of(found: Handover, post: Post, named: Names) -> HandoverLine:
    """A handover in the reader's words."""
    special = {"overdue": say("handover.overdue"), "due": say("handover.due_in_shift")}
    figures = [(special.get(code) or named.state(code), n) for code, n in found.counts.items() if n]
    return HandoverLine(
        id=found.id,
        note=found.note,
        figures=figures,
        marked=found.marked,
        by=named.person(found.by_login),
        written_at=found.written_at,
        taken_by=named.person(found.taken_by) if found.taken_by else "",
        taken_at=found.taken_at,
        mine=found.by_login in post.persons,
    )


def has_desk(post: Post) -> bool:
    """Whether the post works in shifts."""
    return post.role in DESKS


def _page(city: City, post: Post, note: str = "", marked: Sequence[str] = (), error: str = "") -> HandoverPage:
    now, named = context.clock().now(), names(city)
    with connection.cursor() as cursor:
        queue = desk_queue(cursor, city, post, now)
        lines = [line_of(h, post, named) for h in list_handovers(cursor, city, post)]
    return HandoverPage(
        desk=named.post(post),
        figures=[(named.state(state), n) for state, n in queue.counts.items()],
        overdue=queue.overdue,
        due=[
            DueLine(
                row.number, named.matter(row.class_code), row.address or named.near_place(row.area),
                named.state(row.state), row.next_due_at, row.next_due_at < now, row.number in marked,
            )
            for row in queue.due
            if row.next_due_at is not None
        ],
        until=queue.until,
        last=lines[0] if lines else None,
        earlier=lines[1:],
        note=note,
        error=error,
    )  # fmt: skip
