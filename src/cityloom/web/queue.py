"""The list a post works from: what waits for it, all open work, or all history, under one filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cityloom.cases.filters import (
    DAY_WORDS,
    NOBODYS,
    CaseFilter,
    FilterNotUnderstood,
    View,
    default_view,
    parse_filter,
)
from cityloom.cases.handovers import newest_handover
from cityloom.cases.queries import CaseRow, Mark, list_cases
from cityloom.cases.waiting import next_step
from cityloom.city.paths import CASE_STATES
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Source
from cityloom.web import context
from cityloom.web.day_fields import DAY_FIELDS, DayField, day_fields, with_days
from cityloom.web.doors import for_staff
from cityloom.web.forms import Group, area_choices, class_tree, unit_choices
from cityloom.web.handover import HandoverLine, line_of
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.moments import band_of, percent_gone
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show
from cityloom.web.words import say

PAGE = 50
FIELDS = ("view", "state", "class", "area", "unit", "source", "overdue", "number", *DAY_WORDS, *DAY_FIELDS)


@dataclass(frozen=True)
class Line:
    """One case of the list."""

    number: str
    matter: str
    words: str
    place: str
    opened_at: datetime
    state: str
    unit: str
    urgency: str
    clock: str
    due_at: datetime | None
    band: str
    gone: int
    next_move: str
    waits_for: str
    reports: int
    confidential: bool
    ended: bool
    rung: int = 0
    urged: int = 0


@dataclass(frozen=True)
class Block:
    """Lines under one heading: overdue, today, this week, later."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class QueuePage:
    """The list with its filter."""

    template: ClassVar[str] = "cityloom/queue.html"
    blocks: Annotated[Sequence[Block], "the cases, grouped by when they fall due"]
    count: Annotated[int, "how many are on this page"]
    views: Annotated[Sequence[tuple[str, str, bool]], "key, address words and whether chosen, of each view"]
    asked: Annotated[CaseFilter, "the filter in use"]
    states: Annotated[Sequence[tuple[str, str]], "states to filter by"]
    classes: Annotated[Sequence[Group], "classes to filter by"]
    areas: Annotated[Sequence[Group], "areas to filter by"]
    units: Annotated[Sequence[tuple[str, str]], "units to filter by"]
    sources: Annotated[Sequence[tuple[str, str]], "sources to filter by"]
    days: Annotated[Sequence[DayField], "the days to filter by"]
    dated: Annotated[bool, "whether any day is chosen"]
    map: Annotated[MapFrame, "the map of open work"]
    handover: Annotated[HandoverLine | None, "what the last shift left at this desk, if it has shifts"] = None
    next: Annotated[str, "address words of the next page"] = ""
    first: Annotated[str, "address words of the first page, on later ones"] = ""
    error: Annotated[str, "what was not understood"] = ""


@require_safe
@for_staff
def queue(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The cases the post may see, by what falls due first; filters in the address."""
    words, error = with_days(context.typed_of(request.GET, *FIELDS)), ""
    try:
        asked = parse_filter(words, city, post)
    except FilterNotUnderstood as refusal:
        asked, error = parse_filter({}, city, post), said_by(refusal, city)
    now = context.clock().now()
    after = Mark.from_text(request.GET.get("after", ""))
    with connection.cursor() as cursor:
        found = list_cases(cursor, city, post, asked, now, after, PAGE)
        left = newest_handover(cursor, city, post) if after is None else None
    named, days = names(city), day_fields(asked)
    lines = [_line(row, city, post, named, now) for row in found.rows]
    page = QueuePage(
        blocks=_blocks(lines, asked, city, now),
        count=len(lines),
        views=_views(asked, city, post),
        asked=asked,
        states=[(s, named.state(s)) for s in CASE_STATES],
        classes=class_tree(city, named),
        areas=area_choices(city, named),
        units=[(NOBODYS, say("queue.nobody")), *unit_choices(city, named, context.today(city))],
        sources=[(s.value, named.source(s.value)) for s in Source],
        days=days,
        dated=any(day.first or day.last for day in days),
        map=frame_of(city, with_cases=True),
        handover=line_of(left, post, named) if left else None,
        next=asked.as_query(after=found.next.as_text()) if found.next else "",
        first=asked.as_query() if after else "",
        error=error,
    )
    return show(request, page, 400 if error else 200)


def _views(asked: CaseFilter, city: City, post: Post) -> list[tuple[str, str, bool]]:
    shown = [View.OPEN, View.ALL]
    if default_view(post.role, city.paths) is View.WAITING:
        shown.insert(0, View.WAITING)
    return [(v.value, CaseFilter(view=v).as_query(), v is asked.view) for v in shown]


def _line(row: CaseRow, city: City, post: Post, named: Names, now: datetime) -> Line:
    path = city.paths.paths.get(row.path)
    step = next_step(path, row.state, post.role) if path else None
    begins = row.clock_started_at or row.opened_at
    ended = row.closed_at is not None
    due = None if ended else row.next_due_at
    return Line(
        number=row.number,
        matter=named.matter(row.class_code),
        words=row.words,
        place=row.address or named.near_place(row.area),
        opened_at=row.opened_at,
        state=named.state(row.state),
        unit=named.unit(row.lead_unit),
        urgency=row.urgency,
        clock=named.clock(row.clock) if row.clock else "",
        due_at=due,
        band="closed" if ended else band_of(begins, due, now),
        gone=percent_gone(begins, due, now),
        next_move=named.move(step.move, "case") if step else "",
        waits_for="" if step or ended else _whose(row, named),
        reports=row.report_count,
        confidential=row.confidential,
        ended=ended,
        rung=row.escalation,
        urged=row.urge_count,
    )


def _whose(row: CaseRow, named: Names) -> str:
    """Whom the case waits for: who owes its next clock; for the promise of the whole city, the unit that leads."""
    if row.owed_by == "city" and row.lead_unit:
        return named.unit(row.lead_unit)
    return named.owner(row.owed_by) if row.owed_by else ""


def _blocks(lines: list[Line], asked: CaseFilter, city: City, now: datetime) -> list[Block]:
    """Open work under overdue, today, this week, later; history in one block."""
    if not asked.is_open_work:
        return [Block("", tuple(lines))] if lines else []
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(_when(line.due_at, city, now), []).append(line)
    return [Block(key, tuple(group)) for key, group in groups.items()]


def _when(due: datetime | None, city: City, now: datetime) -> str:
    if due is None:
        return "undated"
    if due < now:
        return "overdue"
    tz = city.calendar().tz
    days = (due.astimezone(tz).date() - now.astimezone(tz).date()).days
    return "today" if days == 0 else "week" if days < 7 else "later"
