"""Correct the name, phone or address of a report's person; the entry names fields, never content."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.keys import vault
from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft
from cityloom.cases.errors import BadReport
from cityloom.cases.keeping import get_file_by_id, keep_moves
from cityloom.cases.reporters import FIELDS, PURPOSES, index_of
from cityloom.city.values import Post


def correct_reporter(
    case_id: int, reporter_ids: Sequence[int], corrected: Mapping[str, str], by: Post, clock: Clock
) -> list[str]:
    """Put the corrected fields in place of the old ones, sealed with the key in use; the names of those fields.

    Raises BadReport when no field is given.
    """
    given = {f: corrected[f].strip() for f in FIELDS if corrected.get(f, "").strip()}
    if not given:
        raise BadReport("error.nothing_to_correct")
    at = clock.now()
    safe = vault()
    with transaction.atomic(), connection.cursor() as cursor:
        file = get_file_by_id(cursor, case_id, lock=True)
        for reporter_id in sorted(reporter_ids):
            cursor.execute(
                "SELECT name_sealed, phone_sealed, address_sealed FROM cases_reporter WHERE id = %s FOR UPDATE",
                [reporter_id],
            )
            row = cursor.fetchone()
            if row is None:
                continue
            old = dict(zip(FIELDS, (safe.open(bytes(v)) if v else "" for v in row), strict=True))
            new = {**old, **given}
            cursor.execute(
                "UPDATE cases_reporter SET name_sealed = %s, phone_sealed = %s, address_sealed = %s, "
                "phone_index = %s, key_mark = %s, purposes = purposes || %s::jsonb WHERE id = %s",
                [*(safe.seal(new[f]) if new[f] else b"" for f in FIELDS), index_of(new["phone"]), safe.key_mark,
                 _purposes(given), reporter_id],
            )  # fmt: skip
        draft = Draft(
            subject="people",
            subject_id=file.case.id,
            move="correct",
            from_state=file.case.state,
            to_state=file.case.state,
            by=by,
            reason=Reason("correct.asked"),
            text="",
            occurred_at=at,
            changes={"corrected": {"fields": sorted(given), "reporters": len(reporter_ids)}},
        )
        keep_moves(cursor, file, file, [draft], at)
    return sorted(given)


def _purposes(given: Mapping[str, str]) -> str:
    return json.dumps({field: list(PURPOSES[field]) for field in given})
