"""How the proposals that were stored with reports stand to the classes that people decided."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from django.db import connection

from cityloom.city.snapshot_values import City
from cityloom.triage.drift import Decided
from cityloom.triage.values import Reading, Subject

_READ = """
SELECT r.reading, c.class_code FROM cases_report r JOIN cases_case c ON c.id = r.case_id
WHERE r.city_id = %s AND r.received_at >= %s AND r.reading IS NOT NULL AND (r.class_code IS NULL OR EXISTS (
  SELECT 1 FROM cases_entry e WHERE e.case_id = r.case_id AND e.changes -> 'filled' ->> 'class_code' = r.class_code))
ORDER BY r.received_at DESC, r.id DESC LIMIT %s
"""
MOST = 50_000  # the newest reports


def list_decided(city: City, since: datetime, most: int = MOST) -> Iterator[Decided]:
    """What was proposed for each report received since then, and the class of its case now, the newest first.

    A report whose sender chose the class is left out: nobody decided after a proposal there. A class that the system
    filled in alone counts, as agreed while nobody corrected it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ, [city.id, since, most])
        for stored, decided in cursor.fetchall():
            reading = Reading.from_json(_json(stored))
            best = reading.best(Subject.CLASS)
            if best is not None:
                yield Decided(reading.model, best.value, best.confidence, decided)


def _json(stored: object) -> dict[str, object]:
    found: dict[str, object] = json.loads(stored) if isinstance(stored, str) else stored  # type: ignore[assignment]
    return found
