"""Callbacks: who may call about which report, what an attempt means, when somebody counts as unreachable. Pure.

The one who calls is independent of those who worked (Beijing regulation on 接诉即办, article 23; practice: the
hotline's callback desk). Attempts, refusals and unreachable people are coded; nothing here reads a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from cityloom.base.message_rules import time_of_hour
from cityloom.base.reasons import Reason
from cityloom.cases.values import CaseFile, Entry, Outcome, Report
from cityloom.city.values import Post, Role, Unit

SOLVED = ("yes", "partly", "no")
SATISFIED = ("satisfied", "basically", "unsatisfied", "not_asked")
CONTACTED = ("yes", "no", "not_asked")
# What an attempt may meet; those of NOT_REACHED count towards being unreachable.
NOT_REACHED = ("no_answer", "busy", "switched_off", "wrong_number", "unreachable")
ATTEMPTS = (*NOT_REACHED, "later", "refused", "language", "another_person")
WHY_UNSATISFIED = (
    "not_solved", "slow", "attitude", "no_contact", "answer", "came_back", "policy", "other",
)  # fmt: skip
# By which channels each role records an outcome; the first is meant when none is named.
CHANNELS: dict[Role, tuple[str, ...]] = {
    Role.CALLBACK_AGENT: ("phone", "in_person", "list"),
    Role.GRID_WORKER: ("in_person",),
    Role.RESIDENT: ("link",),
}
# A report whose callback lies ahead again.
UNHEARD: dict[str, Any] = dict.fromkeys(
    ("solved", "satisfied", "contacted", "unsatisfied_why", "callback_channel", "callback_result", "callback_next_at")
)
CALLERS = frozenset({Role.CALLBACK_AGENT, Role.GRID_WORKER})
CALLING_MOVES = frozenset({"call_back", "attempt_callback", "exempt", "invite_callback"})
WORKING_MOVES = frozenset({"sign", "contact", "handle", "reply", "finish", "answer", "pass_on"})
DISPUTED = "reopened.callback_disputed"  # the reason of a reopening that doubts the callback before it


@dataclass(frozen=True)
class CallbackRules:
    """What a city asks of its callbacks, from `[limits]` of its `city.toml`.

    Unreachable: `attempts` in vain, on `days` days, at `parts` times of day (morning, afternoon, evening).
    """

    zone: tzinfo
    attempts: int = 3
    days: int = 2
    parts: int = 2
    wrong_numbers: int = 2
    again_after: timedelta = timedelta(hours=4)
    link_days: int = 7
    quiet_from: time = time(21)
    quiet_until: time = time(8)
    centre_sees_phones: bool = False

    @staticmethod
    def of_limits(limits: Mapping[str, float], zone: tzinfo) -> CallbackRules:
        """From the city's numbers; each has the default above."""
        return CallbackRules(
            zone=zone,
            attempts=int(limits.get("callback_attempts", 3)),
            days=int(limits.get("callback_days", 2)),
            parts=min(3, int(limits.get("callback_times_of_day", 2))),
            again_after=timedelta(hours=limits.get("callback_again_hours", 4)),
            link_days=int(limits.get("callback_link_days", 7)),
            quiet_from=time_of_hour(limits.get("messages_quiet_from", 21)),
            quiet_until=time_of_hour(limits.get("messages_quiet_until", 8)),
            centre_sees_phones=limits.get("callback_centre_sees_phones", 0) >= 1,
        )


@dataclass(frozen=True)
class Attempt:
    """One try that did not bring an outcome: when, and what it met."""

    at: datetime
    met: str


# --- who may call -----------------------------------------------------------------------------------------------


