"""Put the data of a case on hold, or lift the hold: by a data steward, with a coded reason and an entry."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft
from cityloom.cases.errors import GuardHolds, NotAllowed, UnknownWord
from cityloom.cases.holds import HOLD_REASONS, find_hold
from cityloom.cases.keeping import get_file, keep_moves
from cityloom.cases.permissions import may_see
from cityloom.cases.values import CaseFile
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role


def hold_case(city: City, number: str, reason: str, by: Post, clock: Clock) -> CaseFile:
    """Keep the case's data from erasure until the hold is lifted.

    Raises NotAllowed, UnknownWord for a reason that is none, or GuardHolds when it is on hold already.
    """
    at = clock.now()
    if reason not in HOLD_REASONS:
        raise UnknownWord("error.unknown_reason", code=reason, move="hold", known=list(HOLD_REASONS))
    with transaction.atomic(), connection.cursor() as cursor:
        file = _file_for(cursor, city, number, by, "hold")
        if find_hold(cursor, file.case.id) is not None:
            raise GuardHolds("error.held_already")
        cursor.execute(
            "INSERT INTO cases_hold (id, city_id, case_id, reason, by_login, set_at, lifted_by, lifted_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, '', NULL)",
            [ids.one(), city.id, file.case.id, reason, by.login, at],
        )
        return keep_moves(cursor, file, file, [_entry(file, "hold", reason, by, at)], at)


def lift_hold(city: City, number: str, by: Post, clock: Clock) -> CaseFile:
    """Let retention and erasure go on with the case's data. Raises NotAllowed, or GuardHolds without a hold."""
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        file = _file_for(cursor, city, number, by, "lift_hold")
        cursor.execute(
            "UPDATE cases_hold SET lifted_by = %s, lifted_at = %s WHERE case_id = %s AND lifted_at IS NULL",
            [by.login, at, file.case.id],
        )
        if not cursor.rowcount:
            raise GuardHolds("error.not_held")
        return keep_moves(cursor, file, file, [_entry(file, "lift_hold", "hold.lifted", by, at)], at)


def _file_for(cursor: CursorWrapper, city: City, number: str, by: Post, move: str) -> CaseFile:
    if by.role is not Role.DATA_STEWARD:
        raise NotAllowed("error.not_allowed", role=by.role.value, move=move, roles=[Role.DATA_STEWARD.value])
    file = get_file(cursor, city.id, number, lock=True)
    if (refusal := may_see(by, file)) is not None:
        raise NotAllowed(refusal.code, **refusal.params)
    return file


def _entry(file: CaseFile, move: str, reason: str, by: Post, at: datetime) -> Draft:
    return Draft(
        subject="people",
        subject_id=file.case.id,
        move=move,
        from_state=file.case.state,
        to_state=file.case.state,
        by=by,
        reason=Reason(reason),
        text="",
        occurred_at=at,
    )
