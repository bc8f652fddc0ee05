"""The conditions a step may have beyond state and role; each guard word of `city/paths.py` is a function here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cityloom.base.reasons import Reason
from cityloom.cases.dispatching import choose_lead
from cityloom.cases.escalating import rung_due
from cityloom.cases.values import CaseFile, Details, Task
from cityloom.city.clock_values import ClockUnit, Limit
from cityloom.city.paths import REPORT_END_STATES
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Source
from cityloom.sla.clocks import due_at

STREET = "street_office"
WIDER = {  # who is asked when a unit of this kind cannot do it
    "crew": ("company", "district_department", "city_department"),
    "community": ("street_office",),
    "street_office": ("district_department", "city_department"),
    "company": ("district_department", "city_department"),
    "district_department": ("city_department",),
}
EXTENSIONS, URGES, URGE_GAP_H = 2, 3, 24  # where city.toml sets no limit of its own
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
    route = choose_lead(a.city, class_code, place.area, component, case.source, a.at, case.complained_about)
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


def _to_a_unit_above(a: Asked) -> bool:
    lead, unit = a.file.lead, a.details.unit
    if lead is None or unit is None or unit == lead.unit or lead.unit not in a.city.units:
        return False
    return unit in a.city.unit_chain(lead.unit) or _serves_around(a, unit)


def _serves_around(a: Asked, unit: str) -> bool:
    """A unit of a wider area: a street asks its district, a district the city."""
    if a.file.lead is None or unit not in a.city.units:
        return False
    mine, theirs = a.city.units[a.file.lead.unit], a.city.units[unit]
    return theirs.kind in WIDER.get(mine.kind, ()) and (
        not theirs.serves or any(area in a.file.case.areas for area in theirs.serves)
    )


def _extensions_left(a: Asked) -> bool:
    return a.file.case.extension_count < a.city.settings.limits.get("extensions", EXTENSIONS)


def _urges_left(a: Asked) -> bool:
    case, limits = a.file.case, a.city.settings.limits
    if case.urge_count >= limits.get("urges", URGES):
        return False
    gap = timedelta(hours=limits.get("urge_gap_h", URGE_GAP_H))
    return case.urged_at is None or a.at - case.urged_at >= gap


def _deferral_over(a: Asked) -> bool:
    return any(c.due_at <= a.at for c in a.file.clocks_of(("deferral",), "running"))


def _by_a_street(a: Asked) -> bool:
    lead = a.file.lead
    return lead is not None and lead.unit in a.city.units and a.city.units[lead.unit].kind == STREET


def _task(a: Asked) -> Task | None:
    return next((t for t in a.file.tasks if t.id == a.details.task_id), None)


def _is_task(role: str) -> Callable[[Asked], bool]:
    def holds(a: Asked) -> bool:
        task = _task(a)
        return task is not None and task.role == role

    return holds


def _own_whistle(a: Asked) -> bool:
    task = _task(a)
    return task is not None and task.role == "respond" and task.caller in a.by.units


HOLDS: dict[str, Callable[[Asked], bool]] = {
    "needs_verification": _needs_verification,
    "skips_verification": lambda a: not _needs_verification(a),
    "asks_check": _asks_check,
    "asks_no_check": lambda a: not _asks_check(a),
    "reports_settled": lambda a: all(r.state in REPORT_END_STATES for r in a.file.reports),
    "not_upheld": lambda a: a.file.lead is not None and not a.file.lead.upheld,
    "not_own_work": lambda a: a.file.lead is None or a.file.lead.done_by not in a.by.persons,
    "in_objection_window": _in_objection_window,
    "one_report": lambda a: sum(r.state not in REPORT_END_STATES for r in a.file.reports) <= 1,
    "to_a_unit_below": _to_a_unit_below,
    "same_duty": lambda a: not _other_duty(a),
    "other_duty": _other_duty,
    "to_a_unit_above": _to_a_unit_above,
    "extensions_left": _extensions_left,
    "urges_left": _urges_left,
    "deferral_over": _deferral_over,
    "escalation_due": lambda a: rung_due(a.file, a.at, a.city) is not None,
    "by_a_street": _by_a_street,
    "promise_open": lambda a: bool(a.file.clocks_of(("dated",), "running")),
    "whistled": _is_task("respond"),
    "assisting": _is_task("assist"),
    "own_whistle": _own_whistle,
    "sign_over": lambda a: not a.file.case.sign_stands,
    "sign_stands": lambda a: a.file.case.sign_stands,
}


def failing(words: tuple[str, ...], asked: Asked) -> str | None:
    """The first guard that does not hold, or None."""
    return next((w for w in words if not HOLDS[w](asked)), None)


def guard_reason(word: str, move: str) -> Reason:
    return Reason("error.guard", {"guard": word, "move": move})
