"""Which steps are open on single reports and assisting tasks: the companions of `moves.open_steps`. Pure."""

from __future__ import annotations

from cityloom.cases.permissions import may
from cityloom.cases.values import CaseFile, Report, Task
from cityloom.city.paths import Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def open_report_steps(file: CaseFile, report: Report, by: Post, city: City, owns: bool = False) -> list[Step]:
    """The steps this post may take on one report now, what they need aside."""
    rows = [s for s in city.paths.report_steps if report.state in s.came_from]
    return [s for s in rows if may(by, s, file, owns) is None]


def open_task_steps(file: CaseFile, task: Task, by: Post, city: City) -> list[Step]:
    """The steps this post may take on an assisting task now: only its own unit moves it, while the case lives."""
    if task.role != "assist" or file.case.has_ended or task.unit not in by.units:
        return []
    return [s for s in city.paths.task_steps if task.state in s.came_from and by.role in s.by]
