"""What one decided step changes: the case, its tasks, reports and clocks, and the draft of its entry. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from cityloom.base.reasons import Reason
from cityloom.cases.callbacks import UNHEARD
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.escalating import calm
from cityloom.cases.guards import PUBLIC
from cityloom.cases.hard_moves import Doing, take_effect
from cityloom.cases.promises import (
    apply_clocks,
    hand_over,
    next_due,
    overdue,
    promise_of,
    recount,
    standard_of,
    start_clocks,
)
from cityloom.cases.requests import lapse_requests
from cityloom.cases.values import CaseFile, Details, Report, Task
from cityloom.city.paths import REPORT_END_STATES, Path, Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

NewId = Callable[[], int]


def open_case(
    file: CaseFile, path: Path, by: Post, at: datetime, city: City, new_id: NewId
) -> tuple[CaseFile, Draft]:
    """A new case at the start of its path, its first clocks running, and its first entry."""
    after = file.with_case(path=path.name, state=path.start, state_since=at)
    after = start_clocks(after, path.starts, at, city, new_id)
    promise = promise_of(after)
    after = after.with_case(
        promise_due_at=promise.due_at if promise else None,
        promise_provisional=promise.provisional if promise else False,
        next_due_at=next_due(after),
    )
    report = after.reports[0]
    draft = Draft(
        subject="case",
        subject_id=after.case.id,
        move="receive",
        from_state="",
        to_state=path.start,
        by=by,
        reason=Reason("auto.received", {"source": report.source}),
        text="",
        occurred_at=report.occurred_at,
        changes=changes_between(None, after),
        words_of=report.id,
    )
    return after, draft


def carry_out(
    before: CaseFile, step: Step, by: Post, details: Details, at: datetime, city: City, new_id: NewId
) -> tuple[CaseFile, Draft]:
    """The file after the step, and its entry. The step was decided before; nothing is refused here."""
    case = before.case
    to = step.next_state(case.state)
    after = _correct(before, step, details, at, city)
    after = after.with_case(state=to, state_since=at if to != case.state else case.state_since)
    after = _move_task(after, step, by, details, at, city, new_id)
    after = _move_reports(after, step, details)
    after = apply_clocks(after, step, at, city, new_id, details)
    after = take_effect(after, Doing(step, by, details, at, city, new_id))
    if step.move in ("reclassify", "relocate"):
        after = recount(after, at, city)
    after = calm(lapse_requests(after, at, city), at, city)
    after = sum_up(after, before, step, at)
    draft = Draft(
        subject="case",
        subject_id=case.id,
        move=step.move,
        from_state=case.state,
        to_state=after.case.state,
        by=by,
        reason=details.reason,
        text=details.note,
        occurred_at=details.occurred_at or at,
        changes={**changes_between(before, after), **_brought(details)},
    )
    return after, draft


def _brought(details: Details) -> dict[str, Any]:
    """What came along with a step and is told of it: photos, and whose report a resident's words belong to."""
    told: dict[str, Any] = {"photos": list(details.photos)} if details.photos else {}
    return {**told, "report_said": details.report_id} if details.report_id is not None else told


def _correct(file: CaseFile, step: Step, details: Details, at: datetime, city: City) -> CaseFile:
    """A corrected class or place; in its first state a case also changes to the path that fits."""
    changes: dict[str, Any] = {}
    if details.class_code is not None and step.move in ("reclassify", "file", "verify"):
        changes |= {"class_code": details.class_code, "standard_code": details.standard_code}
    if details.standard_code is not None:
        changes["standard_code"] = details.standard_code
    if details.place is not None and step.move in ("relocate", "verify"):
        place = details.place
        changes |= {name: getattr(place, name) for name in ("lon", "lat", "area", "areas", "cell", "address")}
    if not changes:
        return file
    if step.move in ("reclassify", "relocate"):
        changes["component_code"] = None
    file = file.with_case(**changes)
    if (standard := standard_of(file, city)) is not None:
        file = file.with_case(urgency=standard.urgency.value, standard_code=standard.code)
    return file


