"""Each alarm that wants one gets its one case, and the case is told when the readings change again."""

from __future__ import annotations

import math
from dataclasses import replace

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason
from cityloom.cases.actions.move_case import move_case
from cityloom.cases.actions.receive_report import NewReport, receive_report
from cityloom.cases.errors import ImpossibleMove
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.values import Details
from cityloom.city.alarm_rules import AlarmRule
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name, Source
from cityloom.sensing.alarm_evidence import evidence_of
from cityloom.sensing.alarm_keeping import keep_alarms, read_alarms
from cityloom.sensing.alarm_values import Alarm, AlarmEntry

MOST = 50


def open_alarm_cases(city: City, clock: Clock, most: int = MOST) -> int:
    """Open the cases that are wanted, each in a transaction of its own; how many were opened.

    The idempotency key of the report is the alarm's number: an alarm never has two cases. What cannot be filed (its
    class is gone, the device lies outside the city) is told in the alarm's history, once.
    """
    opened = 0
    for _ in range(most):
        with transaction.atomic(), connection.cursor() as cursor:
            condition = "a.city_id = %s AND a.case_wanted ORDER BY a.id LIMIT 1 FOR UPDATE SKIP LOCKED"
            found = read_alarms(cursor, condition, [city.id])
            if not found:
                break
            opened += _open(cursor, city, found[0], clock)
    return opened


def tell_alarm_cases(city: City, clock: Clock, most: int = MOST) -> int:
    """Tell the open cases of alarms whether their readings are back to normal; how many were told."""
    told = 0
    for _ in range(most):
        with transaction.atomic(), connection.cursor() as cursor:
            found = read_alarms(
                cursor,
                "a.city_id = %s AND a.case_id IS NOT NULL AND NOT a.flapping "
                "AND a.told_stands IS DISTINCT FROM (a.stands AND a.state <> 'closed') "
                "AND (a.state <> 'closed' OR a.told_stands) ORDER BY a.id LIMIT 1 FOR UPDATE SKIP LOCKED",
                [city.id],
            )
            if not found:
                break
            told += _tell(cursor, city, found[0], clock)
    return told


def _open(cursor: CursorWrapper, city: City, alarm: Alarm, clock: Clock) -> int:
    now, rule = clock.now(), city.rules.get(alarm.rule)
    if rule is None:
        keep_alarms(cursor, [], [replace(alarm, case_wanted=False)], [], now)
        return 0
    after = replace(alarm, case_wanted=False, evidence=evidence_of(cursor, alarm, rule, now))
    try:
        with transaction.atomic():
            received = receive_report(city, _report(cursor, city, alarm, rule), SYSTEM, clock)
    except CityloomError as refusal:
        reason = Reason("alarm.case_refused", {"why": str(refusal)})
        entry = AlarmEntry("case", alarm.state, alarm.state, SYSTEM, now, reason)
        keep_alarms(cursor, [], [after], [(after, entry)], now)
        return 0
    after = replace(after, case_id=received.file.case.id, case_number=received.number, told_stands=False)
    reason = Reason("alarm.case_opened", {"number": received.number})
    entry = AlarmEntry("case", alarm.state, alarm.state, SYSTEM, now, reason)
    if _moves(city, after, stands=alarm.stands, clock=clock):
        after = replace(after, told_stands=alarm.stands)
    keep_alarms(cursor, [], [after], [(after, entry)], now)
    return 1


def _tell(cursor: CursorWrapper, city: City, alarm: Alarm, clock: Clock) -> int:
    stands = alarm.stands and alarm.state != "closed"
    moved = _moves(city, alarm, stands=stands, clock=clock)
    keep_alarms(cursor, [], [replace(alarm, told_stands=stands)], [], clock.now())
    return int(moved)


def _moves(city: City, alarm: Alarm, *, stands: bool, clock: Clock) -> bool:
    """Note on the case what its device shows; a case that has ended, or a path without that step, stays as it is."""
    if not stands and alarm.told_stands is not True:
        return False
    reason = Reason("sensor.breach" if stands else "sensor.normal")
    try:
        with transaction.atomic():
            move_case(city, alarm.case_number or "", "sense", SYSTEM, Details(reason), clock, version=None)
    except ImpossibleMove:
        return False
    return True


def _report(cursor: CursorWrapper, city: City, alarm: Alarm, rule: AlarmRule) -> NewReport:
    """What the device says, in the city's first language; the class is the rule's, the place the device's."""
    cursor.execute(
        "SELECT d.code, d.name_zh, d.name_en, d.component, s.name, s.unit_symbol FROM sensing_device d "
        "LEFT JOIN sensing_stream s ON s.id = %s WHERE d.id = %s",
        [alarm.stream_id, alarm.device_id],
    )
    code, zh, en, component, stream, unit = cursor.fetchone() or ("", "", "", "", "", "")
    area = city.areas.get(alarm.area or "")
    where = Name(zh, en) if code or area is None else area.name
    in_chinese = city.config.languages[0].startswith("zh")
    return NewReport(
        source=Source.SENSOR,
        words=_words(alarm, rule, where, code, stream or "", unit or "", in_chinese),
        class_code=alarm.class_code,
        lon=alarm.lon,
        lat=alarm.lat,
        area=alarm.area if alarm.lon is None else None,
        component_code=component or None,
        occurred_at=alarm.raised_at,
        idempotency_key=f"alarm-{alarm.id}",
        external_id=f"alarm-{alarm.id}",
    )


def _words(alarm: Alarm, rule: AlarmRule, where: Name, code: str, stream: str, unit: str, zh: bool) -> str:
    name = rule.name.in_language("zh" if zh else "en")
    place = where.in_language("zh" if zh else "en")
    value = "" if alarm.value is None or math.isnan(alarm.value) else f"{alarm.value:g} {unit}".strip()
    if zh:
        reading = f"，{stream} 读数 {value}" if value else ""
        return f"设备告警：{name}。{place}" + (f"（{code}）" if code else "") + reading + "。"
    reading = f", {stream} reads {value}" if value else ""
    return f"Device alarm: {name}. {place}" + (f" ({code})" if code else "") + reading + "."
