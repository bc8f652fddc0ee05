"""Move one person's report: its callback, an exemption, a withdrawal; the case goes on when all are settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.cases import callback_words  # noqa: F401 (the sentences of its reasons are registered)
from cityloom.cases.callbacks import (
    CALLING_MOVES,
    Attempt,
    CallbackRules,
    attempted,
    attempts_of,
    exempt_now,
    heard,
    reason_of,
    told_of,
    too_few,
    why_bad_channel,
    why_bad_outcome,
    why_not_independent,
)
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.deciding import choose_row
from cityloom.cases.errors import GuardHolds, ImpossibleMove, MissingNeed, NotAllowed
from cityloom.cases.following import follow
from cityloom.cases.keeping import get_file, keep_moves, list_entries, refuse_stale
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.values import CaseFile, Details, Entry, Report
from cityloom.cases.working_city import city_of_case
from cityloom.city.paths import Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role


def move_report(
    city: City,
    number: str,
    report_id: int,
    move: str,
    by: Post,
    details: Details,
    clock: Clock,
    *,
    version: int | None,
    owns: bool = False,
) -> CaseFile:
    """The case after one of its reports moved; unsolved at callback sends the case back for rework by itself.

    Raises what `move_case` raises. Who calls back has to be independent of the work (NotAllowed otherwise); a report
    whose person declined or cannot be reached by the city's rule is exempted by the system in the same breath.
    """
    return move_reports(city, number, [report_id], move, by, details, clock, version=version, owns=owns)


def move_reports(
    city: City,
    number: str,
    report_ids: Sequence[int],
    move: str,
    by: Post,
    details: Details,
    clock: Clock,
    *,
    version: int | None,
    owns: bool = False,
) -> CaseFile:
    """The same for several reports of one case, an entry each, before the case goes on: one person asked once."""
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file(cursor, city.id, number, lock=True)
        refuse_stale(cursor, before.case, version)
        moving = _Moving(city_of_case(city, before.case.city_version), move, by, details, at, owns)
        entries = list_entries(cursor, before.case.id) if move in CALLING_MOVES else []
        after, drafts = before, []
        for report_id in dict.fromkeys(report_ids):
            after, more = moving.carry_out(after, report_id, entries)
            drafts += more
        after, followed = follow(after, at, moving.city, ids.one)
        return keep_moves(cursor, before, after, [*drafts, *followed], at)


@dataclass(frozen=True)
class _Moving:
    """One move on reports of one case, at one moment."""

    city: City
    move: str
    by: Post
    details: Details
    at: datetime
    owns: bool

    def carry_out(self, file: CaseFile, report_id: int, entries: Sequence[Entry]) -> tuple[CaseFile, list[Draft]]:
        report = next((r for r in file.reports if r.id == report_id), None)
        if report is None:
            raise ImpossibleMove("error.impossible_move", what="report", state="", move=self.move, possible=[])
        rows = [s for s in self.city.paths.report_steps if s.move == self.move and report.state in s.came_from]
        step = choose_row(
            rows, file, "report", report.state, self.move, self.by, self.details, self.at, self.city, self.owns
        )
        self._check_caller(file, report, entries)
        after = file.with_reports(self._moved(report, step))
        drafts = [self._draft(file, after, report)]
        if self.move == "attempt_callback":
            after, exempted = self._exempted(after, report, entries)
            drafts += exempted
        return after, drafts

    def _check_caller(self, file: CaseFile, report: Report, entries: Sequence[Entry]) -> None:
        if self.move not in CALLING_MOVES:
            return
        if (why := why_not_independent(file, entries, report.id, self.by, self.city.units)) is not None:
            raise NotAllowed(why.code, **why.params)
        reason = self.details.reason
        unreachable = self.move == "exempt" and reason is not None and reason.code == "exempt.unreachable"
        if unreachable and self.by.role is Role.CALLBACK_AGENT:
            rules = rules_of(self.city)
            if (why := too_few(attempts_of(entries, report.id), rules)) is not None:
                raise GuardHolds(why.code, **why.params)

    def _moved(self, report: Report, step: Step) -> Report:
        moved = replace(report, state=step.next_state(report.state), version=report.version + 1)
        details, outcome = self.details, self.details.outcome
        if self.move == "exempt" and details.reason is not None:
            return replace(moved, exempt_reason=details.reason.code)
        if outcome is None or self.move not in ("attempt_callback", "call_back"):
            return moved
        if (why := why_bad_outcome(outcome, self.move, self.at)) is not None:
            raise MissingNeed(why.code, **why.params)
        if (why := why_bad_channel(outcome, self.by, details.note)) is not None:
            raise MissingNeed(why.code, **why.params)
        when = details.occurred_at or self.at
        change = attempted if self.move == "attempt_callback" else heard
        return change(moved, outcome, self.by, when)

    def _draft(self, before: CaseFile, after: CaseFile, report: Report) -> Draft:
        details, reason = self.details, self.details.reason
        told = {}
        if details.outcome is not None and self.move in ("attempt_callback", "call_back"):
            told = {"callback": told_of(details.outcome, self.by)}
            reason = reason or reason_of(details.outcome, self.by, self.move)
        moved = next(r for r in after.reports if r.id == report.id)
        return Draft(
            subject="report",
            subject_id=report.id,
            move=self.move,
            from_state=report.state,
            to_state=moved.state,
            by=self.by,
            reason=reason,
            text=details.note,
            occurred_at=details.occurred_at or self.at,
            changes={**changes_between(before, after), **told},
        )

    def _exempted(self, file: CaseFile, report: Report, entries: Sequence[Entry]) -> tuple[CaseFile, list[Draft]]:
        """The report exempted by the system, when this attempt was the last that had to be made."""
        outcome = self.details.outcome
        assert outcome is not None
        attempts = [*attempts_of(entries, report.id), Attempt(self.details.occurred_at or self.at, outcome.reached)]
        why = exempt_now(attempts, rules_of(self.city))
        if why is None:
            return file, []
        moving = replace(self, move="exempt", by=SYSTEM, details=Details(reason=why), owns=False)
        return moving.carry_out(file, report.id, entries)


def rules_of(city: City) -> CallbackRules:
    """The city's rules for callbacks."""
    return CallbackRules.of_limits(city.settings.limits, city.calendar().tz)
