"""Move one person's report: its callback, an exemption, a withdrawal; the case goes on when all are settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.deciding import choose_row
from cityloom.cases.errors import ImpossibleMove, MissingNeed
from cityloom.cases.following import follow
from cityloom.cases.keeping import get_file, keep_moves, refuse_stale
from cityloom.cases.values import CaseFile, Details, Report
from cityloom.cases.working_city import city_of_case
from cityloom.city.paths import Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

SOLVED = frozenset({"yes", "partly", "no"})
SATISFIED = frozenset({"satisfied", "basically", "unsatisfied"})


def move_report(
    city: City,
    number: str,
    report_id: int,
    move: str,
    by: Post,
    details: Details,
    clock: Clock,
    *,
    version: int | None,
    owns: bool = False,
) -> CaseFile:
    """The case after one of its reports moved; unsolved at callback sends the case back for rework by itself."""
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file(cursor, city.id, number, lock=True)
        refuse_stale(cursor, before.case, version)
        its_city = city_of_case(city, before.case.city_version)
        report = next((r for r in before.reports if r.id == report_id), None)
        if report is None:
            raise ImpossibleMove("error.impossible_move", what="report", state="", move=move, possible=[])
        rows = [s for s in its_city.paths.report_steps if s.move == move and report.state in s.came_from]
        step = choose_row(rows, before, "report", report.state, move, by, details, at, its_city, owns)
        moved = _moved(report, step, details, at)
        after = before.with_reports(moved)
        draft = Draft(
            subject="report",
            subject_id=report.id,
            move=move,
            from_state=report.state,
            to_state=moved.state,
            by=by,
            reason=details.reason,
            text=details.note,
            occurred_at=details.occurred_at or at,
            changes=changes_between(before, after),
        )
        after, more = follow(after, at, its_city, ids.one)
        return keep_moves(cursor, before, after, [draft, *more], at)


def _moved(report: Report, step: Step, details: Details, at: datetime) -> Report:
    moved = replace(report, state=step.next_state(report.state), version=report.version + 1)
    outcome = details.outcome
    if step.move == "exempt" and details.reason is not None:
        return replace(moved, exempt_reason=details.reason.code)
    if outcome is None:
        return moved
    if step.move == "attempt_callback":
        if outcome.reached not in ("refused", "unreachable"):
            raise MissingNeed("error.bad_outcome", what="reached = refused, unreachable")
        return replace(moved, callback_attempts=report.callback_attempts + 1, callback_at=at)
    if outcome.reached != "yes" or outcome.solved not in SOLVED or outcome.satisfied not in SATISFIED:
        raise MissingNeed("error.bad_outcome", what="reached = yes, solved, satisfied")
    return replace(
        moved,
        callback_attempts=report.callback_attempts + 1,
        callback_at=at,
        solved=outcome.solved,
        satisfied=outcome.satisfied,
    )
