"""Lives a planned case through the rules of casework, in memory: the same steps as the actions take. Pure.

`live_plan` is exact and slow (some milliseconds a case); `prints.py` uses it once for each kind of life.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from cityloom.base.crypto import salted_digest
from cityloom.base.reasons import Reason
from cityloom.cases.actions.fire_clocks import BY_TIME
from cityloom.cases.actions.fire_clocks import _told as told_by_clock
from cityloom.cases.actions.move_report import _Moving
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.deciding import decide
from cityloom.cases.following import follow
from cityloom.cases.guards import PUBLIC
from cityloom.cases.keeping import chain_seed, link_hash
from cityloom.cases.merging import joining_state
from cityloom.cases.moves import carry_out, open_case
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.promises import next_due, stopped
from cityloom.cases.requests import ask
from cityloom.cases.task_moves import moved_task, open_rows
from cityloom.cases.values import Case, CaseFile, Details, Entry, Outcome, Report, Task
from cityloom.city.snapshot_values import City
from cityloom.exchange.demo.plans import Plan, Said, Step, moment

NewId = Callable[[], int]


@dataclass
class Told:
    """One entry before it is chained: its draft, its moment, and the version of the case it made."""

    draft: Draft
    at: datetime
    version: int


@dataclass
class Lived:
    """A case with its rows as the plan left them, and its whole history."""

    file: CaseFile
    history: list[Told] = field(default_factory=list)


class Living:
    """One case being lived, step by step; refusals of the rules are raised as they come."""

    def __init__(self, plan: Plan, city: City, new_id: NewId, tz: tzinfo, reporters: Sequence[int]) -> None:
        self.plan, self.city, self.new_id, self.tz, self.reporters = plan, city, new_id, tz, reporters
        self.lived = _receive(plan, city, new_id, tz, reporters)

    def take(self, step: Step) -> None:
        """The step as an action would have taken it."""
        _STEPS[step.about](self.lived, step, self.plan, self.city, self.new_id, self.reporters)


def live_plan(
    plan: Plan,
    city: City,
    new_id: NewId,
    tz: tzinfo,
    reporters: Sequence[int],
    *,
    warned_until: datetime | None = None,
) -> Lived:
    """The whole plan lived.

    With `warned_until` the clocks also told their warnings and due moments up to then, as a worker would have;
    without it only those due moments that the plan names.
    """
    living = Living(plan, city, new_id, tz, reporters)
    for step in plan.steps:
        if warned_until is not None:
            _tell_clocks(living.lived, moment(step.at), city, new_id)
            if step.about == "clock":
                continue
        living.take(step)
    if warned_until is not None:
        _tell_clocks(living.lived, warned_until, city, new_id)
    return living.lived


def chain(
    lived: Lived, city_code: str, new_id: NewId, salt_of: Callable[[int], bytes]
) -> tuple[CaseFile, list[Entry]]:
    """The entries of a life, chained as `keeping.py` chains them, and the case that holds their head."""
    case = lived.file.case
    words = {r.id: r.words for r in lived.file.reports}
    head, entries = chain_seed(city_code, case.number), []
    for seq, told in enumerate(lived.history, 1):
        entry = entry_of(case, told, seq, new_id(), head, words, salt_of)
        entry = replace(entry, hash=link_hash(entry))
        head = entry.hash
        entries.append(entry)
    return lived.file.with_case(seq=len(entries), head=head), entries


def entry_of(
    case: Case,
    told: Told,
    seq: int,
    entry_id: int,
    previous: bytes,
    words: dict[int, str],
    salt_of: Callable[[int], bytes],
) -> Entry:
    """The entry of a draft, its hash still open."""
    draft = told.draft
    vouched = draft.text or (words[draft.words_of] if draft.words_of else "")
    salt = salt_of(seq) if vouched else None
    return Entry(
        id=entry_id,
        city_id=case.city_id,
        case_id=case.id,
        seq=seq,
        subject=draft.subject,
        subject_id=draft.subject_id,
        move=draft.move,
        from_state=draft.from_state,
        to_state=draft.to_state,
        by_login=draft.by.login,
        by_role=draft.by.role.value,
        by_unit=draft.by.unit or "",
        reason=draft.reason.as_json() if draft.reason else {},
        changes={**draft.changes, **({"words_of": draft.words_of} if draft.words_of else {})},
        occurred_at=draft.occurred_at.astimezone(UTC),
        recorded_at=told.at.astimezone(UTC),
        previous=previous,
        hash=b"",
        text=draft.text or None,
        text_salt=salt,
        text_digest=salted_digest(vouched, salt) if salt else None,
        version=told.version,
    )


# --- the first report -------------------------------------------------------------------------------------------


def _receive(plan: Plan, city: City, new_id: NewId, tz: tzinfo, reporters: Sequence[int]) -> Lived:
    at, place, matter = moment(plan.opened_at), plan.place, plan.matter
    case_id = new_id()
    case = Case(
        id=case_id,
        city_id=city.id,
        number=number_of(at, case_id, tz),
        path="",
        state="",
        source=plan.source,
        nature=matter.nature.value,
        opened_at=at,
        city_version=city.version,
        class_code=matter.code,
        standard_code=plan.standard.code if plan.standard else None,
        urgency=plan.standard.urgency.value if plan.standard else "ordinary",
        component_code=plan.component,
        lon=place.lon,
        lat=place.lat,
        area=place.area,
        areas=place.areas,
        cell=place.cell,
        address=place.address,
    )
    file = CaseFile(case, reports=(_report(plan, plan.said[0], case, new_id, reporters),))
    path = city.paths.choose(plan.source, matter.kind, matter.nature)
    by = plan.said[0].by
    file, first = open_case(file, path, by, at, city, new_id)
    file, more = follow(file, at, city, new_id, hold=plan.hold)
    return Lived(file, [Told(draft, at, 1) for draft in (first, *more)])


def number_of(at: datetime, case_id: int, tz: tzinfo) -> str:
    """The number by which people call a case."""
    return f"{at.astimezone(tz):%y%m%d}-{case_id}"


def _report(plan: Plan, said: Said, case: Case, new_id: NewId, reporters: Sequence[int]) -> Report:
    at = moment(said.at)
    return Report(
        id=new_id(),
        city_id=case.city_id,
        case_id=case.id,
        source=said.source,
        state="received",
        words=said.words,
        occurred_at=at,
        received_at=at,
        tracking_hash=said.mark if said.source in PUBLIC else None,
        language=said.language,
        class_code=case.class_code,
        lon=case.lon,
        lat=case.lat,
        area=case.area,
        address=case.address,
        reporter_id=reporters[said.reporter] if said.reporter is not None else None,
        received_by=said.by.login,
    )


# --- the steps --------------------------------------------------------------------------------------------------


def _details(step: Step) -> Details:
    heard = Outcome(*step.heard) if step.heard else None
    reason = Reason(step.word) if step.word else None
    return Details(reason=reason, note=step.note, unit=step.unit or None, outcome=heard)


def _move_case(lived: Lived, step: Step, plan: Plan, city: City, new_id: NewId, reporters: Sequence[int]) -> None:
    file, at, details = lived.file, moment(step.at), _details(step)
    owns = step.by.role == "resident"
    row = decide(file, step.move, step.by, replace(details, photos=(-1,)), at, city, owns)  # its photos are not kept
    if row.approved_by:
        after, draft = ask(file, row, step.by, details, at, city, new_id)
        _keep(lived, after, [draft], at)
        return
    after, draft = carry_out(file, row, step.by, details, at, city, new_id)
    after, more = follow(after, at, city, new_id)
    _keep(lived, after, [draft, *more], at)


def _join(lived: Lived, step: Step, plan: Plan, city: City, new_id: NewId, reporters: Sequence[int]) -> None:
    before, at = lived.file, moment(step.at)
    details = Details(reason=Reason("auto.joined"))
    row = decide(before, "join", SYSTEM, details, at, city)
    report = _report(plan, plan.said[step.number], before.case, new_id, reporters)
    joined = before.with_reports(report)
    state, why = joining_state(joined, report)
    joined = joined.with_reports(replace(report, state=state, exempt_reason=why))
    after, draft = carry_out(joined, row, step.by, details, at, city, new_id)
    told: dict[str, Any] = changes_between(before, after)
    draft = replace(draft, subject="report", subject_id=report.id, words_of=report.id, changes=told)
    after, more = follow(after, at, city, new_id, only=frozenset({"escalate"}))
    _keep(lived, after, [draft, *more], at)


def _move_report(lived: Lived, step: Step, plan: Plan, city: City, new_id: NewId, reporters: Sequence[int]) -> None:
    before, at = lived.file, moment(step.at)
    report = before.reports[step.number]
    case = before.case
    words = {r.id: r.words for r in before.reports}
    entries = [entry_of(case, told, i, 0, b"", words, lambda _: b"") for i, told in enumerate(lived.history, 1)]
    moving = _Moving(city, step.move, step.by, _details(step), at, False)
    after, drafts = moving.carry_out(before, report.id, entries)
    after, more = follow(after, at, city, new_id)
    _keep(lived, after, [*drafts, *more], at)


def _move_task(lived: Lived, step: Step, plan: Plan, city: City, new_id: NewId, reporters: Sequence[int]) -> None:
    before, at, details = lived.file, moment(step.at), _details(step)
    task: Task = before.assisting()[step.number]
    row = next(s for s in open_rows(before, task, step.by, at, city) if s.move == step.move)
    to = row.next_state(task.state)
    after = before.with_tasks(moved_task(task, row, step.by, details, at))
    mine = [c for c in after.clocks_of(row.stops, "running") if c.task_id == task.id] if row.stops else []
    after = after.with_clocks(*(stopped(c, at) for c in mine))
    after = after.with_case(next_due_at=None if after.case.has_ended else next_due(after))
    draft = _draft(step, "task", task.id, task.state, to, details, at, changes_between(before, after))
    _keep(lived, after, [draft], at)


def _pass_due(lived: Lived, step: Step, plan: Plan, city: City, new_id: NewId, reporters: Sequence[int]) -> None:
    """The due moment of the running clock of that kind has come; it is told, as a worker would have told it."""
    clock = next(c for c in lived.file.clocks if c.kind == step.word and c.state == "running")
    last = clock.due_at.astimezone(UTC).isoformat()
    file = lived.file.with_clocks(replace(clock, warn_at=(last,)))
    after, draft = told_by_clock(file, next(c for c in file.clocks if c.id == clock.id), city)
    _keep(lived, after, [draft], clock.due_at)


def _tell_clocks(lived: Lived, until: datetime, city: City, new_id: NewId) -> None:
    """All moments that the clocks have to tell before that one, each in its turn."""
    while True:
        due = [c for c in lived.file.clocks if c.fires_at is not None and c.fires_at < until]
        if not due:
            return
        clock = min(due, key=lambda c: (c.fires_at, c.id))
        at = clock.fires_at
        assert at is not None
        after, draft = told_by_clock(lived.file, clock, city)
        more: list[Draft] = []
        if at >= clock.due_at and not after.case.has_ended:
            after, more = follow(after, at, city, new_id, only=BY_TIME)
        _keep(lived, after, [draft, *more], at)


def _draft(
    step: Step, subject: str, subject_id: int, was: str, to: str, details: Details, at: datetime, told: dict[str, Any]
) -> Draft:
    return Draft(
        subject=subject,
        subject_id=subject_id,
        move=step.move,
        from_state=was,
        to_state=to,
        by=step.by,
        reason=details.reason,
        text=details.note,
        occurred_at=at,
        changes=told,
    )


def _keep(lived: Lived, after: CaseFile, drafts: list[Draft], at: datetime) -> None:
    version = lived.file.case.version + 1
    lived.file = after.with_case(version=version)
    lived.history += [Told(draft, at, version) for draft in drafts]


_STEPS = {"case": _move_case, "join": _join, "report": _move_report, "task": _move_task, "clock": _pass_due}
