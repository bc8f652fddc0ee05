"""Counts of cases by class and place over a span of time, for the vital signs of a city; one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper


class CountOfClass(NamedTuple):
    """Cases of a class at a place: open at the end of the span, overdue of these, opened in the span."""

    class_code: str
    area: str
    open: int
    overdue: int
    new: int


def count_by_place(
    cursor: CursorWrapper, city_id: int, classes: Sequence[str], begins: datetime, ends: datetime
) -> list[CountOfClass]:
    """The cases of these classes; `area` is "" where the place is not known. Overdue: the promise had passed."""
    if not classes:
        return []
    cursor.execute(
        "SELECT class_code, coalesce(area, ''), "
        "count(*) FILTER (WHERE closed_at IS NULL OR closed_at >= %(ends)s), "
        "count(*) FILTER (WHERE (closed_at IS NULL OR closed_at >= %(ends)s) AND promise_due_at < %(ends)s), "
        "count(*) FILTER (WHERE opened_at >= %(begins)s) "
        "FROM cases_case WHERE city_id = %(city)s AND class_code = ANY(%(classes)s) AND opened_at < %(ends)s "
        "AND (closed_at IS NULL OR closed_at >= %(begins)s) GROUP BY 1, 2",
        {"city": city_id, "classes": list(classes), "begins": begins, "ends": ends},
    )
    return [CountOfClass(*row) for row in cursor.fetchall()]
