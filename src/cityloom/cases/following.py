"""What goes on by itself: filing, dispatch, closing and rework, as far as the table lets the system go. Pure."""

from __future__ import annotations

from datetime import datetime

from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft
from cityloom.cases.deciding import decide, path_of
from cityloom.cases.dispatching import choose_lead
from cityloom.cases.escalating import rung_due
from cityloom.cases.guards import Asked, failing
from cityloom.cases.moves import NewId, carry_out
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.values import CaseFile, Details
from cityloom.city.paths import Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature, Role


def follow(
    file: CaseFile,
    at: datetime,
    city: City,
    new_id: NewId,
    hold: bool = False,
    only: frozenset[str] | None = None,
) -> tuple[CaseFile, list[Draft]]:
    """The file after all that the system does by itself now: file, dispatch or queue, close, rework.

    `hold` leaves a registered case at the desk, for an agent who may answer at once; `only` names the moves it may
    make when nothing but time has passed.
    """
    drafts: list[Draft] = []
    while (found := _next_of_itself(file, at, city, bool(drafts) and drafts[-1].move == "queue", only)) is not None:
        move, details = found
        if hold and move in ("dispatch", "queue"):
            break
        step = decide(file, move, SYSTEM, details, at, city)
        file, draft = carry_out(file, step, SYSTEM, details, at, city, new_id)
        drafts.append(draft)
    return file, drafts


def _next_of_itself(
    file: CaseFile, at: datetime, city: City, queued: bool, only: frozenset[str] | None
) -> tuple[str, Details] | None:
    case = file.case
    rows = [
        s
        for s in path_of(case, city).steps_from(case.state)
        if Role.SYSTEM in s.by and (only is None or s.move in only)
    ]
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
            route = choose_lead(
                city, case.class_code, case.area, case.component_code, case.source, at, case.complained_about
            )
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
        case "resume":
            return Details(Reason("auto.deferral_over"))
        case "escalate":
            found = rung_due(file, at, city)
            return Details(found[1]) if found else None
        case "take_note":
            return Details() if case.nature == Nature.PRAISE else None
    return None


def _is_unsolved(file: CaseFile) -> bool:
    return any(r.state == "called_back" and r.solved == "no" for r in file.reports)
