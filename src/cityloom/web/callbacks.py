"""The callback agent's page: who to call next, what to say, and what was heard, each in one press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.base.message_rules import MessageRules, day_bounds
from cityloom.cases.actions.invite_callbacks import invite_callback
from cityloom.cases.actions.move_report import rules_of
from cityloom.cases.actions.record_callbacks import record_callback
from cityloom.cases.callback_turns import Turn, in_turn
from cityloom.cases.callbacks import ATTEMPTS, CALLING_MOVES, CONTACTED, SATISFIED, SOLVED, WHY_UNSATISFIED
from cityloom.cases.errors import MissingNeed, NotAllowed, StaleVersion
from cityloom.cases.keeping import get_file, list_entries
from cityloom.cases.queries_callbacks import DoneToday, count_done, list_waiting, same_person
from cityloom.cases.reporters import Contact, open_contacts
from cityloom.cases.values import CaseFile, Entry, Outcome
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.moments import band_of, say_moment
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show
from cityloom.web.words import say

FIELDS = (
    "report", "number", "version", "reached", "solved", "satisfied", "contacted", "why", "note", "later_at",
    "in_person",
)  # fmt: skip
SHOWN = 60
_NAMELESS = ("system", "resident")  # who is told by the role alone
_ANSWERING = frozenset({"reply", "answer", "handle"})
LANGUAGES = {"zh": "中文", "en": "English"}


@dataclass(frozen=True)
class Line:
    """One person of the list: what it is about, until when, how often tried, and from when if not now."""

    report_id: int
    number: str
    matter: str
    place: str
    due_at: datetime | None
    band: str
    attempts: int
    last: str
    urgent: bool
    free_at: datetime | None
    because: str
    chosen: bool


@dataclass(frozen=True)
class TriedLine:
    """An earlier try or outcome of this person's callback: when, by whom, what it met."""

    at: datetime
    who: str
    met: str


@dataclass(frozen=True)
class Call:
    """The person to call: the matter, what was said and answered, what to say."""

    report_id: int
    number: str
    version: int
    matter: str
    place: str
    unit: str
    due_at: datetime | None
    band: str
    attempts: int
    last: str
    words: str
    answer: str
    language: str
    together: int
    hello: str
    has_phone: bool
    may_link: bool
    free_at: datetime | None
    because: str
    history: tuple[TriedLine, ...]


@dataclass(frozen=True)
class CallbacksPage:
    """Who waits for a callback, the next one first."""

    template: ClassVar[str] = "cityloom/callbacks.html"
    call: Annotated[Call | None, "the person to call"]
    lines: Annotated[Sequence[Line], "everybody who waits, in turn"]
    now: Annotated[int, "how many may be called now"]
    later: Annotated[int, "how many have to wait"]
    done: Annotated[DoneToday, "what this login recorded today"]
    picked: Annotated[bool, "whether the person was chosen from the list"]
    solved: Annotated[Sequence[tuple[str, str]], "answers to whether it is solved"]
    satisfied: Annotated[Sequence[tuple[str, str]], "answers to how satisfied"]
    contacted: Annotated[Sequence[tuple[str, str]], "answers to whether the unit got in touch"]
    whys: Annotated[Sequence[tuple[str, str]], "what somebody may not be satisfied with"]
    tries: Annotated[Sequence[tuple[str, str]], "what a try in vain may meet"]
    contact: Annotated[Contact | None, "the opened name and number"] = None
    typed: Annotated[Mapping[str, str], "what was typed before a refusal"] = ()  # type: ignore[assignment]
    error: Annotated[str, "why it was refused"] = ""
    kept: Annotated[str, "what was just recorded"] = ""


