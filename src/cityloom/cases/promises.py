"""The clocks of a case: which begin, stop, pause and resume with a step, and when each falls due. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from cityloom.cases.values import CaseFile, Details, RunningClock
from cityloom.city.clock_values import ClockUnit, Limit, WorkCalendar
from cityloom.city.paths import ClockRule, Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Standard, Urgency
from cityloom.sla.clocks import due_at, extended_due, is_overdue, resumed_due, warning_moments
from cityloom.sla.values import Due

OF_THE_UNIT = frozenset({"sign", "contact", "handling", "deferral", "review", "dated"})
OWED_BY = {
    "verification": "checker",
    "filing": "shift_lead",
    "dispatch": "dispatcher",
    "adjudication": "dispatcher",
    "check": "checker",
    "callback": "callback_agent",
    "promise": "city",
    "escalation": "supervisor",
    "approval": "supervisor",
}
BARE = Details()


def limit_of(rule: ClockRule, standard: Standard | None, urgency: str, reason_code: str = "") -> Limit:
    """How long the clock runs: the standard's own limit, that of the reason, the urgent one, or the ordinary one."""
    if reason_code in rule.by_reason:
        amount, unit = rule.by_reason[reason_code]
        return Limit(amount, ClockUnit(unit))
    if rule.from_standard and standard is not None and standard.limit is not None and standard.unit:
        return Limit.parse(standard.limit, standard.unit, standard.hours, standard.after_hours, standard.due_time)
    if urgency == Urgency.URGENT and rule.urgent_limit is not None:
        return Limit(float(rule.urgent_limit), ClockUnit(rule.urgent_unit or rule.unit))
    return Limit(float(rule.limit), ClockUnit(rule.unit))


def promises_nothing(rule: ClockRule, standard: Standard | None) -> bool:
    """A standard whose limit is left empty promises nothing, and no clock of it runs."""
    return rule.from_standard and standard is not None and standard.limit is None


def apply_clocks(
    file: CaseFile, step: Step, at: datetime, city: City, new_id: Callable[[], int], details: Details = BARE
) -> CaseFile:
    """The file with the step's clocks stopped, paused, resumed, extended and started at that moment.

    "*" stops all but those that outlive the case; these stop only by their own name.
    """
    file = file.with_clocks(*(stopped(c, at) for c in _to_stop(file, step, city)))
    file = file.with_clocks(*(_paused(c, at) for c in file.clocks_of(step.pauses, "running")))
    file = file.with_clocks(*(_resumed(c, at, city) for c in file.clocks_of(step.resumes, "paused")))
    if step.extends and details.amount is not None:
        longer = (_extended(c, details.amount, at, city) for c in file.clocks_of(step.extends, "running", "paused"))
        file = file.with_clocks(*longer)
    return start_clocks(file, step.starts, at, city, new_id, details)


def _to_stop(file: CaseFile, step: Step, city: City) -> tuple[RunningClock, ...]:
    def is_meant(clock: RunningClock) -> bool:
        if clock.kind in step.stops:
            return True
        rule = city.paths.clocks.get(clock.kind)
        return "*" in step.stops and not (rule is not None and rule.outlives)

    return tuple(c for c in file.clocks_of("*", "running", "paused") if is_meant(c)) if step.stops else ()


def start_clocks(
    file: CaseFile,
    kinds: tuple[str, ...],
    at: datetime,
    city: City,
    new_id: Callable[[], int],
    details: Details = BARE,
) -> CaseFile:
    """The file with these clocks begun; the promise is reckoned first, since others may start at its end."""
    for kind in sorted(kinds, key=lambda k: k != "promise"):
        clock = _started(file, city.paths.clocks[kind], at, city, new_id, details)
        if clock is not None:
            file = file.with_clocks(clock)
    return file


