"""What an entry tells of a step: its draft, and old and new of all that a decision or a figure rests on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cityloom.base.reasons import Reason
from cityloom.cases.values import CaseFile, Report, Task
from cityloom.city.values import Post

# What of a case is told in its history and proved by it: everything a decision or a figure rests on.
TRACKED = (
    "state",
    "path",
    "source",
    "nature",
    "opened_at",
    "class_code",
    "standard_code",
    "urgency",
    "component_code",
    "lon",
    "lat",
    "area",
    "lead_unit",
    "promise_due_at",
    "closed_at",
    "overdue_raw",
    "overdue_assessed",
    "confidential",
)


@dataclass(frozen=True)
class Draft:
    """An entry before it is chained."""

    subject: str
    subject_id: int
    move: str
    from_state: str
    to_state: str
    by: Post
    reason: Reason | None
    text: str
    occurred_at: datetime
    changes: Mapping[str, Any] = field(default_factory=dict)
    words_of: int | None = None  # the report whose words the chain vouches for


def changes_between(before: CaseFile | None, after: CaseFile) -> dict[str, Any]:
    """What an entry keeps of a step: old and new of each tracked field, of tasks, reports and clocks."""
    told: dict[str, Any] = {}
    case = {
        name: [plain(getattr(before.case, name)) if before else None, plain(getattr(after.case, name))]
        for name in TRACKED
        if before is None or getattr(before.case, name) != getattr(after.case, name)
    }
    case = {k: v for k, v in case.items() if v[0] != v[1]}
    if case:
        told["case"] = case
    for name, brief in (("tasks", brief_task), ("reports", brief_report), ("clocks", brief_clock)):
        old = {r.id: brief(r) for r in getattr(before, name)} if before else {}
        rows = {str(r.id): [old.get(r.id), brief(r)] for r in getattr(after, name) if old.get(r.id) != brief(r)}
        if rows:
            told[name] = rows
    return told


def brief_task(task: Task) -> list[Any]:
    return [task.unit, task.role, task.state, task.done_by, task.upheld]


def brief_report(report: Report) -> list[Any]:
    return [report.state, report.solved, report.satisfied, report.exempt_reason, report.source]


def brief_clock(clock: Any) -> list[Any]:
    return [clock.kind, clock.owed_by, clock.state, clock.due_at.astimezone(UTC).isoformat()]


def plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
