"""The conditions a step may have beyond state and role; each guard word of `city/paths.py` is a function here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cityloom.base.reasons import Reason
from cityloom.cases.dispatching import choose_lead
from cityloom.cases.values import CaseFile, Details
from cityloom.city.clock_values import ClockUnit, Limit
from cityloom.city.paths import REPORT_END_STATES
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Source
from cityloom.sla.clocks import due_at

PUBLIC = frozenset({Source.RESIDENT, Source.HOTLINE, Source.OPEN311})


@dataclass(frozen=True)
class Asked:
    """What a guard may look at."""

    file: CaseFile
    by: Post
    details: Details
    at: datetime
    city: City


def _needs_verification(a: Asked) -> bool:
    matter = a.city.classes.get(a.file.case.class_code or "")
    return a.file.case.source in PUBLIC and (matter is None or matter.verify)


def _asks_check(a: Asked) -> bool:
    matter = a.city.classes.get(a.file.case.class_code or "")
    return matter is not None and matter.check


def _other_duty(a: Asked) -> bool:
    """Whether the corrected class or place is owed by another unit than the one that has the case."""
    case, lead = a.file.case, a.file.lead
    if lead is None:
        return False
    class_code = a.details.class_code or case.class_code
    place = a.details.place or case.place
    component = case.component_code if a.details.place is None and a.details.class_code is None else None
    route = choose_lead(a.city, class_code, place.area, component, case.source, a.at)
    return route.lead is None or route.lead != _first_of_chain(a.file, lead.id)


def _first_of_chain(file: CaseFile, task_id: int) -> str:
    """The unit the duty named, before it passed the case on to units below it."""
    by_id = {t.id: t for t in file.tasks}
    task = by_id[task_id]
    while task.parent_id in by_id:
        task = by_id[task.parent_id]
    return task.unit


def _in_objection_window(a: Asked) -> bool:
    lead = a.file.lead
    if lead is None:
        return False
    window = Limit(a.city.settings.objection_window_h, ClockUnit.WORK_HOUR)
    return a.at <= due_at(lead.sent_at, window, a.city.calendar()).at


def _to_a_unit_below(a: Asked) -> bool:
    lead, unit = a.file.lead, a.details.unit
    if lead is None or unit is None or unit not in a.city.units or unit == lead.unit:
        return False
    return lead.unit in a.city.unit_chain(unit)


HOLDS: dict[str, Callable[[Asked], bool]] = {
    "needs_verification": _needs_verification,
    "skips_verification": lambda a: not _needs_verification(a),
    "asks_check": _asks_check,
    "asks_no_check": lambda a: not _asks_check(a),
    "reports_settled": lambda a: all(r.state in REPORT_END_STATES for r in a.file.reports),
    "not_upheld": lambda a: a.file.lead is not None and not a.file.lead.upheld,
    "not_own_work": lambda a: a.file.lead is None or a.file.lead.done_by != a.by.login,
    "in_objection_window": _in_objection_window,
    "one_report": lambda a: sum(r.state not in REPORT_END_STATES for r in a.file.reports) <= 1,
    "to_a_unit_below": _to_a_unit_below,
    "same_duty": lambda a: not _other_duty(a),
    "other_duty": _other_duty,
}


def failing(words: tuple[str, ...], asked: Asked) -> str | None:
    """The first guard that does not hold, or None."""
    return next((w for w in words if not HOLDS[w](asked)), None)


def guard_reason(word: str, move: str) -> Reason:
    return Reason("error.guard", {"guard": word, "move": move})