def start_for(
    file: CaseFile,
    kind: str,
    owed_by: str,
    at: datetime,
    city: City,
    new_id: Callable[[], int],
    task_id: int | None = None,
    details: Details = BARE,
) -> CaseFile:
    """The file with one more clock, owed by whom the move names; a city whose paths know no such clock has none."""
    if kind not in city.paths.clocks:
        return file
    clock = _started(file, city.paths.clocks[kind], at, city, new_id, details)
    return file if clock is None else file.with_clocks(replace(clock, owed_by=owed_by, task_id=task_id))


def recount(file: CaseFile, at: datetime, city: City) -> CaseFile:
    """After a correction: living clocks that follow the standard run for its limit from when they began.

    Their pauses stay what they were. Whoever was already warned is not warned again for moments gone by.
    """
    standard = standard_of(file, city)
    for clock in file.clocks_of("*", "running", "paused"):
        rule = city.paths.clocks.get(clock.kind)
        if rule is None or not rule.from_standard:
            continue
        if promises_nothing(rule, standard):
            file = file.with_clocks(stopped(clock, at))
            continue
        limit = limit_of(rule, standard, file.case.urgency)
        file = file.with_clocks(_recounted(clock, limit, at, city))
    return file


def hand_over(file: CaseFile, task_id: int) -> CaseFile:
    """The clocks of a task now owed by the lead it was passed on to; nobody wins time by passing on."""
    lead = file.lead
    assert lead is not None
    owed = [c for c in file.clocks if c.task_id == task_id and c.state == "running"]
    return file.with_clocks(*(replace(c, task_id=lead.id, owed_by=lead.unit) for c in owed))


def standard_of(file: CaseFile, city: City) -> Standard | None:
    """The standard the case was filed under, at the day it was opened."""
    case = file.case
    if case.class_code is None:
        return None
    day = case.opened_at.astimezone(city.calendar().tz).date()
    return city.standard(case.class_code, day, case.standard_code)


def next_due(file: CaseFile) -> datetime | None:
    """The nearest due moment among the running clocks."""
    return min((c.due_at for c in file.clocks if c.state == "running"), default=None)


def promise_of(file: CaseFile) -> RunningClock | None:
    """The promise to the resident: the earliest that runs, else the newest one there was.

    A reopened case has a new promise; a case that took another in keeps both.
    """
    promises = [c for c in file.clocks if c.kind == "promise"]
    running = [c for c in promises if c.state != "stopped"]
    if running:
        return min(running, key=lambda c: (c.due_at, c.id))
    return max(promises, key=lambda c: c.id, default=None)


def overdue(file: CaseFile, at: datetime) -> tuple[bool, bool]:
    """Raw and assessed overdue: the promise as it was given; the unit's handling with its pauses taken out."""
    raw = any(_is_late(c, at) for c in file.clocks if c.kind == "promise")
    assessed = any(_is_late(c, at) for c in file.clocks if c.kind == "handling")
    return raw or file.case.overdue_raw, assessed or file.case.overdue_assessed


def _is_late(clock: RunningClock, at: datetime) -> bool:
    until = clock.stopped_at or clock.paused_at or at
    return is_overdue(clock.due_at, until)


def _started(
    file: CaseFile, rule: ClockRule, at: datetime, city: City, new_id: Callable[[], int], details: Details
) -> RunningClock | None:
    standard = standard_of(file, city)
    if promises_nothing(rule, standard):
        return None
    limit = limit_of(rule, standard, file.case.urgency, details.reason.code if details.reason else "")
    begins = at
    if rule.from_promise_end and (promise := promise_of(file)):
        begins = max(at, promise.due_at)
    due = due_at(begins, limit, city.calendar())
    if rule.given_end and details.until is not None:
        due = Due(details.until, provisional=False)
    lead = file.lead if rule.name in OF_THE_UNIT else None
    clock = RunningClock(
        id=new_id(),
        city_id=file.case.city_id,
        case_id=file.case.id,
        kind=rule.name,
        owed_by=lead.unit if lead else OWED_BY.get(rule.name, "dispatcher"),
        unit=limit.unit.value,
        amount=limit.amount,
        started_at=begins,
        due_at=due.at.astimezone(UTC),
        task_id=lead.id if lead else None,
        hours=limit.hours,
        after_hours=limit.after_hours.value if limit.after_hours else "",
        due_time=limit.due_time.value,
        provisional=due.provisional,
    )
    return _with_warnings(clock, at, city)


