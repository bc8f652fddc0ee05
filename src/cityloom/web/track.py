"""A resident follows a report by its private code, adds words, says it is not solved, or takes it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cityloom.base.crypto import tracking_hash
from cityloom.base.errors import CityloomError
from cityloom.base.rate_limits import TooOften
from cityloom.base.reasons import Reason
from cityloom.cases.actions.move_case import move_case
from cityloom.cases.actions.move_report import move_report
from cityloom.cases.deciding import open_steps
from cityloom.cases.errors import NoSuchReport
from cityloom.cases.keeping import get_file_by_id, get_report, list_entries, list_said_again
from cityloom.cases.offers import open_report_steps
from cityloom.cases.queries import PhotoRow, list_photos
from cityloom.cases.reasons import REASONS_OF
from cityloom.cases.relay import RESIDENT_SIDE, UNIT_SIDE, ended_for_relay, list_relay, mark_read
from cityloom.cases.values import Case, CaseFile, Details, Entry, Report
from cityloom.cases.working_city import city_of_case
from cityloom.city.paths import REPORT_MOVES
from cityloom.city.snapshot_values import City
from cityloom.web import context
from cityloom.web.case_people import RelayThread, relay_lines
from cityloom.web.doors import for_everybody, with_retry_after
from cityloom.web.forms import pictures_of
from cityloom.web.naming import Names, names, said_by
from cityloom.web.photos import OF_THE_WORK, is_for
from cityloom.web.public_limits import knock_at
from cityloom.web.shown import show
from cityloom.web.thread_knots import Knot, resident_knots
from cityloom.web.words import WORDS, say

CODE_CHARS = 26
ORDER = ("supplement", "urge", "reopen", "withdraw", "withdraw_report")


@dataclass(frozen=True)
class EnterCodePage:
    """The box for a code."""

    template: ClassVar[str] = "cityloom/track.html"
    code: Annotated[str, "the code as typed"] = ""
    error: Annotated[str, "why nothing was found"] = ""


@dataclass(frozen=True)
class ResidentMove:
    """What the resident may do now: the move in plain words, and the coded reasons to choose from."""

    move: str
    title: str
    hint: str
    reasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class OtherMatter:
    """A second matter that the same words told of: what it is, where it stands, until when."""

    matter: str
    state: str
    due_at: datetime | None


@dataclass(frozen=True)
class ThreadPage:
    """A report's way as its resident sees it."""

    template: ClassVar[str] = "cityloom/thread.html"
    code: Annotated[str, "the tracking code"]
    number: Annotated[str, "the case's number"]
    matter: Annotated[str, "the class in words"]
    place: Annotated[str, "the address or the area"]
    words: Annotated[str, "what this resident said"]
    state: Annotated[str, "the state in words"]
    has_ended: Annotated[bool, "whether the case has ended"]
    holder: Annotated[str, "the unit that has it now"]
    due_at: Annotated[datetime | None, "the moment promised"]
    provisional: Annotated[bool, "whether the calendar does not reach that far yet"]
    overdue: Annotated[bool, "whether the promise has passed"]
    knots: Annotated[Sequence[Knot], "the steps done, oldest first"]
    before: Annotated[Sequence[PhotoRow], "photos of the trouble"]
    after: Annotated[Sequence[PhotoRow], "photos of the work"]
    moves: Annotated[Sequence[ResidentMove], "what the resident may do now"]
    asks: Annotated[bool, "whether the resident is asked how it went"]
    version: Annotated[int, "the version of the case that is shown"]
    thread: Annotated[RelayThread, "messages with the unit that works on it"]
    also: Annotated[Sequence[OtherMatter], "other matters that the same words told of"] = ()
    note: Annotated[str, "the words as typed"] = ""
    tried: Annotated[str, "the move that was refused"] = ""
    error: Annotated[str, "why a move was refused"] = ""
    done: Annotated[str, "the move just made"] = ""


@never_cache
@require_http_methods(["GET", "POST"])
@for_everybody
def enter_code(request: HttpRequest, city: City) -> HttpResponse:
    """Enter the code of a report to follow it."""
    typed = context.typed_of(request.POST, "code")["code"]
    if request.method == "GET":
        return show(request, EnterCodePage())
    code = "".join(typed.split()).replace("-", "").upper()[: CODE_CHARS + 10]
    try:
        knock_at(request, city, track="")
        with connection.cursor() as cursor:
            get_report(cursor, tracking_hash(code))
    except (NoSuchReport, TooOften) as refusal:
        page = EnterCodePage(typed[:60], said_by(refusal, city))
        return with_retry_after(show(request, page, refusal.status), refusal)
    return redirect("thread", code=code)


