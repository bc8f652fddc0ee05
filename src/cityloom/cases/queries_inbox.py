"""A unit's inbox: what it owes, by what falls due first; counted by whose turn, matter, area and time left.

A row is the unit's when it leads the case or has a living task on it. Each arm of the page's statement is served in
its order by an index, however many cases the city has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.backends.utils import CursorWrapper

from cityloom.cases.filters import Condition, all_of, class_condition
from cityloom.cases.inbox_turns import NOT_WAITING, turn_condition
from cityloom.cases.permissions import not_about
from cityloom.cases.queries import COLUMNS, WORDS_SHOWN, CaseRow, Mark
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

WHENS = ("overdue", "today", "week", "later", "undated")


@dataclass(frozen=True)
class Bounds:
    """Where the groups of an inbox part: now, the next midnight, the midnight a week after today."""

    now: datetime
    tomorrow: datetime
    week: datetime

    @staticmethod
    def at(now: datetime, city: City) -> Bounds:
        midnight = now.astimezone(city.calendar().tz).replace(hour=0, minute=0, second=0, microsecond=0)
        return Bounds(now, midnight + timedelta(days=1), midnight + timedelta(days=7))

    def when(self, due: datetime | None) -> str:
        """The group of a due moment."""
        if due is None:
            return "undated"
        if due < self.now:
            return "overdue"
        return "today" if due < self.tomorrow else "week" if due < self.week else "later"


@dataclass(frozen=True)
class InboxFilter:
    """Conditions of an inbox; an empty word holds for all, but what waits for others is asked for by its turn."""

    turn: str = ""
    class_code: str = ""
    area: str = ""
    when: str = ""


@dataclass(frozen=True)
class InboxGroup:
    """How many of the unit's open cases have this turn, class, area and time left."""

    turn: str
    class_code: str | None
    area: str | None
    when: str
    count: int


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One case of the inbox: the row, whose turn, the clock that falls due first, what the resident wrote since."""

    case: CaseRow
    turn: str
    clock_unit: str = ""
    clock_hours: str = ""
    unread: int = 0
    asked: str = ""  # the move that was asked for and waits for a second person


@dataclass(frozen=True)
class InboxPage:
    rows: list[InboxRow]
    next: Mark | None


@dataclass(frozen=True)
class ClosedLately:
    """Cases a unit led that closed within a span: all, and those within their promise."""

    count: int
    kept: int


def count_inbox(cursor: CursorWrapper, city: City, post: Post, bounds: Bounds, depth: int) -> list[InboxGroup]:
    """The unit's open cases counted; `depth` is how many areas stand above those that are counted. One statement."""
    turn, arms = turn_condition(city, post), _arms(city, post)
    mine = " UNION ALL ".join(f"SELECT {_COUNTED} FROM {a.source.sql} WHERE {a.where.sql}" for a in arms)  # noqa: S608
    cursor.execute(
        f"SELECT {turn.sql} AS turn, c.class_code, c.areas[%s], "  # noqa: S608 (the parts are written by us)
        "CASE WHEN c.next_due_at IS NULL THEN 'undated' WHEN c.next_due_at < %s THEN 'overdue' "
        "WHEN c.next_due_at < %s THEN 'today' WHEN c.next_due_at < %s THEN 'week' ELSE 'later' END, count(*) "
        f"FROM ({mine}) c GROUP BY 1, 2, 3, 4",
        [*turn.params, depth + 1, bounds.now, bounds.tomorrow, bounds.week,
         *(value for a in arms for value in (*a.source.params, *a.where.params))],
    )  # fmt: skip
    return [InboxGroup(*row) for row in cursor.fetchall()]


def list_inbox(
    cursor: CursorWrapper, city: City, post: Post, asked: InboxFilter, bounds: Bounds, after: Mark | None, limit: int
) -> InboxPage:
    """One page by (due moment, id), what has none at the end. Two statements."""
    turn = turn_condition(city, post)
    narrow = all_of([_of_turn(turn, asked.turn), *_narrowed(city, asked, bounds)])
    arms = [replace(a, where=all_of([a.where, p, narrow])) for a in _arms(city, post) for p in _beyond(after)]
    pages = " UNION ALL ".join(_page_sql(turn, arm) for arm in arms)
    params = [v for arm in arms for v in (*turn.params, *arm.source.params, *arm.where.params, limit + 1)]
    cursor.execute(f"{pages} ORDER BY next_due_at NULLS LAST, id LIMIT %s", [*params, limit + 1])
    found = [(CaseRow(*row[:-1]), row[-1]) for row in cursor.fetchall()]
    more = len(found) > limit
    rows = _with_extras(cursor, post, found[:limit])
    last = rows[-1].case if rows else None
    return InboxPage(rows, Mark(last.next_due_at, last.id) if more and last else None)


def _page_sql(turn: Condition, arm: _Arm) -> str:
    """The first rows of one arm, in the order of the page; the parts are written by us."""
    chosen = f"SELECT {_SELECTED}, {turn.sql} AS turn FROM {arm.source.sql}"  # noqa: S608
    return f"({chosen} WHERE {arm.where.sql} ORDER BY c.next_due_at, c.id LIMIT %s)"


def count_closed(cursor: CursorWrapper, city: City, post: Post, since: datetime) -> ClosedLately:
    """What closed since a moment of the cases that the unit led."""
    cursor.execute(
        "SELECT count(*), count(*) FILTER (WHERE NOT overdue_raw) FROM cases_case "
        "WHERE city_id = %s AND closed_at >= %s AND lead_unit = ANY(%s)",
        [city.id, since, list(post.units)],
    )
    return ClosedLately(*cursor.fetchone())