def why_not_independent(
    file: CaseFile, entries: Sequence[Entry], report_id: int, by: Post, units: Mapping[str, Unit]
) -> Reason | None:
    """Why this post may not call back about this report, or None when it is independent of the work.

    Not by the login that worked, nor who stands in for it; not by the staff of a unit that led or assisted; after a
    disputed callback not by who recorded it. A hotline's own answers are called back by other people of its
    callback desk: no other unit has one.
    """
    if by.role not in CALLERS:
        return None
    logins = {t.done_by for t in file.tasks if t.done_by}
    logins |= {e.by_login for e in entries if e.subject in ("case", "task") and e.move in WORKING_MOVES}
    logins -= {"system", "resident"}
    if by.login in logins:
        return Reason("callback.own_work")
    if by.for_login in logins:
        return Reason("callback.deputy", {"for": by.for_login})
    for task in file.tasks:
        unit = units.get(task.unit)
        if task.unit in by.units and not (unit is not None and unit.kind == "hotline"):
            return Reason("callback.own_unit", {"unit": task.unit})
    if by.login in _disputed_callers(entries, report_id):
        return Reason("callback.disputed_call")
    return None


def _disputed_callers(entries: Sequence[Entry], report_id: int) -> set[str]:
    """Who recorded the callbacks of this report before a reopening that disputes them."""
    callers: set[str] = set()
    disputed: set[str] = set()
    for entry in entries:
        if entry.move == "call_back" and entry.subject_id == report_id:
            callers.add(entry.by_login)
        if entry.move == "reopen" and entry.reason.get("code") == DISPUTED:
            disputed |= callers
    return disputed - {"resident"}


# --- attempts ---------------------------------------------------------------------------------------------------


def attempts_of(entries: Sequence[Entry], report_id: int) -> list[Attempt]:
    """The attempts on a report since its callback last became due, in order."""
    found: list[Attempt] = []
    for entry in entries:
        if _became_due(entry, report_id):
            found = []
        if entry.move == "attempt_callback" and entry.subject_id == report_id:
            found.append(Attempt(entry.occurred_at, str(entry.reason.get("code", "")).rpartition(".")[2]))
    return found


def _became_due(entry: Entry, report_id: int) -> bool:
    old, new = entry.changes.get("reports", {}).get(str(report_id), (None, None))
    return bool(new) and new[0] == "due_callback" and (not old or old[0] != "due_callback")


def due_since(entries: Sequence[Entry], report_id: int) -> datetime | None:
    """When the report's callback last became due; None when it never did."""
    return next((e.occurred_at for e in reversed(entries) if _became_due(e, report_id)), None)


def part_of_day(at: datetime, zone: tzinfo) -> str:
    """Morning before noon, afternoon until six, evening after."""
    hour = at.astimezone(zone).hour
    return "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"


@dataclass(frozen=True)
class Tally:
    """How often, on how many days and at how many times of day somebody was not reached."""

    attempts: int
    days: int
    parts: int
    wrong_numbers: int

    def is_unreachable(self, rules: CallbackRules) -> bool:
        return self.attempts >= rules.attempts and self.days >= rules.days and self.parts >= rules.parts


def tally(attempts: Iterable[Attempt], zone: tzinfo) -> Tally:
    """Count the attempts in vain."""
    vain = [a for a in attempts if a.met in NOT_REACHED]
    return Tally(
        attempts=len(vain),
        days=len({a.at.astimezone(zone).date() for a in vain}),
        parts=len({part_of_day(a.at, zone) for a in vain}),
        wrong_numbers=sum(a.met == "wrong_number" for a in vain),
    )


def exempt_now(attempts: Sequence[Attempt], rules: CallbackRules) -> Reason | None:
    """Why the system exempts a report after its last attempt, or None while calling goes on."""
    if attempts and attempts[-1].met == "refused":
        return Reason("exempt.refused")
    counted = tally(attempts, rules.zone)
    if counted.wrong_numbers >= rules.wrong_numbers:
        return Reason("exempt.wrong_number")
    return Reason("exempt.unreachable") if counted.is_unreachable(rules) else None


