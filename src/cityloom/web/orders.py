"""Supervision orders (督办): the list with its figures, one order with its thread and its moves, and its letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.cases.actions.move_order import move_order
from cityloom.cases.errors import NotAllowed
from cityloom.cases.order_keeping import complained_about_in, get_order, list_order_entries
from cityloom.cases.order_queries import (
    VIEWS,
    OrderFigures,
    OrderFilter,
    OrderFilterNotUnderstood,
    count_orders,
    list_orders,
    parse_order_filter,
)
from cityloom.cases.order_values import ORDER_STATES, ORDER_SUBJECTS, Answer, Order, OrderEntry
from cityloom.cases.orders import ISSUERS, OrderStep, may_see_order, open_order_steps
from cityloom.cases.queries import PhotoRow, find_photo
from cityloom.city.clock_values import ClockUnit
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.forms import pictures_of, unit_choices
from cityloom.web.naming import Names, names, said_by
from cityloom.web.order_forms import FIELDS, details_of_order
from cityloom.web.order_lines import OrderLine, date_in_full, order_line, topic_words
from cityloom.web.shown import show
from cityloom.web.words import say

PAGE = 50


@dataclass(frozen=True)
class OrdersPage:
    """The orders the post may see, with their figures."""

    template: ClassVar[str] = "cityloom/orders.html"
    lines: Annotated[Sequence[OrderLine], "the orders of this page"]
    figures: Annotated[OrderFigures, "open, overdue, waiting for judgement, answered in time"]
    share: Annotated[str, "answered in time of those discharged this year, as a fraction in words"]
    views: Annotated[Sequence[tuple[str, str, bool]], "name, address words and whether chosen, of each view"]
    asked: Annotated[OrderFilter, "the filter in use"]
    units: Annotated[Sequence[tuple[str, str]], "units to filter by"]
    states: Annotated[Sequence[tuple[str, str]], "states to filter by"]
    subjects: Annotated[Sequence[tuple[str, str]], "subjects to filter by"]
    may_issue: Annotated[bool, "whether the post issues orders"]
    next: Annotated[str, "address words of the next page"] = ""
    error: Annotated[str, "what was not understood"] = ""


@dataclass(frozen=True)
class OrderKnot:
    """One step of an order: what was done, by whom, in which words, with what."""

    title: str
    who: str
    at: datetime
    note: str
    reason: str
    kind: str
    cases: tuple[str, ...]
    photos: tuple[PhotoRow, ...]
    due_at: datetime | None  # where the step set or moved it


@dataclass(frozen=True)
class OrderForm:
    """One move as a form: its inputs, those that must be filled, and what was typed when it was refused."""

    move: str
    title: str
    weight: str
    asks: tuple[str, ...]
    musts: tuple[str, ...]
    typed: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class AnswerLine:
    """What one unit owes or answered."""

    unit: str
    state: str
    who: str
    since: datetime | None
    done: bool


@dataclass(frozen=True)
class OrderPage:
    """One order with its thread."""

    template: ClassVar[str] = "cityloom/order.html"
    line: Annotated[OrderLine, "the order as in the list"]
    number: Annotated[str, "how its address names it"]
    case_number: Annotated[str, "the case it is about"]
    topic: Annotated[str, "the filter of its topic in words"]
    topic_query: Annotated[str, "the same as the words of the list of cases"]
    issuer: Annotated[str, "who issued it"]
    demand: Annotated[str, "what is demanded"]
    provisional: Annotated[bool, "whether the calendar does not reach that far yet"]
    answers: Annotated[Sequence[AnswerLine], "the units that must answer"]
    asked: Annotated[str, "more time that somebody waits for"]
    knots: Annotated[Sequence[OrderKnot], "its history, newest first"]
    forms: Annotated[Sequence[OrderForm], "the moves open to the post"]
    limit_units: Annotated[Sequence[tuple[str, str]], "what a limit may be counted in"]
    replied: Annotated[Sequence[tuple[str, str]], "units whose answer may be sent back"]
    version: Annotated[int, "the version that is shown"]
    error: Annotated[str, "why a move was refused, when its form is gone"] = ""


@dataclass(frozen=True)
class Reply:
    """An answer or its judgement, as a letter quotes it."""

    title: str
    who: str
    when: str
    note: str


@dataclass(frozen=True)
class LetterPage:
    """The order as a letter to print."""

    template: ClassVar[str] = "cityloom/order_letter.html"
    line: Annotated[OrderLine, "the order as in the list"]
    city: Annotated[str, "the city's name"]
    issuer: Annotated[str, "who issued it"]
    issued: Annotated[str, "when, in full"]
    due: Annotated[str, "until when it is to be answered, in full"]
    demand: Annotated[str, "what is demanded"]
    replies: Annotated[Sequence[Reply], "answers and their judgement, oldest first"]


@require_safe
@for_staff
def orders(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The supervision orders the post may see, the newest first; filters in the address."""
    words, error = context.typed_of(request.GET, "view", "unit", "state", "subject"), ""
    try:
        asked = parse_order_filter(words, city)
    except OrderFilterNotUnderstood as refusal:
        asked, error = OrderFilter(), said_by(refusal, city)
    after, now, named = request.GET.get("after", ""), context.clock().now(), names(city)
    with connection.cursor() as cursor:
        mark = int(after) if after.isdecimal() and len(after) < 19 else None
        found = list_orders(cursor, city, post, asked, now, mark, PAGE)
        figures = count_orders(cursor, city, post, now)
    page = OrdersPage(
        lines=[order_line(o, named, now) for o in found.orders],
        figures=figures,
        share=_share(figures),
        views=[(say(f"order_view.{v}"), OrderFilter(view=v).as_query(), v == asked.view) for v in VIEWS],
        asked=asked,
        units=unit_choices(city, named, context.today(city)),
        states=[(code, name.in_language(named.lang)) for code, name in ORDER_STATES.items()],
        subjects=[(code, name.in_language(named.lang)) for code, name in ORDER_SUBJECTS.items()],
        may_issue=post.role in ISSUERS,
        next=asked.as_query(after=str(found.next)) if found.next else "",
        error=error,
    )
    return show(request, page, 400 if error else 200)


