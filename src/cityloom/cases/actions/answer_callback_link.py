"""A resident answers by the one-time link that was sent: one answer, for all the reports the link is for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.messages import note_wish_of_message
from cityloom.cases.actions.move_report import move_reports
from cityloom.cases.callback_links import Link, LinkOver, get_link, use_link
from cityloom.cases.keeping import get_file_by_id
from cityloom.cases.values import CaseFile, Details, Outcome
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

RESIDENT = Post(login="resident", role=Role.RESIDENT)


@dataclass(frozen=True)
class Asked:
    """What a link asks about: the case, and the reports that an answer now counts for."""

    link: Link
    file: CaseFile
    report_ids: tuple[int, ...]


def look_at_link(city: City, code: str, clock: Clock) -> Asked:
    """What a link asks; raises NoSuchLink, or LinkOver when there is nothing to answer any more."""
    with connection.cursor() as cursor:
        link = get_link(cursor, city.id, code)
        link.check_open(clock.now())
        return _asked(link, get_file_by_id(cursor, link.case_id))


def answer_callback_link(
    city: City, code: str, outcome: Outcome, note: str, clock: Clock, *, no_more: bool = False
) -> CaseFile:
    """The case after the answer, which counts for each report of the link; the link is used up.

    `no_more`: the person wants no such messages again. Raises NoSuchLink, LinkOver, or MissingNeed for an answer that
    is not complete, and then the link stays good.
    """
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        link = get_link(cursor, city.id, code, lock=True)
        link.check_open(at)
        asked = _asked(link, get_file_by_id(cursor, link.case_id, lock=True))
        details = Details(outcome=replace(outcome, channel="link"), note=note.strip())
        number = asked.file.case.number
        after = move_reports(
            city, number, asked.report_ids, "call_back", RESIDENT, details, clock, version=None, owns=True
        )
        use_link(cursor, link, at)
        if no_more:
            _take_back_consent(cursor, link, clock)
        return after


def _take_back_consent(cursor: CursorWrapper, link: Link, clock: Clock) -> None:
    """No more SMS for the person of these reports, and none that waits already."""
    cursor.execute(
        "UPDATE cases_reporter SET consents = array_remove(consents, 'sms') WHERE city_id = %s AND id IN "
        "(SELECT reporter_id FROM cases_report WHERE id = ANY(%s))",
        [link.city_id, list(link.report_ids)],
    )
    if link.message_id is not None:
        note_wish_of_message(link.message_id, "callback", False, clock)


def _asked(link: Link, file: CaseFile) -> Asked:
    due = tuple(r.id for r in file.reports if r.id in link.report_ids and r.state == "due_callback")
    taken_up_since = file.case.state_since is not None and file.case.state_since > link.made_at
    if not due or taken_up_since:
        raise LinkOver("callback.link_settled")
    return Asked(link, file, due)
