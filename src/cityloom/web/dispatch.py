"""The dispatcher's desk: what waits, counted by words; the chosen case with its suggestion; many sent at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.cases.actions.move_case import move_case
from cityloom.cases.dispatching import Route
from cityloom.cases.filters import CaseFilter, FilterNotUnderstood, View, parse_filter
from cityloom.cases.keeping import get_file
from cityloom.cases.permissions import may_see
from cityloom.cases.places import metres_between
from cityloom.cases.queries import CaseRow, Mark, list_cases
from cityloom.cases.queries_desk import (
    Suggested,
    UnitLoad,
    WaitingGroup,
    count_dispatched,
    count_waiting,
    load_of_units,
    suggest_units,
)
from cityloom.cases.twins import list_alike
from cityloom.cases.values import CaseFile, Details
from cityloom.cases.waiting import next_step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.triage.values import Proposal, Reading, Subject
from cityloom.web import context
from cityloom.web.case import CasePage, page_of
from cityloom.web.case_forms import MoveForm
from cityloom.web.counted import Word
from cityloom.web.doors import for_staff
from cityloom.web.forms import unit_choices
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.moments import band_of, percent_gone
from cityloom.web.naming import Names, names, said_by
from cityloom.web.near_matters import near_of
from cityloom.web.shown import show
from cityloom.web.words import say

PAGE = 50
MOST_WORDS = 12
FIELDS = ("state", "class", "area")
DISPATCHERS = frozenset({Role.DISPATCHER, Role.SHIFT_LEAD})


@dataclass(frozen=True)
class Words:
    """What waits: all of it, and by state, by topmost class, by the area below the city."""

    all: Word
    states: Sequence[Word]
    matters: Sequence[Word]
    areas: Sequence[Word]


@dataclass(frozen=True)
class DeskLine:
    """A waiting case: what it is, how long it has, and where it would go."""

    number: str
    version: int
    matter: str
    words: str
    place: str
    opened_at: datetime
    due_at: datetime | None
    band: str
    gone: int
    state: str
    urgent: bool
    repeat: bool  # whether it tells once more of a case that was closed
    suggestion: str
    sure: str  # sure: one unit owes it; open: several may; none: nobody does
    can_go: bool  # whether one act sends it to a unit
    href: str
    chosen: bool


@dataclass(frozen=True)
class LoadLine:
    """A unit that could take it, with its open work as parts of the longest bar, in percent."""

    name: str
    open: int
    overdue: int
    width: int
    late_width: int
    suggested: bool


@dataclass(frozen=True)
class Likeness:
    """An open case nearby that may be the same matter."""

    number: str
    matter: str
    state: str
    opened_at: datetime
    distance_m: int
    percent: int
    why: str


@dataclass(frozen=True)
class Chosen:
    """The case at hand, why it would go where, who carries how much, and what is like it."""

    case: CasePage
    suggestion: str
    reason: str
    loads: Sequence[LoadLine]
    like: Sequence[Likeness]
    classes: Sequence[str]  # classes its words speak for, while its class is open
    returned: Sequence[str]


@dataclass(frozen=True)
class Sent:
    """What became of one of many."""

    number: str
    to: str
    refusal: str


@dataclass(frozen=True)
class DispatchPage:
    """The desk."""

    template: ClassVar[str] = "cityloom/dispatch.html"
    words: Annotated[Words, "what waits, as counted words to filter by"]
    lines: Annotated[Sequence[DeskLine], "what waits, by what falls due first"]
    units: Annotated[Sequence[tuple[str, str]], "units to send several to"]
    map: Annotated[MapFrame, "the map of open work"]
    here: Annotated[str, "the address words of this list"]
    chosen: Annotated[Chosen | None, "the case at hand"] = None
    sent: Annotated[Sequence[Sent], "what became of those sent at once"] = ()
    dispatched: Annotated[int, "of today's cases, how many were sent to a unit"] = 0
    median: Annotated[str, "how long they waited until then, by the median"] = ""
    next: Annotated[str, "address words of the next page"] = ""
    error: Annotated[str, "what was not understood"] = ""


@dataclass(frozen=True)
class Side:
    """One of two cases that are compared, with the form that merges it into the other."""

    case: CasePage
    form: MoveForm | None


@dataclass(frozen=True)
class ComparePage:
    """Two cases side by side."""

    template: ClassVar[str] = "cityloom/compare.html"
    sides: Annotated[tuple[Side, Side], "the two cases"]
    distance_m: Annotated[int | None, "metres between their places, when both are known"]


@require_safe
@for_staff
def dispatch(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """What waits for a dispatcher, with one case at hand."""
    if post.role not in DISPATCHERS:
        return redirect("queue")
    return show(request, _desk(request, city, post))


@require_safe
@for_staff
def compare(request: HttpRequest, city: City, post: Post, number: str, other: str) -> HttpResponse:
    """Two cases side by side: whether they are the same matter, and which of them goes on."""
    if post.role not in DISPATCHERS:
        return redirect("case", number)
    back = f"{reverse('dispatch')}?case={other}"
    sides = [replace(page_of(city, post, each), back=back) for each in (number, other)]
    first, second = (_side(page, into) for page, into in zip(sides, reversed(sides), strict=True))
    return show(request, ComparePage((first, second), _metres(*sides)))


def _side(page: CasePage, into: CasePage) -> Side:
    """One case with the form that would end it in the other, where the post may do that."""
    merge = next((f for f in page.forms if f.move == "merge"), None)
    form = replace(merge, typed={**merge.typed, "case": into.number}) if merge else None
    return Side(page, form)


def _metres(one: CasePage, other: CasePage) -> int | None:
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return None
    return round(metres_between(one.lon, one.lat, other.lon, other.lat))


@require_POST
@for_staff
def dispatch_many(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Send each of the ticked cases to the unit that was chosen, or to the one suggested for it."""
    unit = request.POST.get("unit", "").strip()
    ticked = [each.partition(":") for each in request.POST.getlist("cases")[:PAGE]]
    sent = [_send(city, post, number, version, unit) for number, _, version in ticked if number]
    return show(request, replace(_desk(request, city, post), sent=sent))