def _share(figures: OrderFigures) -> str:
    """A dash while nothing was discharged: a rate over nothing is none."""
    return say("orders.of", part=figures.on_time, whole=figures.discharged) if figures.discharged else "—"


@require_safe
@for_staff
def order(request: HttpRequest, city: City, post: Post, number: str) -> HttpResponse:
    """One supervision order: what is demanded of whom until when, and what was answered."""
    return show(request, _page(city, post, number))


@require_POST
@for_staff
def order_move(request: HttpRequest, city: City, post: Post, number: str) -> HttpResponse:
    """Make one move of an order with what its form brought; a refused one keeps what was typed."""
    typed = context.typed_of(request.POST, *FIELDS)
    try:
        version = int(typed["version"]) if typed["version"].isdecimal() else 0
        pictures = pictures_of(request.FILES.getlist("photos"))
        details = details_of_order(typed)
        move_order(city, number, typed["move"], post, details, context.clock(), version=version, pictures=pictures)
    except CityloomError as refusal:
        page = _page(city, post, number)
        sentence = said_by(refusal, city)
        forms = [replace(f, typed=typed, error=sentence) if f.move == typed["move"] else f for f in page.forms]
        page = replace(page, forms=forms, error="" if any(f.error for f in forms) else sentence)
        return show(request, page, refusal.status)
    return redirect(reverse("order", args=[number]))


@require_safe
@for_staff
def letter(request: HttpRequest, city: City, post: Post, number: str) -> HttpResponse:
    """The order as a letter to print or to file."""
    named, now = names(city), context.clock().now()
    found, entries = _read(city, post, number)
    tz = city.calendar().tz
    knots = [_knot(e, named, {}) for e in entries if e.move in ("reply", "send_back", "discharge", "withdraw")]
    page = LetterPage(
        line=order_line(found, named, now),
        city=city.name.in_language(named.lang),
        issuer=_issuer(found, named),
        issued=date_in_full(found.issued_at, tz, named.lang),
        due=date_in_full(found.due_at, tz, named.lang),
        demand=entries[0].text or "",
        replies=[Reply(k.title, k.who, date_in_full(k.at, tz, named.lang), k.note) for k in knots],
    )
    return show(request, page)


def _read(city: City, post: Post, number: str) -> tuple[Order, list[OrderEntry]]:
    with connection.cursor() as cursor:
        found = get_order(cursor, city.id, number)
        if (refusal := may_see_order(post, found, complained_about_in(cursor, found))) is not None:
            raise NotAllowed(refusal.code, **refusal.params)
        return found, list_order_entries(cursor, found.id)


