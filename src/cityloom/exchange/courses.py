"""What the people behind a record did, as moves of ours: which move comes next, by whom, and in which stage. Pure.

A record tells when a request was opened and closed and by whom; the steps between follow the case's own status
table. The system dispatches by duty. Where the record names another unit, the first one returns the case and the
dispatcher sends it on; where no duty matched, the dispatcher chooses the recorded unit.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from cityloom.base.reasons import Reason
from cityloom.cases.deciding import open_steps
from cityloom.cases.values import CaseFile, Details, Outcome
from cityloom.city.paths import Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.exchange.records import Record

SIGNED_AFTER = timedelta(hours=1)
NOTE = "replayed from a record"


class Stage(IntEnum):
    """When a move is made: at the opening, when the unit signs, at the close."""

    OPENED = 0
    SIGNED = 1
    CLOSED = 2


class Intent(NamedTuple):
    """A move that may be next."""

    move: str
    role: Role
    stage: Stage


# For each state what may come next, the first one that the case's own table offers; a wrong unit returns first.
NEXT: dict[str, tuple[Intent, ...]] = {
    "reported": (
        Intent("verify", Role.CHECKER, Stage.OPENED),
        Intent("file", Role.SHIFT_LEAD, Stage.OPENED),
    ),
    "verified": (Intent("file", Role.SHIFT_LEAD, Stage.OPENED),),
    "filed": (Intent("dispatch", Role.DISPATCHER, Stage.OPENED),),
    "registered": (
        Intent("dispatch", Role.DISPATCHER, Stage.OPENED),
        Intent("answer", Role.HOTLINE_AGENT, Stage.CLOSED),
        Intent("take_note", Role.HOTLINE_AGENT, Stage.CLOSED),
        Intent("explain", Role.HOTLINE_AGENT, Stage.CLOSED),
    ),
    "returned": (Intent("redispatch", Role.DISPATCHER, Stage.OPENED),),
    "dispatched": (
        Intent("return", Role.HANDLER, Stage.OPENED),
        Intent("sign", Role.HANDLER, Stage.SIGNED),
    ),
    "signed": (
        Intent("contact", Role.HANDLER, Stage.SIGNED),
        Intent("handle", Role.HANDLER, Stage.CLOSED),
        Intent("reply", Role.HANDLER, Stage.CLOSED),
        Intent("close", Role.HANDLER, Stage.CLOSED),
    ),
    "contacted": (Intent("handle", Role.HANDLER, Stage.CLOSED),),
    "handled": (
        Intent("pass_check", Role.CHECKER, Stage.CLOSED),
        Intent("reply", Role.HANDLER, Stage.CLOSED),
        Intent("close", Role.SHIFT_LEAD, Stage.CLOSED),
    ),
    "checked": (
        Intent("reply", Role.HANDLER, Stage.CLOSED),
        Intent("close", Role.SHIFT_LEAD, Stage.CLOSED),
    ),
    "replied": (Intent("close", Role.SHIFT_LEAD, Stage.CLOSED),),
}


class NextMove(NamedTuple):
    """A move ready to be made."""

    move: str
    by: Post
    details: Details


def signs_at(record: Record) -> datetime:
    """When the recorded unit signs, which records do not tell: an hour after the opening, or halfway to the close."""
    if record.closed_at is None:
        return record.opened_at + SIGNED_AFTER
    return record.opened_at + min(SIGNED_AFTER, (record.closed_at - record.opened_at) / 2)


def next_move(file: CaseFile, record: Record, stage: Stage, at: datetime, city: City) -> NextMove | None:
    """The next move of the record's course that is due by this stage; None when there is none now."""
    case = file.case
    if case.has_ended:
        return None
    for intent in NEXT.get(case.state, ()):
        if intent.stage > stage or not _wanted(intent.move, file, record):
            continue
        by = _post(intent.role, case.lead_unit)
        step = next((s for s in open_steps(file, by, at, city) if s.move == intent.move), None)
        if step is not None:
            return NextMove(intent.move, by, _details(step, record))
    return None


def _wanted(move: str, file: CaseFile, record: Record) -> bool:
    """Whether the record speaks for this move: units only as it names them."""
    lead, unit = file.case.lead_unit, record.unit
    if move in ("dispatch", "redispatch"):
        return unit is not None
    if move == "return":
        return unit is not None and lead != unit
    if move in ("answer", "take_note", "explain"):
        return unit is None
    return True


def _post(role: Role, lead_unit: str | None) -> Post:
    """Who acts in a replay; one login per role, so that nobody checks their own work."""
    unit = lead_unit if role is Role.HANDLER else None
    return Post(login=f"replay-{role.value}", role=role, unit=unit)


def _details(step: Step, record: Record) -> Details:
    reasons = {
        "dispatch": Reason("dispatch.chosen", {"unit": record.unit}),
        "redispatch": Reason("adjudicated.redispatched", {"unit": record.unit}),
        "return": Reason("return.not_ours"),
        "explain": Reason("explained.other_route"),
    }
    note = record.outcome if step.move in ("handle", "reply", "close", "answer") and record.outcome else NOTE
    return Details(
        reason=reasons.get(step.move),
        note=note if "note" in step.needs else "",
        unit=record.unit if "unit" in step.needs else None,
    )


def callback_of(record: Record) -> tuple[str, Details]:
    """How a report that waits for its callback is settled: as recorded, else exempt since the record holds none."""
    if record.solved is None and record.satisfied is None:
        return "exempt", Details(reason=Reason("exempt.imported"))
    heard = Outcome("yes", record.solved or "yes", record.satisfied or "satisfied")
    return "call_back", Details(outcome=heard)
