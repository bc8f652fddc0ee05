"""What the page of a case shows line by line: clocks, tasks, requests, reports, photos; the sentences of its head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cityloom.cases.offers import open_verdicts
from cityloom.cases.promises import standard_of
from cityloom.cases.queries import PhotoRow
from cityloom.cases.requests import OBJECTION
from cityloom.cases.values import CaseFile, Report, Request, RunningClock, Task
from cityloom.city.clock_values import WorkCalendar
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.triage.masking import MASK
from cityloom.web import context
from cityloom.web.asked_words import asked_lines
from cityloom.web.forms import unit_choices
from cityloom.web.moments import say_moment
from cityloom.web.naming import Names
from cityloom.web.words import say
from cityloom.web.working_time import TimeLeft, say_time, time_left

_AFTER = ("after", "check")


@dataclass(frozen=True)
class ClockLine:
    """A running or paused clock: what is owed, by whom, until when, how much of it has gone (percent)."""

    kind: str
    owed_by: str
    due_at: datetime
    band: str
    left: str
    gone: int
    paused: bool
    provisional: bool


@dataclass(frozen=True)
class TaskLine:
    """What one unit owes, with its hop and its moments."""

    unit: str
    role: str
    state: str
    hop: int
    sent_at: datetime
    signed_at: datetime | None
    ended_at: datetime | None
    alive: bool
    upheld: bool
    reason: str
    extras: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShotLine:
    """A photo of the evidence: what it shows, when it came."""

    id: int
    width: int
    height: int
    what: str
    taken_at: datetime


@dataclass(frozen=True)
class RequestLine:
    """Something asked for: by whom, why, with what; and what the post may say of it."""

    id: int
    title: str
    state: str
    who: str
    asked_at: datetime
    reason: str
    note: str
    lines: tuple[str, ...]
    verdicts: tuple[str, ...]
    units: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    typed_note: str = ""
    error: str = ""


@dataclass(frozen=True)
class ReportLine:
    """What one person or device said, and what became of it."""

    id: int
    which: str
    source: str
    state: str
    words: str
    received_at: datetime
    address: str
    has_contact: bool
    masked: bool
    confidential: bool
    outcome: str
    photos: tuple[PhotoRow, ...]


# --- the head ---------------------------------------------------------------------------------------------------


def said_left(left: TimeLeft, calendar: WorkCalendar, lang: str) -> str:
    """What is left in a few words: `2 working days left`, `3 h of working time left`, `20 min late`."""
    span = say_time(left, calendar, lang)
    a_day = sum(s.closes - s.opens for s in calendar.hours.ordinary_day) * 60
    if left.working and abs(left.seconds) < a_day:
        span = say("left.working", span=span)
    if left.band != "overdue":
        return say("left.left", span=span)
    return say("left.late", span=span) if left.seconds <= -60 else say("left.just_late")


@dataclass(frozen=True)
class Promised:
    """How the promise to the resident stands."""

    words: str
    gone: float
    band: str


def promise_left(file: CaseFile, city: City, now: datetime) -> Promised | None:
    """The promise in its own time; None without one."""
    due = file.case.promise_due_at
    if due is None:
        return None
    clock = next((c for c in reversed(file.clocks) if c.kind == "promise"), None)
    calendar = city.calendar().with_hours(clock.hours if clock else "")
    began, unit = (clock.started_at, clock.unit) if clock else (file.case.opened_at, "")
    left = time_left(began, due, now, unit, calendar)
    return Promised(said_left(left, calendar, context.language()), left.gone, left.band)


def owes_sentence(file: CaseFile, city: City, named: Names, now: datetime) -> tuple[str, str]:
    """Who owes what by when, of the clock that falls due first, and how it stands; blank where nothing runs."""
    running = [c for c in file.clocks if c.state == "running"]
    if not running or file.case.has_ended:
        return "", ""
    clock = min(running, key=lambda c: (c.due_at, c.kind == "promise", c.id))
    calendar = city.calendar().with_hours(clock.hours)
    left = time_left(clock.started_at, clock.due_at, now, clock.unit, calendar)
    return (
        say(
            "case.owed" if left.band == "overdue" else "case.owes",
            who=_who_owes(clock, file, named),
            what=named.clock(clock.kind),
            when=say_moment(clock.due_at, now, calendar.tz, named.lang),
            left=said_left(left, calendar, named.lang),
        ),
        left.band,
    )


def _who_owes(clock: RunningClock, file: CaseFile, named: Names) -> str:
    """Whom to look at: for what the whole city promised, the unit that leads."""
    leads = named.unit(file.case.lead_unit)
    return leads if clock.owed_by == "city" and leads else named.owner(clock.owed_by)


def standard_words(file: CaseFile, city: City, named: Names) -> tuple[str, str]:
    """The filing and the closing condition of the case's standard."""
    standard = standard_of(file, city)
    if standard is None:
        return "", ""
    return standard.condition.in_language(named.lang), standard.closing.in_language(named.lang)


