"""Move the task of an assisting or whistled unit by itself; the case stays where it is."""

from __future__ import annotations

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.deciding import check_details
from cityloom.cases.errors import ImpossibleMove, NotAllowed
from cityloom.cases.keeping import get_file, keep_moves, refuse_stale
from cityloom.cases.promises import next_due, stopped
from cityloom.cases.task_moves import is_of_unit, moved_task, open_rows
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
        task = next((t for t in before.tasks if t.id == task_id), None)
        rows = [s for s in open_rows(before, task, by, at, its_city) if s.move == move]
        if task is None or not rows:
            state = task.state if task else before.case.state
            possible = [s.move for s in open_rows(before, task, by, at, its_city)]
            raise ImpossibleMove("error.impossible_move", what="task", state=state, move=move, possible=possible)
        step = rows[0]
        if by.role not in step.by:
            raise NotAllowed("error.not_allowed", role=by.role.value, move=move, roles=sorted(step.by))
        if not is_of_unit(task, move, by):
            raise NotAllowed("error.not_your_unit", unit=task.unit, move=move)
        check_details(step, details, before, its_city, at)
        to = step.next_state(task.state)
        after = before.with_tasks(moved_task(task, step, by, details, at))
        mine = [c for c in after.clocks_of(step.stops, "running") if c.task_id == task.id] if step.stops else []
        after = after.with_clocks(*(stopped(c, at) for c in mine))
        after = after.with_case(next_due_at=None if after.case.has_ended else next_due(after))
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
