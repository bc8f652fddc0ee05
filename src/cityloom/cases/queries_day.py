"""A past day minute by minute: when each case was open, so that any moment of the day can be drawn without asking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from cityloom.cases.filters import CaseFilter, Condition, View, all_of, condition_of
from cityloom.cases.permissions import visible_to
from cityloom.cases.screen_values import Scope, Spell
from cityloom.city.paths import END_STATES
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Urgency

Turns = list[tuple[datetime, bool]]  # moments at which a case went on (True) or ended


def list_spells(cursor: CursorWrapper, city: City, post: Post, scope: Scope, at: datetime) -> list[Spell]:
    """For which minutes of the day the cases were open that the post may see on a map; at most two statements.

    A case that was closed and opened again has a spell for each time, from its history.
    """
    seen, params = visible_to(post)
    asked = condition_of(CaseFilter(View.ALL, area=scope.area), city, at)
    where = all_of([asked, Condition(seen, tuple(params))])
    cursor.execute(
        "SELECT c.id, c.number, c.lon, c.lat, c.opened_at, c.closed_at, c.promise_due_at, c.urgency, "  # noqa: S608
        f"c.reopen_count FROM cases_case c WHERE {where.sql} AND NOT c.confidential AND c.lon IS NOT NULL "
        "AND c.opened_at < %s AND (c.closed_at IS NULL OR c.closed_at >= %s) ORDER BY c.opened_at, c.id",
        [*where.params, scope.ends, scope.begins],
    )
    rows = cursor.fetchall()
    turns = _turns(cursor, [row[0] for row in rows if row[8]])
    return [
        spell
        for case_id, number, lon, lat, opened, closed, due, urgency, _ in rows
        for began, ended in _open_times(opened, closed, turns.get(case_id))
        for spell in _within(scope, number, (lon, lat), began, ended, due, urgency == Urgency.URGENT)
    ]


def _turns(cursor: CursorWrapper, case_ids: list[int]) -> dict[int, Turns]:
    """When the history says that each of these cases ended or went on."""
    found: dict[int, Turns] = defaultdict(list)
    if case_ids:
        cursor.execute(
            "SELECT case_id, occurred_at, to_state FROM cases_entry WHERE case_id = ANY(%s) AND subject = 'case' "
            "AND from_state <> to_state AND (from_state = ANY(%s) OR to_state = ANY(%s)) ORDER BY case_id, seq",
            [case_ids, list(END_STATES), list(END_STATES)],
        )
        for case_id, moment, state in cursor.fetchall():
            found[case_id].append((moment, state not in END_STATES))
    return found


def _open_times(
    opened: datetime, closed: datetime | None, turns: Iterable[tuple[datetime, bool]] | None
) -> Iterator[tuple[datetime, datetime | None]]:
    """The times from opening or reopening to the next end."""
    if not turns:
        yield opened, closed
        return
    began: datetime | None = opened
    for moment, goes_on in turns:
        if goes_on:
            began = moment if began is None else began
        elif began is not None:
            yield began, moment
            began = None
    if began is not None:
        yield began, closed


def _within(
    scope: Scope,
    number: str,
    place: tuple[float, float],
    began: datetime,
    ended: datetime | None,
    due: datetime | None,
    urgent: bool,
) -> Iterator[Spell]:
    if began >= scope.ends or (ended is not None and ended < scope.begins):
        return
    until = None if ended is None or ended >= scope.ends else _minute(scope, ended)
    passes = None if due is None or due >= scope.ends else _minute(scope, due)
    yield Spell(number, *place, _minute(scope, began), until, passes, urgent)


def _minute(scope: Scope, at: datetime) -> int:
    return int((at - scope.begins).total_seconds() // 60)
