"""What was proposed for the newest reports, and who decided what: one statement, for the figures about it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from cityloom.cases.permissions import visible_to
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Source
from cityloom.triage.agreement import By, Judged

MOST = 20_000  # the newest reports
_CLASS = """jsonb_path_query_first(r.reading, '$.proposals[*] ? (@.subject == "class")')"""
_FILLED = (
    "EXISTS (SELECT 1 FROM cases_entry e WHERE e.case_id = r.case_id AND e.seq = 1 "
    "AND e.changes -> 'filled' ->> 'class_code' = r.class_code)"
)


def list_judged(
    cursor: CursorWrapper, city: City, post: Post, since: datetime, until: datetime, most: int = MOST
) -> list[Judged]:
    """The reports that were read, of cases that the post may see and that were opened in the span; newest first."""
    seen, params = visible_to(post)
    cursor.execute(
        f"SELECT c.number, r.received_at, r.reading ->> 'model', {_CLASS}, c.class_code, r.class_code, "  # noqa: S608
        f"r.source, r.class_code IS NOT NULL AND {_FILLED} "
        "FROM cases_case c JOIN cases_report r ON r.case_id = c.id "
        f"WHERE c.city_id = %s AND c.opened_at BETWEEN %s AND %s AND r.reading IS NOT NULL AND {seen} "
        "ORDER BY c.opened_at DESC, r.id DESC LIMIT %s",
        [city.id, since, until, *params, most],
    )
    zone = city.calendar().tz
    return [
        Judged(
            number,
            at.astimezone(zone).date(),
            model,
            (read := _plain(proposed)).get("value"),
            float(read.get("confidence", 0.0)),
            decided,
            _who(decided, said, source, filled),
        )
        for number, at, model, proposed, decided, said, source, filled in cursor.fetchall()
    ]


def _who(decided: str | None, said: str | None, source: str, filled: bool) -> By:
    """Who gave the class that the case has now."""
    if decided is None:
        return By.OPEN
    if decided != said:
        return By.DESK
    if filled:
        return By.SYSTEM
    return By.AGENT if source == Source.HOTLINE else By.REPORTER


def _plain(stored: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stored) if isinstance(stored, str) else stored or {}
    return found
