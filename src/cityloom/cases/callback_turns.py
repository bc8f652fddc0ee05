"""Whose turn it is to be called: what stands against a call now, who comes first, what settles itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from cityloom.base.message_rules import MessageRules, quiet_until
from cityloom.base.reasons import Reason
from cityloom.cases.callbacks import CallbackRules


@dataclass(frozen=True)
class Waiting:
    """A report that waits for its callback, as the list sees it. Nothing of who reported."""

    report_id: int
    case_id: int
    number: str
    version: int
    class_code: str | None
    area: str | None
    address: str
    lead_unit: str | None
    urgency: str
    language: str
    consents: tuple[str, ...]
    quiet_hours: str
    has_phone: bool
    due_at: datetime | None
    attempts: int
    last: str
    last_at: datetime | None
    next_at: datetime | None
    opened_at: datetime
    link_until: datetime | None = None  # a link that is out and unanswered
    held_by: str = ""  # the login that opened the contact a moment ago
    due_since: datetime | None = None

    @property
    def wish(self) -> str:
        """How the person agreed to be asked: call, link (by SMS only) or none."""
        return "call" if "callback" in self.consents else "link" if "sms" in self.consents else "none"


@dataclass(frozen=True)
class Turn:
    """A waiting report with its turn: it may be called now, or from a moment on and why only then."""

    waiting: Waiting
    free_at: datetime | None = None
    because: str = ""  # quiet, asked, tried, link, held, wish

    @property
    def is_now(self) -> bool:
        return self.free_at is None


FAR = datetime.max.replace(tzinfo=UTC)
HELD = timedelta(minutes=10)  # how long an opened contact counts as being called by who opened it


def turn_of(waiting: Waiting, at: datetime, rules: CallbackRules) -> Turn:
    """Whether it may be called now; the latest of what stands against it counts."""
    against: list[tuple[datetime, str]] = []
    if waiting.next_at is not None and waiting.next_at > at:
        against.append((waiting.next_at, "asked"))
    elif waiting.last_at is not None and waiting.next_at is None and waiting.last_at + rules.again_after > at:
        against.append((waiting.last_at + rules.again_after, "tried"))
    if waiting.link_until is not None and waiting.link_until > at:
        against.append((waiting.link_until, "link"))
    if waiting.wish != "call":
        against.append((FAR, "wish"))
    if waiting.held_by:
        against.append((at + HELD, "held"))
    for begins, ends in ((rules.quiet_from, rules.quiet_until), *_own_hours(waiting.quiet_hours)):
        if (quiet := quiet_until(at, MessageRules(rules.zone, begins, ends))) is not None:
            against.append((quiet, "quiet"))
    if not against:
        return Turn(waiting)
    free_at, because = max(against)
    return Turn(waiting, free_at, because)


def _own_hours(written: str) -> list[tuple[time, time]]:
    """The hours a person asked not to be called, from `21:00-08:00`; none where nothing can be read."""
    begins, dash, ends = written.partition("-")
    try:
        return [(time.fromisoformat(begins.strip()), time.fromisoformat(ends.strip()))] if dash else []
    except ValueError:
        return []


# --- what settles itself ----------------------------------------------------------------------------------------


def settles_itself(waiting: Waiting, at: datetime) -> Reason | None:
    """Why the system exempts a waiting report without a call, or None."""
    if not waiting.has_phone:
        return Reason("exempt.no_contact")
    if waiting.wish == "none":
        return Reason("exempt.wished")
    link_over = waiting.link_until is not None and waiting.link_until <= at
    return Reason("exempt.link_unanswered") if waiting.wish == "link" and link_over else None


_URGENCY = {"urgent": 0, "ordinary": 1, "complex": 2}


def in_turn(waiting: Iterable[Waiting], at: datetime, rules: CallbackRules) -> list[Turn]:
    """Who is called first: those promised this moment, then by the day the callback falls due, urgency and moment;
    behind them those who have to wait, the soonest first."""
    turns = [turn_of(w, at, rules) for w in waiting]

    def key(turn: Turn) -> tuple[Any, ...]:
        it = turn.waiting
        due = it.due_at or FAR
        day = due.astimezone(rules.zone).date() if it.due_at else due.date()
        if not turn.is_now:
            return (2, turn.free_at, due, it.report_id)
        promised = it.next_at is not None
        return (0 if promised else 1, day, _URGENCY.get(it.urgency, 1), due, it.report_id)

    return sorted(turns, key=key)