def case_counts(file: CaseFile) -> str:
    """How often it was returned, reworked, reopened, extended, urged; which rung it was taken up to."""
    it = file.case
    counts = (
        ("case.returned", it.return_count),
        ("case.reworked", it.rework_count),
        ("case.reopened", it.reopen_count),
        ("case.extended", it.extension_count),
        ("case.urged", it.urge_count),
    )
    said = [say(key, count=count) for key, count in counts if count]
    return " · ".join([*said, *([say("case.rung", rung=it.escalation)] if it.escalation else [])])


def partner_words(file: CaseFile, named: Names) -> str:
    """The partner city that has it, and under which number; blank where none is concerned."""
    it = file.case
    if it.partner is None:
        return ""
    with_whom = [say("case.partner", partner=named.partner(it.partner))] if it.state == "with_partner" else []
    trace = say("case.trace")
    return " · ".join([*with_whom, f"{trace} {it.trace}", *filter(None, [it.partner_number])])


# --- lines ------------------------------------------------------------------------------------------------------


def request_line(asked: Request, file: CaseFile, city: City, post: Post, named: Names) -> RequestLine:
    """What was asked for, and what the post may say of it."""
    verdicts = tuple(open_verdicts(file, asked, post, city))
    rules = asked.move == OBJECTION and "grant" in verdicts
    return RequestLine(
        id=asked.id,
        title=say("case.request_asks", move=named.move(asked.move, "case")),
        state=named.state(asked.state, "request"),
        who=" · ".join(filter(None, [named.person(asked.asked_by), named.unit(asked.asked_unit)])),
        asked_at=asked.asked_at,
        reason=named.reason(asked.reason),
        note=asked.note,
        lines=asked_lines(asked.asked, file, city, named),
        verdicts=verdicts,
        units=unit_choices(city, named, context.today(city)) if rules else (),
        unit=str(asked.asked.get("unit", "")),
    )


def clock_line(clock: RunningClock, city: City, named: Names, now: datetime) -> ClockLine:
    """A clock with what is left of it in its own time; of a paused one as it stood then."""
    paused = clock.state == "paused"
    at = clock.paused_at if paused and clock.paused_at else now
    calendar = city.calendar().with_hours(clock.hours)
    left = time_left(clock.started_at, clock.due_at, at, clock.unit, calendar)
    return ClockLine(
        kind=named.clock(clock.kind),
        owed_by=named.owner(clock.owed_by),
        due_at=clock.due_at,
        band="paused" if paused else left.band,
        left=said_left(left, calendar, named.lang),
        gone=round(100 * left.gone),
        paused=paused,
        provisional=clock.provisional,
    )


def task_line(task: Task, named: Names) -> TaskLine:
    """What one unit owes, in words."""
    return TaskLine(
        unit=named.unit(task.unit),
        role=say(f"task.{task.role}"),
        state=named.state(task.state, "task"),
        hop=task.hop,
        sent_at=task.sent_at,
        signed_at=task.signed_at,
        ended_at=task.ended_at,
        alive=task.is_alive,
        upheld=task.upheld,
        reason=named.reason(task.reason),
        extras=_extras(task, named),
    )


def _extras(task: Task, named: Names) -> tuple[str, ...]:
    found = []
    if task.arrived_at is not None and named.city is not None:
        now, tz = context.clock().now(), named.city.calendar().tz
        found.append(say("case.arrived", when=say_moment(task.arrived_at, now, tz, named.lang)))
    if task.rating is not None:
        found.append(say("case.rated", rating=task.rating))
    if task.ruled:
        found.append(say(f"case.ruled_{task.ruled}"))
    return tuple(found)


def report_line(number: int, report: Report, file: CaseFile, photos: list[PhotoRow], named: Names) -> ReportLine:
    """One person's report; which of several is meant where there are several."""
    several = len(file.reports) > 1
    return ReportLine(
        id=report.id,
        which=str(number) if several else "",
        source=named.source(report.source),
        state=named.state(report.state, "report"),
        words=report.words,
        received_at=report.received_at,
        address=report.address if report.address != file.case.address else "",
        has_contact=report.reporter_id is not None,
        masked=MASK in report.words or MASK in report.address,
        confidential=report.confidential,
        outcome=_outcome(report, named),
        photos=tuple(p for p in photos if p.report_id == report.id),
    )


def _outcome(report: Report, named: Names) -> str:
    """What a callback heard, or why there was none."""
    if report.solved:
        parts = [say(f"solved.{report.solved}"), say(f"satisfied.{report.satisfied}")]
        return " · ".join(parts)
    if report.exempt_reason:
        return named.reason({"code": report.exempt_reason})
    return say("case.attempts", count=report.callback_attempts) if report.callback_attempts else ""


def shot_lines(photos: Sequence[PhotoRow]) -> tuple[list[ShotLine], list[ShotLine]]:
    """The photos of before, and those of the work and its check, in the order they came."""
    lines = [(p.kind in _AFTER, _shot_line(p)) for p in photos]
    return [line for is_after, line in lines if not is_after], [line for is_after, line in lines if is_after]


def _shot_line(photo: PhotoRow) -> ShotLine:
    what = {"after": say("photo.after"), "check": say("photo.check")}.get(photo.kind, say("photo.before"))
    return ShotLine(photo.id, photo.width, photo.height, what, photo.taken_at)
