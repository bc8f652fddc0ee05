"""A department handler's inbox: what the unit owes, by the working time left, counted by words to filter by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from cityloom.cases.inbox_turns import NOT_WAITING, TURNS
from cityloom.cases.queries import Mark
from cityloom.cases.queries_inbox import (
    WHENS,
    Bounds,
    ClosedLately,
    InboxFilter,
    InboxGroup,
    InboxRow,
    count_closed,
    count_inbox,
    list_inbox,
)
from cityloom.city.clock_values import ClockUnit
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.web import context
from cityloom.web.counted import Word
from cityloom.web.doors import for_staff
from cityloom.web.naming import Names, names
from cityloom.web.shown import show
from cityloom.web.words import say
from cityloom.web.working_time import say_time, time_left

PAGE = 50
MOST_WORDS = 10
CLOSED_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class Line:
    """One case: what it is, how much working time is left of what, whose turn it is."""

    number: str
    matter: str
    words: str
    place: str
    opened_at: datetime
    turn: str
    next_step: str
    clock: str
    due_at: datetime | None
    left: str
    round_the_clock: bool
    band: str
    gone: int
    urgent: bool
    confidential: bool
    tags: tuple[str, ...]
    unread: int


@dataclass(frozen=True)
class Block:
    """The lines of one span of time, with how many there are in all."""

    when: str
    title: str
    count: int
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class InboxPage:
    """What the unit owes."""

    template: ClassVar[str] = "cityloom/inbox.html"
    unit: Annotated[str, "the unit in words"]
    waiting: Annotated[int, "how many cases wait for the unit, whatever is filtered"]
    times: Annotated[Sequence[Word], "overdue, today, this week, later, counted"]
    turns: Annotated[Sequence[Word], "whose turn, counted: the unit's steps, assisting, put off, with others"]
    matters: Annotated[Sequence[Word], "topmost classes, counted"]
    areas: Annotated[Sequence[Word], "areas below the post's own, counted"]
    blocks: Annotated[Sequence[Block], "the cases, grouped by when they fall due"]
    filtered: Annotated[bool, "whether any word is chosen"]
    closed: Annotated[ClosedLately | None, "where nothing waits: what was closed in a week"] = None
    next: Annotated[str, "address words of the next page"] = ""
    first: Annotated[str, "address words of the first page, on later ones"] = ""


@require_safe
@for_staff
def inbox(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The unit's own work, by what falls due first; filters and place in the address."""
    if post.role is not Role.HANDLER or not post.units:
        return redirect("queue")
    asked = _asked(request, city)
    after = Mark.from_text(request.GET.get("after", ""))
    now, named = context.clock().now(), names(city)
    bounds = Bounds.at(now, city)
    with connection.cursor() as cursor:
        groups = count_inbox(cursor, city, post, bounds, _depth(city, post))
        found = list_inbox(cursor, city, post, asked, bounds, after, PAGE)
        closed = None if found.rows else count_closed(cursor, city, post, now - CLOSED_WITHIN)
    lines = [(bounds.when(row.case.next_due_at), _line(row, city, named, now)) for row in found.rows]
    times = _times(groups, asked, city)
    page = InboxPage(
        unit=named.unit(post.unit),
        waiting=sum(g.count for g in groups if g.turn not in NOT_WAITING),
        times=times,
        turns=_turns(groups, asked, city),
        matters=_matters(groups, asked, city, named),
        areas=_areas(groups, asked, city, named),
        blocks=_blocks(lines, times),
        filtered=asked != InboxFilter(),
        closed=closed,
        next=_query(asked, after=found.next.as_text()) if found.next else "",
        first=_query(asked) or "all" if after else "",
    )
    return show(request, page)


def _asked(request: HttpRequest, city: City) -> InboxFilter:
    """The filter of the address; a word that nobody knows counts as none."""
    typed = context.typed_of(request.GET, "turn", "class", "area", "when")
    return InboxFilter(
        turn=typed["turn"] if typed["turn"] in TURNS else "",
        class_code=typed["class"] if typed["class"] in city.classes else "",
        area=typed["area"] if typed["area"] in city.areas else "",
        when=typed["when"] if typed["when"] in WHENS else "",
    )


def _query(asked: InboxFilter, **more: str) -> str:
    words = {"turn": asked.turn, "class": asked.class_code, "area": asked.area, "when": asked.when, **more}
    return urlencode({name: value for name, value in words.items() if value})


# --- the words on the left --------------------------------------------------------------------------------------


