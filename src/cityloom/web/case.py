"""One case: head, thread, reports, tasks with their clocks, photos, map; at the side the moves open to the post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason
from cityloom.cases.actions.decide_request import decide_request
from cityloom.cases.actions.move_case import move_case
from cityloom.cases.actions.move_report import move_report
from cityloom.cases.actions.move_task import move_task
from cityloom.cases.errors import NotAllowed, StaleVersion
from cityloom.cases.keeping import get_file, list_entries
from cityloom.cases.order_queries import list_orders_of_case
from cityloom.cases.orders import ISSUERS, READERS
from cityloom.cases.originals import MAY_READ, Said, open_words
from cityloom.cases.permissions import may_see
from cityloom.cases.queries import PhotoRow, list_photos
from cityloom.cases.queries_place import place_history
from cityloom.cases.reporters import MAY_OPEN, Contact, open_contacts
from cityloom.cases.values import CaseFile, Details, Entry
from cityloom.cases.working_city import city_of_case
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.case_forms import FIELDS, MoveForm, details_of, move_forms, with_typed
from cityloom.web.case_lines import (
    ClockLine,
    ReportLine,
    RequestLine,
    ShotLine,
    TaskLine,
    case_counts,
    clock_line,
    owes_sentence,
    partner_words,
    promise_left,
    report_line,
    request_line,
    shot_lines,
    standard_words,
    task_line,
)
from cityloom.web.case_people import NO_PEOPLE, PeoplePart, people_part
from cityloom.web.doors import for_staff
from cityloom.web.forms import most_photos
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.micro_before import SolvedBefore, solved_before
from cityloom.web.naming import names, said_by
from cityloom.web.navigation import home_of
from cityloom.web.order_lines import OrderLine, order_line
from cityloom.web.place_lines import NOTHING_BEFORE, PlacePast, place_past
from cityloom.web.shown import show
from cityloom.web.thread_knots import Knot, staff_knots
from cityloom.web.uploads import uploaded
from cityloom.web.words import say

DESKS = ("dispatch", "inbox", "check_desk")  # where a move may lead back to


@dataclass(frozen=True)
class CasePage:
    """A case with all that moves with it."""

    template: ClassVar[str] = "cityloom/case.html"
    number: Annotated[str, "the case's number"]
    matter: Annotated[str, "the class in words"]
    condition: Annotated[str, "the filing condition it was filed under"]
    closing: Annotated[str, "what has to be so before it may be closed"]
    path: Annotated[str, "the kind of case in words"]
    source: Annotated[str, "where the sign came from"]
    place: Annotated[str, "the address or the area in words"]
    areas: Annotated[str, "the areas around it"]
    state: Annotated[str, "the state in words"]
    ended: Annotated[bool, "whether it has ended"]
    urgent: Annotated[bool, "whether it is urgent"]
    confidential: Annotated[bool, "whether it is kept confidential"]
    opened_at: Annotated[datetime, "when it was opened"]
    due_at: Annotated[datetime | None, "the moment promised to the resident"]
    band: Annotated[str, "how the promise stands: on-time, due-soon, overdue, none, closed"]
    gone: Annotated[int, "how much of the promise has gone, in percent"]
    left: Annotated[str, "how much time the promise leaves, in the clock's own time"]
    provisional: Annotated[bool, "whether the calendar does not reach that far yet"]
    owes: Annotated[str, "who owes what next until when, as a sentence"]
    owes_band: Annotated[str, "how that clock stands"]
    unit: Annotated[str, "the leading unit"]
    counts: Annotated[str, "returns, reworks, reopenings, in words"]
    clocks: Annotated[Sequence[ClockLine], "what is owed now"]
    tasks: Annotated[Sequence[TaskLine], "units and what they do"]
    reports: Annotated[Sequence[ReportLine], "what was said"]
    knots: Annotated[Sequence[Knot], "the history, newest first"]
    before: Annotated[Sequence[ShotLine], "photos of the trouble"]
    after: Annotated[Sequence[ShotLine], "photos of the work and its check"]
    map: Annotated[MapFrame | None, "the map around the place"]
    lon: Annotated[float | None, "longitude of the place"]
    lat: Annotated[float | None, "latitude of the place"]
    forms: Annotated[Sequence[MoveForm], "the moves open to the post"]
    most_photos: Annotated[int, "how many photos one form takes"]
    home: Annotated[tuple[str, str], "the list that the post works from: address and name"]
    can_call: Annotated[bool, "whether the post may open the contacts"]
    version: Annotated[int, "the version that is shown"]
    seq: Annotated[int, "the number of the newest entry that is shown"]
    people: Annotated[PeoplePart, "messages with the resident, whom it is about, the hold"] = NO_PEOPLE
    contacts: Annotated[Sequence[tuple[str, Contact]], "opened contacts, by report"] = ()
    originals: Annotated[Sequence[tuple[str, Said]], "opened original words, by report"] = ()
    original_reasons: Annotated[Sequence[tuple[str, str]], "why the post may read the original words"] = ()
    news: Annotated[Sequence[Knot], "what others did since the version the person saw"] = ()
    error: Annotated[str, "why a move was refused, when its form is gone"] = ""
    solved_before: Annotated[Sequence[SolvedBefore], "what wardens solved on the spot here before"] = ()
    orders: Annotated[Sequence[OrderLine], "the supervision orders about it that the post may see"] = ()
    requests: Annotated[Sequence[RequestLine], "what was asked for and waits for a decision"] = ()
    past: Annotated[PlacePast, "what was promised and answered here before"] = NOTHING_BEFORE
    merged_into: Annotated[str, "the number of the case that took it in"] = ""
    repeat_of: Annotated[str, "the number of a closed case that it tells of once more"] = ""
    repeat_why: Annotated[str, "why it is taken for a repeat"] = ""
    partner: Annotated[str, "the partner city that has it, with the number in both cities"] = ""
    may_order: Annotated[bool, "whether the post may issue an order about it"] = False
    back: Annotated[str, "the desk to come back to after a move; none: stay on the case"] = ""


@require_safe
@for_staff
def case(request: HttpRequest, city: City, post: Post, number: str) -> HttpResponse:
    """A case with its history, and the moves open to the post."""
    return show(request, page_of(city, post, number))


@require_POST
@for_staff
def move(request: HttpRequest, city: City, post: Post, number: str) -> HttpResponse:
    """Make one move with what its form brought; refused ones keep what was typed."""
    typed = context.typed_of(request.POST, *FIELDS)
    typed |= {name: ",".join(request.POST.getlist(name)[:50]) for name in ("units", "report_ids")}
    try:
        _move(request, city, post, number, typed)
    except CityloomError as refusal:
        return _refused(request, city, post, number, typed, refusal)
    return redirect(_desk(request) or reverse("case", args=[number]))


def _desk(request: HttpRequest) -> str:
    """The desk that the move was made at, if it was one of ours."""
    back = request.POST.get("back", "")
    ours = any(back == reverse(desk) or back.startswith(reverse(desk) + "?") for desk in DESKS)
    return back if ours and url_has_allowed_host_and_scheme(back, None) else ""


@require_POST
@for_staff
def decide(request: HttpRequest, city: City, post: Post, number: str, request_id: int) -> HttpResponse:
    """Grant, refuse or take back what was asked for on a case."""
    typed = context.typed_of(request.POST, "verdict", "note", "unit", "version", "seq")
    version = int(typed["version"]) if typed["version"].isdigit() else 0
    ruling = Details(note=typed["note"].strip(), unit=typed["unit"] or None)
    try:
        decide_request(
            city, number, request_id, typed["verdict"], post, ruling, context.clock(), version=version
        )  # fmt: skip
    except CityloomError as refusal:
        page, sentence = page_of(city, post, number), said_by(refusal, city)
        lines = [
            replace(r, error=sentence, typed_note=typed["note"]) if r.id == request_id else r for r in page.requests
        ]
        known = any(r.id == request_id for r in page.requests)
        return show(request, replace(page, requests=lines, error="" if known else sentence), refusal.status)
    return redirect(reverse("case", args=[number]))


@require_POST
@for_staff
def contact(request: HttpRequest, city: City, post: Post, number: str) -> HttpResponse:
    """Open the names and phones behind a case's reports; who looked, when and why is recorded."""
    reason = context.typed_of(request.POST, "reason")["reason"].strip()[:60]
    with connection.cursor() as cursor:
        file = get_file(cursor, city.id, number)
    which = {r.id: str(n) for n, r in enumerate(file.reports, 1)}
    found = open_contacts(file, post, reason, context.clock())
    page = page_of(city, post, number)
    return show(request, replace(page, contacts=[(which.get(c.report_id, ""), c) for c in found]))


