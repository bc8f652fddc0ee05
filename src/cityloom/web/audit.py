"""For the auditor: signed roots, who read personal data, samples with their checklists, and exports."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason
from cityloom.cases.actions.draw_sample import check_auditor, draw_sample, note_sampled_case
from cityloom.cases.actions.export_audit import export_audit
from cityloom.cases.audit_keys import NoAuditKey, trusted_keys
from cityloom.cases.audit_roots import Root, list_wrong
from cityloom.cases.queries_sample import Checked, Note, Sample, check_sample, get_sample, list_notes, list_samples
from cityloom.cases.read_log import MOST, ReadFilter, Reading, list_reads, on_day
from cityloom.cases.root_rows import list_roots
from cityloom.cases.sampling import CHECKS, RESULTS, Asked
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show
from cityloom.web.words import say

SHOWN_ROOTS = 7
SHOWN_READS = 50
FILTER = ("person", "case", "role", "day", "unusual")
DRAW = ("seed", "count", "begins", "ends", "unit", "class")


@dataclass(frozen=True)
class RootLine:
    """One root with how it stands: `good`, `bad`, or `unknown` where no key is at hand."""

    name: str
    day: date
    made_at: datetime
    cases: int
    entries: int
    logs: int
    digest: str
    state: str


@dataclass(frozen=True)
class ReadLine:
    """One reading: who, when, of what, why, and what is unusual about it."""

    at: datetime
    who: str
    role: str
    what: str
    is_case: bool
    reason: str
    marks: Sequence[str]


@dataclass(frozen=True)
class SampleLine:
    """One sample in the list."""

    id: int
    seed: str
    drawn: str
    noted: str
    who: str
    at: datetime


@dataclass(frozen=True)
class AuditPage:
    """The auditor's desk."""

    template: ClassVar[str] = "cityloom/audit.html"
    roots: Annotated[Sequence[RootLine], "the last roots, newest first"]
    wrong: Annotated[int, "how many roots do not fit, of all"]
    gone: Annotated[str, "numbers of roots that are missing"]
    reads_week: Annotated[int, "readings in seven days"]
    unusual_week: Annotated[int, "unusual ones among them"]
    reads: Annotated[Sequence[ReadLine], "readings that fit the filter, newest first"]
    capped: Annotated[int, "where the list of readings ends, if it does"]
    asked: Annotated[dict[str, str], "the filter as typed"]
    roles: Annotated[Sequence[tuple[str, str]], "roles to choose from"]
    samples: Annotated[Sequence[SampleLine], "samples drawn last"]
    typed: Annotated[dict[str, str], "the draw as typed"]
    units: Annotated[Sequence[tuple[str, str]], "units to choose from"]
    classes: Annotated[Sequence[tuple[str, str]], "classes to choose from"]
    error: Annotated[str, "why something was not done"] = ""


@dataclass(frozen=True)
class CaseLine:
    """A sampled case: its checklist as (check, state, in words), its notes."""

    number: str
    matter: str
    unit: str
    opened_at: datetime | None
    checks: Sequence[tuple[str, str, str]]
    notes: Sequence[Note]
    shown: bool


@dataclass(frozen=True)
class SamplePage:
    """One sample: what was asked, its cases, and where results are written down."""

    template: ClassVar[str] = "cityloom/audit_sample.html"
    id: Annotated[int, "its number"]
    title: Annotated[str, "the sample by its seed"]
    drawn: Annotated[str, "how many of how many"]
    who: Annotated[str, "who drew it"]
    at: Annotated[datetime, "when"]
    root: Annotated[str, "the last root then"]
    checks: Annotated[Sequence[str], "the headings of the checklist"]
    lines: Annotated[Sequence[CaseLine], "its cases in the order drawn"]
    results: Annotated[Sequence[tuple[str, str]], "results to choose from"]