def _fits(group: InboxGroup, asked: InboxFilter, city: City, but: str) -> bool:
    """Whether a group passes the filter, the word `but` aside: each column counts what choosing its words shows."""
    if but != "turn" and not (group.turn == asked.turn if asked.turn else group.turn not in NOT_WAITING):
        return False
    if but != "when" and asked.when and group.when != asked.when:
        return False
    if but != "class" and asked.class_code and asked.class_code not in _chain(group, city):
        return False
    return but == "area" or not asked.area or group.area == asked.area


def _chain(group: InboxGroup, city: City) -> tuple[str, ...]:
    code = group.class_code
    return tuple(city.class_chain(code)) if code is not None and code in city.classes else ()


def _counted(groups: Iterable[InboxGroup], asked: InboxFilter, city: City, word: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for group in groups:
        if not _fits(group, asked, city, word):
            continue
        chain = _chain(group, city)
        key = {"turn": group.turn, "when": group.when, "area": group.area, "class": chain[-1] if chain else None}[
            word
        ]
        if key:
            found[key] += group.count
    return found


def _times(groups: Sequence[InboxGroup], asked: InboxFilter, city: City) -> list[Word]:
    found = _counted(groups, asked, city, "when")
    shown = [w for w in WHENS if w != "undated" or found[w]]
    return [_word(w, say(f"inbox.{w}"), found[w], asked, "when", w == asked.when) for w in shown]


def _turns(groups: Sequence[InboxGroup], asked: InboxFilter, city: City) -> list[Word]:
    found = _counted(groups, asked, city, "turn")
    return [_word(t, say(f"inbox.{t}"), found[t], asked, "turn", t == asked.turn) for t in TURNS if found[t]]


def _matters(groups: Sequence[InboxGroup], asked: InboxFilter, city: City, named: Names) -> list[Word]:
    found = _counted(groups, asked, city, "class").most_common(MOST_WORDS)
    return [_word(c, named.matter(c), n, asked, "class_code", c == asked.class_code) for c, n in found]


def _areas(groups: Sequence[InboxGroup], asked: InboxFilter, city: City, named: Names) -> list[Word]:
    found = _counted(groups, asked, city, "area").most_common(MOST_WORDS)
    return [_word(a, named.area(a), n, asked, "area", a == asked.area) for a, n in found]


def _word(value: str, name: str, count: int, asked: InboxFilter, field: str, chosen: bool) -> Word:
    """Choosing a chosen word again takes it away."""
    return Word(name, count, _query(replace(asked, **{field: "" if chosen else value})), chosen, value)


def _depth(city: City, post: Post) -> int:
    """How many areas stand above those a post's work is counted by: for a district's post, its streets."""
    if post.area is None or post.area not in city.areas:
        return 1
    return min(len(city.ancestors(post.area)), len(city.levels) - 1)


# --- the list ---------------------------------------------------------------------------------------------------


def _line(row: InboxRow, city: City, named: Names, now: datetime) -> Line:
    it, calendar = row.case, city.calendar().with_hours(row.clock_hours)
    due = it.next_due_at
    left = time_left(it.clock_started_at or it.opened_at, due, now, row.clock_unit, calendar) if due else None
    return Line(
        number=it.number,
        matter=named.matter(it.class_code),
        words=it.words,
        place=it.address or named.near_place(it.area),
        opened_at=it.opened_at,
        turn=row.turn,
        next_step=say(f"inbox.{row.turn}"),
        clock=named.clock(it.clock) if it.clock else "",
        due_at=due,
        left=say_time(left, calendar, named.lang) if left else "",
        round_the_clock=row.clock_unit == ClockUnit.EMERGENCY_HOUR,
        band=left.band if left else "none",
        gone=round(100 * left.gone) if left else 0,
        urgent=it.urgency == "urgent",
        confidential=it.confidential,
        tags=_tags(row, named),
        unread=row.unread,
    )


def _tags(row: InboxRow, named: Names) -> tuple[str, ...]:
    """What makes this one unlike the others."""
    it = row.case
    said = [
        say("case.rung", rung=it.escalation) if it.escalation else "",
        say("case.urged", count=it.urge_count) if it.urge_count else "",
        say("queue.reports", count=it.report_count) if it.report_count > 1 else "",
        say("case.request_asks", move=named.move(row.asked, "case")) if row.asked else "",
    ]
    return tuple(filter(None, said))


def _blocks(lines: Sequence[tuple[str, Line]], times: Sequence[Word]) -> list[Block]:
    counts = {word.key: word.count for word in times}
    return [
        Block(when, say(f"inbox.block_{when}"), counts.get(when, 0), tuple(line for w, line in lines if w == when))
        for when in WHENS
        if any(w == when for w, _ in lines)
    ]