@never_cache
@require_http_methods(["GET", "HEAD"])
@for_everybody
def thread(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """The way of one's own report: steps, who has it, until when, photos, the reply."""
    knock_at(request, city, track="")
    page = replace(thread_page(city, code), done=request.GET.get("done", "") if "done" in request.GET else "")
    return private(show(request, page))


@never_cache
@require_POST
@for_everybody
def move(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """Add words, say it is not solved, or take the report back."""
    typed = context.typed_of(request.POST, "move", "note", "reason", "version")
    try:
        _move(request, city, code, typed)
    except NoSuchReport:
        raise
    except CityloomError as refusal:
        page = replace(thread_page(city, code), note=typed["note"], tried=typed["move"], error=said_by(refusal, city))
        return private(show(request, page, refusal.status))
    return redirect(f"{request.path.removesuffix('move/')}?done={typed['move']}")


def _move(request: HttpRequest, city: City, code: str, typed: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        report = get_report(cursor, tracking_hash(code))
        number = get_file_by_id(cursor, report.case_id).case.number
    details = Details(
        reason=Reason(typed["reason"]) if typed["reason"] else None, note=typed["note"].strip(), report_id=report.id
    )
    version = int(typed["version"]) if typed["version"].isdigit() else 0
    post, now = context.RESIDENT, context.clock()
    if typed["move"] in REPORT_MOVES:
        move_report(city, number, report.id, typed["move"], post, details, now, version=version, owns=True)
        return
    pictures = pictures_of(request.FILES.getlist("photos"))
    if typed["move"] == "supplement" and pictures and not details.note:
        details = replace(details, note=say("thread.back_photo"))  # a photo says enough
    move_case(city, number, typed["move"], post, details, now, version=version, pictures=pictures, owns=True)


def thread_page(city: City, code: str) -> ThreadPage:
    """A report's way as its resident sees it; raises NoSuchReport. Messages of the unit count as read from now on."""
    with connection.cursor() as cursor:
        report = get_report(cursor, tracking_hash(code))
        file = get_file_by_id(cursor, report.case_id)
        entries = list_entries(cursor, report.case_id)
        photos = [p for p in list_photos(cursor, report.case_id) if is_for(p, report)]
        others = list_said_again(cursor, report)
        messages = list_relay(cursor, report.case_id, [report.id])
        if any(m.side == UNIT_SIDE and m.read_at is None for m in messages):
            mark_read(cursor, [report.id], RESIDENT_SIDE, context.clock().now())
    its_city = city_of_case(city, file.case.city_version)
    open_still = ended_for_relay(file, context.clock().now(), city) is None and file.case.lead_unit is not None
    lines = relay_lines(messages, report.id, RESIDENT_SIDE, names(its_city))
    relay = RelayThread(report.id, "", lines, open_still)
    page = _shown(its_city, code, report, file, entries, photos, relay)
    return replace(page, also=[_other(c, city) for c in others])


def _other(case: Case, city: City) -> OtherMatter:
    named = names(city)
    return OtherMatter(
        named.matter(case.class_code), named.state(case.state), None if case.has_ended else case.promise_due_at
    )


def _shown(
    city: City,
    code: str,
    report: Report,
    file: CaseFile,
    entries: list[Entry],
    photos: list[PhotoRow],
    relay: RelayThread,
) -> ThreadPage:
    named, case, now = names(city), file.case, context.clock().now()
    running = case.promise_due_at is not None and not case.has_ended
    return ThreadPage(
        code=code,
        number=case.number,
        matter=named.matter(case.class_code),
        place=report.address or named.place(report.area),
        words=report.words,
        state=named.state(case.state),
        has_ended=case.has_ended,
        holder=named.unit(case.lead_unit),
        due_at=case.promise_due_at if running else None,
        provisional=case.promise_provisional,
        overdue=running and case.promise_due_at is not None and now > case.promise_due_at,
        knots=resident_knots(entries, report, len(file.reports) == 1, named),
        before=[p for p in photos if p.kind not in OF_THE_WORK or p.kind == "before"],
        after=[p for p in photos if p.kind in ("after", "check")],
        moves=_moves(city, report, file),
        asks=report.state == "due_callback",
        version=case.version,
        thread=relay,
    )


def _moves(city: City, report: Report, file: CaseFile) -> list[ResidentMove]:
    post = context.RESIDENT
    of_case = [s.move for s in open_steps(file, post, context.clock().now(), city, owns=True) if s.move != "join"]
    of_report = [s.move for s in open_report_steps(file, report, post, city, owns=True) if s.move != "call_back"]
    if "withdraw" in of_case:  # the only report: taking it back ends the matter
        of_report = []
    named = names(city)
    found = sorted({*of_case, *of_report}, key=lambda m: (ORDER.index(m) if m in ORDER else len(ORDER), m))
    return [_offered(m, named, tuple((c, named.reason(Reason(c))) for c in REASONS_OF.get(m, ()))) for m in found]


def _offered(move: str, named: Names, reasons: tuple[tuple[str, str], ...]) -> ResidentMove:
    """The move in a resident's words; one that only a city's own paths give to residents, by its name."""
    words = "withdraw" if move == "withdraw_report" else move
    if f"thread.do_{words}" not in WORDS:
        return ResidentMove(move, named.move(move), "", reasons)
    return ResidentMove(move, say(f"thread.do_{words}"), say(f"thread.hint_{words}"), reasons)


def private(answer: HttpResponse) -> HttpResponse:
    """The address is the key to the report: no search engine, no other site gets to know it.

    `same-origin` and not `no-referrer`: with the latter a browser sends `Origin: null` along with the page's own
    forms, and they would be refused as forged.
    """
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
