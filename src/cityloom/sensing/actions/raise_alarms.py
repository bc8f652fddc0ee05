"""What changed of conditions becomes alarms: new ones, returned, cleared, flapping; silent where accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.city.alarm_rules import AlarmRule
from cityloom.city.snapshot_values import City
from cityloom.sensing import alarming
from cityloom.sensing.alarm_keeping import keep_alarms, newest_of, read_alarms, windows_around
from cityloom.sensing.alarm_subjects import subjects_of
from cityloom.sensing.alarm_values import Alarm, AlarmEntry, State, Subject, Window
from cityloom.sensing.alarming import Silence, Stepped, find_silence, moment
from cityloom.sensing.rules import Change

Key = tuple[str, str]


@dataclass
class _Standing:
    """The alarms at hand while changes are applied one by one."""

    newest: dict[Key, Alarm]
    silencers: dict[int, Alarm]
    windows: Sequence[Window]
    rules: Mapping[str, AlarmRule]
    new: set[int] = field(default_factory=set)
    changed: dict[int, Alarm] = field(default_factory=dict)
    entries: list[tuple[Alarm, AlarmEntry]] = field(default_factory=list)
    raised: list[Alarm] = field(default_factory=list)

    def put(self, stepped: Stepped) -> None:
        alarm, entries = stepped
        self.newest[alarm.rule, alarm.subject] = alarm
        self.changed[alarm.id] = alarm
        self.entries += [(alarm, entry) for entry in entries]
        if alarm.is_standing:
            self.silencers[alarm.id] = alarm
        else:
            self.silencers.pop(alarm.id, None)


def raise_alarms(city: City, changes: Sequence[Change], clock: Clock) -> list[Alarm]:
    """The alarms that changed, written in the caller's transaction. What was told before changes nothing."""
    known = [change for change in changes if change.rule in city.rules]
    if not known:
        return []
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        subjects = subjects_of(cursor, city, (change.subject for change in known))
        at = _standing(cursor, city, known, subjects, now)
        for change in known:
            subject = subjects.get(str(change.subject))
            if subject is not None:
                _apply(city, at, change, subject, now)
        _silence_others(cursor, city, at, now)
        new = [alarm for alarm in at.changed.values() if alarm.id in at.new]
        old = [alarm for alarm in at.changed.values() if alarm.id not in at.new]
        keep_alarms(cursor, new, old, at.entries, now)
    return list(at.changed.values())


def _standing(
    cursor: CursorWrapper, city: City, changes: Sequence[Change], subjects: Mapping[str, Subject], now: datetime
) -> _Standing:
    keys = sorted({(change.rule, str(change.subject)) for change in changes})
    newest = newest_of(cursor, city.id, keys)
    parents = sorted({parent for subject in subjects.values() for parent in subject.parents})
    silencing = [code for code, rule in city.rules.items() if rule.silences]
    silencers = read_alarms(
        cursor,
        "a.city_id = %s AND a.state IN ('raised', 'acknowledged', 'silenced') AND a.stands "
        "AND (a.device_id = ANY(%s) OR a.rule = ANY(%s))",
        [city.id, parents, silencing],
    )
    moments = [moment(change.at_ms) for change in changes]
    windows = windows_around(cursor, city.id, min(moments), max(*moments, now))
    return _Standing(newest, {a.id: a for a in silencers}, windows, city.rules)


def _apply(city: City, at: _Standing, change: Change, subject: Subject, now: datetime) -> None:
    rule = city.rules[change.rule]
    alarm = at.newest.get((change.rule, subject.key))
    if not alarming.is_news(alarm, change):
        return
    silence = _silence_of(at, subject, rule, change) if change.raised else None
    if alarm is not None and (alarming.is_same(alarm, rule, change) or not change.raised):
        at.put(alarming.apply_change(alarm, rule, change, silence, now))
        return
    if alarm is not None and alarm.is_standing:
        return
    alarm_id = ids.one()
    at.new.add(alarm_id)
    at.put(alarming.raise_new(alarm_id, city.id, city.version, rule, subject, change, silence, now))
    at.raised.append(at.newest[change.rule, subject.key])


def _silence_of(at: _Standing, subject: Subject, rule: AlarmRule, change: Change) -> Silence | None:
    standing = sorted(at.silencers.values(), key=lambda alarm: alarm.id)
    return find_silence(subject, rule.code, standing, at.windows, at.rules, moment(change.at_ms))


def _silence_others(cursor: CursorWrapper, city: City, at: _Standing, now: datetime) -> None:
    """Alarms that stood before what accounts for them was known, and that nobody has acknowledged, fall silent."""
    areas = {a.silenced_area for a in at.raised if a.silenced_area and a.is_standing}
    types = sorted({t for a in at.raised for t in city.rules[a.rule].silences})
    parents = sorted({a.device_id for a in at.raised if a.device_id is not None and a.is_standing})
    if not parents and not areas:
        return
    mine = sorted(at.changed)
    found = read_alarms(
        cursor,
        "a.city_id = %s AND a.state = 'raised' AND a.id <> ALL(%s) "
        "AND ((a.type = ANY(%s) AND a.areas && %s::varchar[]) "
        "OR a.device_id IN (SELECT id FROM sensing_device WHERE parent_id = ANY(%s))) ORDER BY a.id FOR UPDATE",
        [city.id, mine, types, sorted(areas), parents],
    )
    others = [*found, *(a for a in at.changed.values() if a.state == State.RAISED)]
    cursor.execute(
        "SELECT id, parent_id FROM sensing_device WHERE id = ANY(%s) AND parent_id IS NOT NULL",
        [[a.device_id for a in others if a.device_id is not None]],
    )
    parent_of = dict(cursor.fetchall())
    for alarm in others:
        subject = Subject(
            key=alarm.subject,
            device_id=alarm.device_id,
            type=alarm.type,
            areas=alarm.areas,
            parents=(parent_of[alarm.device_id],) if alarm.device_id in parent_of else (),
        )
        why = find_silence(subject, alarm.rule, at.raised, (), at.rules, now, own_id=alarm.id)
        if why is not None:
            at.put(alarming.silence(alarm, why, now))
