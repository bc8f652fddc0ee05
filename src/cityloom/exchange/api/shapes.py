"""Values of the middle as plain JSON values: the one place that says which of their fields go out."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cityloom.base.reasons import Reason, render
from cityloom.cases.originals import shown_entry_text
from cityloom.cases.queries import CaseRow
from cityloom.cases.values import CaseFile, Entry, Report, Request, RunningClock, Task
from cityloom.city.snapshot_values import City
from cityloom.exchange.api.errors import language, plain

ROW_FIELDS = (
    "number", "path", "state", "source", "nature", "urgency", "class", "address", "area", "unit", "opened_at",
    "closed_at", "next_due_at", "promise_due_at", "clock", "overdue", "reports", "urged", "escalation",
    "confidential", "words",
)  # fmt: skip


def moment(at: datetime | None, city: City) -> str | None:
    """A moment as RFC 3339 with the city's zone."""
    return at.astimezone(ZoneInfo(city.time_zone)).isoformat() if at is not None else None


def row_shape(row: CaseRow, city: City, at: datetime, with_words: bool) -> dict[str, Any]:
    """A case in a list."""
    late = row.next_due_at is not None and row.next_due_at < at and row.closed_at is None
    return {
        "number": row.number, "path": row.path, "state": row.state, "source": row.source, "nature": row.nature,
        "urgency": row.urgency, "class": row.class_code, "address": row.address, "area": row.area,
        "unit": row.lead_unit, "opened_at": moment(row.opened_at, city), "closed_at": moment(row.closed_at, city),
        "next_due_at": moment(row.next_due_at, city), "promise_due_at": moment(row.promise_due_at, city),
        "clock": row.clock or None, "overdue": late if row.closed_at is None else row.overdue_raw,
        "reports": row.report_count, "urged": row.urge_count, "escalation": row.escalation,
        "confidential": row.confidential, "repeat_of": row.repeat_of, **({"words": row.words} if with_words else {}),
    }  # fmt: skip


def case_shape(file: CaseFile, city: City, at: datetime, with_words: bool) -> dict[str, Any]:
    """A case whole, without anybody who reported."""
    it = file.case
    late = it.next_due_at is not None and it.next_due_at < at and it.closed_at is None
    return {
        "number": it.number, "version": it.version, "path": it.path, "state": it.state, "source": it.source,
        "nature": it.nature, "urgency": it.urgency, "class": it.class_code, "standard": it.standard_code,
        "component": it.component_code, "title": it.title, "address": it.address, "area": it.area,
        "areas": list(it.areas), "lon": it.lon, "lat": it.lat, "unit": it.lead_unit,
        "opened_at": moment(it.opened_at, city), "closed_at": moment(it.closed_at, city),
        "state_since": moment(it.state_since, city), "next_due_at": moment(it.next_due_at, city),
        "promise_due_at": moment(it.promise_due_at, city), "provisional": it.promise_provisional,
        "overdue": late if it.closed_at is None else it.overdue_raw, "overdue_raw": it.overdue_raw,
        "overdue_assessed": it.overdue_assessed, "returns": it.return_count, "reworks": it.rework_count,
        "reopens": it.reopen_count, "extensions": it.extension_count, "urged": it.urge_count,
        "escalation": it.escalation, "confidential": it.confidential, "merged_into": it.merged_into,
        "repeat_of": it.repeat_of,
        "partner": it.partner, "partner_number": it.partner_number, "complained_about": list(it.complained_about),
        "reports": [report_shape(r, it.number, city, with_words) for r in file.reports],
        "tasks": [task_shape(t, city) for t in file.tasks],
        "clocks": [clock_shape(c, city) for c in file.clocks],
        "requests": [request_shape(r, city, with_words) for r in file.requests],
    }  # fmt: skip


def report_shape(report: Report, number: str, city: City, with_words: bool) -> dict[str, Any]:
    """A report without its person."""
    return {
        "id": report.id, "case": number, "source": report.source, "state": report.state,
        "class": report.class_code, "language": report.language, "address": report.address, "area": report.area,
        "lon": report.lon, "lat": report.lat, "occurred_at": moment(report.occurred_at, city),
        "received_at": moment(report.received_at, city), "confidential": report.confidential,
        "callback_attempts": report.callback_attempts, "solved": report.solved, "satisfied": report.satisfied,
        "exempt_reason": report.exempt_reason, **({"words": report.words} if with_words else {}),
    }  # fmt: skip


def task_shape(task: Task, city: City) -> dict[str, Any]:
    """What a unit owes."""
    return {
        "id": task.id, "unit": task.unit, "role": task.role, "state": task.state, "hop": task.hop,
        "sent_at": moment(task.sent_at, city), "signed_at": moment(task.signed_at, city),
        "contacted_at": moment(task.contacted_at, city), "ended_at": moment(task.ended_at, city),
        "arrived_at": moment(task.arrived_at, city), "rating": task.rating, "upheld": task.upheld,
        "ruled": task.ruled,
    }  # fmt: skip


def clock_shape(clock: RunningClock, city: City) -> dict[str, Any]:
    """A promise."""
    return {
        "kind": clock.kind, "owed_by": clock.owed_by, "state": clock.state, "amount": clock.amount,
        "unit": clock.unit, "started_at": moment(clock.started_at, city), "due_at": moment(clock.due_at, city),
        "stopped_at": moment(clock.stopped_at, city), "provisional": clock.provisional,
    }  # fmt: skip


def request_shape(asked: Request, city: City, with_words: bool) -> dict[str, Any]:
    """What was asked for, and what was said of it."""
    return {
        "id": asked.id, "move": asked.move, "state": asked.state, "asked_by": asked.asked_by,
        "asked_role": asked.asked_role, "asked_unit": asked.asked_unit, "asked_at": moment(asked.asked_at, city),
        "decided_by": asked.decided_by, "decided_at": moment(asked.decided_at, city), "asked": plain(asked.asked),
        "reason": asked.reason or None, **({"note": asked.note} if with_words else {}),
    }  # fmt: skip


def entry_shape(entry: Entry, city: City, with_words: bool) -> dict[str, Any]:
    """A line of the history."""
    return {
        "seq": entry.seq, "version": entry.version, "subject": entry.subject, "subject_id": entry.subject_id,
        "move": entry.move, "from_state": entry.from_state, "to_state": entry.to_state, "by_login": entry.by_login,
        "by_role": entry.by_role, "by_unit": entry.by_unit, "reason": entry.reason or None,
        "sentence": render(Reason.from_json(entry.reason), language()) if entry.reason else "",
        "changes": plain(entry.changes), "occurred_at": moment(entry.occurred_at, city),
        "recorded_at": moment(entry.recorded_at, city), "hash": entry.hash.hex(),
        **({"text": shown_entry_text(entry)} if with_words else {}),
    }  # fmt: skip
