"""A resident's own data: what is kept and for what, and the right to see, correct or erase it (PIPL 44–47)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Any, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from cityloom.base.crypto import tracking_hash
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason
from cityloom.cases.actions.ask_rights_request import ask_rights_request, proven_report
from cityloom.cases.actions.export_reporter import export_reporter
from cityloom.cases.actions.send_relay_message import send_relay_message
from cityloom.cases.errors import NoSuchReport, NotAllowed
from cityloom.cases.keeping import get_file_by_id, get_report
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.reporters import FIELDS, PURPOSES
from cityloom.cases.retention import KINDS, days_kept
from cityloom.cases.rights import SEEN_FOR_DAYS, RightsRequest, list_requests_of
from cityloom.city.snapshot_values import City
from cityloom.web import context
from cityloom.web.doors import for_everybody
from cityloom.web.moments import exact_moment
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show
from cityloom.web.track import private
from cityloom.web.words import say


@dataclass(frozen=True)
class RequestLine:
    """A request as its person sees it."""

    id: int
    kind: str
    asked_at: datetime
    due_at: datetime
    is_open: bool
    decision: str
    reason: str
    can_be_seen: bool


@dataclass(frozen=True)
class MyDataPage:
    """What is kept, for what and how long; and the three rights."""

    template: ClassVar[str] = "cityloom/my_data.html"
    code: Annotated[str, "the tracking code"]
    number: Annotated[str, "the case's number"]
    has_contact: Annotated[bool, "whether anything is kept about the person"]
    purposes: Annotated[Sequence[tuple[str, str]], "each field and what it is for"]
    spans: Annotated[Sequence[tuple[str, str]], "each kind of data and how long it is kept"]
    requests: Annotated[Sequence[RequestLine], "what was asked with this code"]
    tried: Annotated[str, "the right that was refused"] = ""
    error: Annotated[str, "why it was refused"] = ""


@dataclass(frozen=True)
class ExportPart:
    """A heading of the export with its lines: what it is called and what is kept."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MyExportPage:
    """Everything that is kept about the person."""

    template: ClassVar[str] = "cityloom/my_export.html"
    code: Annotated[str, "the tracking code"]
    parts: Annotated[Sequence[ExportPart], "what is kept, under headings"]


