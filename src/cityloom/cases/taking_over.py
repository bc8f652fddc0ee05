"""Who takes over the open work of a unit that has ended: its successor, the heir whom the duties name, a dispatcher.

Pure. A successor stands where its unit stood: nothing is sent anew, no clock begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.deciding import path_of
from cityloom.cases.dispatching import Route, choose_lead
from cityloom.cases.moves import carry_out
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.values import CaseFile, Details, RunningClock, Task
from cityloom.city.paths import Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import UnitCode

# Where a unit has the case before its work is done: from here a dispatcher can send it to another one.
_WITH_THE_UNIT = frozenset({"dispatched", "signed", "contacted"})


@dataclass(frozen=True)
class Heir:
    """Who takes over from a unit: `unit`, or None when the duty names none of several heirs."""

    unit: UnitCode | None
    reason: Reason


def ended_units(city: City, at: datetime) -> tuple[UnitCode, ...]:
    """The units that have ended by that day and have somebody living to go on."""
    day = at.astimezone(city.calendar().tz).date()
    ended = [code for code, unit in city.units.items() if unit.valid.end is not None and unit.valid.end < day]
    return tuple(code for code in ended if city.living_units(code, day))


def choose_heir(task: Task, file: CaseFile, city: City, at: datetime) -> Heir | None:
    """Who takes over this task; None while its unit lives, and where nobody living succeeds it.

    One successor: it (a merger, a renaming). Several: the one that owes this class in this place by today's duties.
    """
    day = at.astimezone(city.calendar().tz).date()
    if task.unit not in city.units or city.unit(task.unit).valid.covers(day):
        return None
    heirs = city.living_units(task.unit, day)
    if not heirs:
        return None
    if len(heirs) == 1:
        return Heir(heirs[0], Reason("unit.merged", {"from": task.unit, "unit": heirs[0]}))
    case = file.case
    route = choose_lead(city, case.class_code, case.area, case.component_code, case.source, at, case.complained_about)
    named = _named(task, route, heirs)
    if named is not None:
        return Heir(named, Reason("unit.split", {"from": task.unit, "unit": named}))
    return Heir(None, Reason("unit.split_open", {"from": task.unit, "units": list(heirs)}))


def take_over(
    file: CaseFile, city: City, at: datetime, new_id: Callable[[], int]
) -> tuple[CaseFile, list[Draft]] | None:
    """The open case with its tasks moved on from ended units, and its entries; None when nothing is to be moved.

    Whoever takes over stands where the unit stood: the task keeps its state, its clocks their due moments. A lead
    for whom no heir is named goes back to the dispatcher, unless a dispatcher has upheld it; such an assisting task
    stays, and any heir may act on it.
    """
    if file.case.has_ended:
        return None
    drafts: list[Draft] = []
    after = file
    for task in (t for t in file.tasks if t.is_alive):
        if (heir := choose_heir(task, file, city, at)) is None:
            continue
        before = after
        if heir.unit is not None:
            after = _handed(before, task, heir.unit, at)
            drafts.append(_entry(before, after, heir.reason, at))
        elif (row := _back_to_dispatcher(task, file, city)) is not None:
            after, draft = carry_out(before, row, SYSTEM, Details(heir.reason), at, city, new_id)
            drafts.append(draft)
    return (after, drafts) if drafts else None


def _named(task: Task, route: Route, heirs: tuple[UnitCode, ...]) -> UnitCode | None:
    """The heir that today's duties name: as lead, for an assisting task also as one of those who assist."""
    if route.lead in heirs:
        return route.lead
    assisting = [u for u in route.assisting if u in heirs]
    return assisting[0] if task.role == "assist" and len(assisting) == 1 else None


def _handed(file: CaseFile, task: Task, heir: UnitCode, at: datetime) -> CaseFile:
    """The file with the task and its clocks in the heir's hands. Where two units became one, none assists itself."""
    own = [t for t in file.tasks if t.is_alive and t.unit == heir and t.id != task.id]
    if task.role == "assist" and own:
        return file.with_tasks(replace(task, state="cancelled", ended_at=at))
    helped = [replace(t, state="cancelled", ended_at=at) for t in own]
    clocks = [replace(c, owed_by=heir) for c in file.clocks if _is_owed(c, task)]
    after = file.with_tasks(replace(task, unit=heir), *helped).with_clocks(*clocks)
    return after.with_case(lead_unit=heir) if task.role == "lead" else after


def _is_owed(clock: RunningClock, task: Task) -> bool:
    """Whether the task's unit owes this living clock."""
    of_the_case = clock.task_id is None and task.role == "lead"
    return clock.state != "stopped" and clock.owed_by == task.unit and (clock.task_id == task.id or of_the_case)


def _back_to_dispatcher(task: Task, file: CaseFile, city: City) -> Step | None:
    """The row by which a case goes back to the dispatcher: the path's own for a return, made by the system."""
    if task.role != "lead" or task.upheld or file.case.state not in _WITH_THE_UNIT:
        return None
    rows = (s for s in path_of(file.case, city).steps if s.move == "return" and s.task == "returned")
    row = next(rows, None)
    if row is None:
        return None
    stops = tuple(dict.fromkeys((*row.stops, "contact")))
    return replace(row, move="queue", came_from=_WITH_THE_UNIT, by=frozenset({SYSTEM.role}), stops=stops)


def _entry(before: CaseFile, after: CaseFile, reason: Reason, at: datetime) -> Draft:
    return Draft(
        subject="case",
        subject_id=before.case.id,
        move="take_over",
        from_state=before.case.state,
        to_state=after.case.state,
        by=SYSTEM,
        reason=reason,
        text="",
        occurred_at=at,
        changes=changes_between(before, after),
    )
