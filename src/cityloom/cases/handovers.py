"""Shift handover (交接班): what a desk has open, the note left for the next shift, who took it over and when."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.backends.utils import CursorWrapper

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.cases.filters import CaseFilter, View, condition_of, default_view
from cityloom.cases.permissions import visible_to
from cityloom.cases.queries import CaseRow, list_cases
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

register(
    {
        "handover.not_a_desk": (
            "{role}岗位没有交接班；由热线坐席、值班长、派遣员、回访员交接",
            "a {role} hands over no shift; hotline agents, shift leads, dispatchers and callback agents do",
        ),
        "handover.empty": (
            "请写交接说明，或勾选要交代的案件",
            "write a note for the next shift, or mark the cases to look at",
        ),
        "handover.too_long": ("交接说明超过{most}字，请缩短", "the note has more than {most} characters; shorten it"),
        "handover.unknown_case": (
            "案件{number}不在本岗位的列表里，请刷新后重新勾选",
            "the case {number} is not in this desk's list; reload and mark again",
        ),
        "handover.gone": (
            "这一班已有人接，或没有这条交接记录",
            "this shift was taken over already, or there is no such handover",
        ),
        "handover.own": ("本人写的交接由接班的同事接收", "what you wrote is taken over by whoever comes next"),
    }
)
DESKS = frozenset({Role.HOTLINE_AGENT, Role.SHIFT_LEAD, Role.DISPATCHER, Role.CALLBACK_AGENT})
SHIFT_H = 8.0
DUE_SHOWN = 50
MOST_CHARS = 4000


class BadHandover(CityloomError):
    """A handover that cannot be written."""


class HandoverGone(CityloomError):
    """A handover that somebody else took, or that is one's own."""

    status = 409


@dataclass(frozen=True)
class Handover:
    """One handover; `taken_by` is empty until the next shift took it over."""

    id: int
    note: str
    counts: dict[str, int]
    marked: tuple[str, ...]
    by_login: str
    written_at: datetime
    taken_by: str
    taken_at: datetime | None


@dataclass(frozen=True)
class DeskQueue:
    """What a desk has open: how many by state, how many are late, and what falls due until a moment."""

    counts: dict[str, int]
    overdue: int
    due: tuple[CaseRow, ...]
    until: datetime


def desk_of(post: Post) -> tuple[str, str, str]:
    """The desk a post works at: role, unit, area. Raises BadHandover for a role without shifts."""
    if post.role not in DESKS:
        raise BadHandover("handover.not_a_desk", role=post.role.value)
    return post.role.value, post.unit or "", post.area or ""


def desk_queue(cursor: CursorWrapper, city: City, post: Post, at: datetime) -> DeskQueue:
    """The open work of a desk now; what falls due within the next shift (`shift_h` of the city), at most fifty."""
    until = at + timedelta(hours=float(city.settings.limits.get("shift_h", SHIFT_H)))
    asked = _asked(city, post)
    where = condition_of(asked, city, at)
    seen, params = visible_to(post)
    cursor.execute(
        "SELECT c.state, count(*), count(*) FILTER (WHERE c.next_due_at < %s) FROM cases_case c "  # noqa: S608
        f"WHERE {where.sql} AND {seen} GROUP BY c.state",
        [at, *where.params, *params],
    )
    rows = cursor.fetchall()
    page = list_cases(cursor, city, post, asked, at, None, DUE_SHOWN)
    due = tuple(r for r in page.rows if r.next_due_at is not None and r.next_due_at <= until)
    return DeskQueue({state: n for state, n, _ in rows}, sum(late for _, _, late in rows), due, until)


def newest_handover(cursor: CursorWrapper, city: City, post: Post) -> Handover | None:
    """The last handover at a post's desk; None at the first shift, and for a role without shifts."""
    if post.role not in DESKS:
        return None
    return next(iter(list_handovers(cursor, city, post, 1)), None)


def list_handovers(cursor: CursorWrapper, city: City, post: Post, most: int = 10) -> list[Handover]:
    """The last handovers at a post's desk, the newest first."""
    cursor.execute(
        "SELECT id, note, counts, marked, by_login, written_at, taken_by, taken_at FROM cases_handover "
        "WHERE city_id = %s AND role = %s AND unit = %s AND area = %s ORDER BY id DESC LIMIT %s",
        [city.id, *desk_of(post), most],
    )
    return [
        Handover(i, note, _json(counts), tuple(_json(marked)), by, written, taken, taken_at)
        for i, note, counts, marked, by, written, taken, taken_at in cursor.fetchall()
    ]


def first_unseen(cursor: CursorWrapper, city: City, post: Post, numbers: Sequence[str]) -> str | None:
    """The first of the case numbers that the post may not look at; None when it may look at all."""
    seen, params = visible_to(post)
    cursor.execute(
        f"SELECT c.number FROM cases_case c WHERE c.city_id = %s AND c.number = ANY(%s) AND {seen}",  # noqa: S608
        [city.id, list(numbers), *params],
    )
    found = {number for (number,) in cursor.fetchall()}
    return next((n for n in numbers if n not in found), None)


def _asked(city: City, post: Post) -> CaseFilter:
    waiting = default_view(post.role, city.paths) is View.WAITING
    return CaseFilter(view=View.WAITING, waits_for=post) if waiting else CaseFilter(view=View.OPEN)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
