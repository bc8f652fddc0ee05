"""The tasks that move by themselves: assisting units, and units that a street whistled for. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cityloom.cases.guards import Asked, failing
from cityloom.cases.values import CaseFile, Details, Task
from cityloom.city.paths import Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

AFTER_THE_END = frozenset({"rate"})  # a response is rated when all is over, too


def open_rows(file: CaseFile, task: Task | None, by: Post, at: datetime, city: City) -> list[Step]:
    """The rows of the table of tasks that hold for this task now, whoever asks; none for a lead task."""
    if task is None or task.role == "lead":
        return []
    asked = Asked(file, by, Details(task_id=task.id), at, city)
    rows = [s for s in city.paths.task_steps if task.state in s.came_from]
    if file.case.has_ended:
        rows = [s for s in rows if s.move in AFTER_THE_END]
    return [s for s in rows if failing(tuple(w for w in s.when if w != "own_whistle"), asked) is None]


def is_of_unit(task: Task, move: str, by: Post) -> bool:
    """Whether this post speaks for the unit that makes the move: the task's own, or the street that whistled."""
    return (task.caller if move == "rate" else task.unit) in by.units


def moved_task(task: Task, step: Step, by: Post, details: Details, at: datetime) -> Task:
    """The task after the step."""
    to = step.next_state(task.state)
    moved = replace(
        task,
        state=to,
        signed_at=at if to == "signed" else task.signed_at,
        ended_at=at if to in ("done", "returned") and task.ended_at is None else task.ended_at,
        done_by=by.login if step.move == "finish" else task.done_by,
        reason=details.reason.as_json() if details.reason else task.reason,
    )
    if step.move == "arrive" and details.place is not None:
        return replace(moved, arrived_at=at, arrived_lon=details.place.lon, arrived_lat=details.place.lat)
    if step.move == "rate":
        return replace(moved, rating=details.rating)
    return moved
