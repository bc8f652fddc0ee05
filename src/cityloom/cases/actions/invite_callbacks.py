"""Ask residents for their answer by a one-time link; and settle what needs no call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.crypto import new_tracking_code
from cityloom.base.errors import CityloomError
from cityloom.base.messages import About, send_later
from cityloom.base.reasons import Reason
from cityloom.cases.actions.move_report import move_report, move_reports, rules_of
from cityloom.cases.callback_links import address_of_link, keep_link, live_until, tie_message
from cityloom.cases.callback_turns import settles_itself
from cityloom.cases.errors import MissingNeed
from cityloom.cases.keeping import get_file
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.queries_callbacks import list_waiting, list_waiting_of_all, same_person
from cityloom.cases.reporters import open_contacts, wishes_of
from cityloom.cases.values import CaseFile, Details
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

AT_ONCE = 200


class CannotInvite(CityloomError):
    """No link can go to this person now."""

    status = 409


def invite_callback(
    city: City, number: str, report_id: int, by: Post, clock: Clock, *, version: int | None = None
) -> CaseFile:
    """Send one person a link to answer by; it counts for all reports of the case that the person left.

    Raises CannotInvite without consent to SMS, without an address or while a link is out; else as `move_report`.
    """
    at, rules = clock.now(), rules_of(city)
    with transaction.atomic(), connection.cursor() as cursor:
        file = get_file(cursor, city.id, number, lock=True)
        report = next((r for r in file.reports if r.id == report_id), None)
        until = live_until(cursor, file.case.id, report_id, file.case.state_since or at, at)
        if until is not None:
            shown = until.astimezone(rules.zone)
            raise CannotInvite("callback.invited_already", until=f"{shown:%Y-%m-%d %H:%M}")
        if report is None or report.reporter_id is None:
            raise CannotInvite("callback.no_address")
        if "sms" not in wishes_of(cursor, [report.reporter_id])[report.reporter_id].consents:
            raise CannotInvite("callback.no_sms_consent")
        together = same_person(cursor, file.case.id, report_id)
        kind = "sms"
        details = Details(reason=Reason("callback.invited", {"channel": kind}))
        after = move_reports(city, number, together, "invite_callback", by, details, clock, version=version)
        contact = next(iter(open_contacts(replace(file, reports=(report,)), by, "callback", clock)), None)
        if contact is None or not contact.phone:
            raise CannotInvite("callback.no_address")
        code, ends = new_tracking_code(), at + timedelta(days=rules.link_days)
        link_id = keep_link(cursor, city.id, file.case.id, together, code, kind, by.login, at, ends)
        matter = city.classes.get(file.case.class_code or "")
        params = {
            "matter": matter.name.in_language(report.language) if matter else number,
            "number": number,
            "link": address_of_link(code),
            "days": rules.link_days,
        }
        message_id = send_later(
            kind,
            contact.phone,
            "callback.invite",
            params,
            language=report.language,
            purpose="callback",
            about=About(city.code, number, report_id),
            clock=clock,
            until=ends,
        )
        tie_message(cursor, link_id, message_id)
        return after


@dataclass(frozen=True)
class Invited:
    """How many links went out, how many reports were exempted by themselves, and why others got none, by code."""

    invited: int
    exempted: int
    passed_over: Counter[str]


def invite_callbacks(
    city: City,
    by: Post,
    clock: Clock,
    *,
    most: int = AT_ONCE,
    only_those_who_wish: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Invited:
    """Send links to whoever waits for a callback and agreed to SMS, each once a round; settle what needs no call.

    `only_those_who_wish`: those who asked for a link instead of a call. Each report is a transaction of its own.
    """
    exempted = settle_callbacks(city, clock, most=most)
    with connection.cursor() as cursor:
        waiting = list_waiting(cursor, city, by, clock.now(), most)
    invited, passed_over, done = 0, Counter[str](), set[int]()
    for each in waiting:
        wished = each.wish == "link" if only_those_who_wish else "sms" in each.consents
        if not wished or each.link_until is not None or each.report_id in done:
            continue
        try:
            with connection.cursor() as cursor:
                done.update(same_person(cursor, each.case_id, each.report_id))
            invite_callback(city, each.number, each.report_id, by, clock)
            invited += 1
        except CityloomError as refusal:
            passed_over[refusal.reason.code] += 1
        if progress is not None:
            progress(invited)
    return Invited(invited, exempted, passed_over)


def settle_callbacks(city: City, clock: Clock, *, most: int = AT_ONCE) -> int:
    """Exempt what needs no call: no number left, no callback wished, a wished link unanswered; how many."""
    at, exempted = clock.now(), 0
    with connection.cursor() as cursor:
        waiting = list_waiting_of_all(cursor, city, at, most)
    for each in waiting:
        if (why := settles_itself(each, at)) is not None:
            move_report(city, each.number, each.report_id, "exempt", SYSTEM, Details(reason=why), clock, version=None)
            exempted += 1
    return exempted


def check_caller(posts: tuple[Post, ...], login: str) -> Post:
    """The callback post among these; raises MissingNeed when the login holds none."""
    found = next((p for p in posts if p.role.value == "callback_agent"), None)
    if found is None:
        raise MissingNeed("list.not_caller", login=login)
    return found
