"""A data steward decides a rights request with a coded reason; what was granted is carried out in the same step."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.reasons import Reason
from cityloom.cases.actions.correct_reporter import correct_reporter
from cityloom.cases.actions.erase_reporter import erase_reporter
from cityloom.cases.changes import Draft
from cityloom.cases.erasing import CONTACT_ONLY, PARTS
from cityloom.cases.errors import GuardHolds, NotAllowed, UnknownWord
from cityloom.cases.keeping import get_file_by_id, keep_moves
from cityloom.cases.permissions import may_see
from cityloom.cases.rights import REASONS_OF_DECISION, RightsRequest, decisions_for, get_request, wish_of
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role


def decide_rights_request(
    city: City, request_id: int, decision: str, reason: str, by: Post, clock: Clock
) -> RightsRequest:
    """Grant (granted, partly) or refuse an open request, and carry it out.

    Raises NoSuchRequest, NotAllowed, GuardHolds when it was decided already, UnknownWord, or OnHold when a case that
    would lose data is on hold; then nothing is changed.
    """
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        request = get_request(cursor, city.id, request_id, lock=True)
        check_steward(cursor, request, by)
        if not request.is_open:
            raise GuardHolds("error.rights_decided")
        if decision not in decisions_for(request.kind) or reason not in REASONS_OF_DECISION[decision]:
            raise UnknownWord("error.rights_reason", decision=decision)
        done = _carry_out(cursor, city, request, decision, by, clock) if decision != "refused" else {}
        cursor.execute(
            "UPDATE cases_rights_request SET state = %s, reason = %s, decided_by = %s, decided_at = %s, "
            "wish_sealed = ''::bytea, done = %s::jsonb WHERE id = %s",
            [decision, reason, by.login, at, json.dumps(done), request.id],
        )
        file = get_file_by_id(cursor, request.case_id, lock=True)
        draft = Draft(
            subject="people",
            subject_id=request.id,
            move="decide_rights",
            from_state=file.case.state,
            to_state=file.case.state,
            by=by,
            reason=Reason(reason),
            text="",
            occurred_at=at,
            changes={"rights": {"id": request.id, "kind": request.kind, "decision": decision}},
        )
        keep_moves(cursor, file, file, [draft], at)
        return get_request(cursor, city.id, request_id)


def check_steward(cursor: CursorWrapper, request: RightsRequest, by: Post) -> None:
    """Raise NotAllowed for everybody but a data steward in whose area the case lies."""
    if by.role is not Role.DATA_STEWARD:
        raise NotAllowed(
            "error.not_allowed", role=by.role.value, move="decide_rights", roles=[Role.DATA_STEWARD.value]
        )
    refusal = may_see(by, get_file_by_id(cursor, request.case_id))
    if refusal is not None:
        raise NotAllowed(refusal.code, **refusal.params)


def _carry_out(
    cursor: CursorWrapper, city: City, request: RightsRequest, decision: str, by: Post, clock: Clock
) -> dict[str, Any]:
    if request.kind == "correct":
        wish = wish_of(cursor, request.id)
        return {"fields": correct_reporter(request.case_id, request.reporter_ids, wish, by, clock)}
    if request.kind == "see":
        return {}  # the person opens the export with code and phone
    parts = PARTS if decision == "granted" else CONTACT_ONLY
    cursor.execute(
        "SELECT case_id, id FROM cases_report WHERE reporter_id = ANY(%s) ORDER BY case_id, id",
        [list(request.reporter_ids)],
    )
    reports: dict[int, list[int]] = defaultdict(list)
    for case_id, report_id in cursor.fetchall():
        reports[case_id].append(report_id)
    merged = _merged_into(cursor, city, list(reports))
    everything = [i for found in reports.values() for i in found]
    erased = [
        erase_reporter(
            city, case_id, everything, Reason("erase.asked"), by, clock, parts=parts, known_by=request.reporter_ids
        )
        for case_id in merged
    ]
    erased += [
        erase_reporter(city, case_id, ids_of_case, Reason("erase.asked"), by, clock, parts=parts)
        for case_id, ids_of_case in reports.items()
    ]
    return {
        "cases": len(erased),
        **{what: sum(getattr(e, what) for e in erased) for what in ("texts", "relay", "photos", "persons")},
    }


def _merged_into(cursor: CursorWrapper, city: City, case_ids: list[int]) -> list[int]:
    """Cases that went on in these ones, over any number of merges: their own history still holds words."""
    cursor.execute(
        "WITH RECURSIVE line AS (SELECT id, number FROM cases_case WHERE id = ANY(%s) UNION "
        "SELECT c.id, c.number FROM cases_case c JOIN line l ON c.merged_into = l.number WHERE c.city_id = %s) "
        "SELECT id FROM line WHERE id <> ALL(%s) ORDER BY id",
        [case_ids, city.id, case_ids],
    )
    return [i for (i,) in cursor.fetchall()]