@require_POST
@for_staff
def original_words(request: HttpRequest, city: City, post: Post, number: str) -> HttpResponse:
    """Open what was said word for word where the shown words are masked; who looked, when and why is recorded."""
    reason = context.typed_of(request.POST, "reason")["reason"].strip()[:60]
    with connection.cursor() as cursor:
        file = get_file(cursor, city.id, number)
    which = {r.id: str(n) for n, r in enumerate(file.reports, 1)}
    found = open_words(file, post, reason, context.clock())
    page = page_of(city, post, number)
    return show(request, replace(page, originals=[(which.get(o.report_id, ""), o.said) for o in found]))


def _move(request: HttpRequest, city: City, post: Post, number: str, typed: Mapping[str, str]) -> None:
    details = details_of(typed, city, post)
    version = int(typed["version"]) if typed["version"].isdigit() else 0
    subject_id = int(typed["subject_id"]) if typed["subject_id"].isdigit() else 0
    now = context.clock()
    match typed["subject"]:
        case "report":
            move_report(city, number, subject_id, typed["move"], post, details, now, version=version)
        case "task":
            move_task(city, number, subject_id, typed["move"], post, details, now, version=version)
        case _:
            before, after = (uploaded(request.FILES.getlist(name)) for name in ("before_photos", "photos"))
            move_case(
                city, number, typed["move"], post, details, now,
                version=version, pictures=after, before_pictures=before,
            )  # fmt: skip


