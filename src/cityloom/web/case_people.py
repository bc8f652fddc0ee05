"""On the case page: messages with the resident, whom the complaint is about, and the hold on the case's data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from cityloom.base.reasons import Reason
from cityloom.cases.actions.hold_case import hold_case, lift_hold
from cityloom.cases.actions.name_complained_units import MAY_NAME, name_complained_units
from cityloom.cases.holds import HOLD_REASONS, find_hold
from cityloom.cases.keeping import get_file
from cityloom.cases.permissions import may_see
from cityloom.cases.relay import (
    RESIDENT_SIDE,
    UNIT_SIDE,
    RelayMessage,
    ended_for_relay,
    list_relay,
    mark_read,
    side_of,
)
from cityloom.cases.reporters import MAY_OPEN
from cityloom.cases.values import CaseFile
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.forms import unit_choices
from cityloom.web.naming import Names
from cityloom.web.words import say


@dataclass(frozen=True)
class RelayLine:
    """One message as a side reads it."""

    who: str
    own: bool
    text: str
    hidden: int
    sent_at: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class RelayThread:
    """The messages about one report, oldest first, and whether more may be written."""

    report_id: int
    which: str
    lines: tuple[RelayLine, ...]
    may_write: bool
    typed: str = ""
    error: str = ""


@dataclass(frozen=True)
class PeoplePart:
    """What a case page shows of people's data; empty parts are not the post's business."""

    threads: tuple[RelayThread, ...] = ()
    about: tuple[str, ...] = ()
    may_name: bool = False
    units: tuple[tuple[str, str], ...] = ()
    chosen_unit: str = ""
    hold: str = ""
    may_hold: bool = False
    hold_reasons: tuple[tuple[str, str], ...] = ()
    read_reasons: tuple[tuple[str, str], ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.threads or self.about or self.may_name or self.hold or self.may_hold)


NO_PEOPLE = PeoplePart()


def people_part(cursor: CursorWrapper, city: City, post: Post, file: CaseFile, named: Names) -> PeoplePart:
    """What this post is shown; messages shown to a handler are noted as read."""
    hold = find_hold(cursor, file.case.id) if post.role is Role.DATA_STEWARD else None
    may_name = post.role in MAY_NAME and not file.case.has_ended
    about = file.case.complained_about
    reasons = [why for why, roles in MAY_OPEN.items() if post.role in roles and why != "rights_request"]
    return PeoplePart(
        threads=_threads(cursor, city, post, file, named),
        about=tuple(named.unit(u) for u in about),
        may_name=may_name,
        units=unit_choices(city, named, context.today(city)) if may_name else (),
        chosen_unit=about[0] if about else "",
        hold=named.reason(Reason(hold.reason)) if hold else "",
        may_hold=post.role is Role.DATA_STEWARD,
        hold_reasons=tuple((code, named.reason(Reason(code))) for code in HOLD_REASONS),
        read_reasons=tuple((why, named.reason(Reason(f"read.{why}"))) for why in reasons),
    )


def _threads(cursor: CursorWrapper, city: City, post: Post, file: CaseFile, named: Names) -> tuple[RelayThread, ...]:
    if side_of(post, file, owns=False) != UNIT_SIDE:
        return ()
    reports = [r for r in file.reports if r.tracking_hash is not None]
    messages = list_relay(cursor, file.case.id, [r.id for r in reports])
    if any(m.side == RESIDENT_SIDE and m.read_at is None for m in messages):
        mark_read(cursor, [r.id for r in reports], UNIT_SIDE, context.clock().now())
    open_still = ended_for_relay(file, context.clock().now(), city) is None
    numbers = {r.id: str(n) if len(file.reports) > 1 else "" for n, r in enumerate(file.reports, 1)}
    return tuple(
        RelayThread(r.id, numbers[r.id], relay_lines(messages, r.id, UNIT_SIDE, named), open_still) for r in reports
    )


def relay_lines(messages: list[RelayMessage], report_id: int, side: str, named: Names) -> tuple[RelayLine, ...]:
    """The messages of one report as one side reads them: units by name, people never."""
    return tuple(
        RelayLine(
            who=say("relay.you") if m.side == side else named.unit(m.by_unit) or named.role(Role.RESIDENT),
            own=m.side == side,
            text=m.text,
            hidden=m.hidden,
            sent_at=m.sent_at,
            read_at=m.read_at,
        )
        for m in messages
        if m.report_id == report_id
    )


@require_POST
@for_staff
def case_about(request: HttpRequest, city: City, post: Post, number: str) -> HttpResponse:
    """Name the unit that the complaint is about, or say that it is about none."""
    typed = context.typed_of(request.POST, "unit", "version")
    units = [typed["unit"]] if typed["unit"] else []
    version = int(typed["version"]) if typed["version"].isdigit() else 0
    name_complained_units(city, number, units, post, context.clock(), version=version)
    return redirect(_case_or_queue(city, post, number))


def _case_or_queue(city: City, post: Post, number: str) -> str:
    """The case again; the list for somebody who just named the own unit and so keeps away."""
    with connection.cursor() as cursor:
        seen = may_see(post, get_file(cursor, city.id, number)) is None
    return reverse("case", args=[number]) if seen else reverse("queue")


@require_POST
@for_staff
def case_hold(request: HttpRequest, city: City, post: Post, number: str) -> HttpResponse:
    """Put the case's data on hold, or lift the hold."""
    typed = context.typed_of(request.POST, "reason", "lift")
    if typed["lift"]:
        lift_hold(city, number, post, context.clock())
    else:
        hold_case(city, number, typed["reason"], post, context.clock())
    return redirect("case", number=number)
