"""A person asks to see, correct or erase what is kept about him or her; code and phone together prove who asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.crypto import tracking_hash
from cityloom.base.ids import ids
from cityloom.base.keys import vault
from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft
from cityloom.cases.errors import BadReport, NoSuchReport, NotProven, UnknownWord
from cityloom.cases.keeping import get_file_by_id, get_report, keep_moves
from cityloom.cases.reporters import FIELDS, is_phone_of, list_reporter_ids_by_phone
from cityloom.cases.rights import KINDS, RightsRequest, get_request, list_requests_of, rights_due_at
from cityloom.cases.values import CaseFile, Report
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

FIELD_CHARS = 200


def ask_rights_request(
    city: City, code: str, phone: str, kind: str, wish: Mapping[str, str], by: Post, clock: Clock
) -> RightsRequest:
    """Keep the request for a data steward. The same asked again while it is open gives the open one.

    `wish`: for a correction the fields as they should read. Raises NoSuchReport, NotProven when the phone is not the
    one of the report, UnknownWord or BadReport, and then nothing is kept.
    """
    at = clock.now()
    if kind not in KINDS:
        raise UnknownWord("error.unknown_rights_kind")
    wanted = {f: wish.get(f, "").strip()[:FIELD_CHARS] for f in FIELDS if wish.get(f, "").strip()}
    if kind == "correct" and not wanted:
        raise BadReport("error.nothing_to_correct")
    with transaction.atomic(), connection.cursor() as cursor:
        report = proven_report(cursor, city, code, phone)
        file = get_file_by_id(cursor, report.case_id, lock=True)
        again = next((r for r in list_requests_of(cursor, report.id) if r.is_open and r.kind == kind), None)
        if again is not None:
            return again
        reporter_ids = list_reporter_ids_by_phone(cursor, city.id, phone)
        request_id = _keep(
            cursor, city, file, report, reporter_ids, kind, wanted if kind == "correct" else {}, by, at
        )
        draft = Draft(
            subject="people",
            subject_id=request_id,
            move="ask_rights",
            from_state=file.case.state,
            to_state=file.case.state,
            by=by,
            reason=Reason("rights.asked"),
            text="",
            occurred_at=at,
            changes={"rights": {"id": request_id, "kind": kind}},
        )
        keep_moves(cursor, file, file, [draft], at)
        return get_request(cursor, city.id, request_id)


def proven_report(cursor: CursorWrapper, city: City, code: str, phone: str) -> Report:
    """The report behind a code, when the phone is the one its person left; raises NoSuchReport or NotProven."""
    report = get_report(cursor, tracking_hash(code))
    if report.city_id != city.id:
        raise NoSuchReport("error.no_report")
    if report.reporter_id is None or not is_phone_of(cursor, report.reporter_id, phone):
        raise NotProven("error.not_proven")
    return report


def _keep(
    cursor: CursorWrapper,
    city: City,
    file: CaseFile,
    report: Report,
    reporter_ids: list[int],
    kind: str,
    wish: Mapping[str, str],
    by: Post,
    at: datetime,
) -> int:
    request_id, safe = ids.one(), vault()
    sealed = safe.seal(json.dumps(dict(wish), ensure_ascii=False)) if wish else b""
    cursor.execute(
        "INSERT INTO cases_rights_request (id, city_id, kind, case_id, report_id, reporter_ids, asked_by, asked_at, "
        "due_at, wish_sealed, key_mark, state, reason, decided_by, decided_at, done) "
        "VALUES (%s, %s, %s, %s, %s, %s::bigint[], %s, %s, %s, %s, %s, 'open', '', '', NULL, '{}'::jsonb)",
        [request_id, city.id, kind, file.case.id, report.id, reporter_ids, by.login, at, rights_due_at(at, city),
         sealed, safe.key_mark],
    )  # fmt: skip
    return request_id
