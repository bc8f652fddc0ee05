"""What people do with an alarm: the table of their moves, who may make them, and what each changes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason
from cityloom.city.alarm_rules import SEVERE
from cityloom.city.values import Post, Role
from cityloom.sensing import alarm_reasons as alarm_reasons  # registers the sentences
from cityloom.sensing.alarm_values import Alarm, AlarmEntry, State, Window

OWNERS = frozenset({Role.SENSOR_OWNER, Role.HANDLER})  # of the own unit's devices
WATCHERS = frozenset({Role.DISPATCHER, Role.SHIFT_LEAD, Role.SUPERVISOR, Role.LEADER})  # of their area
READERS = OWNERS | WATCHERS | {Role.DATA_STEWARD, Role.AUDITOR}
ACTORS = OWNERS | WATCHERS
REVIEW_PARTS = ("happened", "why", "changes")
NOTE_CHARS = 2000
NOT_CLOSED = frozenset(State) - {State.CLOSED}


class NoSuchAlarm(CityloomError):
    """No alarm of that number."""

    status = 404


class ImpossibleAlarmMove(CityloomError):
    """The table has no row for this move from this state."""

    status = 409


class AlarmMoveRefused(CityloomError):
    """The move needs something that did not come, or that is not there yet."""

    status = 422


class NotYourAlarm(CityloomError):
    """The post may not make this move on this alarm, or not see it."""

    status = 403


class StaleAlarm(CityloomError):
    """Somebody else changed it first."""

    status = 409


@dataclass(frozen=True)
class AlarmStep:
    """One row of the table: this move, from these states, to that one (`=` stays), what must come with it."""

    move: str
    came_from: frozenset[str]
    to: str
    needs_note: bool = False
    by: frozenset[Role] = ACTORS


STEPS: tuple[AlarmStep, ...] = (
    AlarmStep("acknowledge", frozenset({State.RAISED}), State.ACKNOWLEDGED),
    AlarmStep("close", frozenset({State.CLEARED}), State.CLOSED),
    AlarmStep("close", frozenset({State.RAISED, State.ACKNOWLEDGED, State.SILENCED}), State.CLOSED, needs_note=True),
    AlarmStep("note", frozenset(State), "=", needs_note=True),
    AlarmStep("review", frozenset({State.ACKNOWLEDGED, State.CLEARED, State.CLOSED}), "="),
    AlarmStep("mark_false", frozenset(State), "=", needs_note=True),
    AlarmStep("mark_true", frozenset(State), "="),
)


@dataclass(frozen=True)
class Given:
    """What comes with a move; `case_ended`: whether the alarm's case has, None where it has none."""

    note: str = ""
    review: Mapping[str, str] = field(default_factory=dict)
    case_ended: bool | None = None


# --- who may ----------------------------------------------------------------------------------------------------


def may_see_alarm(post: Post, owner: str | None, areas: tuple[str, ...]) -> Reason | None:
    """None when this post may look at alarms and devices of this owner and place, else why not."""
    if post.role not in READERS:
        return Reason("alarm.not_for_role", {"role": post.role.value, "alarm_move": "see", "roles": sorted(READERS)})
    if post.role in OWNERS and owner not in post.units:
        return Reason("alarm.not_your_unit")
    if post.area is not None and post.area not in areas:
        return Reason("alarm.not_your_area")
    return None


def seen_by(post: Post, owner: str, areas: str) -> tuple[str, list[Any]]:
    """The same for lists: an SQL condition over the columns `owner` and `areas` (codes), with its parameters."""
    if post.role not in READERS:
        return "FALSE", []
    conditions: list[str] = []
    params: list[Any] = []
    if post.role in OWNERS:
        conditions.append(f"{owner} = ANY(%s)")
        params.append(list(post.units))
    if post.area is not None:
        conditions.append(f"{areas} @> ARRAY[%s]::varchar[]")
        params.append(post.area)
    return " AND ".join(conditions) or "TRUE", params


def require_actor(post: Post, move: str, owner: str | None, areas: tuple[str, ...]) -> None:
    """Refuse a post that may not act on alarms and devices of this owner and place; raises NotYourAlarm."""
    if post.role not in ACTORS:
        raise NotYourAlarm("alarm.not_for_role", role=post.role.value, alarm_move=move, roles=sorted(ACTORS))
    if (refusal := may_see_alarm(post, owner, areas)) is not None:
        raise NotYourAlarm(refusal.code, **refusal.params)


