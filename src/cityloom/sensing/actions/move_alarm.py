"""A person does something with an alarm: acknowledges it, notes, reviews, judges or closes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.cases.keeping import get_file_by_id
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.alarm_keeping import get_alarm, keep_alarms
from cityloom.sensing.alarm_moves import Given, StaleAlarm
from cityloom.sensing.alarm_moves import move_alarm as moved
from cityloom.sensing.alarm_values import Alarm


def move_alarm(
    city: City,
    alarm_id: int,
    move: str,
    by: Post,
    clock: Clock,
    *,
    version: int | None,
    note: str = "",
    review: Mapping[str, str] | None = None,
) -> Alarm:
    """The alarm after the move; `version` is the one that was seen, None where the move does not depend on it.

    Raises NoSuchAlarm, StaleAlarm, NotYourAlarm, ImpossibleAlarmMove or AlarmMoveRefused; then nothing has changed.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_alarm(cursor, city.id, alarm_id, lock=True)
        if version is not None and before.version != version:
            raise StaleAlarm("alarm.stale")
        ended = None if before.case_id is None else get_file_by_id(cursor, before.case_id).case.has_ended
        now = clock.now()
        after, entry = moved(before, move, by, Given(note, review or {}, ended), now)
        keep_alarms(cursor, [], [after], [(after, entry)], now)
        return after


def acknowledge_many(
    city: City, alarm_ids: Iterable[int], by: Post, clock: Clock
) -> list[tuple[int, CityloomError | None]]:
    """Acknowledge several, each by itself: what became of each, with the refusal where there was one."""
    told: list[tuple[int, CityloomError | None]] = []
    for alarm_id in alarm_ids:
        try:
            move_alarm(city, alarm_id, "acknowledge", by, clock, version=None)
        except CityloomError as refusal:
            told.append((alarm_id, refusal))
        else:
            told.append((alarm_id, None))
    return told