# --- the conditions ---------------------------------------------------------------------------------------------

_SELECTED = ", ".join(f"c.{name}" for name in COLUMNS)
_COUNTED = "c.path, c.state, c.class_code, c.areas, c.next_due_at, c.lead_unit"


@dataclass(frozen=True)
class _Arm:
    """One road to the unit's cases: where the rows `c` come from, and which of them."""

    source: Condition
    where: Condition


def _arms(city: City, post: Post) -> list[_Arm]:
    """What the unit leads; what it has a living task on without leading it. No case is in both."""
    units, near = list(post.units), Condition(*_near(post))
    lead = "c.lead_unit = %s" if len(units) == 1 else "c.lead_unit = ANY(%s)"
    opened = Condition("c.city_id = %s AND c.closed_at IS NULL", (city.id,))
    leads = Condition(lead, (units[0] if len(units) == 1 else units,))
    tasks = Condition(
        "unnest(ARRAY(SELECT own.case_id FROM cases_task own WHERE own.city_id = %s AND own.unit = ANY(%s) "
        "AND own.ended_at IS NULL AND own.role <> 'lead')) AS mine(id) JOIN cases_case c ON c.id = mine.id",
        (city.id, units),
    )
    elsewhere = Condition("(c.lead_unit IS NULL OR c.lead_unit <> ALL(%s))", (units,))
    return [
        _Arm(Condition("cases_case c"), all_of([opened, leads, near])),
        _Arm(tasks, all_of([opened, elsewhere, near])),
    ]


def _near(post: Post) -> tuple[str, tuple[Any, ...]]:
    """What a complaint does not keep away from the unit; that the unit works on it, both arms say by themselves."""
    sql, params = not_about(post)
    return sql, tuple(params)


def _beyond(after: Mark | None) -> list[Condition]:
    """What comes after the last page's end: with a due moment, and without one."""
    undated = Condition("c.next_due_at IS NULL AND c.id > %s", (after.id if after and after.moment is None else 0,))
    if after is None:
        return [Condition("c.next_due_at IS NOT NULL"), undated]
    if after.moment is None:
        return [undated]
    return [Condition("(c.next_due_at, c.id) > (%s, %s)", (after.moment, after.id)), undated]


def _of_turn(turn: Condition, asked: str) -> Condition:
    """One turn; without one, all that waits for the unit."""
    if asked:
        return Condition(f"{turn.sql} = %s", (*turn.params, asked))
    return Condition(f"{turn.sql} <> ALL(%s)", (*turn.params, list(NOT_WAITING)))


def _narrowed(city: City, asked: InboxFilter, bounds: Bounds) -> list[Condition]:
    parts: list[Condition] = []
    if asked.class_code:
        parts.append(class_condition(asked.class_code, city))
    if asked.area:
        parts.append(Condition("c.areas @> ARRAY[%s]::varchar[]", (asked.area,)))
    if asked.when:
        spans: Mapping[str, Condition] = {
            "overdue": Condition("c.next_due_at < %s", (bounds.now,)),
            "today": Condition("c.next_due_at >= %s AND c.next_due_at < %s", (bounds.now, bounds.tomorrow)),
            "week": Condition("c.next_due_at >= %s AND c.next_due_at < %s", (bounds.tomorrow, bounds.week)),
            "later": Condition("c.next_due_at >= %s", (bounds.week,)),
            "undated": Condition("c.next_due_at IS NULL"),
        }
        parts.append(spans[asked.when])
    return parts


# --- what stands beside each row --------------------------------------------------------------------------------


def _with_extras(cursor: CursorWrapper, post: Post, found: list[tuple[CaseRow, str]]) -> list[InboxRow]:
    """The clock that falls due first, the first words, the resident's unread messages, an open request."""
    if not found:
        return []
    cursor.execute(
        "SELECT c.id, k.kind, k.owed_by, k.started_at, k.unit, k.hours, "
        "CASE WHEN c.confidential THEN '' ELSE left(r.words, %s) END, m.unread, coalesce(q.move, '') "
        "FROM cases_case c "
        "LEFT JOIN LATERAL (SELECT kind, owed_by, started_at, unit, hours FROM cases_clock WHERE case_id = c.id "
        "AND state = 'running' ORDER BY due_at, kind = 'promise', id LIMIT 1) k ON TRUE "
        "LEFT JOIN LATERAL (SELECT words FROM cases_report WHERE case_id = c.id ORDER BY id LIMIT 1) r ON TRUE "
        "LEFT JOIN LATERAL (SELECT count(*) AS unread FROM cases_relay WHERE case_id = c.id AND side = 'resident' "
        "AND read_at IS NULL) m ON TRUE "
        "LEFT JOIN LATERAL (SELECT move FROM cases_request WHERE case_id = c.id AND state = 'asked' "
        "ORDER BY id DESC LIMIT 1) q ON TRUE WHERE c.id = ANY(%s)",
        [WORDS_SHOWN, [case.id for case, _ in found]],
    )
    beside = {row[0]: row[1:] for row in cursor.fetchall()}
    return [_row(case, turn, beside[case.id]) for case, turn in found]


def _row(case: CaseRow, turn: str, beside: Sequence[Any]) -> InboxRow:
    kind, owed_by, started_at, unit, hours, words, unread, asked = beside
    clocked = replace(case, clock=kind or "", owed_by=owed_by or "", clock_started_at=started_at, words=words or "")
    return InboxRow(clocked, turn, unit or "", hours or "", unread, asked)
