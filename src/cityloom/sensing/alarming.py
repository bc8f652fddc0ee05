"""The life of an alarm: what a change of its condition does to it, and what time does. Pure.

One alarm stands for each rule and device (or area). A condition that comes back within the rule's `return_s` is the
same alarm. One that changes `flaps` times within `flap_s` flaps: its alarm stays, and its changes are counted only,
until it has been quiet for `flap_s`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cityloom.base.reasons import Reason
from cityloom.cases.permissions import SYSTEM
from cityloom.city.alarm_rules import AlarmRule
from cityloom.sensing import alarm_reasons as alarm_reasons  # registers the sentences
from cityloom.sensing.alarm_values import Alarm, AlarmEntry, State, Subject, Window
from cityloom.sensing.rules import Change

# Who is told when nobody acknowledged an alarm, rung by rung; minutes by severity where the rule says none.
LADDER = ("sensor_owner", "dispatcher", "supervisor", "leader")
ESCALATE_MIN: Mapping[str, tuple[float, ...]] = {"urgent": (5, 15, 30), "high": (15, 60), "ordinary": (240,)}
MOST_CHANGES = 50

Stepped = tuple[Alarm, list[AlarmEntry]]


@dataclass(frozen=True)
class Silence:
    """Why an alarm would be silent: another one that stands, or a planned window."""

    alarm: int | None = None
    window: int | None = None

    @property
    def reason(self) -> Reason:
        if self.window is not None:
            return Reason("alarm.maintenance", {"window": self.window})
        return Reason("alarm.parent", {"alarm": self.alarm})


def moment(at_ms: int) -> datetime:
    """The moment of a reading."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def find_silence(
    subject: Subject,
    own_rule: str,
    standing: Iterable[Alarm],
    windows: Iterable[Window],
    rules: Mapping[str, AlarmRule],
    at: datetime,
    own_id: int = 0,
) -> Silence | None:
    """What silences an alarm of this device or area now, or None: a window, else a parent or a silencing rule."""
    for window in windows:
        if window.covers(subject, at):
            return Silence(window=window.id)
    for other in standing:
        if other.id != own_id and other.is_standing and other.stands and silences(other, subject, own_rule, rules):
            return Silence(alarm=other.id)
    return None


def silences(other: Alarm, subject: Subject, own_rule: str, rules: Mapping[str, AlarmRule]) -> bool:
    """Whether a standing alarm accounts for those of this device: of its parent, or by its rule for type and area."""
    if other.device_id is not None and other.device_id in subject.parents:
        return True
    rule = rules.get(other.rule)
    if rule is None or rule.code == own_rule or not subject.type or subject.type not in rule.silences:
        return False
    return other.silenced_area is not None and other.silenced_area in subject.areas


# --- what readings do -------------------------------------------------------------------------------------------


def raise_new(
    alarm_id: int,
    city_id: int,
    version: int,
    rule: AlarmRule,
    subject: Subject,
    change: Change,
    silence: Silence | None,
    now: datetime,
) -> Stepped:
    """A new alarm for a condition that begins; silent where something accounts for it."""
    at = moment(change.at_ms)
    state = State.SILENCED if silence else State.RAISED
    alarm = Alarm(
        id=alarm_id,
        city_id=city_id,
        rule=rule.code,
        subject=subject.key,
        severity=rule.severity,
        state=state.value,
        raised_at=at,
        recorded_at=now,
        city_version=version,
        type=subject.type,
        device_id=subject.device_id,
        stream_id=change.stream or None,
        area=subject.area,
        areas=subject.areas,
        owner=subject.owner,
        lon=subject.lon,
        lat=subject.lat,
        class_code=rule.class_code or None,
        value=change.value,
        changed_ms=change.at_ms,
        changes=(change.at_ms,),
        silenced_area=subject.at_level.get(rule.silences_level) if rule.silences else None,
        silenced_by=silence.alarm if silence else None,
        window_id=silence.window if silence else None,
        escalate_at=None if silence else next_rung_at(rule, 0, now),
        case_wanted=rule.opens_case and silence is None,
    )
    reason = silence.reason if silence else Reason("alarm.breach", _said(change))
    return alarm, [AlarmEntry("raise", "", alarm.state, SYSTEM, at, reason)]


def _said(change: Change) -> dict[str, object]:
    return {} if change.value is None else {"value": change.value}


def is_news(alarm: Alarm | None, change: Change) -> bool:
    """Whether a change is not known yet: a replay says again what has been told."""
    if alarm is None:
        return change.raised
    if change.raised:
        return not alarm.stands and change.at_ms > alarm.changed_ms
    return alarm.stands and alarm.state != State.CLOSED and change.at_ms >= alarm.changed_ms


def is_same(alarm: Alarm | None, rule: AlarmRule, change: Change) -> bool:
    """Whether a condition that begins belongs to this alarm: it stands still, or it ended a short while ago."""
    if alarm is None or alarm.state == State.CLOSED:
        return False
    return alarm.is_standing or change.at_ms - alarm.changed_ms <= 1000 * rule.return_s


def apply_change(alarm: Alarm, rule: AlarmRule, change: Change, silence: Silence | None, now: datetime) -> Stepped:
    """The alarm after its condition began or ended again."""
    at = moment(change.at_ms)
    recent = (*(ms for ms in alarm.changes if change.at_ms - ms < 1000 * rule.flap_s), change.at_ms)[-MOST_CHANGES:]
    after = replace(alarm, stands=change.raised, changed_ms=change.at_ms, changes=recent)
    if change.raised and change.value is not None:
        after = replace(after, value=change.value)
    if alarm.flapping:
        return after, []
    if len(recent) >= rule.flaps and alarm.state != State.SILENCED:
        return _flap(after, rule, len(recent), at, now)
    if not change.raised:
        return _clear(after, at, Reason("alarm.normal", _said(change)))
    return _come_back(after, rule, silence, at, now)


