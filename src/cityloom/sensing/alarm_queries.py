"""Reading alarms for lists: counted words, pages by severity and age, false-alarm shares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.city.alarm_rules import Severity
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.alarm_keeping import read_alarms
from cityloom.sensing.alarm_moves import seen_by
from cityloom.sensing.alarm_values import STANDING, Alarm

VIEWS = ("open", "raised", "mine", "silenced", "closed")
PAGE = 100
_IN_VIEW = {
    "open": "a.state <> 'closed' AND a.state <> 'silenced'",
    "raised": "a.state = 'raised'",
    "mine": "a.state <> 'closed' AND a.acknowledged_by = %s",
    "silenced": "a.state = 'silenced'",
    "closed": "a.state = 'closed'",
}
_OVER = 10  # is added to the rank of what does not stand any more
_RANK = "array_position(ARRAY[" + ", ".join(f"'{s.value}'" for s in Severity) + "]::varchar[], a.severity)"
_STANDS = ", ".join(f"'{state}'" for state in sorted(STANDING))
_ORDER = f"{_RANK} + CASE WHEN a.state IN ({_STANDS}) THEN 0 ELSE {_OVER} END"


@dataclass(frozen=True)
class AlarmFilter:
    """What of the alarms is asked for; blank words do not count."""

    view: str = "open"
    severity: str = ""
    type: str = ""
    rule: str = ""
    area: str = ""


class Group(NamedTuple):
    """How many alarms of a severity, type and rule."""

    severity: str
    type: str
    rule: str
    alarms: int


def count_alarms(cursor: CursorWrapper, city: City, post: Post, view: str) -> list[Group]:
    """What a view holds, grouped for counted words."""
    condition, params = _condition(city, post, AlarmFilter(view=view))
    cursor.execute(
        f"SELECT a.severity, a.type, a.rule, count(*) FROM sensing_alarm a WHERE {condition} "  # noqa: S608
        f"GROUP BY 1, 2, 3 ORDER BY min({_RANK}), count(*) DESC, 3",
        params,
    )
    return [Group(*row) for row in cursor.fetchall()]


def list_alarms(
    cursor: CursorWrapper, city: City, post: Post, asked: AlarmFilter, after: str = ""
) -> tuple[list[Alarm], str]:
    """A page of alarms and the mark of the next page.

    Those that stand come before those that are over, of each the gravest and oldest first; of closed ones the newest.
    """
    condition, params = _condition(city, post, asked)
    mark = _mark(after)
    if asked.view == "closed":
        if mark:
            condition, params = f"{condition} AND a.id < %s", [*params, mark[1]]
        order = "a.id DESC"
    else:
        if mark:
            condition, params = f"{condition} AND ({_ORDER}, a.id) > (%s, %s)", [*params, *mark]
        order = f"{_ORDER}, a.id"
    found = read_alarms(cursor, f"{condition} ORDER BY {order} LIMIT {PAGE + 1}", params)
    if len(found) <= PAGE:
        return found, ""
    last = found[PAGE - 1]
    rank = [s.value for s in Severity].index(last.severity) + 1 + (0 if last.is_standing else _OVER)
    return found[:PAGE], f"{rank}-{last.id}"


def _mark(text: str) -> tuple[int, int] | None:
    rank, _, number = text.partition("-")
    is_mark = rank.isdecimal() and number.isdecimal() and len(rank) < 3 and len(number) < 19
    return (int(rank), int(number)) if is_mark else None


def _condition(city: City, post: Post, asked: AlarmFilter) -> tuple[str, list[Any]]:
    seen, params = seen_by(post, "a.owner", "a.areas")
    conditions, values = [f"a.city_id = {int(city.id)}", f"({seen})", _IN_VIEW[asked.view]], list(params)
    if asked.view == "mine":
        values.append(post.login)
    for column in ("severity", "type", "rule"):
        if value := getattr(asked, column):
            conditions.append(f"a.{column} = %s")
            values.append(value)
    if asked.area:
        conditions.append("a.areas @> ARRAY[%s]::varchar[]")
        values.append(asked.area)
    return " AND ".join(conditions), values


def alarms_of_device(cursor: CursorWrapper, device_id: int, most: int = 20) -> list[Alarm]:
    """The newest alarms of a device."""
    return read_alarms(cursor, f"a.device_id = %s ORDER BY a.id DESC LIMIT {most}", [device_id])


class Share(NamedTuple):
    """Of the alarms of a type that people judged: how many, how many were false, and how many alarms in all."""

    type: str
    judged: int
    false: int
    alarms: int


def false_shares(cursor: CursorWrapper, city: City, since: datetime) -> list[Share]:
    """False alarms by type of device since a moment; alarms nobody judged stand in neither part of the share."""
    cursor.execute(
        "SELECT type, count(*) FILTER (WHERE verdict <> ''), count(*) FILTER (WHERE verdict = 'false'), count(*) "
        "FROM sensing_alarm WHERE city_id = %s AND raised_at >= %s AND type <> '' GROUP BY type ORDER BY type",
        [city.id, since],
    )
    return [Share(*row) for row in cursor.fetchall()]