def _send(city: City, post: Post, number: str, version: str, unit: str) -> Sent:
    named, now = names(city), context.clock().now()
    try:
        to = unit or _suggested(city, post, number, now)
        if not to:
            return Sent(number, "", say("dispatch.no_suggestion"))
        seen = int(version) if version.isdigit() else 0
        move_case(city, number, "dispatch", post, Details(unit=to), context.clock(), version=seen)
    except CityloomError as refusal:
        return Sent(number, "", said_by(refusal, city))
    return Sent(number, named.unit(to), "")


def _suggested(city: City, post: Post, number: str, now: datetime) -> str:
    with connection.cursor() as cursor:
        file = get_file(cursor, city.id, number)
        if may_see(post, file) is not None:
            return ""
        return suggest_units(cursor, city, [file.case.id], now)[file.case.id].route.lead or ""


def _desk(request: HttpRequest, city: City, post: Post) -> DispatchPage:
    typed, error = context.typed_of(request.GET, *FIELDS), ""
    try:
        asked = parse_filter({**typed, "view": View.WAITING.value}, city, post)
    except FilterNotUnderstood as refusal:
        asked, error = parse_filter({"view": View.WAITING.value}, city, post), said_by(refusal, city)
    now, named = context.clock().now(), names(city)
    number = request.GET.get("case", "").strip()[:40]
    everything = CaseFilter(view=View.WAITING, waits_for=post)
    with connection.cursor() as cursor:
        groups = count_waiting(cursor, city, post, everything, now)
        found = list_cases(cursor, city, post, asked, now, Mark.from_text(request.GET.get("after", "")), PAGE)
        suggested = suggest_units(cursor, city, [row.id for row in found.rows], now)
        today = None if found.rows else count_dispatched(cursor, city, post, _midnight(city, now))
    number = number or (found.rows[0].number if found.rows else "")
    here = _query(asked)
    lines = [_line(row, suggested[row.id], city, post, named, now, here, number) for row in found.rows]
    page = DispatchPage(
        words=_words(groups, asked, city, named),
        lines=lines,
        units=unit_choices(city, named, context.today(city)),
        map=frame_of(city, with_cases=True),
        here=here,
        next=f"{here}&after={found.next.as_text()}" if found.next else "",
        error=error,
        dispatched=today.count if today else 0,
        median=_minutes(today.median) if today else "",
    )
    if not number:
        return page
    try:
        return replace(page, chosen=_chosen(city, post, number, named, now, here))
    except CityloomError as refusal:
        return replace(page, error=said_by(refusal, city))


def _midnight(city: City, now: datetime) -> datetime:
    return now.astimezone(city.calendar().tz).replace(hour=0, minute=0, second=0, microsecond=0)


def _minutes(span: timedelta | None) -> str:
    return say("dispatch.minutes", count=round(span.total_seconds() / 60)) if span is not None else ""


def _query(asked: CaseFilter, **other: str) -> str:
    words = {"state": asked.state, "class": asked.class_code, "area": asked.area, **other}
    kept = CaseFilter(state=words["state"], class_code=words["class"], area=words["area"])
    return kept.as_query(view="")


# --- the words on the left --------------------------------------------------------------------------------------


def _words(groups: Sequence[WaitingGroup], asked: CaseFilter, city: City, named: Names) -> Words:
    """What waits, counted; each word leads to its list."""
    states: Counter[str] = Counter()
    matters: Counter[str] = Counter()
    areas: Counter[str] = Counter()
    for group in groups:
        states[group.state] += group.count
        if group.class_code is not None and group.class_code in city.classes:
            matters[city.class_chain(group.class_code)[-1]] += group.count
        if (below := _below_city(group.area, city)) is not None:
            areas[below] += group.count
    has_chosen = bool(asked.state or asked.class_code or asked.area)
    return Words(
        Word(say("dispatch.all"), sum(states.values()), "", not has_chosen),
        [_word(named.state(s).capitalize(), n, asked, "state", s) for s, n in states.most_common()],
        [_word(named.matter(c), n, asked, "class", c) for c, n in matters.most_common(MOST_WORDS)],
        [_word(named.area(a), n, asked, "area", a) for a, n in areas.most_common(MOST_WORDS)],
    )


