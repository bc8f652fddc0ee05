"""The figures of the one screen are the rows of their lists; a past day is told from its history."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from tests.cases.life import NORTHEAST, SHANGHAI, SOUTHEAST, SOUTHWEST, Life, at

from cityloom.cases.queries import list_cases
from cityloom.cases.queries_day import list_spells
from cityloom.cases.queries_screen import (
    count_ages,
    count_below,
    count_day,
    course_of_day,
    list_hot,
    list_marks,
    list_new,
)
from cityloom.cases.screen_values import AGES, Scope
from cityloom.city.values import Post, Role

pytestmark = pytest.mark.django_db
LEADER = Post("leader", Role.LEADER)


def scope_of(life: Life, area: str = "", days_ago: int = 0) -> Scope:
    return Scope(area, (life.clock.now() - timedelta(days=days_ago)).astimezone(SHANGHAI).date(), SHANGHAI)


@pytest.fixture
def days(life: Life) -> Life:
    """Three days of cases: some closed, one overdue, one confidential."""
    life.clock.at = at(6, 1, 9)
    life.report("hotline", by="agent", place=SOUTHEAST)
    life.report("hotline", by="agent", place=SOUTHWEST)
    life.clock.at = at(6, 2, 10)
    life.report("hotline", by="agent", place=NORTHEAST)
    for move in ("sign", "contact", "handle", "reply"):
        life.move(move, "handler_e2", note="已办理")
    life.call_back()
    life.clock.at = at(6, 3, 11)
    life.report("hotline", by="agent", confidential=True)
    life.report("hotline", by="agent", place=SOUTHEAST)
    life.clock.advance(minutes=5)
    life.fire()
    return life


def test_each_figure_is_the_number_of_rows_of_its_list(days: Life):
    now = days.clock.now()
    for area in ("", *(a.code for a in days.city.areas.values() if a.level in ("district", "street"))):
        scope = scope_of(days, area)
        with connection.cursor() as cursor:
            flow = count_day(cursor, days.city, LEADER, scope, now)
            lists = {"came": scope.came(), "open": scope.open(), "due": scope.due(), "overdue": scope.overdue(),
                     "closed": scope.closed()}  # fmt: skip
            for name, asked in lists.items():
                rows = list_cases(cursor, days.city, LEADER, asked, now, None, 50).rows
                assert getattr(flow, name) == len(rows), (area, name)
            for (first, last), count in zip(AGES, count_ages(cursor, days.city, LEADER, scope, now), strict=True):
                rows = list_cases(cursor, days.city, LEADER, scope.aged(first, last), now, None, 50).rows
                assert count == len(rows), (area, first)
            for hot in list_hot(cursor, days.city, LEADER, scope, now):
                rows = list_cases(cursor, days.city, LEADER, scope.hot(hot.class_code), now, None, 50).rows
                assert hot.now == len(rows), (area, hot)


def test_the_areas_below_add_up_to_what_is_open(days: Life):
    with connection.cursor() as cursor:
        below = count_below(cursor, days.city, LEADER, scope_of(days), days.clock.now())
        flow = count_day(cursor, days.city, LEADER, scope_of(days), days.clock.now())
    assert sum(row.open for row in below) == flow.open
    assert [row.open for row in below] == sorted((row.open for row in below), reverse=True)


def test_what_was_open_earlier_is_told_back_from_what_is_open_now(days: Life):
    now = days.clock.now()
    with connection.cursor() as cursor:
        open_now = count_day(cursor, days.city, LEADER, scope_of(days), now).open
        today = course_of_day(cursor, days.city, LEADER, scope_of(days), now, now, open_now)
        first = scope_of(days, days_ago=2)
        then = course_of_day(cursor, days.city, LEADER, first, first.ends, now, open_now)
    assert open_now == 4
    assert today.open[-1] == 4
    assert today.open[0] == 2, "one of yesterday's was closed yesterday"
    assert (sum(today.came), sum(today.closed)) == (2, 0)
    assert len(today.open) == 45, "a quarter of an hour that has begun counts"
    assert (then.open[0], then.open[-1], sum(then.came), len(then.open)) == (0, 2, 2, 96)


def test_a_case_closed_and_reopened_has_a_spell_for_each_time(life: Life):
    life.clock.at = at(6, 1, 9)
    life.report("hotline", by="agent")
    for move in ("sign", "contact", "handle", "reply"):
        life.move(move, "handler_e1", note="已办理")
    life.clock.at = at(6, 1, 12)
    life.call_back()
    life.clock.at = at(6, 1, 15)
    life.move("reopen", "agent", reason="reopened.came_back", note="反映未解决")
    now = life.clock.now()
    with connection.cursor() as cursor:
        spells = list_spells(cursor, life.city, LEADER, scope_of(life), now)
    assert [(s.began, s.ended) for s in spells] == [(9 * 60, 12 * 60), (15 * 60, None)]
    assert {s.number for s in spells} == {life.number}


def test_a_spell_is_told_in_minutes_of_its_day(days: Life):
    now = days.clock.now()
    with connection.cursor() as cursor:
        by_day = [list_spells(cursor, days.city, LEADER, scope_of(days, days_ago=n), now) for n in (3, 2, 1, 0)]
    assert [len(spells) for spells in by_day] == [0, 2, 3, 3], "what is confidential has no place on a map"
    assert sorted(s.began for s in by_day[1]) == [540, 540]
    assert sorted(s.began for s in by_day[2]) == [-900, -900, 600]
    closed = [s for s in by_day[2] if s.ended is not None]
    assert [(s.began, s.ended) for s in closed] == [(600, 600)]


def test_new_cases_are_told_where_they_may_be_shown(days: Life):
    now, since = days.clock.now(), at(6, 3, 0)
    with connection.cursor() as cursor:
        whole = list_new(cursor, days.city, LEADER, scope_of(days), now, since=since)
        named = list_new(cursor, days.city, LEADER, scope_of(days), now, numbers=[days.number])
        west = Post("leader", Role.LEADER, area="990102")
        elsewhere = list_new(cursor, days.city, west, scope_of(days), now, since=since)
        assert list_new(cursor, days.city, LEADER, scope_of(days), now) == []
    assert [c.number for c in whole] == [days.number], "the confidential one is not told"
    assert named == whole
    assert elsewhere == []


def test_the_thread_marks_promises_that_passed(life: Life):
    life.clock.at = at(6, 1, 9)
    life.report("hotline", by="agent")
    due = life.file.case.promise_due_at
    assert due is not None
    life.fire(due + timedelta(minutes=1))
    with connection.cursor() as cursor:
        marks = list_marks(cursor, life.city, LEADER, scope_of(life), life.clock.now())
    assert [(m.kind, m.number, m.at) for m in marks] == [("overdue", life.number, due)]