def _flap(alarm: Alarm, rule: AlarmRule, count: int, at: datetime, now: datetime) -> Stepped:
    state = alarm.state if alarm.is_standing else _state_again(alarm)
    again = now if state == State.RAISED and not alarm.is_standing else None
    after = replace(
        alarm,
        state=state,
        flapping=True,
        cleared_at=None,
        escalate_at=next_rung_at(rule, alarm.rung, again) if again else alarm.escalate_at,
    )
    reason = Reason("alarm.flapping", {"count": count, "minutes": round(rule.flap_s / 60)})
    return after, [AlarmEntry("flap", alarm.state, state, SYSTEM, at, reason)]


def _come_back(alarm: Alarm, rule: AlarmRule, silence: Silence | None, at: datetime, now: datetime) -> Stepped:
    state = State.SILENCED.value if silence else _state_again(alarm)
    after = replace(
        alarm,
        state=state,
        cleared_at=None,
        silenced_by=silence.alarm if silence else None,
        window_id=silence.window if silence else None,
        escalate_at=next_rung_at(rule, alarm.rung, now) if state == State.RAISED else None,
        case_wanted=rule.opens_case and alarm.case_id is None and silence is None,
    )
    reason = silence.reason if silence else Reason("alarm.came_back")
    return after, [AlarmEntry("return", alarm.state, state, SYSTEM, at, reason)]


def _state_again(alarm: Alarm) -> str:
    """Somebody who has acknowledged it need not do so again."""
    return (State.ACKNOWLEDGED if alarm.acknowledged_at else State.RAISED).value


def _clear(alarm: Alarm, at: datetime, reason: Reason) -> Stepped:
    """The condition is over; one that was silent all the time ends with it."""
    silent = alarm.state == State.SILENCED and alarm.case_id is None
    state = State.CLOSED if silent else State.CLEARED
    after = replace(
        alarm,
        state=state.value,
        stands=False,
        flapping=False,
        cleared_at=at,
        closed_at=at if silent else None,
        closed_by=SYSTEM.login if silent else "",
        escalate_at=None,
        silenced_by=None,
        case_wanted=False if silent else alarm.case_wanted,
    )
    return after, [AlarmEntry("clear", alarm.state, state.value, SYSTEM, at, reason)]


def end(alarm: Alarm, now: datetime, why: str, **params: str) -> Stepped:
    """The condition is over by another knowledge than a reading: a rule is gone, a restart showed it."""
    return _clear(replace(alarm, stands=False), now, Reason(why, params))


# --- what others and time do ------------------------------------------------------------------------------------


def silence(alarm: Alarm, why: Silence, at: datetime) -> Stepped:
    """Another alarm or a window accounts for it from now on."""
    after = replace(
        alarm, state=State.SILENCED.value, silenced_by=why.alarm, window_id=why.window, escalate_at=None,
        case_wanted=False,
    )  # fmt: skip
    return after, [AlarmEntry("silence", alarm.state, after.state, SYSTEM, at, why.reason)]


def release(alarm: Alarm, rule: AlarmRule, now: datetime) -> Stepped:
    """What silenced it is over, and the condition still holds."""
    after = replace(
        alarm,
        state=_state_again(alarm),
        silenced_by=None,
        window_id=None,
        escalate_at=None if alarm.acknowledged_at else next_rung_at(rule, alarm.rung, now),
        case_wanted=rule.opens_case and alarm.case_id is None,
    )
    return after, [AlarmEntry("release", alarm.state, after.state, SYSTEM, now, Reason("alarm.released"))]


def calm(alarm: Alarm, rule: AlarmRule, now: datetime) -> Stepped | None:
    """A flapping alarm that has been quiet long enough goes on as its condition is; None while it is not."""
    quiet_at = moment(alarm.changed_ms) + timedelta(seconds=rule.flap_s)
    if not alarm.flapping or now < quiet_at:
        return None
    steady = replace(alarm, flapping=False, changes=())
    if alarm.stands:
        return steady, [AlarmEntry("calm", alarm.state, alarm.state, SYSTEM, now, Reason("alarm.steady"))]
    return _clear(steady, moment(alarm.changed_ms), Reason("alarm.quiet"))


def next_rung_at(rule: AlarmRule, rung: int, since: datetime) -> datetime | None:
    """When the next role hears of it if nobody acknowledges it; None where there is no further rung."""
    minutes = rungs_of(rule)
    if rung >= len(minutes):
        return None
    before = minutes[rung - 1] if rung else 0.0
    return since + timedelta(minutes=minutes[rung] - before)


def rungs_of(rule: AlarmRule) -> tuple[float, ...]:
    """Minutes after which each rung hears of it."""
    return (rule.escalate_min or ESCALATE_MIN.get(rule.severity, ()))[: len(LADDER) - 1]


def escalate(alarm: Alarm, rule: AlarmRule, now: datetime) -> Stepped | None:
    """The next role hears of an alarm that nobody acknowledged; None when that is not due."""
    if alarm.state != State.RAISED or alarm.escalate_at is None or now < alarm.escalate_at:
        return None
    rung = alarm.rung + 1
    after = replace(alarm, rung=rung, escalate_at=next_rung_at(rule, rung, now))
    minutes = rungs_of(rule)[rung - 1] if rung <= len(rungs_of(rule)) else 0
    reason = Reason("alarm.unacknowledged", {"minutes": round(minutes), "role": LADDER[rung]})
    return after, [AlarmEntry("escalate", alarm.state, alarm.state, SYSTEM, now, reason)]
