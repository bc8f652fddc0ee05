"""Cases between cities of one installation: what is handed over is opened there, what ends there comes back here.

Both cities keep a case of their own under one trace: ours waits with the partner's clock and the resident's promise,
theirs runs by their own table. No name, phone or words of a resident cross over; the note of who handed it over does.
A partner city elsewhere is told through the outbox, and its answer is entered by a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.cases.actions.receive_report import NewReport, receive_report
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.deciding import decide
from cityloom.cases.errors import BadReport
from cityloom.cases.following import follow
from cityloom.cases.keeping import get_file_by_id, keep_moves, list_entries
from cityloom.cases.moves import carry_out
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.values import CaseFile, Details
from cityloom.cases.working_city import city_of_case
from cityloom.city.snapshot_values import City
from cityloom.city.values import Source

FindCity = Callable[[str], City | None]
MOST = 50
DONE = frozenset({"closed", "answered", "noted", "solved_on_spot"})


def swap_with_partners(city: City, find_city: FindCity, clock: Clock) -> int:
    """Send what was handed over, and take back what has ended there; how many cases went either way.

    `find_city` gives the partner city by its code, or None for one that is not here. Each case is one transaction;
    it may be called again at any time.
    """
    return sum(_send(city, case_id, find_city, clock) for case_id in _to_send(city)) + sum(
        _take_back(city, case_id, find_city, clock) for case_id in _with_partners(city)
    )


def _to_send(city: City) -> list[int]:
    return _ids(city, "partner_number IS NULL")


def _with_partners(city: City) -> list[int]:
    return _ids(city, "partner_number IS NOT NULL")


def _ids(city: City, condition: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM cases_case WHERE city_id = %s AND state = 'with_partner' AND closed_at IS NULL "  # noqa: S608
            f"AND {condition} ORDER BY id LIMIT %s",
            [city.id, MOST],
        )
        return [i for (i,) in cursor.fetchall()]


def _send(city: City, case_id: int, find_city: FindCity, clock: Clock) -> bool:
    """Open the case in the partner city, under one trace, and note its number there."""
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file_by_id(cursor, case_id, lock=True)
        case = before.case
        partner = find_city(case.partner or "")
        if partner is None or case.state != "with_partner" or case.partner_number is not None:
            return False
        theirs = _opened_there(cursor, city, partner, before, clock)
        after = before.with_case(partner_number=theirs)
        at = clock.now()
        keep_moves(cursor, before, after, [_noted(before, after, theirs, at)], at)
    return True


def _opened_there(cursor: CursorWrapper, city: City, partner: City, file: CaseFile, clock: Clock) -> str:
    case = file.case
    said = next(e.text for e in reversed(list_entries(cursor, case.id)) if e.move == "hand_over" and e.text)
    new = NewReport(
        source=Source.PARTNER.value,
        words=said,
        class_code=case.class_code if case.class_code in partner.leaves else None,
        nature=case.nature,
        lon=case.lon,
        lat=case.lat,
        address=case.address,
        external_id=f"{case.trace}#{case.version}",
        partner=city.code,
        partner_number=case.number,
        trace=case.trace,
    )
    try:
        with transaction.atomic():
            return receive_report(partner, new, SYSTEM, clock).number
    except BadReport:  # the point lies outside the partner's own borders: a person there finds the place
        return receive_report(partner, replace(new, lon=None, lat=None), SYSTEM, clock).number


def _noted(before: CaseFile, after: CaseFile, number: str, at: datetime) -> Draft:
    case = before.case
    reason = Reason("partner.received", {"partner": case.partner, "number": number})
    changes = changes_between(before, after)
    return Draft("case", case.id, "hand_over", case.state, case.state, SYSTEM, reason, "", at, changes)


def _take_back(city: City, case_id: int, find_city: FindCity, clock: Clock) -> bool:
    """What has ended in the partner city: done there, or given back."""
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file_by_id(cursor, case_id, lock=True)
        case = before.case
        partner = find_city(case.partner or "")
        if partner is None or case.state != "with_partner":
            return False
        ended = _ended_there(cursor, partner, case.trace, case.partner_number or "")
        if ended is None:
            return False
        state, told = ended
        at, its_city = clock.now(), city_of_case(city, case.city_version)
        if state in DONE:
            move, details = "partner_done", Details(Reason("partner.done"), note=told or "—")
        else:
            move, details = "hand_back", Details(Reason("partner.returned"), note=told)
        step = decide(before, move, SYSTEM, details, at, its_city)
        after, draft = carry_out(before, step, SYSTEM, details, at, its_city, ids.one)
        after, more = follow(after, at, its_city, ids.one)
        keep_moves(cursor, before, after, [draft, *more], at)
    return True


def _ended_there(cursor: CursorWrapper, partner: City, trace: str, number: str) -> tuple[str, str] | None:
    """The end state there and the newest words about the work; None while it goes on."""
    cursor.execute(
        "SELECT c.state, (SELECT e.text FROM cases_entry e WHERE e.case_id = c.id AND e.subject = 'case' "
        "AND e.by_role <> 'resident' AND e.text IS NOT NULL ORDER BY e.seq DESC LIMIT 1) FROM cases_case c "
        "WHERE c.city_id = %s AND c.number = %s AND c.trace = %s AND c.closed_at IS NOT NULL",
        [partner.id, number, trace],
    )
    found = cursor.fetchone()
    return None if found is None else (found[0], found[1] or "")
