"""Guards of `guards.py` said again as conditions over a row `cases_case c`, for lists of what waits for somebody.

A guard that is not here belongs to moves beside a case's way or looks at what comes with the move; a list counts it
as open, as `deciding.open_steps` does until it is known. A test holds every case of a town against both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cityloom.cases.guards import PUBLIC
from cityloom.city.paths import REPORT_END_STATES, TASK_END_STATES
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

Rows = tuple[str, tuple[Any, ...]]  # SQL with its parameters
_VERIFIED = "(c.source = ANY(%s) AND NOT coalesce(c.class_code = ANY(%s), FALSE))"
_CHECKED = "coalesce(c.class_code = ANY(%s), FALSE)"
_SETTLED = "NOT EXISTS (SELECT 1 FROM cases_report r WHERE r.case_id = c.id AND r.state <> ALL(%s))"
_OF_LEAD = (
    "NOT coalesce((SELECT {} FROM cases_task t WHERE t.case_id = c.id AND t.role = 'lead' "
    "ORDER BY t.state <> ALL(%s) DESC, t.id DESC LIMIT 1), FALSE)"
)


def _verified(city: City) -> tuple[Any, ...]:
    unverified = sorted(code for code, matter in city.classes.items() if not matter.verify)
    return sorted(source.value for source in PUBLIC), unverified


def _checked(city: City) -> tuple[Any, ...]:
    return (sorted(code for code, matter in city.classes.items() if matter.check),)


ENDED_TASKS, ENDED_REPORTS = sorted(TASK_END_STATES), sorted(REPORT_END_STATES)
GUARD_ROWS: dict[str, Callable[[City, Post], Rows]] = {
    "needs_verification": lambda city, _: (_VERIFIED, _verified(city)),
    "skips_verification": lambda city, _: (f"NOT {_VERIFIED}", _verified(city)),
    "asks_check": lambda city, _: (_CHECKED, _checked(city)),
    "asks_no_check": lambda city, _: (f"NOT {_CHECKED}", _checked(city)),
    "reports_settled": lambda *_: (_SETTLED, (ENDED_REPORTS,)),
    "not_upheld": lambda *_: (_OF_LEAD.format("t.upheld"), (ENDED_TASKS,)),
    "not_own_work": lambda _, post: (_OF_LEAD.format("t.done_by = ANY(%s)"), (sorted(post.persons), ENDED_TASKS)),
    "sign_over": lambda *_: ("NOT c.sign_stands", ()),
    "sign_stands": lambda *_: ("c.sign_stands", ()),
}
