"""One step on a case: may it be made, and what does it change. Pure; the status table decides, this carries out.

`decide` finds the row of the table or refuses with the reason; `carry_out` gives the file after the step and the
draft of its entry; `follow` goes on by itself as far as the table lets the system go (filing, dispatch, closing).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cityloom.base.reasons import Reason
from cityloom.cases.dispatching import choose_lead
from cityloom.cases.errors import GuardHolds, ImpossibleMove, MissingNeed, NotAllowed, UnknownWord
from cityloom.cases.guards import PUBLIC, Asked, failing
from cityloom.cases.permissions import may
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
from cityloom.cases.reasons import REASONS_OF
from cityloom.cases.values import Case, CaseFile, Details, Report, Task
from cityloom.city.paths import REPORT_END_STATES, Path, Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature, Post, Role

SYSTEM = Post(login="system", role=Role.SYSTEM)
NewId = Callable[[], int]

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


def path_of(case: Case, city: City) -> Path:
    return city.paths.paths[case.path]


# --- deciding ---------------------------------------------------------------------------------------------------


def decide(
    file: CaseFile, move: str, by: Post, details: Details, at: datetime, city: City, owns: bool = False
) -> Step:
    """The row of the status table by which this post may make this move now.

    Raises ImpossibleMove (with the moves that are possible), NotAllowed, GuardHolds or MissingNeed; each leaves
    everything as it was.
    """
    rows = [s for s in path_of(file.case, city).steps_from(file.case.state) if s.move == move]
    return choose_row(rows, file, "case", file.case.state, move, by, details, at, city, owns)


def choose_row(
    rows: list[Step],
    file: CaseFile,
    subject: str,
    state: str,
    move: str,
    by: Post,
    details: Details,
    at: datetime,
    city: City,
    owns: bool = False,
) -> Step:
    """Of the rows that leave this state by this move, the one that is open to this post; refuses otherwise."""
    if not rows:
        possible = [m for m in possible_moves(file, by, at, city, owns)] if subject == "case" else []
        raise ImpossibleMove("error.impossible_move", what=subject, state=state, move=move, possible=possible)
    refusals = [may(by, row, file, owns) for row in rows]
    allowed = [row for row, refusal in zip(rows, refusals, strict=True) if refusal is None]
    if not allowed:
        refusal = next(r for r in refusals if r is not None)
        raise NotAllowed(refusal.code, **refusal.params)
    if not by.valid.covers(at.astimezone(city.calendar().tz).date()):
        raise NotAllowed("error.post_ended")
    asked = Asked(file, by, details, at, city)
    held = [failing(row.when, asked) for row in allowed]
    for row, guard in zip(allowed, held, strict=True):
        if guard is None:
            check_details(row, details, file, city, at)
            return row
    raise GuardHolds("error.guard", guard=held[0], move=move)


def possible_moves(file: CaseFile, by: Post, at: datetime, city: City, owns: bool = False) -> list[str]:
    """The case moves open to this post now, needs aside, in the order of the vocabulary."""
    return [row.move for row in open_steps(file, by, at, city, owns)]


def open_steps(file: CaseFile, by: Post, at: datetime, city: City, owns: bool = False) -> list[Step]:
    """One row for each case move that is open to this post now: what a page offers, with what each needs.

    Guards that look at what comes with the move (another duty, a unit below) count as open until it is known.
    """
    if not by.valid.covers(at.astimezone(city.calendar().tz).date()):
        return []
    asked = Asked(file, by, Details(), at, city)
    found: dict[str, Step] = {}
    for row in path_of(file.case, city).steps_from(file.case.state):
        when = tuple(w for w in row.when if w not in ("same_duty", "other_duty", "to_a_unit_below"))
        if row.move not in found and may(by, row, file, owns) is None and failing(when, asked) is None:
            found[row.move] = row
    return list(found.values())


def check_details(row: Step, details: Details, file: CaseFile, city: City, at: datetime) -> None:
    """What the row needs has come, in words the city knows; raises MissingNeed or UnknownWord."""
    _check_needs(row, details, file)
    _check_words(row, details, city, at)


def _check_needs(row: Step, details: Details, file: CaseFile) -> None:
    given = {
        "reason": details.reason is not None,
        "note": bool(details.note.strip()),
        "photo": bool(details.photos),
        "class": (details.class_code or file.case.class_code) is not None
        if row.move != "reclassify"
        else details.class_code is not None,
        "place": details.place is not None,
        "unit": details.unit is not None,
        "outcome": details.outcome is not None,
        "approval": False,
    }
    missing = [need for need in row.needs if not given[need]]
    if missing:
        raise MissingNeed("error.missing_need", move=row.move, needs=missing)


def _check_words(row: Step, details: Details, city: City, at: datetime) -> None:
    day = at.astimezone(city.calendar().tz).date()
    known = REASONS_OF.get(row.move)
    if details.reason is not None and known and details.reason.code not in known:
        raise UnknownWord("error.unknown_reason", code=details.reason.code, move=row.move, known=list(known))
    for unit in (details.unit, *details.assisting):
        if unit is not None and (unit not in city.units or not city.units[unit].valid.covers(day)):
            raise UnknownWord("error.unknown_unit", unit=unit)
    check_class(details.class_code, city)


def check_class(code: str | None, city: City) -> None:
    """A given class exists and can be filed; raises UnknownWord."""
    if code is None:
        return
    if code not in city.classes:
        raise UnknownWord("error.unknown_class", **{"class": code})
    if code not in city.leaves:
        raise UnknownWord("error.class_not_leaf", **{"class": code})


# --- carrying out -----------------------------------------------------------------------------------------------


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
    after = apply_clocks(after, step, at, city, new_id)
    if step.move in ("reclassify", "relocate"):
        after = recount(after, at, city)
    after = _sum_up(after, before, step, at)
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
        changes={**changes_between(before, after), **({"photos": list(details.photos)} if details.photos else {})},
    )
    return after, draft


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
            return _send(file, details, at, new_id, parent=None)
        case "pass_on":
            assert lead is not None
            passed = replace(lead, state="passed_on", ended_at=at)
            return hand_over(_send(file.with_tasks(passed), details, at, new_id, parent=lead), lead.id)
        case "assist":
            assert details.unit is not None
            return file.with_tasks(_task(file, details.unit, "assist", at, new_id, details.reason))
        case "object":
            assert lead is not None
            return file.with_tasks(replace(lead, objected_at=at))
    if not step.task:
        return file
    if step.task == "cancelled":
        return file.with_tasks(*(replace(t, state="cancelled", ended_at=at) for t in file.tasks if t.is_alive))
    if lead is None:
        return file
    if step.task == "upheld":
        again = replace(lead, state="sent", ended_at=None, upheld=True)
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
        return replace(report, state=step.reports, solved=None, satisfied=None, version=version)
    return replace(report, state=step.reports, version=version)


def exemption(report: Report) -> str | None:
    """Why a report is not called back, or None when it is."""
    if report.source not in PUBLIC:
        return "exempt.source_not_public"
    return "exempt.no_contact" if report.reporter_id is None else None


def _sum_up(after: CaseFile, before: CaseFile, step: Step, at: datetime) -> CaseFile:
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


# --- what goes on by itself -------------------------------------------------------------------------------------


def follow(
    file: CaseFile, at: datetime, city: City, new_id: NewId, hold: bool = False
) -> tuple[CaseFile, list[Draft]]:
    """The file after all that the system does by itself now: change path, file, dispatch or queue, close, rework.

    `hold` leaves a registered case at the desk, for an agent who may answer at once.
    """
    drafts: list[Draft] = []
    while (found := _next_of_itself(file, at, city, queued=bool(drafts) and drafts[-1].move == "queue")) is not None:
        move, details = found
        if hold and move in ("dispatch", "queue"):
            break
        step = decide(file, move, SYSTEM, details, at, city)
        file, draft = carry_out(file, step, SYSTEM, details, at, city, new_id)
        drafts.append(draft)
    return file, drafts


def _next_of_itself(file: CaseFile, at: datetime, city: City, queued: bool) -> tuple[str, Details] | None:
    case = file.case
    rows = [s for s in path_of(case, city).steps_from(case.state) if Role.SYSTEM in s.by]
    for row in rows:
        if (details := _offer(row, file, at, city, queued)) is None:
            continue
        if failing(row.when, Asked(file, SYSTEM, details, at, city)) is None:
            return row.move, details
    return None


def _offer(row: Step, file: CaseFile, at: datetime, city: City, queued: bool) -> Details | None:
    """What the system would bring along to this row, or None when it has no cause to take it."""
    case = file.case
    match row.move:
        case "file":
            return Details(reason=Reason("auto.filed")) if case.class_code else None
        case "dispatch" | "queue":
            route = choose_lead(city, case.class_code, case.area, case.component_code, case.source, at)
            if row.move == "dispatch":
                return Details(route.reason, unit=route.lead, assisting=route.assisting) if route.lead else None
            if route.lead is not None or queued or case.state_since != at:
                return None
            reason = Reason(route.reason.code, {**route.reason.params, "candidates": list(route.candidates)})
            return Details(reason)
        case "close":
            return None if _is_unsolved(file) else Details(Reason("auto.settled"))
        case "rework":
            return Details(Reason("callback.unsolved")) if _is_unsolved(file) else None
        case "take_note":
            return Details() if case.nature == Nature.PRAISE else None
    return None


def _is_unsolved(file: CaseFile) -> bool:
    return any(r.state == "called_back" and r.solved == "no" for r in file.reports)


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