def _with_warnings(clock: RunningClock, after: datetime, city: City) -> RunningClock:
    """Warnings at the set shares of the working span and at the due moment, those still ahead."""
    shares = (*sorted(city.settings.warning_shares), 1.0)
    calendar = _calendar(clock, city)
    moments = warning_moments(clock.started_at, clock.due_at, shares, ClockUnit(clock.unit), calendar)
    ahead = tuple(m.astimezone(UTC).isoformat() for m in moments if m > after or m >= clock.due_at)
    return replace(clock, warn_at=ahead, fires_at=datetime.fromisoformat(ahead[0]) if ahead else None)


def stopped(clock: RunningClock, at: datetime) -> RunningClock:
    return replace(clock, state="stopped", stopped_at=at, warn_at=(), fires_at=None)


def _extended(clock: RunningClock, amount: float, at: datetime, city: City) -> RunningClock:
    """Due that much later, counted in the clock's own unit from its due moment; warnings run anew."""
    limit = replace(limit_of_clock(clock), amount=amount)
    due = extended_due(clock.due_at, limit, _calendar(clock, city))
    longer = replace(clock, due_at=due.at.astimezone(UTC), provisional=due.provisional)
    return _with_warnings(longer, at, city) if clock.state == "running" else longer


def limit_of_clock(clock: RunningClock) -> Limit:
    """The limit a clock was started with."""
    return Limit.parse(clock.amount, clock.unit, clock.hours, clock.after_hours, clock.due_time)


def _paused(clock: RunningClock, at: datetime) -> RunningClock:
    return replace(clock, state="paused", paused_at=at, fires_at=None)


def _resumed(clock: RunningClock, at: datetime, city: City) -> RunningClock:
    assert clock.paused_at is not None
    due = resumed_due(clock.due_at, clock.paused_at, at, ClockUnit(clock.unit), _calendar(clock, city))
    pauses = (*clock.pauses, (clock.paused_at.isoformat(), at.isoformat()))
    running = replace(
        clock,
        state="running",
        paused_at=None,
        pauses=pauses,
        due_at=due.at.astimezone(UTC),
        provisional=due.provisional,
    )
    return _warned_anew(clock, running, at, city)


def _recounted(clock: RunningClock, limit: Limit, at: datetime, city: City) -> RunningClock:
    calendar = city.calendar()
    due = due_at(clock.started_at, limit, calendar)
    moment = due.at
    for begins, ends in clock.pauses:
        moment = resumed_due(
            moment,
            datetime.fromisoformat(begins),
            datetime.fromisoformat(ends),
            limit.unit,
            calendar.with_hours(limit.hours),
        ).at
    changed = replace(
        clock,
        unit=limit.unit.value,
        amount=limit.amount,
        hours=limit.hours,
        after_hours=limit.after_hours.value if limit.after_hours else "",
        due_time=limit.due_time.value,
        due_at=moment.astimezone(UTC),
        provisional=due.provisional,
    )
    return _warned_anew(clock, changed, at, city) if clock.state == "running" else changed


def _warned_anew(before: RunningClock, changed: RunningClock, at: datetime, city: City) -> RunningClock:
    """Warnings after a due moment was reckoned again; one that stayed the same and was told is not told again."""
    if not before.warn_at and changed.due_at == before.due_at:
        return replace(changed, warn_at=(), fires_at=None)
    return _with_warnings(changed, at, city)


def _calendar(clock: RunningClock, city: City) -> WorkCalendar:
    return city.calendar().with_hours(clock.hours)
