"""Where a resident answers in three taps: by the one-time link of a message, or from the page of an own report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cityloom.base.crypto import tracking_hash
from cityloom.cases.actions.answer_callback_link import answer_callback_link, look_at_link
from cityloom.cases.actions.move_report import move_report
from cityloom.cases.callback_links import LinkOver, NoSuchLink
from cityloom.cases.callbacks import CONTACTED, SATISFIED, SOLVED, WHY_UNSATISFIED
from cityloom.cases.errors import MissingNeed
from cityloom.cases.keeping import get_file_by_id, get_report, list_entries
from cityloom.cases.values import CaseFile, Details, Outcome
from cityloom.city.snapshot_values import City
from cityloom.web import context
from cityloom.web.callbacks import answer_in
from cityloom.web.doors import for_everybody
from cityloom.web.naming import names, said_by
from cityloom.web.public_limits import knock_at
from cityloom.web.shown import show
from cityloom.web.words import say

FIELDS = ("solved", "satisfied", "contacted", "why", "note", "no_more")
LONGEST_NOTE = 1000


@dataclass(frozen=True)
class AnswerPage:
    """Three questions about one matter, in large type, without scripts."""

    template: ClassVar[str] = "cityloom/callback_answer.html"
    matter: Annotated[str, "the class in words"]
    number: Annotated[str, "the case's number"]
    place: Annotated[str, "the address or the area"]
    unit: Annotated[str, "the unit that worked on it"]
    said: Annotated[str, "what the unit answered"]
    reports: Annotated[int, "for how many own reports the answer counts"]
    until: Annotated[datetime | None, "until when the link holds"]
    solved: Annotated[Sequence[tuple[str, str]], "answers to whether it is solved"]
    satisfied: Annotated[Sequence[tuple[str, str]], "answers to how satisfied"]
    contacted: Annotated[Sequence[tuple[str, str]], "answers to whether somebody got in touch"]
    whys: Annotated[Sequence[tuple[str, str]], "what may not have been good"]
    by_message: Annotated[bool, "whether it came by a message that may be unwanted"]
    typed: Annotated[Mapping[str, str], "what was chosen before a refusal"]
    error: Annotated[str, "why it was refused"] = ""


@dataclass(frozen=True)
class AnsweredPage:
    """The answer is recorded, or none is needed any more."""

    template: ClassVar[str] = "cityloom/callback_answered.html"
    title: Annotated[str, "what happened, in a few words"]
    sentence: Annotated[str, "what follows from it"]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_everybody
def by_link(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """Answer by the one-time link of a message; a link that is over says so plainly."""
    knock_at(request, city, track="")
    now = context.clock()
    try:
        asked = look_at_link(city, code, now)
        page = _page(city, asked.file, len(asked.report_ids), asked.link.expires_at)

        def answer(outcome: Outcome, typed: Mapping[str, str]) -> None:
            answer_callback_link(city, code, outcome, typed["note"], now, no_more=bool(typed["no_more"]))

        return _private(_answered(request, city, page, answer))
    except LinkOver as over:
        return _private(show(request, AnsweredPage(say("answer.over"), said_by(over, city)), over.status))
    except NoSuchLink as none:
        return _private(show(request, AnsweredPage(say("refusal.title"), said_by(none, city)), none.status))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_everybody
def by_code(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """Answer from the page of an own report, opened by its tracking code."""
    knock_at(request, city, track="")
    with connection.cursor() as cursor:
        report = get_report(cursor, tracking_hash(code))
        file = get_file_by_id(cursor, report.case_id)
    if report.state != "due_callback":
        over = LinkOver("callback.link_settled")
        return _private(show(request, AnsweredPage(say("answer.over"), said_by(over, city)), over.status))

    def answer(outcome: Outcome, typed: Mapping[str, str]) -> None:
        details = Details(outcome=replace(outcome, channel="link"), note=typed["note"])
        resident, number = context.RESIDENT, file.case.number
        move_report(city, number, report.id, "call_back", resident, details, context.clock(), version=None, owns=True)

    return _private(_answered(request, city, _page(city, file, 1, None), answer))


def _answered(
    request: HttpRequest, city: City, page: AnswerPage, answer: Callable[[Outcome, Mapping[str, str]], None]
) -> HttpResponse:
    """The questions; or, once they are answered in full, the thanks."""
    if request.method != "POST":
        return show(request, page)
    typed = context.typed_of(request.POST, *FIELDS)
    typed["note"] = typed["note"].strip()[:LONGEST_NOTE]
    outcome = Outcome(
        "yes", typed["solved"] or None, typed["satisfied"] or None, typed["contacted"] or None, typed["why"] or None
    )
    try:
        answer(outcome, typed)
    except MissingNeed as refusal:
        return show(request, replace(page, typed=typed, error=said_by(refusal, city)), refusal.status)
    follows = say("answer.taken_up") if outcome.solved == "no" else ""
    return show(request, AnsweredPage(say("answer.thanks"), follows))


def _page(city: City, file: CaseFile, reports: int, until: datetime | None) -> AnswerPage:
    named, case = names(city), file.case
    with connection.cursor() as cursor:
        entries = [e for e in list_entries(cursor, case.id) if e.move != "handle"]
    return AnswerPage(
        matter=named.matter(case.class_code),
        number=case.number,
        place=named.near_place(case.area),
        unit=named.unit(case.lead_unit),
        said=answer_in(file, entries),
        reports=reports,
        until=until,
        solved=[(c, say(f"solved.{c}")) for c in SOLVED],
        satisfied=[(c, say(f"satisfied.{c}")) for c in SATISFIED if c != "not_asked"],
        contacted=[(c, say(f"contacted.{c}")) for c in CONTACTED if c != "not_asked"],
        whys=[(c, say(f"why.{c}")) for c in WHY_UNSATISFIED],
        by_message=until is not None,
        typed={},
    )


def _private(answer: HttpResponse) -> HttpResponse:
    """The address is the key to the answer: no search engine and no other site gets to know it."""
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
