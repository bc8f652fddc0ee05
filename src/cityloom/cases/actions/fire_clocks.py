"""Tell what the clocks have to tell: warnings and overdue moments, each once, in order, from the database.

A worker calls this again and again. After a standstill it catches up in the order of the moments; each tells its
own moment, not the time it was caught up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.following import follow
from cityloom.cases.keeping import get_file_by_id, keep_moves
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.promises import overdue
from cityloom.cases.values import CaseFile, RunningClock
from cityloom.cases.working_city import city_of_case
from cityloom.city.snapshot_values import City

WAKES = frozenset({"deferral", "escalation"})  # their end is no failure: it brings the next thing about
BY_TIME = frozenset({"resume", "escalate"})


def fire_clocks(city_by_id: Callable[[int], City], clock: Clock, most: int = 200) -> int:
    """Fire up to `most` moments that have come; how many there were. Several workers may run at once.

    A moment that fails keeps its place and holds up no other: the others are fired first, then its error is raised.
    """
    at = clock.now()
    fired = 0
    failed: dict[int, Exception] = {}
    while fired < most and _fire_next(city_by_id, at, failed):
        fired += 1
    if failed:
        raise next(iter(failed.values()))
    return fired


def _fire_next(city_by_id: Callable[[int], City], at: datetime, failed: dict[int, Exception]) -> bool:
    """Fire the earliest moment that has come and that nobody else is firing, in a transaction of its own.

    One that fails is remembered in `failed` and passed over.
    """
    clock_id: int | None = None
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT k.id, k.case_id FROM cases_clock k JOIN cases_case c ON c.id = k.case_id "
                "WHERE k.fires_at <= %s AND k.id <> ALL(%s) ORDER BY k.fires_at, k.id LIMIT 1 FOR UPDATE SKIP LOCKED",
                [at, list(failed)],
            )
            found = cursor.fetchone()
            if found is None:
                return False
            clock_id, case_id = found
            before = get_file_by_id(cursor, case_id)
            running = next(c for c in before.clocks if c.id == clock_id)
            city = city_by_id(before.case.city_id)
            after, draft = _told(before, running, city)
            after, more = _go_on(after, running, city)
            keep_moves(cursor, before, after, [draft, *more], at)
    except Exception as wrong:
        if clock_id is None:
            raise
        failed[clock_id] = wrong
    return True


def _go_on(file: CaseFile, running: RunningClock, city: City) -> tuple[CaseFile, list[Draft]]:
    """What the passing of time alone brings about at a due moment: a deferral ends, a case climbs a rung."""
    moment = datetime.fromisoformat(running.warn_at[0])
    if moment < running.due_at or file.case.has_ended:
        return file, []
    its_city = city_of_case(city, file.case.city_version)
    return follow(file, moment, its_city, ids.one, only=BY_TIME)


def _told(file: CaseFile, running: RunningClock, city: City) -> tuple[CaseFile, Draft]:
    """The file after this clock told its next moment."""
    moment = datetime.fromisoformat(running.warn_at[0])
    rest = running.warn_at[1:]
    told = replace(running, warn_at=rest, fires_at=datetime.fromisoformat(rest[0]) if rest else None)
    after = file.with_clocks(told)
    if moment >= running.due_at:
        raw, assessed = overdue(after, moment + datetime.resolution)  # the due moment itself is still in time
        after = after.with_case(overdue_raw=raw, overdue_assessed=assessed)
        move = "due" if running.kind in WAKES else "overdue"
        reason = Reason(f"clock.{move}", {"kind": running.kind, "owed_by": running.owed_by})
    else:
        share = _share(running, city, len(running.warn_at))
        reason = Reason("clock.warned", {"kind": running.kind, "owed_by": running.owed_by, "share": share})
        move = "warn"
    draft = Draft(
        subject="clock",
        subject_id=running.id,
        move=move,
        from_state=file.case.state,
        to_state=file.case.state,
        by=SYSTEM,
        reason=reason,
        text="",
        occurred_at=moment,
        changes=changes_between(file, after),
    )
    return after, draft


def _share(running: RunningClock, city: City, left: int) -> int:
    """Which share of the clock this warning stands for, in percent, counted from the moments still to come."""
    shares = (*sorted(city.settings.warning_shares), 1.0)
    return round(100 * shares[max(0, len(shares) - left)])