def too_few(attempts: Sequence[Attempt], rules: CallbackRules) -> Reason | None:
    """Why an agent may not call somebody unreachable yet, or None when the attempts suffice."""
    counted = tally(attempts, rules.zone)
    if counted.is_unreachable(rules):
        return None
    told = {"attempts": counted.attempts, "days": counted.days, "parts": counted.parts}
    need = {"need_attempts": rules.attempts, "need_days": rules.days, "need_parts": rules.parts}
    return Reason("callback.too_few_attempts", {**told, **need})


# --- outcomes ---------------------------------------------------------------------------------------------------


def channel_of(outcome: Outcome, by: Post) -> str:
    """The channel of an outcome: the one named, else the usual one of the role."""
    usual = CHANNELS.get(by.role, ("phone",))
    return outcome.channel or usual[0]


def why_bad_channel(outcome: Outcome, by: Post, note: str) -> Reason | None:
    """Why this post may not record by this channel, or None."""
    known = CHANNELS.get(by.role, ("phone",))
    channel = channel_of(outcome, by)
    if channel not in known:
        return Reason("callback.bad_channel", {"role": by.role.value, "channel": channel, "known": list(known)})
    if channel == "in_person" and not note.strip():
        return Reason("callback.note_in_person")
    return None


def why_bad_outcome(outcome: Outcome, move: str, at: datetime) -> Reason | None:
    """What is wrong with an outcome for this move, or None."""
    if move == "attempt_callback":
        if outcome.reached not in ATTEMPTS:
            return Reason("callback.bad_answer", _bad("reached", outcome.reached, ATTEMPTS))
        if outcome.reached == "later" and (outcome.later_at is None or outcome.later_at <= at):
            return Reason("callback.later_when")
        return None
    if outcome.reached != "yes" or outcome.solved not in SOLVED or outcome.satisfied not in SATISFIED:
        return Reason("error.bad_outcome", {"what": "reached = yes, solved, satisfied"})
    if outcome.contacted is not None and outcome.contacted not in CONTACTED:
        return Reason("callback.bad_answer", _bad("contacted", outcome.contacted, CONTACTED))
    if outcome.why is not None and outcome.why not in WHY_UNSATISFIED:
        return Reason("callback.bad_answer", _bad("why", outcome.why, WHY_UNSATISFIED))
    return None


def _bad(what: str, value: str | None, known: Sequence[str]) -> dict[str, Any]:
    return {"what": what, "value": value or "", "known": list(known)}


def attempted(report: Report, outcome: Outcome, by: Post, at: datetime) -> Report:
    """The report after an attempt in vain."""
    return replace(
        report,
        callback_attempts=report.callback_attempts + 1,
        callback_at=at,
        callback_result=outcome.reached,
        callback_next_at=outcome.later_at if outcome.reached == "later" else None,
        callback_channel=channel_of(outcome, by),
    )


def heard(report: Report, outcome: Outcome, by: Post, at: datetime) -> Report:
    """The report with what its callback heard."""
    return replace(
        report,
        callback_attempts=report.callback_attempts + 1,
        callback_at=at,
        callback_result="yes",
        callback_next_at=None,
        callback_channel=channel_of(outcome, by),
        solved=outcome.solved,
        satisfied=outcome.satisfied,
        contacted=outcome.contacted,
        unsatisfied_why=outcome.why if outcome.satisfied == "unsatisfied" or outcome.solved != "yes" else None,
    )


def told_of(outcome: Outcome, by: Post) -> dict[str, Any]:
    """What an entry vouches for beyond the report's own row: channel, contact and why somebody is not satisfied."""
    told = {"channel": channel_of(outcome, by), "contacted": outcome.contacted, "why": outcome.why}
    return {name: value for name, value in told.items() if value is not None}


def reason_of(outcome: Outcome, by: Post, move: str) -> Reason:
    """The coded reason of an attempt or an outcome."""
    if move == "call_back":
        return Reason("callback.heard", {"channel": channel_of(outcome, by)})
    if outcome.reached == "later" and outcome.later_at is not None:
        return Reason("attempt.later", {"at": f"{outcome.later_at:%Y-%m-%d %H:%M}"})
    return Reason(f"attempt.{outcome.reached}")