@require_safe
@for_staff
def callbacks(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Who waits for a callback, the next one first, with what to say and the answers to record."""
    chosen = request.GET.get("report", "")
    page = _page(city, post, int(chosen) if chosen.isdigit() and len(chosen) < 19 else None)
    kept = {"heard": "calls.recorded", "tried": "calls.tried_kept", "link": "calls.link_sent"}
    done = kept.get(request.GET.get("done", ""))
    return show(request, replace(page, kept=say(done) if done else ""))


@require_POST
@for_staff
def open_number(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Show the number behind one report; who looked, when and why is recorded."""
    typed = context.typed_of(request.POST, *FIELDS)
    page = _page(city, post, _report_of(typed))
    with connection.cursor() as cursor:
        file = get_file(cursor, city.id, typed["number"])
    one = replace(file, reports=tuple(r for r in file.reports if r.id == _report_of(typed)))
    found = open_contacts(one, post, "callback", context.clock())
    return show(request, replace(page, contact=found[0] if found else None))


@require_POST
@for_staff
def record(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Record what was heard, or what the try met; what is refused keeps what was typed."""
    typed = context.typed_of(request.POST, *FIELDS)
    try:
        outcome = _outcome(typed, city)
        with connection.cursor() as cursor:
            file = get_file(cursor, city.id, typed["number"])
            reports = same_person(cursor, file.case.id, _report_of(typed))
        record_callback(
            city,
            typed["number"],
            reports,
            post,
            outcome,
            context.clock(),
            version=_number(typed["version"]),
            note=typed["note"][:2000],
        )
    except CityloomError as refusal:
        sentence = say("case.stale") if isinstance(refusal, StaleVersion) else said_by(refusal, city)
        page = replace(_page(city, post, _report_of(typed)), typed=typed, error=sentence)
        return show(request, page, refusal.status)
    return redirect(f"{reverse('callbacks')}?done={'heard' if outcome.reached == 'yes' else 'tried'}")


@require_POST
@for_staff
def send_link(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Send the person a one-time link instead of a call."""
    typed = context.typed_of(request.POST, *FIELDS)
    _check_role(post)
    try:
        invite_callback(
            city, typed["number"], _report_of(typed), post, context.clock(), version=_number(typed["version"])
        )
    except CityloomError as refusal:
        page = replace(_page(city, post, _report_of(typed)), error=said_by(refusal, city))
        return show(request, page, refusal.status)
    return redirect(f"{reverse('callbacks')}?done=link")


def _outcome(typed: Mapping[str, str], city: City) -> Outcome:
    channel = "in_person" if typed["in_person"] else "phone"
    if typed["reached"] and typed["reached"] != "yes":
        return Outcome(typed["reached"], channel=channel, later_at=_moment(typed["later_at"], city))
    return Outcome(
        reached="yes",
        solved=typed["solved"] or None,
        satisfied=typed["satisfied"] or None,
        contacted=typed["contacted"] or None,
        why=typed["why"] or None,
        channel=channel,
    )


def _moment(text: str, city: City) -> datetime | None:
    """A moment of a form, in the city's time; raises MissingNeed for what is none."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as wrong:
        raise MissingNeed("callback.later_when") from wrong
    return moment.replace(tzinfo=city.calendar().tz) if moment.tzinfo is None else moment


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 19 else 0


def _report_of(typed: Mapping[str, str]) -> int:
    return _number(typed["report"])


def _check_role(post: Post) -> None:
    if post.role is not Role.CALLBACK_AGENT:
        raise NotAllowed(
            "error.not_allowed", role=post.role.value, move="call_back", roles=[Role.CALLBACK_AGENT.value]
        )


# --- the page ---------------------------------------------------------------------------------------------------


def _page(city: City, post: Post, chosen: int | None) -> CallbacksPage:
    _check_role(post)
    now, rules, named = context.clock().now(), rules_of(city), names(city)
    day = day_bounds(now, MessageRules(rules.zone))[0]
    with connection.cursor() as cursor:
        turns = in_turn(list_waiting(cursor, city, post, now), now, rules)
        done = count_done(cursor, city, post.login, day)
    picked = next((t for t in turns if t.waiting.report_id == chosen), None)
    turn = picked or next(iter(turns), None)
    return CallbacksPage(
        call=_call(city, turn, named, now) if turn else None,
        lines=[_line(t, t is turn, named, now) for t in turns[:SHOWN]],
        now=sum(t.is_now for t in turns),
        later=sum(not t.is_now for t in turns),
        done=done,
        picked=picked is not None,
        solved=[(c, say(f"solved.{c}")) for c in SOLVED],
        satisfied=[(c, say(f"satisfied.{c}")) for c in SATISFIED],
        contacted=[(c, say(f"contacted.{c}")) for c in CONTACTED],
        whys=[(c, say(f"why.{c}")) for c in WHY_UNSATISFIED],
        tries=[(c, say(f"reached.{c}")) for c in ATTEMPTS if c not in ("later", "unreachable")],
        typed={},
    )


def _line(turn: Turn, chosen: bool, named: Names, now: datetime) -> Line:
    it = turn.waiting
    return Line(
        report_id=it.report_id,
        number=it.number,
        matter=named.matter(it.class_code),
        place=it.address or named.near_place(it.area),
        due_at=it.due_at,
        band=band_of(it.due_since, it.due_at, now),
        attempts=it.attempts,
        last=say(f"reached.{it.last}") if it.last else "",
        urgent=it.urgency == "urgent",
        free_at=None if turn.because in ("wish", "held") else turn.free_at,
        because=_because(turn, named),
        chosen=chosen,
    )


def _because(turn: Turn, named: Names) -> str:
    if not turn.because:
        return ""
    return say(f"because.{turn.because}", who=named.person(turn.waiting.held_by))


def _call(city: City, turn: Turn, named: Names, now: datetime) -> Call:
    it = turn.waiting
    with connection.cursor() as cursor:
        file = get_file(cursor, city.id, it.number)
        entries = list_entries(cursor, it.case_id)
        together = same_person(cursor, it.case_id, it.report_id)
    report = next(r for r in file.reports if r.id == it.report_id)
    line = _line(turn, True, named, now)
    when = say_moment(report.received_at, now, city.calendar().tz, named.lang)
    matter, unit = named.matter(it.class_code), named.unit(it.lead_unit)
    return Call(
        report_id=it.report_id,
        number=it.number,
        version=file.case.version,
        matter=matter,
        place=line.place,
        unit=unit,
        due_at=it.due_at,
        band=line.band,
        attempts=it.attempts,
        last=line.last,
        words=report.words,
        answer=answer_in(file, entries),
        language=LANGUAGES.get(it.language, it.language),
        together=len(together),
        hello=say("calls.script_hello", city=city.name.in_language(named.lang), when=when, matter=matter, unit=unit),
        has_phone=it.has_phone,
        may_link="sms" in it.consents and turn.because != "link",
        free_at=line.free_at,
        because=line.because,
        history=_history(entries, it.report_id, named),
    )


def _history(entries: Sequence[Entry], report_id: int, named: Names) -> tuple[TriedLine, ...]:
    """All that was tried and heard about one report, the newest first."""
    tried = [e for e in entries if e.subject == "report" and e.subject_id == report_id and e.move in CALLING_MOVES]
    return tuple(
        TriedLine(
            at=e.occurred_at,
            who=named.role(e.by_role) if e.by_role in _NAMELESS else named.person(e.by_login),
            met=named.reason(e.reason) or named.move(e.move, "report"),
        )
        for e in reversed(tried)
    )


def answer_in(file: CaseFile, entries: Sequence[Entry]) -> str:
    """The last words the unit gave the resident; what it noted of its work where it gave none."""
    told = [e for e in entries if e.subject == "case" and e.move in _ANSWERING and e.text]
    replies = [e for e in told if e.move != "handle"]
    return (replies or told)[-1].text or "" if told else ""