def _refused(
    request: HttpRequest, city: City, post: Post, number: str, typed: Mapping[str, str], refusal: CityloomError
) -> HttpResponse:
    """The page as it is now, with what was typed, why it was refused, and what others did meanwhile."""
    page = replace(page_of(city, post, number), back=_desk(request))
    sentence = say("case.stale") if isinstance(refusal, StaleVersion) else said_by(refusal, city)
    forms = with_typed(page.forms, typed, sentence)
    in_form = any(f.error for f in forms)
    seen = int(typed["seq"]) if typed["seq"].isdigit() else page.seq
    news = [k for k in page.knots if k.seq > seen] if isinstance(refusal, StaleVersion) else []
    page = replace(page, forms=forms, error="" if in_form else sentence, news=news)
    return show(request, page, refusal.status)


def page_of(city: City, post: Post, number: str) -> CasePage:
    """The case as the post may see it; raises NoSuchCase or NotAllowed."""
    with connection.cursor() as cursor:
        file = get_file(cursor, city.id, number)
        if (refusal := may_see(post, file)) is not None:
            raise NotAllowed(refusal.code, **refusal.params)
        entries = list_entries(cursor, file.case.id)
        photos = list_photos(cursor, file.case.id)
        people = people_part(cursor, city, post, file, names(city))
        history = place_history(cursor, city, file.case.place, post, context.clock().now(), file.case.component_code)
        found = list_orders_of_case(cursor, city, post, file.case.id) if post.role in READERS else []
    page = _shown(city_of_case(city, file.case.city_version), post, file, entries, photos)
    named, now = names(city), context.clock().now()
    orders = [order_line(o, named, now) for o in found]
    page = replace(page, past=place_past(history, file.case.number, names(city)))
    if any(r.masked for r in page.reports):
        reasons = [why for why, roles in MAY_READ.items() if post.role in roles]
        page = replace(page, original_reasons=[(w, named.reason(Reason(f"read.{w}"))) for w in reasons])
    return replace(page, orders=orders, may_order=post.role in ISSUERS, people=people)


def _shown(city: City, post: Post, file: CaseFile, entries: list[Entry], photos: list[PhotoRow]) -> CasePage:
    named, it, now = names(city), file.case, context.clock().now()
    due, promised = it.promise_due_at, promise_left(file, city, now)
    condition, closing = standard_words(file, city, named)
    owes, owes_band = owes_sentence(file, city, named, now)
    before, after = shot_lines(photos)
    has_point = it.lon is not None and it.lat is not None
    return CasePage(
        number=it.number,
        matter=named.matter(it.class_code),
        condition=condition,
        closing=closing,
        path=named.path(it.path),
        source=named.source(it.source),
        place=it.address or named.place(it.area) or say("place.open"),
        areas=named.place(it.area) if it.address else "",
        state=named.state(it.state),
        ended=it.has_ended,
        urgent=it.urgency == "urgent",
        confidential=it.confidential,
        opened_at=it.opened_at,
        due_at=due,
        band="closed" if it.has_ended else promised.band if promised else "none",
        gone=round(100 * promised.gone) if promised else 0,
        left=promised.words if promised and not it.has_ended else "",
        provisional=it.promise_provisional,
        owes=owes,
        owes_band=owes_band,
        unit=named.unit(it.lead_unit),
        counts=case_counts(file),
        clocks=[clock_line(c, city, named, now) for c in file.clocks if c.state in ("running", "paused")],
        tasks=[task_line(t, named) for t in file.tasks],
        reports=[report_line(n, r, file, photos, named) for n, r in enumerate(file.reports, 1)],
        knots=staff_knots(entries, named)[::-1],
        before=before,
        after=after,
        map=frame_of(city, lon=it.lon, lat=it.lat) if has_point else None,
        lon=it.lon,
        lat=it.lat,
        forms=move_forms(file, post, city, named),
        most_photos=most_photos(city),
        home=home_of(post),
        can_call=any(post.role in roles for roles in MAY_OPEN.values()) and any(r.reporter_id for r in file.reports),
        version=it.version,
        seq=it.seq,
        solved_before=solved_before(city, it, post),
        requests=[request_line(r, file, city, post, named) for r in file.requests if r.is_open],
        merged_into=it.merged_into or "",
        partner=partner_words(file, named),
        repeat_of=it.repeat_of or "",
        repeat_why=named.reason(it.repeat_why),
    )