@require_safe
@for_staff
def audit(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Roots with their state, who read personal data, and the samples."""
    check_auditor(post)
    typed = {name: request.GET.get(name, "").replace("\x00", "") for name in FILTER}
    return show(request, _page(city, typed))


@require_POST
@for_staff
def audit_draw(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Draw a sample; what is refused keeps what was typed."""
    typed = context.typed_of(request.POST, *DRAW)
    count = int(typed["count"]) if typed["count"].isdecimal() and len(typed["count"]) < 6 else 0
    asked = Asked(count, _day(typed["begins"]), _day(typed["ends"]), typed["unit"], typed["class"])
    try:
        drawn = draw_sample(city, typed["seed"], asked, post, context.clock())
    except CityloomError as refusal:
        check_auditor(post)
        page = replace(_page(city, dict.fromkeys(FILTER, "")), typed=typed, error=said_by(refusal, city))
        return show(request, page, refusal.status)
    return redirect(f"{reverse('audit_sample')}?id={drawn.id}")


@require_safe
@for_staff
def audit_sample(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """One sample with the checklist of each case."""
    check_auditor(post)
    sample, named = get_sample(city, _number(request.GET.get("id", ""))), names(city)
    page = SamplePage(
        id=sample.id,
        title=say("audit.sample", seed=sample.seed),
        drawn=say("audit.drawn", found=sample.found, count=len(sample.numbers)),
        who=named.person(sample.by_login),
        at=sample.drawn_at,
        root=say("audit.at_root", serial=sample.root_serial) if sample.root_serial else "",
        checks=[say(f"audit.check_{check}") for check in CHECKS],
        lines=[_case_line(each, named) for each in check_sample(city, sample, post)],
        results=[(result, say(f"audit.result_{result}")) for result in RESULTS],
    )
    return show(request, page)


@require_POST
@for_staff
def audit_note(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Write down what was found in a sampled case."""
    typed = context.typed_of(request.POST, "id", "number", "result", "note")
    sample_id = _number(typed["id"])
    note_sampled_case(city, sample_id, typed["number"], typed["result"], typed["note"], post, context.clock())
    return redirect(f"{reverse('audit_sample')}?id={sample_id}#c{typed['number']}")


@require_POST
@for_staff
def audit_export(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """A sample or the readings that fit, as a ZIP of the file and its signed digest."""
    typed = context.typed_of(request.POST, "id", "form", *FILTER)
    sample_id = _number(typed["id"]) if typed["id"] else None
    done = export_audit(city, post, context.clock(), typed["form"], sample_id, _filter(city, typed))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(done.name, done.content)
        archive.writestr(f"{done.name}.sig", json.dumps(done.signature, indent=1) + "\n")
    answer = HttpResponse(out.getvalue(), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{done.name}.zip"'
    return answer


# --- what the pages show ----------------------------------------------------------------------------------------


def _page(city: City, typed: dict[str, str]) -> AuditPage:
    now, named = context.clock().now(), names(city)
    with connection.cursor() as cursor:
        roots = list_roots(cursor, city.id)
    lines, wrong, gone = _root_lines(roots, city.code)
    week = list_reads(city, ReadFilter(since=now - timedelta(days=7)), now, 10_000)
    found = list_reads(city, _filter(city, typed), now)
    if typed["unusual"]:
        found = [each for each in found if each.unusual]
    return AuditPage(
        roots=lines,
        wrong=wrong,
        gone=say("list.comma").join(map(str, gone)),
        reads_week=len(week),
        unusual_week=sum(bool(each.unusual) for each in week),
        reads=[_read_line(each, named) for each in found[:SHOWN_READS]],
        capped=SHOWN_READS if len(found) > SHOWN_READS or len(found) == MOST else 0,
        asked=typed,
        roles=[(role.value, named.role(role.value)) for role in Role if role is not Role.RESIDENT],
        samples=[_sample_line(each, named) for each in list_samples(city)],
        typed={"count": "20"},
        units=[(code, named.unit(code)) for code in city.units],
        classes=[(code, named.matter(code)) for code in city.classes],
    )


def _root_lines(roots: Sequence[Root], city_code: str) -> tuple[list[RootLine], int, list[int]]:
    """The last roots, how many of all do not fit, and the numbers that are missing."""
    try:
        wrong = {each.serial for each in list_wrong(roots, city_code, trusted_keys())}
        known = True
    except NoAuditKey:
        wrong, known = set(), False
    there = {root.serial for root in roots}
    lines = [
        RootLine(
            say("audit.root", serial=root.serial), root.day, root.made_at, root.cases, root.entries, root.logs,
            root.hash.hex()[:16], "unknown" if not known else "bad" if root.serial in wrong else "good",
        )
        for root in reversed(roots[-SHOWN_ROOTS:])
    ]  # fmt: skip
    return lines, len(wrong & there), sorted(wrong - there)


def _read_line(each: Reading, named: Names) -> ReadLine:
    is_case = each.log == "reporter_read"
    reason = named.reason(Reason(f"read.{each.reason}")) if is_case else _why_else(each)
    marks = [say(f"audit.mark_{word}") for word in each.unusual]
    return ReadLine(each.at, named.person(each.by_login), named.role(each.by_role), each.what, is_case, reason, marks)


def _why_else(each: Reading) -> str:
    """Why something else than a case's reporter was read."""
    if each.log == "fire_read":
        return say("audit.fire", why=say(f"fire.why_{each.reason}"))
    return say("audit.patrol") if each.log == "patrol_read" else say("audit.register_check")


def _sample_line(each: Sample, named: Names) -> SampleLine:
    noted = len({note.case_number for note in list_notes(each.id)})
    return SampleLine(
        each.id, each.seed, say("audit.drawn", found=each.found, count=len(each.numbers)),
        say("audit.noted", noted=noted), named.person(each.by_login), each.drawn_at,
    )  # fmt: skip


def _case_line(each: Checked, named: Names) -> CaseLine:
    checks = [(say(f"audit.check_{c.what}"), c.state, say(f"audit.state_{c.state}")) for c in each.checks]
    notes = [
        note._replace(result=say(f"audit.result_{note.result}"), by_login=named.person(note.by_login))
        for note in each.notes
    ]
    return CaseLine(
        each.number, named.matter(each.class_code) if each.class_code else "",
        named.unit(each.unit) if each.unit else "", each.opened_at, checks, notes, bool(each.checks),
    )  # fmt: skip


# --- what was typed ---------------------------------------------------------------------------------------------


def _filter(city: City, typed: dict[str, Any]) -> ReadFilter:
    asked = ReadFilter(typed["person"].strip(), typed["case"].strip(), typed["role"])
    day = _day(typed["day"])
    return on_day(asked, day, city.calendar().tz) if day is not None else asked


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
