"""The ladder that a late or often repeated case climbs by itself: unit, district, city. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from cityloom.base.reasons import Reason
from cityloom.cases.promises import start_for, stopped
from cityloom.cases.values import CaseFile
from cityloom.city.clock_values import ClockUnit, Limit
from cityloom.city.snapshot_values import City
from cityloom.city.values import Urgency
from cityloom.sla.clocks import due_at

LATE = ("handling", "promise")  # whose missed moment starts the ladder: the unit's clock, else the promise
REPEAT_REPORTS, REPEAT_REOPENINGS = 3, 2  # where city.toml sets no limit of its own
CITY_RUNG = 3


def rung_due(file: CaseFile, at: datetime, city: City) -> tuple[int, Reason] | None:
    """The rung a case stands on at that moment and why, when it is higher than the one it has reached.

    Late: one rung at each of the hours in `[escalation]` of city.toml, counted from the earliest missed due moment
    (around the clock for urgent matters). Repeated: at least the first rung, however much time is left.
    """
    by_time = sum(moment <= at for moment in rung_moments(file, city))
    if by_time > file.case.escalation:
        return by_time, Reason("escalated.late", {"rung": by_time})
    limits = city.settings.limits
    reports, reopened = file.case.report_count, file.case.reopen_count
    if file.case.escalation == 0 and reports >= limits.get("repeat_reports", REPEAT_REPORTS):
        return 1, Reason("escalated.repeated", {"times": reports})
    if file.case.escalation == 0 and reopened >= limits.get("repeat_reopenings", REPEAT_REOPENINGS):
        return 1, Reason("escalated.reopened", {"times": reopened})
    return None


def rung_moments(file: CaseFile, city: City) -> tuple[datetime, ...]:
    """When each rung is reached if nothing happens; empty while no clock of the ladder runs."""
    running = [[c.due_at for c in file.clocks if c.kind == kind and c.state == "running"] for kind in LATE]
    owed = next(filter(None, running), None)
    if owed is None:
        return ()
    unit = ClockUnit.EMERGENCY_HOUR if file.case.urgency == Urgency.URGENT else ClockUnit.WORK_HOUR
    missed = min(owed)
    rungs = city.settings.escalation_h[:CITY_RUNG]
    return tuple(missed if h == 0 else due_at(missed, Limit(h, unit), city.calendar()).at for h in rungs)


def calm(file: CaseFile, at: datetime, city: City) -> CaseFile:
    """The file without the clock of the next rung, when nobody owes what the ladder waits for any more."""
    waking = file.clocks_of(("escalation",), "running")
    return file.with_clocks(*(stopped(c, at) for c in waking)) if waking and not rung_moments(file, city) else file


def escalate(file: CaseFile, at: datetime, city: City, new_id: Callable[[], int]) -> CaseFile:
    """The file on the rung that is due, with the clock that wakes the next one."""
    found = rung_due(file, at, city)
    if found is None:
        return file
    rung, _ = found
    file = file.with_clocks(*(stopped(c, at) for c in file.clocks_of(("escalation",), "running")))
    file = file.with_case(escalation=rung)
    later = [m for m in rung_moments(file, city) if m > at]
    if not later:
        return file
    known = {c.id for c in file.clocks}
    file = start_for(file, "escalation", "supervisor", at, city, new_id)
    woken = (replace(c, due_at=later[0], warn_at=(later[0].isoformat(),), fires_at=later[0]) for c in file.clocks
             if c.id not in known)  # fmt: skip
    return file.with_clocks(*woken)
