"""Plan a maintenance window, or stop one early: alarms of what it is about are silent meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.alarm_keeping import MOST_ID, keep_window, read_windows
from cityloom.sensing.alarm_moves import (
    OWNERS,
    BadWindow,
    NoSuchWindow,
    check_window,
    require_actor,
)
from cityloom.sensing.alarm_subjects import subjects_of
from cityloom.sensing.alarm_values import Window
from cityloom.sensing.rules import Subject

REASON_CHARS = 300


def plan_maintenance(
    city: City,
    by: Post,
    clock: Clock,
    *,
    from_at: datetime,
    until_at: datetime,
    reason: str,
    device_id: int | None = None,
    area: str | None = None,
    type_: str = "",
) -> Window:
    """The window, kept; raises BadWindow or NotYourAlarm.

    A unit's own people plan for one of its devices; a window for an area or a type is for those who watch an area.
    """
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        owner, areas = None, city.ancestors(area) if area and area in city.areas else ()
        if device_id is not None:
            found = subjects_of(cursor, city, [Subject(device_id)]).get(str(Subject(device_id)))
            if found is None:
                raise BadWindow("window.no_scope")
            owner, areas = found.owner, found.areas
        elif by.role in OWNERS:
            raise BadWindow("window.no_scope")
        require_actor(by, "plan", owner, areas)
        window = Window(
            id=ids.one(),
            city_id=city.id,
            from_at=from_at,
            until_at=until_at,
            reason=reason.strip()[:REASON_CHARS],
            device_id=device_id,
            area=area or None,
            type=type_,
            owner=owner,
            areas=areas,
            planned_by=by.login,
            planned_at=now,
        )
        check_window(window, now)
        keep_window(cursor, window)
        return window


def stop_maintenance(city: City, window_id: int, by: Post, clock: Clock) -> Window:
    """End a window now; what it silenced and still stands is raised by the next look. Raises NoSuchWindow."""
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        condition = "w.city_id = %s AND w.id = %s FOR UPDATE"
        found = read_windows(cursor, condition, [city.id, window_id]) if window_id <= MOST_ID else []
        if not found:
            raise NoSuchWindow("window.no_window", number=window_id)
        window = found[0]
        require_actor(by, "stop", window.owner, window.areas)
        if window.stopped_at is not None or window.until_at <= now:
            raise NoSuchWindow("window.over")
        stopped = replace(window, stopped_at=now, stopped_by=by.login)
        keep_window(cursor, stopped)
        return stopped
