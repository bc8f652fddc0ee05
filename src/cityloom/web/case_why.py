"""Why a case was taken for what it is: what its words were read to say, by which model, and who changed it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cityloom.cases.errors import NotAllowed
from cityloom.cases.keeping import get_file, list_entries
from cityloom.cases.permissions import may_see
from cityloom.cases.values import CaseFile, Entry
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.triage.values import Proposal, Reading, Subject
from cityloom.web.doors import for_staff
from cityloom.web.naming import Names, names
from cityloom.web.shown import show
from cityloom.web.words import say

# The moves by which somebody overrules what was read, and the subject they overrule.
OVERRULES = {"reclassify": Subject.CLASS, "relocate": Subject.PLACE, "merge": Subject.TWIN}
MOSTLY_NONE = frozenset({Subject.ROUTE, Subject.ASIDE})  # told only where a text falls under one
SHOWN = (Subject.URGENCY, Subject.ROUTE, Subject.ASIDE, Subject.CLASS, Subject.PLACE, Subject.TWIN)


@dataclass(frozen=True)
class ProposalLine:
    """One proposal in words: what, how sure (percent), why, on which words; whether the case stands so now."""

    what: str
    percent: int
    reason: str
    words: tuple[str, ...]
    known: bool
    stands: bool


@dataclass(frozen=True)
class SubjectLines:
    """All that was proposed of one subject, the likeliest first."""

    title: str
    lines: Sequence[ProposalLine]


@dataclass(frozen=True)
class ReadingLines:
    """What one report was read to say."""

    said: str
    received_at: datetime
    model: str
    cut: bool
    subjects: Sequence[SubjectLines]


@dataclass(frozen=True)
class Change:
    """Somebody decided otherwise, or the system filled it in."""

    title: str
    who: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class WhyPage:
    """The readings of a case and what became of them."""

    template: ClassVar[str] = "cityloom/case_why.html"
    number: Annotated[str, "the case's number"]
    matter: Annotated[str, "the class the case stands under now"]
    place: Annotated[str, "where the case stands now"]
    readings: Annotated[Sequence[ReadingLines], "what each report was read to say"]
    changes: Annotated[Sequence[Change], "who changed class, place or case since"]


@require_safe
@for_staff
def why(request: HttpRequest, city: City, post: Post, number: str) -> HttpResponse:
    """What was proposed for a case, why, by which model, and who changed it."""
    with connection.cursor() as cursor:
        file = get_file(cursor, city.id, number)
        if (refusal := may_see(post, file)) is not None:
            raise NotAllowed(refusal.code, **refusal.params)
        entries = list_entries(cursor, file.case.id)
    named = names(city)
    page = WhyPage(
        number=number,
        matter=named.matter(file.case.class_code),
        place=file.case.address or named.place(file.case.area) or say("place.open"),
        readings=[
            _reading(Reading.from_json(r.reading), r.words, r.received_at, file, named)
            for r in file.reports
            if r.reading
        ],
        changes=[_change(e, named) for e in entries if e.move in OVERRULES],
    )
    return show(request, page)


def _reading(reading: Reading, words: str, at: datetime, file: CaseFile, named: Names) -> ReadingLines:
    about = {s: [p for p in reading.about(s) if p.is_known or s not in MOSTLY_NONE] for s in SHOWN}
    subjects = [(s, [_line(p, file, named) for p in found]) for s, found in about.items()]
    return ReadingLines(
        said=words,
        received_at=at,
        model=reading.model,
        cut=reading.cut,
        subjects=[SubjectLines(say(f"why.{s.value}"), lines) for s, lines in subjects if lines],
    )


def _line(proposal: Proposal, file: CaseFile, named: Names) -> ProposalLine:
    return ProposalLine(
        what=_what(proposal, named) if proposal.is_known else say("why.none"),
        percent=round(100 * proposal.confidence),
        reason=named.reason(proposal.reason),
        words=proposal.words,
        known=proposal.is_known,
        stands=_stands(proposal, file),
    )


def _what(proposal: Proposal, named: Names) -> str:
    value = proposal.value
    match proposal.subject:
        case Subject.CLASS:
            return named.matter(str(value))
        case Subject.PLACE:
            return str(value.get(f"name_{named.lang}") or value.get("name_zh") or named.place(value.get("area")))
        case Subject.URGENCY:
            return say(f"why.level_{value['level']}")
        case Subject.ROUTE | Subject.ASIDE:
            return say(f"why.{proposal.subject.value}_{value}")
        case _:
            return str(value)


def _stands(proposal: Proposal, file: CaseFile) -> bool:
    """Whether the case stands now as it was proposed."""
    if proposal.subject == Subject.CLASS:
        return bool(proposal.value == file.case.class_code)
    if proposal.subject == Subject.PLACE and proposal.is_known:
        return proposal.value.get("area") in file.case.areas
    return False


def _change(entry: Entry, named: Names) -> Change:
    who = named.person(entry.by_login) if entry.by_role not in ("system", "resident") else named.role(entry.by_role)
    old, new = entry.changes.get("case", {}).get("class_code", [None, None])
    title = named.move(entry.move, "case")
    if new:
        title = f"{title}: {named.matter(old)} → {named.matter(new)}"
    return Change(title, who, entry.occurred_at, named.reason(entry.reason) if entry.reason else "")
