"""What of a case is told to the resident who reported: which steps, of which the words and the reasons. Pure.

Pages and interfaces ask here, so that no door tells more than another: no name, no phone, nothing of another person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cityloom.base.reasons import Reason
from cityloom.cases.values import Entry, Report

# Steps of the case that are told at all.
TOLD_MOVES = frozenset(
    {
        "receive", "join", "supplement", "verify", "not_accept", "file", "answer", "take_note", "explain", "dispatch",
        "redispatch", "pass_on", "take_over", "sign", "contact", "handle", "pass_check", "rework", "reply", "close",
        "reopen", "reclassify", "relocate", "withdraw", "void", "urge", "extend", "defer", "resume", "list", "review",
        "delist", "ask_up", "escalate", "whistle", "hand_over", "hand_back", "partner_done", "promise_date",
        "keep_promise", "merge", "take_in", "unmerge", "split",
    }
)  # fmt: skip
# Steps whose words are written for the resident.
TOLD_IN_WORDS = frozenset({"reply", "answer", "explain", "take_note"}) | {
    "extend", "defer", "list", "review", "delist", "hand_over", "partner_done", "promise_date", "keep_promise",
}  # fmt: skip
# Steps whose coded reason a resident should know.
TOLD_WITH_REASON = frozenset({"not_accept", "explain", "rework", "reopen", "void", "extend", "defer", "list"})
SENDS = frozenset({"dispatch", "redispatch", "pass_on", "take_over", "ask_up"})  # named with the unit it goes to


@dataclass(frozen=True)
class ToldStep:
    """One step as a resident may know it; `unit` is who did it or to whom it went."""

    move: str
    at: datetime
    unit: str
    reason: Reason | None
    note: str


def told_steps(entries: Iterable[Entry], report: Report, only_report: bool) -> list[ToldStep]:
    """The steps of a case that are told to who made this report, oldest first."""
    told = [_told(e, only_report) for e in entries if _is_told(e, report)]
    return [step for step in told if step is not None]


def _is_told(entry: Entry, report: Report) -> bool:
    if entry.occurred_at < report.received_at and entry.seq != 1:
        return False
    if entry.subject == "report":
        return entry.subject_id == report.id
    return entry.subject == "case" and entry.move in TOLD_MOVES


def _told(entry: Entry, only_report: bool) -> ToldStep:
    unit = entry.changes.get("case", {}).get("lead_unit", [None, None])[1] if entry.move in SENDS else entry.by_unit
    return ToldStep(
        move=entry.move,
        at=entry.occurred_at,
        unit=unit or "",
        reason=Reason.from_json(entry.reason) if entry.move in TOLD_WITH_REASON and entry.reason else None,
        note=(entry.text or "") if entry.move in TOLD_IN_WORDS or is_own_words(entry, only_report) else "",
    )


def is_own_words(entry: Entry, only_report: bool) -> bool:
    """Whether the words are what this resident added: nobody else can have, where there is one report."""
    return entry.move == "supplement" and entry.by_role == "resident" and only_report
