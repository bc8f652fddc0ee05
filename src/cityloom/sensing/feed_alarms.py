"""A silent feed as an alarm: raised once for each silence, cleared when the feed speaks again."""

from __future__ import annotations

from datetime import datetime

from django.db.backends.utils import CursorWrapper

from cityloom.base.ids import ids
from cityloom.base.reasons import register
from cityloom.city.alarm_rules import AlarmRule, Kind, Severity
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name
from cityloom.sensing import alarming
from cityloom.sensing.alarm_keeping import keep_alarms, newest_of
from cityloom.sensing.alarm_values import State, Subject
from cityloom.sensing.rules import Change
from cityloom.sensing.rules import Subject as RuleSubject

CODE = "feed_silent"
# No rule of a city's file: every feed with an interval has it.
RULE = AlarmRule(
    code=CODE,
    name=Name("数据源中断", "Feed silent"),
    type="",
    stream="",
    class_code="",
    severity=Severity.ORDINARY.value,
    kind=Kind.MISSING.value,
)

register({"alarm.feed_speaks": ("数据源恢复", "the feed speaks again")})


def raise_for_feed(cursor: CursorWrapper, city: City, feed: str, owner: str, since: datetime, now: datetime) -> None:
    """The alarm of a feed that is silent; one that stands already stays as it is."""
    key = _key(feed)
    before = newest_of(cursor, city.id, [(CODE, key)]).get((CODE, key))
    if before is not None and before.is_standing:
        return
    top = next((area.code for area in city.areas.values() if area.parent is None), "")
    subject = Subject(key=key, area=top or None, areas=(top,) if top else (), owner=owner or None)
    change = Change(CODE, RuleSubject(), True, round(since.timestamp() * 1000))
    alarm, entries = alarming.raise_new(ids.one(), city.id, city.version, RULE, subject, change, None, now)
    keep_alarms(cursor, [alarm], [], [(alarm, entry) for entry in entries], now)


def clear_for_feed(cursor: CursorWrapper, city: City, feed: str, now: datetime) -> None:
    """The feed speaks again; an alarm that is over already stays as it is."""
    key = _key(feed)
    before = newest_of(cursor, city.id, [(CODE, key)]).get((CODE, key))
    if before is None or not before.stands or before.state == State.CLOSED:
        return
    alarm, entries = alarming.end(before, now, "alarm.feed_speaks")
    keep_alarms(cursor, [], [alarm], [(alarm, entry) for entry in entries], now)


def _key(feed: str) -> str:
    return f"feed:{feed}"[:120]
