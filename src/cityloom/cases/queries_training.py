"""What a classifier may learn from the city's own work: what people said, and the class it was closed under."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from cityloom.city.snapshot_values import City
from cityloom.triage.masking import mask
from cityloom.triage.texts import normalise

MOST = 50_000  # the newest closed cases
_FILED = """
SELECT r.words, c.class_code FROM cases_case c JOIN cases_report r ON r.case_id = c.id
WHERE c.city_id = %s AND c.closed_at IS NOT NULL AND c.class_code IS NOT NULL AND c.merged_into IS NULL
  AND r.city_id = %s AND r.words <> '' AND NOT (
    EXISTS (SELECT 1 FROM cases_entry f WHERE f.case_id = c.id AND f.seq = 1
            AND f.changes -> 'filled' ->> 'class_code' = c.class_code)
    AND NOT EXISTS (SELECT 1 FROM cases_entry p WHERE p.case_id = c.id AND p.seq > 1
                    AND p.by_role NOT IN ('system', 'resident')
                    AND (p.move IN ('verify', 'file') OR p.changes -> 'case' ? 'class_code')))
ORDER BY c.closed_at DESC, r.id DESC LIMIT %s
"""


def list_filed_texts(city: City, most: int = MOST) -> Iterator[tuple[tuple[str, str], str]]:
    """(headline, text) pairs as read, with the class at closing; the newest first, numbers and names masked.

    A class that somebody corrected on the way counts as corrected: people close a case under what they found. One
    that the system filled in and no person filed, verified or changed is left out: a model learns from people only.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FILED, [city.id, city.id, most])
        for words, class_code in cursor.fetchall():
            yield ("", normalise(mask(words).text).read), class_code
