"""A case's history as knots on a thread: what a resident may read of it, and what the staff reads. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cityloom.base.reasons import Reason
from cityloom.cases.originals import shown_entry_text
from cityloom.cases.telling import SENDS, TOLD_IN_WORDS, TOLD_WITH_REASON, is_own_words
from cityloom.cases.values import Entry, Report
from cityloom.web.naming import Names
from cityloom.web.words import WORDS, say


@dataclass(frozen=True)
class Knot:
    """One step: what was done, when, by whom; the words and the reason where they may be read."""

    title: str
    at: datetime
    who: str = ""
    reason: str = ""
    note: str = ""
    states: str = ""
    kind: str = "step"  # step, quiet, late
    seq: int = 0
    move: str = ""
    changes: tuple[str, ...] = ()


def resident_knots(entries: Sequence[Entry], report: Report, only_report: bool, named: Names) -> list[Knot]:
    """The steps of a case in a resident's words: no names, no phone, nothing of another resident."""
    knots = [_resident_knot(e, only_report, named) for e in entries if _is_told(e, report)]
    return [k for k in knots if k.at >= report.received_at or k.seq == 1]


def _is_told(entry: Entry, report: Report) -> bool:
    if entry.subject == "report":
        return entry.subject_id == report.id
    return entry.subject == "case" and f"knot.{entry.move}" in WORDS


def _resident_knot(entry: Entry, only_report: bool, named: Names) -> Knot:
    own_words = is_own_words(entry, only_report)
    unit = entry.changes.get("case", {}).get("lead_unit", [None, None])[1] if entry.move in SENDS else entry.by_unit
    return Knot(
        title=say(f"knot.{entry.move}", unit=named.unit(unit)) if f"knot.{entry.move}" in WORDS else "",
        at=entry.occurred_at,
        reason=named.reason(entry.reason) if entry.move in TOLD_WITH_REASON else "",
        note=(shown_entry_text(entry) or "") if entry.move in TOLD_IN_WORDS or own_words else "",
        seq=entry.seq,
    )


def staff_knots(entries: Iterable[Entry], named: Names) -> list[Knot]:
    """Every entry for those who work on the case: who, from which state to which, why, in which words."""
    return [_staff_knot(e, named) for e in entries]


def _staff_knot(entry: Entry, named: Names) -> Knot:
    subject = entry.subject if entry.subject in ("task", "report", "request") else ""
    who = [named.role(entry.by_role)]
    if entry.by_role not in ("system", "resident"):
        deputed = str(entry.changes.get("for_login", ""))
        stands_in = say("deputies.for", who=named.person(deputed)) if deputed else ""
        who = [named.person(entry.by_login), stands_in, *who, named.unit(entry.by_unit)]
    moved = entry.from_state != entry.to_state and entry.to_state and entry.from_state
    states = ""
    if moved:
        pair = named.state(entry.from_state, entry.subject), named.state(entry.to_state, entry.subject)
        states = f"{pair[0]} → {pair[1]}"
    title = named.move(entry.move)
    if entry.subject == "request":
        asked = named.move(entry.changes.get("asked", {}).get("move", entry.move), "case")
        step = say("case.requests") if entry.from_state == "" else named.move(entry.move)
        title = say("request.step", step=step, move=asked)
    if entry.subject == "task":
        unit = next((new[0] for _, new in entry.changes.get("tasks", {}).values() if new), "")
        title = say("case.task_step", move=title, unit=named.unit(unit))
    return Knot(
        title=title,
        at=entry.occurred_at,
        who=" · ".join(w for w in who if w),
        reason=named.reason(entry.reason),
        note=shown_entry_text(entry) or "",
        states=states,
        kind=_kind(entry),
        seq=entry.seq,
        move=entry.move,
        changes=_changes(entry, named, subject),
    )


def _kind(entry: Entry) -> str:
    if entry.move == "overdue":
        return "late"
    return "quiet" if entry.subject == "clock" or entry.by_role == "system" else "step"


def _changes(entry: Entry, named: Names, subject: str) -> tuple[str, ...]:
    """What an entry changed that its title does not say: class, unit, place."""
    case = entry.changes.get("case", {})
    found = []
    for field, naming in (("class_code", named.matter), ("lead_unit", named.unit), ("area", named.area)):
        old, new = case.get(field, (None, None))
        if new and old and old != new and entry.move != "receive":
            found.append(say("case.changed", what=say(f"field.{field}"), old=naming(old), new=naming(new)))
    if held := entry.changes.get("held"):
        comma = say("list.comma")
        found.append(say("change.held", why=comma.join(named.reason(Reason(code)) for code in held)))
    return tuple(found)