# --- one move ---------------------------------------------------------------------------------------------------


def possible_moves(alarm: Alarm, post: Post) -> list[str]:
    """The moves open to this post now, what they need aside."""
    if may_see_alarm(post, alarm.owner, alarm.areas) is not None:
        return []
    return list(dict.fromkeys(s.move for s in STEPS if alarm.state in s.came_from and post.role in s.by))


def move_alarm(alarm: Alarm, move: str, by: Post, given: Given, at: datetime) -> tuple[Alarm, AlarmEntry]:
    """The alarm after a person's move and its entry; raises NotYourAlarm, ImpossibleAlarmMove or AlarmMoveRefused."""
    require_actor(by, move, alarm.owner, alarm.areas)
    step = next((s for s in STEPS if s.move == move and alarm.state in s.came_from), None)
    if step is None:
        possible = possible_moves(alarm, by)
        raise ImpossibleAlarmMove("alarm.impossible", alarm_state=alarm.state, alarm_move=move, alarm_moves=possible)
    note = given.note.strip()[:NOTE_CHARS]
    if step.needs_note and not note:
        raise AlarmMoveRefused("alarm.needs_note", alarm_move=move)
    state = alarm.state if step.to == "=" else str(step.to)
    after = replace(_CARRY_OUT[move](alarm, by, given, at), state=state)
    changes: dict[str, Any] = {"review": dict(after.review or {})} if move == "review" else {}
    reason = {"mark_false": Reason("alarm.false"), "mark_true": Reason("alarm.true")}.get(move)
    return after, AlarmEntry(move, alarm.state, state, by, at, reason, note, changes)


def _acknowledge(alarm: Alarm, by: Post, given: Given, at: datetime) -> Alarm:
    return replace(alarm, acknowledged_at=at, acknowledged_by=by.login, escalate_at=None)


def _close(alarm: Alarm, by: Post, given: Given, at: datetime) -> Alarm:
    """A severe alarm needs its review (a false one only its note), an open case its end or a note."""
    if alarm.severity in SEVERE and alarm.verdict != "false" and not alarm.review:
        raise AlarmMoveRefused("alarm.needs_review")
    if given.case_ended is False and not given.note.strip():
        raise AlarmMoveRefused("alarm.needs_case_end", number=alarm.case_number)
    return replace(alarm, closed_at=at, closed_by=by.login, escalate_at=None, case_wanted=False, flapping=False)


def _review(alarm: Alarm, by: Post, given: Given, at: datetime) -> Alarm:
    said = {part: given.review.get(part, "").strip()[:NOTE_CHARS] for part in REVIEW_PARTS}
    if not all(said.values()):
        raise AlarmMoveRefused("alarm.needs_review")
    return replace(alarm, review=said)


_CARRY_OUT: dict[str, Callable[[Alarm, Post, Given, datetime], Alarm]] = {
    "acknowledge": _acknowledge,
    "close": _close,
    "note": lambda alarm, by, given, at: alarm,
    "review": _review,
    "mark_false": lambda alarm, by, given, at: replace(alarm, verdict="false"),
    "mark_true": lambda alarm, by, given, at: replace(alarm, verdict="true"),
}


# --- maintenance ------------------------------------------------------------------------------------------------


LONGEST_DAYS = 92


class BadWindow(CityloomError):
    """A maintenance window without reason, scope or span."""

    status = 422


class NoSuchWindow(CityloomError):
    """No maintenance window of that number, or one that is over."""

    status = 404


def check_window(window: Window, at: datetime) -> None:
    """A window has a reason, something it is about, and ends after it begins, ahead of now; raises BadWindow."""
    if not window.reason.strip():
        raise BadWindow("window.no_reason")
    if window.device_id is None and window.area is None and not window.type:
        raise BadWindow("window.no_scope")
    span = window.until_at - window.from_at
    if not 0 < span.total_seconds() <= LONGEST_DAYS * 86_400 or window.until_at <= at:
        raise BadWindow("window.wrong_span", days=LONGEST_DAYS)
