"""Two cases become one, or one again two; one case becomes two: what changes on each side. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.moves import carry_out, exemption, sum_up
from cityloom.cases.values import CaseFile, Details, Entry, Report
from cityloom.city.paths import REPORT_END_STATES, Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

NewId = Callable[[], int]
Sides = tuple[tuple[CaseFile, list[Draft]], tuple[CaseFile, list[Draft]]]


def joining_state(file: CaseFile, report: Report) -> tuple[str, str | None]:
    """The state of a report that comes to this case, and why it is not called back: where the others stand."""
    others = [r for r in file.reports if r.id != report.id]
    if any(r.state in ("due_callback", "called_back") for r in others):
        why = exemption(report)
        return ("exempt", why) if why else ("due_callback", None)
    if any(r.state != "received" for r in others):
        return "accepted", None
    return "received", None


def merge(
    source: CaseFile,
    target: CaseFile,
    step: Step,
    taking: Step,
    by: Post,
    details: Details,
    at: datetime,
    city: City,
    new_id: NewId,
) -> Sides:
    """The source ended and its reports with the target; each keeps its own callback, and the promise that runs.

    Nobody's promise moves: the running promise of the source runs on in the target, and the earlier one counts.
    """
    coming = [r for r in source.reports if r.state not in REPORT_END_STATES]
    promises = [c for c in source.clocks if c.kind == "promise" and c.state == "running"]
    bare = source.without(reports=[r.id for r in coming], clocks=[c.id for c in promises])
    after, draft = carry_out(bare, step, by, details, at, city, new_id)
    after = after.with_case(merged_into=target.case.number, report_count=source.case.report_count)
    told = {**changes_between(source, after), "into": target.case.number}
    leaving = (after, [replace(draft, changes=told)])
    theirs = [replace(c, case_id=target.case.id) for c in promises]
    reason = Reason("merged.from", {"number": source.case.number})
    taken, drafts = _take_in(target, coming, taking, by, reason, at)
    before_clocks = taken
    taken = sum_up(taken.with_clocks(*theirs), target, taking, at)
    if theirs and drafts:
        last = drafts[-1]
        drafts[-1] = replace(last, changes=_joined(last.changes, changes_between(before_clocks, taken)))
    return leaving, (taken, drafts)


def unmerge(
    source: CaseFile,
    target: CaseFile,
    merging: Entry,
    step: Step,
    letting: Step,
    by: Post,
    details: Details,
    at: datetime,
    city: City,
    new_id: NewId,
) -> Sides:
    """The source open again with the reports and promises it brought (`merging`: its entry), the target without."""
    brought = merging.changes
    ids = {int(i) for i in brought.get("reports", {})}
    clocks = {int(i) for i in brought.get("clocks", {}) if brought["clocks"][i][1] is None}
    reports = [r for r in target.reports if r.id in ids]
    theirs = [c for c in target.clocks if c.id in clocks]
    back = [replace(_reopened(r), case_id=source.case.id) for r in reports]
    filled = replace(source, reports=_with(source.reports, back))
    filled = filled.with_clocks(*(replace(c, case_id=source.case.id) for c in theirs))
    after, draft = carry_out(filled, step, by, details, at, city, new_id)
    after = after.with_case(merged_into=None)
    ours = (after, [replace(draft, changes=changes_between(source, after))])
    left = target.without(reports=[r.id for r in reports], clocks=[c.id for c in theirs])
    left = sum_up(left, target, letting, at)
    reason = Reason("merged.let_go", {"number": source.case.number})
    gone = _draft("case", target.case.id, "let_go", target, left, by, reason, at)
    return ours, (left, [gone])


def split(
    source: CaseFile, fresh: CaseFile, step: Step, by: Post, details: Details, at: datetime, city: City, new_id: NewId
) -> tuple[CaseFile, Draft]:
    """The case that is split, told of its other half; reports that go along leave it."""
    going = set(details.report_ids)
    bare = source.without(reports=going)
    after, draft = carry_out(bare, step, by, replace(details, class_code=None), at, city, new_id)
    told = {**changes_between(source, after), "into": fresh.case.number}
    return after, replace(draft, changes=told)


def _take_in(
    target: CaseFile, coming: Sequence[Report], taking: Step, by: Post, reason: Reason, at: datetime
) -> tuple[CaseFile, list[Draft]]:
    """The target with these reports, an entry for each, which vouches for its words."""
    drafts: list[Draft] = []
    for report in coming:
        state, why = joining_state(target, report)
        came = replace(report, case_id=target.case.id, state=state, exempt_reason=why, version=report.version + 1)
        before, target = target, target.with_reports(came)
        target = target.with_case(report_count=len(target.reports))
        drafts.append(
            replace(_draft("report", report.id, taking.move, before, target, by, reason, at), words_of=report.id)
        )
    if not drafts:
        drafts.append(_draft("case", target.case.id, taking.move, target, target, by, reason, at))
    return target, drafts


def _draft(
    subject: str,
    subject_id: int,
    move: str,
    before: CaseFile,
    after: CaseFile,
    by: Post,
    reason: Reason,
    at: datetime,
) -> Draft:
    state = after.case.state
    return Draft(subject, subject_id, move, state, state, by, reason, "", at, changes=changes_between(before, after))


def _reopened(report: Report) -> Report:
    if report.state in REPORT_END_STATES:
        return report
    return replace(report, state="accepted", version=report.version + 1)


def _with(rows: tuple[Report, ...], more: Sequence[Report]) -> tuple[Report, ...]:
    return tuple(({r.id: r for r in rows} | {r.id: r for r in more}).values())


def _joined(one: object, other: dict[str, object]) -> dict[str, object]:
    """Two tellings of the same step as one; the later one adds, and keeps the earlier old value."""
    told: dict[str, object] = dict(one) if isinstance(one, dict) else {}
    for part, rows in other.items():
        mine = told.get(part)
        if not isinstance(mine, dict) or not isinstance(rows, dict):
            told[part] = rows
            continue
        told[part] = {**rows, **{k: [v[0], rows[k][1]] if k in rows else v for k, v in mine.items()}}
    return told
