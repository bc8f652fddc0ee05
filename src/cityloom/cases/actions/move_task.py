"""Move an assisting unit's task by itself; the case stays where it is."""

from __future__ import annotations

from dataclasses import replace

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.deciding import check_details
from cityloom.cases.errors import ImpossibleMove, NotAllowed
from cityloom.cases.keeping import get_file, keep_moves, refuse_stale
from cityloom.cases.values import CaseFile, Details
from cityloom.cases.working_city import city_of_case
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def move_task(
    city: City, number: str, task_id: int, move: str, by: Post, details: Details, clock: Clock, *, version: int | None
) -> CaseFile:
    """The case after its assisting task moved; raises as `move_case` does."""
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file(cursor, city.id, number, lock=True)
        refuse_stale(cursor, before.case, version)
        its_city = city_of_case(city, before.case.city_version)
        task = next((t for t in before.assisting() if t.id == task_id), None)
        rows = [
            s for s in its_city.paths.task_steps if task is not None and s.move == move and task.state in s.came_from
        ]
        if task is None or not rows or before.case.has_ended:
            state = task.state if task else before.case.state
            possible = [s.move for s in its_city.paths.task_steps if task and task.state in s.came_from]
            raise ImpossibleMove("error.impossible_move", what="task", state=state, move=move, possible=possible)
        step = rows[0]
        if by.role not in step.by:
            raise NotAllowed("error.not_allowed", role=by.role.value, move=move, roles=sorted(step.by))
        if task.unit not in by.units:
            raise NotAllowed("error.not_your_unit", unit=task.unit, move=move)
        check_details(step, details, before, its_city, at)
        to = step.next_state(task.state)
        moved = replace(
            task,
            state=to,
            signed_at=at if to == "signed" else task.signed_at,
            ended_at=at if to in ("done", "returned") else None,
            done_by=by.login if to == "done" else task.done_by,
            reason=details.reason.as_json() if details.reason else task.reason,
        )
        after = before.with_tasks(moved)
        draft = Draft(
            subject="task",
            subject_id=task.id,
            move=move,
            from_state=task.state,
            to_state=to,
            by=by,
            reason=details.reason,
            text=details.note,
            occurred_at=details.occurred_at or at,
            changes=changes_between(before, after),
        )
        return keep_moves(cursor, before, after, [draft], at)
