"""Everything that is kept about a person, for that person: as plain values that a page shows and a file holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.cases.keeping import get_file_by_id, list_entries
from cityloom.cases.originals import original_of
from cityloom.cases.queries import list_photos
from cityloom.cases.relay import list_relay
from cityloom.cases.reporters import open_rows
from cityloom.cases.values import CaseFile, Report
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def export_reporter(city: City, case_id: int, reporter_ids: Sequence[int], by: Post, clock: Clock) -> dict[str, Any]:
    """Persons, reports, words, photos, messages, and who read what and why: plain JSON values, moments in ISO form.

    The opening of the sealed fields is logged like any other, on the case of the request.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        opened = open_rows(cursor, case_id, reporter_ids, by, "rights_request", clock)
        persons = [{"name": p.name, "phone": p.phone, "address": p.address, **_kept(cursor, p.id)} for p in opened]
        return {
            "city": city.code,
            "made_at": _iso(clock.now()),
            "persons": persons,
            "reports": [_report(cursor, *found) for found in _reports(cursor, reporter_ids)],
            "reads": _reads(cursor, reporter_ids),
        }


def _kept(cursor: CursorWrapper, reporter_id: int) -> dict[str, Any]:
    cursor.execute(
        "SELECT purposes::text, consents, language, quiet_hours, sensitive, under_14, created_at "
        "FROM cases_reporter WHERE id = %s",
        [reporter_id],
    )
    purposes, consents, language, quiet_hours, sensitive, under_14, created_at = cursor.fetchone()
    return {
        "purposes": json.loads(purposes),
        "consents": list(consents),
        "language": language,
        "quiet_hours": quiet_hours,
        "sensitive": sensitive,
        "under_14": under_14,
        "since": _iso(created_at),
    }


def _reports(cursor: CursorWrapper, reporter_ids: Sequence[int]) -> list[tuple[CaseFile, Report]]:
    cursor.execute(
        "SELECT DISTINCT case_id FROM cases_report WHERE reporter_id = ANY(%s) ORDER BY case_id", [list(reporter_ids)]
    )
    files = [get_file_by_id(cursor, i) for (i,) in cursor.fetchall()]
    wanted = set(reporter_ids)
    return [(file, report) for file in files for report in file.reports if report.reporter_id in wanted]


def _report(cursor: CursorWrapper, file: CaseFile, report: Report) -> dict[str, Any]:
    own = [p for p in list_photos(cursor, file.case.id) if p.report_id == report.id]
    entries = list_entries(cursor, file.case.id)
    said = original_of(cursor, report)
    return {
        "case": file.case.number,
        "class": file.case.class_code,
        "state": report.state,
        "source": report.source,
        "said_at": _iso(report.occurred_at),
        "received_at": _iso(report.received_at),
        "words": said.words,
        "place": {"address": said.address, "lon": report.lon, "lat": report.lat, "area": report.area},
        "solved": report.solved,
        "satisfied": report.satisfied,
        "callback_attempts": report.callback_attempts,
        "photos": [{"id": p.id, "taken_at": _iso(p.taken_at), "width": p.width, "height": p.height} for p in own],
        "messages": [
            {"side": m.side, "text": m.text, "sent_at": _iso(m.sent_at), "read_at": _iso(m.read_at)}
            for m in list_relay(cursor, file.case.id, [report.id])
        ],
        "added": [
            {"text": e.text, "at": _iso(e.occurred_at)}
            for e in entries
            if e.by_role == "resident" and e.text and e.changes.get("report_said") in (report.id, None)
        ]
        if len(file.reports) == 1 or any(e.changes.get("report_said") == report.id for e in entries)
        else [],
    }


def _reads(cursor: CursorWrapper, reporter_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Who opened the data: by role and unit, never a colleague's name."""
    cursor.execute(
        "SELECT by_role, by_unit, reason, fields, at FROM cases_reporter_read "
        "WHERE reporter_id = ANY(%s) ORDER BY id",
        [list(reporter_ids)],
    )
    return [
        {"role": role, "unit": unit, "why": why, "fields": list(fields), "at": _iso(at)}
        for role, unit, why, fields, at in cursor.fetchall()
    ]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
