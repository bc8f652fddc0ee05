"""Which steps are open on single reports and assisting tasks: the companions of `moves.open_steps`. Pure."""

from __future__ import annotations

from datetime import datetime

from cityloom.cases.deciding import path_of
from cityloom.cases.errors import ImpossibleMove, NotAllowed
from cityloom.cases.permissions import may
from cityloom.cases.requests import VERDICTS, require_decider, row_asked
from cityloom.cases.task_moves import is_of_unit, open_rows
from cityloom.cases.values import CaseFile, Report, Request, Task
from cityloom.city.paths import Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def open_report_steps(file: CaseFile, report: Report, by: Post, city: City, owns: bool = False) -> list[Step]:
    """The steps this post may take on one report now, what they need aside."""
    rows = [s for s in city.paths.report_steps if report.state in s.came_from]
    return [s for s in rows if may(by, s, file, owns) is None]


def open_task_steps(file: CaseFile, task: Task, by: Post, at: datetime, city: City) -> list[Step]:
    """The steps this post may take on the task of an assisting or whistled unit now."""
    rows = open_rows(file, task, by, at, city)
    return [s for s in rows if by.role in s.by and is_of_unit(task, s.move, by)]


def open_verdicts(file: CaseFile, request: Request, by: Post, city: City) -> list[str]:
    """What this post may say of a request now: grant and refuse for a second person, take_back for its asker."""
    rows = [s for s in path_of(file.case, city).steps_from(file.case.state) if s.move == request.move]
    found: list[str] = []
    for verdict in VERDICTS:
        try:
            require_decider(file, request, verdict, row_asked(rows, request), by)
        except (ImpossibleMove, NotAllowed):
            continue
        found.append(verdict)
    return found
