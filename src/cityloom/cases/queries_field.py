"""What somebody in the street owes now: cases to verify, check or handle, and records of registers."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db.backends.utils import CursorWrapper

from cityloom.cases.deciding import open_steps
from cityloom.cases.field_stops import Stop, kind_of
from cityloom.cases.keeping import read
from cityloom.cases.permissions import visible_to
from cityloom.cases.queries_registers import OpenCheck, round_of
from cityloom.cases.values import Case, CaseFile, Report, Request, RunningClock, Task
from cityloom.cases.waiting import waiting_rows
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

MOST_ASKED = 120  # cases looked at, of which some hold nothing to do on the spot
MOST = 40  # stops of a day
CLOCKS = {"verify": "verification", "check": "check", "handle": "handling"}


def list_case_stops(cursor: CursorWrapper, city: City, post: Post, now: datetime) -> list[Stop]:
    """The cases that this post may verify, check or handle now, those due first; six statements at most.

    What a second person was already asked to end is not among them.
    """
    stops = []
    for file in _waiting(cursor, city, post):
        moves = [s.move for s in open_steps(file, post, now, city)]
        kind = kind_of(moves)
        if kind is not None and not any(r.is_open and r.move == "not_accept" for r in file.requests):
            stops.append(stop_of(file, kind))
    return stops[:MOST]


def stop_of(file: CaseFile, kind: str) -> Stop:
    """The case as a stop of this kind."""
    case = file.case
    clocks = file.clocks_of((CLOCKS[kind],), "running")
    return Stop(
        key=case.number,
        kind=kind,
        class_code=case.class_code,
        title="",
        address=case.address,
        area=case.area,
        lon=case.lon,
        lat=case.lat,
        due_at=min((c.due_at for c in clocks), default=case.next_due_at),
        stamp=str(case.version),
        urgent=case.urgency == "urgent",
    )


def count_sendings(cursor: CursorWrapper, city_id: int, login: str, since: datetime) -> int:
    """How many moves a person has sent from the street since a moment."""
    cursor.execute(
        "SELECT count(*) FROM cases_field_sending WHERE city_id = %s AND by_login = %s AND sent_at >= %s",
        [city_id, login, since],
    )
    return int(cursor.fetchone()[0])


def _waiting(cursor: CursorWrapper, city: City, post: Post) -> list[CaseFile]:
    """The open cases that wait for the post, those due first, each with all that belongs to it."""
    seen, params = visible_to(post)
    waits, theirs = waiting_rows(post, city)
    cursor.execute(
        "SELECT c.id FROM cases_case c WHERE c.city_id = %s AND c.closed_at IS NULL "  # noqa: S608
        f"AND {waits} AND {seen} ORDER BY c.next_due_at, c.id LIMIT %s",
        [city.id, *theirs, *params, MOST_ASKED],
    )
    ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    cases = {c.id: c for c in read(cursor, Case, "id = ANY(%s)", [ids])}
    of_case = "case_id = ANY(%s) ORDER BY id"
    files = {i: CaseFile(cases[i]) for i in ids}
    for task in read(cursor, Task, of_case, [ids]):
        files[task.case_id] = files[task.case_id].with_tasks(task)
    for report in read(cursor, Report, of_case, [ids]):
        files[report.case_id] = files[report.case_id].with_reports(report)
    for clock in read(cursor, RunningClock, of_case, [ids]):
        files[clock.case_id] = files[clock.case_id].with_clocks(clock)
    for request in read(cursor, Request, of_case, [ids]):
        files[request.case_id] = files[request.case_id].with_requests(request)
    return list(files.values())


def list_record_stops(city: City, post: Post, now: datetime) -> list[Stop]:
    """The records of the post's round as stops, due at the end of their day; nothing personal is in them."""
    return [_record_stop(check, city) for check in round_of(city, post, now).waiting]


def _record_stop(check: OpenCheck, city: City) -> Stop:
    due_at = datetime.combine(check.due_on + timedelta(days=1), time(), city.calendar().tz)
    return Stop(
        key=str(check.id),
        kind="record",
        class_code=None,
        title=f"{check.kind} {check.code}",
        address=check.address,
        area=None,
        lon=check.lon,
        lat=check.lat,
        due_at=due_at,
        stamp="1",
    )
