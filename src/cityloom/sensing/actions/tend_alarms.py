"""What time and cases do to alarms: flapping ones calm down, silent ones are released, unseen ones told on, ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.reasons import Reason
from cityloom.cases.permissions import SYSTEM
from cityloom.city.alarm_rules import SEVERE
from cityloom.city.paths import END_STATES
from cityloom.city.snapshot_values import City
from cityloom.sensing import alarming
from cityloom.sensing.alarm_keeping import keep_alarms, read_alarms, windows_around
from cityloom.sensing.alarm_subjects import subjects_of
from cityloom.sensing.alarm_values import Alarm, AlarmEntry, State
from cityloom.sensing.alarming import Stepped, find_silence
from cityloom.sensing.rules import Subject

MOST = 500
# Cleared alarms of no case and no great weight are closed by the system after so long.
CLOSES_AFTER_H = 24


def tend_alarms(city: City, clock: Clock) -> dict[str, int]:
    """Do what is due now; how many alarms took each step."""
    now = clock.now()
    done: dict[str, int] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for step in (_calm, _release, _escalate, _end):
            stepped = step(cursor, city, now)
            entries = [(alarm, entry) for alarm, told in stepped for entry in told]
            keep_alarms(cursor, [], [alarm for alarm, _ in stepped], entries, now)
            for _, entry in entries:
                done[entry.move] = done.get(entry.move, 0) + 1
    return done


def _calm(cursor: CursorWrapper, city: City, now: datetime) -> list[Stepped]:
    found = _look(cursor, city, "a.flapping AND a.state <> 'closed'", [])
    steps = [alarming.calm(a, city.rules[a.rule], now) for a in found if a.rule in city.rules]
    return [step for step in steps if step is not None]


def _release(cursor: CursorWrapper, city: City, now: datetime) -> list[Stepped]:
    """Silent alarms that nothing accounts for any more; one that changed hands stays silent for the new reason."""
    found = _look(cursor, city, "a.state = 'silenced' AND a.stands", [])
    if not found:
        return []
    whose = {Subject(a.device_id) if a.device_id is not None else Subject(0, a.area or "") for a in found}
    subjects = subjects_of(cursor, city, whose)
    parents = sorted({p for s in subjects.values() for p in s.parents})
    silencing = [code for code, rule in city.rules.items() if rule.silences]
    standing = read_alarms(
        cursor,
        "a.city_id = %s AND a.state IN ('raised', 'acknowledged', 'silenced') AND a.stands "
        "AND (a.device_id = ANY(%s) OR a.rule = ANY(%s)) ORDER BY a.id",
        [city.id, parents, silencing],
    )
    windows = windows_around(cursor, city.id, now, now)
    steps: list[Stepped] = []
    for alarm in found:
        subject = subjects.get(alarm.subject)
        if subject is None or alarm.rule not in city.rules:
            continue
        if find_silence(subject, alarm.rule, standing, windows, city.rules, now, own_id=alarm.id) is None:
            steps.append(alarming.release(alarm, city.rules[alarm.rule], now))
    return steps


def _escalate(cursor: CursorWrapper, city: City, now: datetime) -> list[Stepped]:
    found = _look(cursor, city, "a.state = 'raised' AND a.escalate_at <= %s", [now])
    steps = [alarming.escalate(a, city.rules[a.rule], now) for a in found if a.rule in city.rules]
    return [step for step in steps if step is not None]


def _end(cursor: CursorWrapper, city: City, now: datetime) -> list[Stepped]:
    """Cleared alarms end with their case, or a day later where they have none; severe ones wait for their review."""
    found = _look(
        cursor,
        city,
        "a.state = 'cleared' AND (a.severity <> ALL(%s) OR a.review IS NOT NULL OR a.verdict = 'false') "
        "AND CASE WHEN a.case_id IS NULL THEN NOT a.case_wanted AND a.cleared_at < %s - %s * interval '1 hour' "
        "ELSE EXISTS (SELECT 1 FROM cases_case c WHERE c.id = a.case_id AND c.state = ANY(%s)) END",
        [sorted(SEVERE), now, CLOSES_AFTER_H, sorted(END_STATES)],
    )
    return [_closed(alarm, now) for alarm in found]


def _closed(alarm: Alarm, now: datetime) -> Stepped:
    reason = Reason("alarm.case_ended", {"number": alarm.case_number}) if alarm.case_id else Reason("alarm.quiet")
    after = replace(alarm, state=State.CLOSED.value, closed_at=now, closed_by=SYSTEM.login)
    return after, [AlarmEntry("close", alarm.state, after.state, SYSTEM, now, reason)]


def _look(cursor: CursorWrapper, city: City, condition: str, params: list[object]) -> list[Alarm]:
    return read_alarms(
        cursor,
        f"a.city_id = %s AND a.state <> 'closed' AND {condition} ORDER BY a.id LIMIT {MOST} FOR UPDATE SKIP LOCKED",
        [city.id, *params],
    )