def _word(name: str, count: int, asked: CaseFilter, field: str, value: str) -> Word:
    """Choosing a chosen word again takes it away."""
    chosen = {"state": asked.state, "class": asked.class_code, "area": asked.area}[field]
    return Word(name, count, _query(asked, **{field: "" if value == chosen else value}), value == chosen)


def _below_city(area: str | None, city: City) -> str | None:
    if area is None or area not in city.areas:
        return None
    return city.area_at_level(area, city.levels[min(1, len(city.levels) - 1)])


# --- the list in the middle -------------------------------------------------------------------------------------


def _line(
    row: CaseRow, suggested: Suggested, city: City, post: Post, named: Names, now: datetime, here: str, number: str
) -> DeskLine:
    path = city.paths.paths.get(row.path)
    step = next_step(path, row.state, post.role) if path else None
    begins = row.clock_started_at or row.opened_at
    return DeskLine(
        number=row.number,
        version=suggested.version,
        matter=named.matter(row.class_code),
        words=row.words,
        place=row.address or named.near_place(row.area),
        opened_at=row.opened_at,
        due_at=row.next_due_at,
        band=band_of(begins, row.next_due_at, now),
        gone=percent_gone(begins, row.next_due_at, now),
        state=named.state(row.state),
        urgent=row.urgency == "urgent",
        repeat=row.repeat_of is not None,
        suggestion=_where(suggested.route, named),
        sure=_sure(suggested.route),
        can_go=step is not None and step.move == "dispatch",
        href="&".join(filter(None, [here, f"case={row.number}"])),
        chosen=row.number == number,
    )


def _sure(route: Route) -> str:
    return "sure" if route.lead else "open" if route.candidates else "none"


def _where(route: Route, named: Names) -> str:
    if route.lead:
        return named.unit(route.lead)
    return say("dispatch.or").join(named.unit(u) for u in route.candidates[:2])


# --- the case at hand -------------------------------------------------------------------------------------------


def _chosen(city: City, post: Post, number: str, named: Names, now: datetime, here: str) -> Chosen:
    page = page_of(city, post, number)
    with connection.cursor() as cursor:
        file = get_file(cursor, city.id, number)
        route = suggest_units(cursor, city, [file.case.id], now)[file.case.id].route
        units = list(dict.fromkeys([*([route.lead] if route.lead else []), *route.candidates, *_had_it(file)]))
        loads = load_of_units(cursor, city, units, now)
        like = list_alike(cursor, city, file, now)
    back = f"{reverse('dispatch')}?{here}"
    seems = _class_proposals(file)
    return Chosen(
        case=replace(page, back=back, forms=_with_class(page.forms, seems)),
        classes=[
            say(
                "dispatch.seems",
                matter=named.matter(str(p.value)),
                percent=round(100 * p.confidence),
                reason=named.reason(p.reason),
            )
            for p in seems
        ],
        suggestion=_where(route, named),
        reason=named.reason(route.reason),
        loads=_loads(loads, route, named),
        like=[
            Likeness(n.number, n.matter, n.state, n.opened_at, n.metres, n.percent, n.why)
            for n in (near_of(city, twin) for twin in like)
        ],
        returned=[f"{task.unit}: {task.reason}" for task in page.tasks if not task.alive and task.reason],
    )


def _class_proposals(file: CaseFile) -> list[Proposal]:
    """The classes that the first report's words speak for, where nobody has said the class yet."""
    read = file.reports[0].reading if file.reports and file.case.class_code is None else None
    return [p for p in Reading.from_json(read).about(Subject.CLASS) if p.is_known] if read else []


def _with_class(forms: Sequence[MoveForm], seems: Sequence[Proposal]) -> list[MoveForm]:
    """The forms with the likeliest class filled in where it is corrected, that form among the first."""
    if not seems:
        return list(forms)
    filled = [
        replace(f, typed={**f.typed, "class": str(seems[0].value)}, weight="main") if f.move == "reclassify" else f
        for f in forms
    ]
    return sorted(filled, key=lambda f: f.move != "reclassify")


def _had_it(file: CaseFile) -> list[str]:
    return [task.unit for task in file.tasks if task.role == "lead"]


def _loads(loads: Mapping[str, UnitLoad], route: Route, named: Names) -> list[LoadLine]:
    """Each unit's bar beside the longest."""
    longest = max((load.open for load in loads.values()), default=0) or 1
    return [
        LoadLine(
            name=named.unit(load.unit),
            open=load.open,
            overdue=load.overdue,
            width=round(100 * load.open / longest),
            late_width=round(100 * load.overdue / longest),
            suggested=load.unit == route.lead,
        )
        for load in loads.values()
    ]