@never_cache
@require_GET
@for_everybody
def my_data(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """What is kept about the person behind a report, and the forms to see, correct or erase it."""
    return private(show(request, _page(city, code)))


@sensitive_post_parameters()
@never_cache
@require_POST
@for_everybody
def my_data_ask(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """Ask to see, correct or erase; code and phone prove who asks."""
    typed = context.typed_of(request.POST, "kind", "phone", *(f"new_{f}" for f in FIELDS))
    wish = {f: typed[f"new_{f}"] for f in FIELDS}
    try:
        ask_rights_request(city, code, typed["phone"], typed["kind"], wish, context.RESIDENT, context.clock())
    except NoSuchReport:
        raise
    except CityloomError as refusal:
        page = replace(_page(city, code), tried=typed["kind"], error=said_by(refusal, city))
        return private(show(request, page, refusal.status))
    return redirect("my_data", code=code)


@sensitive_post_parameters()
@never_cache
@require_POST
@for_everybody
def my_data_export(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """Everything that is kept, as a page or a file, once the request to see it is granted."""
    typed = context.typed_of(request.POST, "phone", "as")
    try:
        with connection.cursor() as cursor:
            report = proven_report(cursor, city, code, typed["phone"])
            granted = [r for r in list_requests_of(cursor, report.id) if _can_be_seen(r, city)]
        if not granted:
            raise NotAllowed("error.export_over")
        told = export_reporter(city, granted[0].case_id, granted[0].reporter_ids, SYSTEM, context.clock())
    except NoSuchReport:
        raise
    except CityloomError as refusal:
        page = replace(_page(city, code), tried="export", error=said_by(refusal, city))
        return private(show(request, page, refusal.status))
    if typed["as"] == "json":
        answer = HttpResponse(json.dumps(told, ensure_ascii=False, indent=2), content_type="application/json")
        answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
        return private(answer)
    return private(show(request, MyExportPage(code, export_parts(told, names(city), city.calendar().tz))))


@never_cache
@require_POST
@for_everybody
def thread_relay(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """Write to the unit that works on one's report."""
    text = context.typed_of(request.POST, "text")["text"]
    with connection.cursor() as cursor:
        report = get_report(cursor, tracking_hash(code))
        number = get_file_by_id(cursor, report.case_id).case.number
    send_relay_message(city, number, report.id, text, context.RESIDENT, context.clock(), owns=True)
    return private(redirect(f"{request.path.removesuffix('relay/')}#relay"))


def _page(city: City, code: str) -> MyDataPage:
    named = names(city)
    with connection.cursor() as cursor:
        report = get_report(cursor, tracking_hash(code))
        number = get_file_by_id(cursor, report.case_id).case.number
        requests = list_requests_of(cursor, report.id)
    comma = say("list.comma")
    return MyDataPage(
        code=code,
        number=number,
        has_contact=report.reporter_id is not None,
        purposes=[(say(f"datafield.{f}"), comma.join(say(f"purpose.{p}") for p in PURPOSES[f])) for f in FIELDS],
        spans=[(say(f"keep.{kind.name}"), _span(days_kept(kind, city))) for kind in KINDS],
        requests=[_line(r, city, named) for r in requests],
    )


def _span(days: int) -> str:
    """A span as people say it: whole years as years."""
    years, rest = divmod(days, 365)
    return say("mydata.days", days=days) if rest or not years else say("mydata.years", years=years)


def _line(request: RightsRequest, city: City, named: Names) -> RequestLine:
    return RequestLine(
        id=request.id,
        kind=say(f"rights.{request.kind}"),
        asked_at=request.asked_at,
        due_at=request.due_at,
        is_open=request.is_open,
        decision="" if request.is_open else say(f"decision.{request.state}"),
        reason=named.reason(Reason(request.reason)) if request.reason else "",
        can_be_seen=_can_be_seen(request, city),
    )


def _can_be_seen(request: RightsRequest, city: City) -> bool:
    days = city.settings.limits.get("rights_export_days", SEEN_FOR_DAYS)
    decided = request.decided_at
    granted = request.kind == "see" and request.state == "granted" and decided is not None
    return granted and decided is not None and context.clock().now() <= decided + timedelta(days=days)


# --- the export as a page ------------------------------------------------------------------------------------------


def export_parts(told: dict[str, Any], named: Names, tz: tzinfo) -> list[ExportPart]:
    """The plain values of an export under headings that a person can read."""
    comma = say("list.comma")
    parts = [
        ExportPart(
            say("mydata.person"),
            (
                *((say(f"datafield.{f}"), person[f] or "—") for f in FIELDS),
                (say("mydata.consents"), comma.join(say(f"consent.{c}") for c in person["consents"]) or "—"),
                (say("mydata.since"), _when(person["since"], tz)),
            ),
        )
        for person in told["persons"]
    ]
    parts += [_report_part(report, named, tz) for report in told["reports"]]
    reads = tuple(
        (
            _when(r["at"], tz),
            " · ".join(x for x in (named.role(r["role"]), named.unit(r["unit"]), _read(r, named)) if x),
        )
        for r in told["reads"]
    )
    return [*parts, ExportPart(say("mydata.reads"), reads)]


def _when(moment: str, tz: tzinfo) -> str:
    return exact_moment(datetime.fromisoformat(moment), tz)


def _read(read: dict[str, Any], named: Names) -> str:
    return named.reason(Reason(f"read.{read['why']}"))


def _report_part(report: dict[str, Any], named: Names, tz: tzinfo) -> ExportPart:
    place = report["place"]
    lines = [
        (say("mydata.words"), report["words"] or "—"),
        (say("queue.class"), named.matter(report["class"])),
        (say("queue.place"), place["address"] or named.place(place["area"]) or "—"),
        (say("mydata.received"), _when(report["received_at"], tz)),
        (say("queue.state"), named.state(report["state"], "report")),
        (say("report.photos"), str(len(report["photos"]))),
        *((_when(a["at"], tz), a["text"]) for a in report["added"]),
        *((_when(m["sent_at"], tz), m["text"] or say("relay.erased")) for m in report["messages"]),
    ]
    return ExportPart(" ".join([say("mydata.report"), str(report["case"])]), tuple(lines))