def _page(city: City, post: Post, number: str) -> OrderPage:
    named, now = names(city), context.clock().now()
    found, entries = _read(city, post, number)
    photos = _photos(city, entries)
    return OrderPage(
        line=order_line(found, named, now),
        number=found.number,
        case_number=found.case_number or "",
        topic=topic_words(found, named),
        topic_query=urlencode(sorted(found.topic.items())),
        issuer=_issuer(found, named),
        demand=entries[0].text or "",
        provisional=found.provisional,
        answers=[_answer(a, named) for a in found.answers],
        asked=_asked(found, named),
        knots=[_knot(e, named, photos) for e in reversed(entries)],
        forms=sorted(
            (_form(s, found, named, now) for s in open_order_steps(found, post, now, city)),
            key=lambda form: _WEIGHTS.index(form.weight),
        ),
        limit_units=[(u.value, named.clock_unit(u.value)) for u in ClockUnit],
        replied=[(a.unit, named.unit(a.unit)) for a in found.answers if a.state == "replied"],
        version=found.version,
    )


def _photos(city: City, entries: Sequence[OrderEntry]) -> dict[int, PhotoRow]:
    wanted = [i for e in entries for i in e.changes.get("photos", [])]
    with connection.cursor() as cursor:
        found = (find_photo(cursor, city, i) for i in wanted)
        return {p.id: p for p in found if p is not None}


def _issuer(order: Order, named: Names) -> str:
    parts = named.person(order.issuer_login), named.role(order.issuer_role), named.unit(order.issuer_unit)
    return " · ".join(p for p in parts if p)


def _answer(answer: Answer, named: Names) -> AnswerLine:
    state = say("order.owed") if answer.state == "owed" else say(f"order.answer_{answer.state}")
    return AnswerLine(
        unit=named.unit(answer.unit),
        state=state,
        who=named.person(answer.by) if answer.by else "",
        since=datetime.fromisoformat(answer.since) if answer.since else None,
        done=answer.state == "replied",
    )


def _asked(order: Order, named: Names) -> str:
    if not order.asked:
        return ""
    amount, unit = order.asked["amount"], named.clock_unit(order.asked["unit"])
    return say("order.asked", unit=named.unit(order.asked.get("of")), amount=f"{amount:g}", limit=unit)


def _knot(entry: OrderEntry, named: Names, photos: Mapping[int, PhotoRow]) -> OrderKnot:
    is_clock = entry.by_role == "system"
    who = [] if is_clock else [named.person(entry.by_login), named.role(entry.by_role), named.unit(entry.by_unit)]
    moment = entry.changes.get("moment")
    due = entry.changes.get("order", {}).get("due_at")
    return OrderKnot(
        title=named.order_move(entry.move),
        who=" · ".join(w for w in who if w),
        at=datetime.fromisoformat(moment) if moment else entry.recorded_at,
        note=(entry.text or "") if entry.move != "issue" else "",
        reason=named.reason(entry.reason),
        kind="late" if entry.move == "overdue" else "quiet" if is_clock else "step",
        cases=tuple(entry.changes.get("cases", ())),
        photos=tuple(photos[i] for i in entry.changes.get("photos", []) if i in photos),
        due_at=datetime.fromisoformat(due[1]) if due else None,
    )


_ASKS = {
    "reply": ("note", "cases", "photos"),
    "ask_time": ("note", "limit"),
    "send_back": ("note", "unit", "limit"),
}
_WEIGHTS = ("main", "quiet", "grave")
_MAIN = frozenset({"receive", "reply", "discharge", "grant_time"})


def _form(step: OrderStep, order: Order, named: Names, now: datetime) -> OrderForm:
    asks = list(_ASKS.get(step.move, step.needs))
    musts = list(step.needs)
    if order.case_id is None and "photos" in asks:
        asks.remove("photos")
    if "unit" in asks and len(order.units) < 2:
        asks.remove("unit")
    if step.move == "send_back" and now > order.due_at:
        musts.append("limit")
    weight = "main" if step.move in _MAIN else "grave" if step.move == "withdraw" else "quiet"
    return OrderForm(step.move, named.order_move(step.move), weight, tuple(asks), tuple(musts))
