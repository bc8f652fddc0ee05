"""Pull what a partner's Open311 server has received since the last time; each request becomes one report here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import connection

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason
from cityloom.cases.actions.move_case import move_case
from cityloom.cases.actions.receive_report import NewReport, receive_report
from cityloom.cases.errors import BadReport
from cityloom.cases.keeping import find_report_once, get_file_by_id
from cityloom.cases.values import Details, Report
from cityloom.city.snapshot_values import City
from cityloom.city.values import PartnerDoor, Post, Role, Source
from cityloom.exchange.models import Open311Cursor
from cityloom.exchange.open311.client import Server
from cityloom.exchange.open311.mapping import class_code_of, service_code_of
from cityloom.exchange.open311.theirs import TheirRequest
from cityloom.exchange.open311.updating import UPDATE

PAGE = 100
MOST_PAGES = 500
FIRST_SPAN = timedelta(days=90)


@dataclass
class Pulled:
    """What a pull did; `refused`: their id → the code of the reason why it could not be kept."""

    received: int = 0
    known: int = 0
    closed: int = 0
    refused: dict[str, str] = field(default_factory=dict)

    def reasons(self) -> Counter[str]:
        return Counter(self.refused.values())


def pull_open311(city: City, partner: str, server: Server, clock: Clock) -> Pulled:
    """Read the partner's changes page by page; raises what the server refuses, and goes on there the next time.

    Every request is one transaction and is known by its id: it may be called again at any time. What was handed
    to the partner is not taken for a new report. The cursor moves on with each page.
    """
    since, done = _since(city, partner, clock.now()), Pulled()
    seen: set[str] = set()
    newest = since
    for page in range(1, MOST_PAGES + 1):
        found = server.list_changed(since, page, PAGE)
        fresh = [r for r in found if r.id and r.id not in seen]
        if not fresh:  # the end; or a server that knows no pages and says the same again
            break
        seen |= {r.id for r in fresh}
        for request in fresh:
            _take(city, partner, request, clock, done)
        newest = max([newest, *(m for r in fresh if (m := r.updated_at or r.requested_at) and m <= clock.now())])
        _remember(city, partner, newest, clock.now())
        if len(found) < PAGE:
            break
    return done


def external_id_of(partner: str, their_id: str) -> str:
    """By which a report of ours is known to be their request."""
    return f"open311:{partner}:{their_id}"


def closing_of(partner: str, their_id: str) -> str:
    """The id of the update that tells here that it has ended there."""
    return f"{partner}:{their_id}:closed"


def post_of(partner: str) -> Post:
    """Who speaks when a partner's system reports: nobody of the city."""
    return Post(login=f"open311:{partner}"[:150], role=Role.RESIDENT)


def _take(city: City, partner: str, request: TheirRequest, clock: Clock, done: Pulled) -> None:
    if _was_sent_there(city, partner, request.id):
        done.known += 1
        return
    external_id = external_id_of(partner, request.id)
    try:
        with connection.cursor() as cursor:
            before = find_report_once(cursor, city.id, None, external_id)
        if before is None:
            _receive(city, partner, request, external_id, clock)
            done.received += 1
        else:
            done.known += 1
            done.closed += _told_closed(city, partner, request, before, clock)
    except CityloomError as refusal:  # told in the result; the others go on
        done.refused[request.id] = refusal.reason.code


def _receive(city: City, partner: str, request: TheirRequest, external_id: str, clock: Clock) -> None:
    new = NewReport(
        source=Source.PARTNER.value,
        words=request.description or request.service_name,
        class_code=class_of(city, city.settings.partner_doors.get(partner), request.service_code),
        lon=request.lon if request.lat is not None else None,
        lat=request.lat if request.lon is not None else None,
        address=request.address,
        occurred_at=_past(request.requested_at, clock.now()),
        external_id=external_id,
    )
    try:
        receive_report(city, new, post_of(partner), clock)
    except BadReport:  # beyond the city's borders: a person finds the place, or hands it back
        receive_report(city, replace(new, lon=None, lat=None), post_of(partner), clock)


def _told_closed(city: City, partner: str, request: TheirRequest, report: Report, clock: Clock) -> int:
    """What ended there while it goes on here is told to whoever works on it, once."""
    if not request.is_closed:
        return 0
    with connection.cursor() as cursor:
        case = get_file_by_id(cursor, report.case_id).case
        cursor.execute(
            "SELECT 1 FROM cases_entry WHERE case_id = %s AND reason ->> 'code' = %s AND reason -> 'params' "
            "->> 'update' = %s",
            [case.id, UPDATE, closing_of(partner, request.id)],
        )
        if case.has_ended or cursor.fetchone() is not None:
            return 0
    reason = Reason(UPDATE, {"update": closing_of(partner, request.id)})
    details = Details(reason, note=request.status_notes or request.id)
    move_case(city, case.number, "supplement", post_of(partner), details, clock, version=case.version, owns=True)
    return 1


def class_of(city: City, door: PartnerDoor | None, service_code: str) -> str | None:
    """Our class of their service: as city.toml says, else the one whose code it is; None leaves it to a person."""
    code = (door.services.get(service_code) if door is not None else None) or class_code_of(service_code)
    return code if code is not None and code in city.leaves else None


def service_of(door: PartnerDoor, class_code: str | None) -> str:
    """Their service of our class: as city.toml says, else our own code as other Cityloom servers write it."""
    if class_code is None:
        return ""
    return next((theirs for theirs, ours in door.services.items() if ours == class_code), service_code_of(class_code))


def _past(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment <= now else None


def _was_sent_there(city: City, partner: str, their_id: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM cases_case WHERE city_id = %s AND partner = %s AND partner_number = %s AND source <> %s",
            [city.id, partner, their_id, Source.PARTNER.value],
        )
        return cursor.fetchone() is not None


def _since(city: City, partner: str, now: datetime) -> datetime:
    found = Open311Cursor.objects.filter(city_id=city.id, partner=partner).first()
    return found.updated_at if found is not None else now - FIRST_SPAN


def _remember(city: City, partner: str, newest: datetime, now: datetime) -> None:
    kept = {"updated_at": newest, "read_at": now}
    Open311Cursor.objects.update_or_create(city_id=city.id, partner=partner, defaults=kept)
