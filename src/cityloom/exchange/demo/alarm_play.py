"""Staff of the demo city tend alarms: acknowledge within minutes, judge and review what is over, and close it.

An alarm with a case closes by itself when the case has ended.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.actions.move_alarm import move_alarm
from cityloom.sensing.alarm_keeping import read_alarms
from cityloom.sensing.alarm_moves import OWNERS
from cityloom.sensing.alarm_values import Alarm, State

log = logging.getLogger("cityloom.alarms")

T = TypeVar("T")
Step = tuple[str, str, dict[str, str] | None]

AT_ONCE = 20
FIRST_LOOK_S = (25.0, 240.0)  # from the alarm to its acknowledgement
AFTERWARDS_S = (120.0, 900.0)  # from its clearing to its close
FALSE_SHARE = 0.12
SEEN = ("已看到，派人前往。", "值班人员已联系现场。", "已知悉，正在核对读数。")
FALSE = ("现场核查无异常，误报。", "设备受潮，读数有误。")
OVER = ("现场处置完毕，读数恢复正常。", "读数已回落，现场无异常。")
REVIEWS = (
    {
        "happened": "读数超限，现场确有其事。",
        "why": "设施老化，近期未巡检。",
        "changes": "列入本月更换，巡检改为每周一次。",
    },
    {
        "happened": "读数短时超限后恢复。",
        "why": "附近施工影响。",
        "changes": "与施工单位约定作业时段，加密监测。",
    },
)
_OPEN = "a.city_id = %s AND a.state = ANY(%s) ORDER BY a.id DESC LIMIT 400"


@dataclass
class AlarmTender:
    """Tends the alarms of a city, some at a time."""

    get_city: Callable[[], City]
    clock: Clock

    def round(self) -> int:
        """What is due now, a few alarms at most; how many were turned to."""
        city, now = self.get_city(), self.clock.now()
        with connection.cursor() as cursor:
            alarms = read_alarms(cursor, _OPEN, [city.id, [State.RAISED.value, State.CLEARED.value]])
        due = [alarm for alarm in alarms if is_due(alarm, now)][:AT_ONCE]
        for alarm in due:
            self._tend(city, alarm, now)
        return len(due)

    def _tend(self, city: City, alarm: Alarm, now: datetime) -> None:
        post = owner_post(city, alarm, now)
        if post is None:
            return
        try:
            for move, note, review in steps_for(alarm):
                move_alarm(city, alarm.id, move, post, self.clock, version=None, note=note, review=review)
        except CityloomError as refusal:  # somebody was faster, or its case is still being worked on
            log.debug("alarm=%d refused=%s", alarm.id, refusal)


def is_due(alarm: Alarm, now: datetime) -> bool:
    """Whether staff turn to the alarm by now; how long they take follows from its number."""
    if alarm.state == State.RAISED:
        return now >= alarm.recorded_at + _span(alarm.id, FIRST_LOOK_S)
    if alarm.review is not None or alarm.cleared_at is None:
        return False
    return now >= alarm.cleared_at + _span(alarm.id, AFTERWARDS_S)


def steps_for(alarm: Alarm) -> list[Step]:
    """The moves that staff make on an alarm in its state, each with its note and review."""
    if alarm.state == State.RAISED:
        return [("acknowledge", _pick(alarm.id, SEEN), None)]
    ended: list[Step] = [] if alarm.case_id is not None else [("close", _pick(alarm.id, OVER), None)]
    if _share(alarm.id, "false") < FALSE_SHARE:
        return [("mark_false", _pick(alarm.id, FALSE), None), ("close", _pick(alarm.id, FALSE), None)]
    return [("mark_true", "", None), ("review", "", _pick(alarm.id, REVIEWS)), *ended]


def owner_post(city: City, alarm: Alarm, now: datetime) -> Post | None:
    """A post of the unit that owns the device, which may act on its alarms; None where nobody holds one."""
    on = now.date()
    able = (
        post
        for held in city.posts.values()
        for post in held
        if post.role in OWNERS and post.unit == alarm.owner and post.valid.covers(on)
        if post.area is None or post.area in alarm.areas
    )
    found = next(able, None)
    return None if found is None else city.placed(found, on)


def _share(number: int, about: str) -> float:
    return zlib.crc32(f"{about} {number}".encode()) / 2**32


def _span(number: int, seconds: tuple[float, float]) -> timedelta:
    low, high = seconds
    return timedelta(seconds=low + (high - low) * _share(number, "span"))


def _pick(number: int, among: Sequence[T]) -> T:
    return among[number % len(among)]
