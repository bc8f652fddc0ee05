"""What an entry tells of a step: its draft, and old and new of all that a decision or a figure rests on. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from cityloom.base.reasons import Reason
from cityloom.cases.values import Case, CaseFile, Report, Request, RunningClock, Task
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
    "complained_about",
    "escalation",
    "extension_count",
    "merged_into",
    "repeat_of",
    "partner",
    "partner_number",
    "trace",
    "sign_stands",
)


def plain(value: Any) -> Any:
    """The value as JSON keeps it; a list without members is nothing to tell."""
    if isinstance(value, tuple):
        return list(value) or None
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


# What a case is until its history says otherwise.
UNTOLD = {f.name: plain(f.default) for f in fields(Case) if f.name in TRACKED and f.default is not MISSING}


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
    case = {}
    for name in TRACKED:
        old = plain(getattr(before.case, name)) if before else UNTOLD.get(name)
        new = plain(getattr(after.case, name))
        if old != new:
            case[name] = [old if before else None, new]
    if case:
        told["case"] = case
    for name in BRIEF:
        old = {r.id: brief(name, r) for r in getattr(before, name)} if before else {}
        new = {r.id: brief(name, r) for r in getattr(after, name)}
        rows = {str(i): [old.get(i), new.get(i)] for i in old | new if old.get(i) != new.get(i)}
        if rows:
            told[name] = rows
    return told


# What of a part is told: in this order, and new names only at the end, so that older entries stay readable.
BRIEF: dict[str, tuple[str, ...]] = {
    "tasks": ("unit", "role", "state", "done_by", "upheld", "ruled", "caller", "arrived_at", "rating"),
    "reports": ("state", "solved", "satisfied", "exempt_reason", "source", "split_from", "contacted"),
    "clocks": ("kind", "owed_by", "state", "due_at"),
    "requests": ("move", "state", "asked_by", "decided_by"),
}
_PARTS: dict[str, type] = {"tasks": Task, "reports": Report, "clocks": RunningClock, "requests": Request}
_UNSAID = {
    name: [f.default for n in names for f in fields(_PARTS[name]) if f.name == n] for name, names in BRIEF.items()
}


def brief(part: str, row: Any) -> list[Any]:
    """What an entry tells of a task, report, clock or request; what stands at its default at the end is left out."""
    return trimmed(part, [plain(getattr(row, name)) for name in BRIEF[part]])


def trimmed(part: str, told: Sequence[Any]) -> list[Any]:
    """What was told of a part without the defaults at its end."""
    values, unsaid = list(told), _UNSAID[part]
    while values and values[-1] == unsaid[len(values) - 1]:
        values.pop()
    return values