def _move_task(
    file: CaseFile, step: Step, by: Post, details: Details, at: datetime, city: City, new_id: NewId
) -> CaseFile:
    lead = file.lead
    match step.move:
        case "dispatch" | "redispatch":
            assert details.unit is not None
            if lead is not None and step.move == "redispatch":
                file = file.with_tasks(replace(lead, ruled="not_ours"))
            return _send(file, details, at, new_id, parent=None)
        case "object" if step.task == "sent":
            assert lead is not None
            gone = replace(lead, state="returned", ended_at=at, ruled="not_ours")
            return _send(file.with_tasks(gone), details, at, new_id, parent=None)
        case "object":
            assert lead is not None
            return file.with_tasks(replace(lead, ruled="not_ours"))
        case "pass_on" | "ask_up":
            assert lead is not None
            passed = replace(lead, state="passed_on", ended_at=at)
            return hand_over(_send(file.with_tasks(passed), details, at, new_id, parent=lead), lead.id)
        case "assist":
            assert details.unit is not None
            return file.with_tasks(_task(file, details.unit, "assist", at, new_id, details.reason))
    if not step.task:
        return file
    if step.task == "cancelled":
        return file.with_tasks(*(replace(t, state="cancelled", ended_at=at) for t in file.tasks if t.is_alive))
    if lead is None:
        return file
    if step.task == "upheld":
        again = replace(lead, state="sent", ended_at=None, upheld=True, ruled="ours")
        return file.with_tasks(again)
    if step.task == "rework":
        state = "contacted" if lead.contacted_at else "signed"
        return file.with_tasks(replace(lead, state=state, ended_at=None))
    moved = replace(lead, state=step.task)
    match step.task:
        case "signed":
            moved = replace(moved, signed_at=at)
        case "contacted":
            moved = replace(moved, contacted_at=at)
        case "done":
            moved = replace(moved, ended_at=at, done_by=by.login)
        case "returned":
            moved = replace(moved, ended_at=at, reason=details.reason.as_json() if details.reason else {})
    return file.with_tasks(moved)


def _send(file: CaseFile, details: Details, at: datetime, new_id: NewId, parent: Task | None) -> CaseFile:
    assert details.unit is not None
    lead = _task(file, details.unit, "lead", at, new_id, details.reason, parent)
    asked = {t.unit for t in file.assisting() if t.is_alive}
    others = [u for u in details.assisting if u != details.unit and u not in asked]
    helpers = [_task(file, u, "assist", at, new_id, details.reason) for u in others]
    return file.with_tasks(lead, *helpers).with_case(lead_unit=details.unit)


def _task(
    file: CaseFile,
    unit: str,
    role: str,
    at: datetime,
    new_id: NewId,
    reason: Reason | None,
    parent: Task | None = None,
) -> Task:
    return Task(
        id=new_id(),
        city_id=file.case.city_id,
        case_id=file.case.id,
        unit=unit,
        role=role,
        state="sent",
        sent_at=at,
        parent_id=parent.id if parent else None,
        hop=parent.hop + 1 if parent else 1,
        reason=reason.as_json() if reason else {},
    )


def _move_reports(file: CaseFile, step: Step, details: Details) -> CaseFile:
    if not step.reports:
        return file
    moved = [_moved(r, step, file, details) for r in file.reports]
    return file.with_reports(*(r for r in moved if r is not None))


def _moved(report: Report, step: Step, file: CaseFile, details: Details) -> Report | None:
    """The report after a step on its case; those settled stay, unless the step takes the work up again."""
    taken_up = step.move in ("reopen", "rework") and (
        report.id == details.report_id or (report.state == "called_back" and report.solved != "yes")
    )
    if report.state in REPORT_END_STATES and not taken_up:
        return None
    version = report.version + 1
    if step.reports == "due_callback" and (why := exemption(report)):
        return replace(report, state="exempt", exempt_reason=why, version=version)
    if step.reports == "exempt":
        why = {"void": "exempt.voided", "answer": "exempt.answered"}.get(step.move, "exempt.nature")
        return replace(report, state="exempt", exempt_reason=why, version=version)
    if taken_up:
        return replace(report, state=step.reports, **UNHEARD, version=version)
    return replace(report, state=step.reports, version=version)


def exemption(report: Report) -> str | None:
    """Why a report is not called back, or None when it is."""
    if report.source not in PUBLIC:
        return "exempt.source_not_public"
    return "exempt.no_contact" if report.reporter_id is None else None


def sum_up(after: CaseFile, before: CaseFile, step: Step, at: datetime) -> CaseFile:
    """What the case itself shows of its tasks and clocks."""
    case, was = after.case, before.case
    promise = promise_of(after)
    raw, assessed = overdue(after, at)
    ended = case.has_ended
    return after.with_case(
        lead_unit=after.lead.unit if after.lead and after.lead.state not in ("cancelled", "returned") else None,
        promise_due_at=promise.due_at if promise else None,
        promise_provisional=promise.provisional if promise else False,
        next_due_at=None if ended else next_due(after),
        closed_at=(case.closed_at or at) if ended else None,
        overdue_raw=raw,
        overdue_assessed=assessed,
        return_count=was.return_count + (step.move == "return"),
        rework_count=was.rework_count + (step.move == "rework"),
        reopen_count=was.reopen_count + (step.move == "reopen"),
        report_count=len(after.reports) or was.report_count,
    )
