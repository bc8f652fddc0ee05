"""A shift is left with a note and the desk's figures, and taken over once, by somebody else, with both moments."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from tests.cases.life import Life

from cityloom.cases.actions.hand_over_shift import hand_over_shift
from cityloom.cases.actions.take_over_shift import take_over_shift
from cityloom.cases.handovers import BadHandover, HandoverGone, desk_queue, list_handovers, newest_handover


@pytest.fixture
def desk(life: Life) -> Life:
    """Two cases wait for the dispatcher; the second came an hour later."""
    life.report(class_code=None, place=None, address="解放路口")
    life.clock.advance(hours=1)
    life.report(class_code=None, place=None, address="人民路口")
    return life


def _newest(life: Life, login: str = "dispatcher"):
    with connection.cursor() as cursor:
        return newest_handover(cursor, life.city, life.post(login))


def _other(life: Life):
    """A colleague at the same desk."""
    return replace(life.post("dispatcher"), login="supervisor")


def test_the_desk_counts_its_open_work_and_lists_what_falls_due_within_the_shift(desk: Life):
    with connection.cursor() as cursor:
        queue = desk_queue(cursor, desk.city, desk.post("dispatcher"), desk.clock.now())
    assert queue.counts == {"registered": 2}
    assert [row.number for row in queue.due][-1] == desk.number
    assert len(queue.due) == 2
    desk.clock.advance(days=3)
    with connection.cursor() as cursor:
        assert desk_queue(cursor, desk.city, desk.post("dispatcher"), desk.clock.now()).overdue == 2


def test_a_shift_is_left_and_taken_over_with_both_names_and_moments(desk: Life):
    left_at = desk.clock.now()
    number = hand_over_shift(desk.city, desk.post("dispatcher"), " 请跟进 ", [desk.number], desk.clock)
    left = _newest(desk)
    assert (left.note, left.marked, left.by_login, left.written_at) == (
        "请跟进",
        (desk.number,),
        "dispatcher",
        left_at,
    )
    assert left.counts == {"registered": 2, "overdue": 0, "due": 2}
    assert left.taken_at is None
    desk.clock.advance(minutes=10)
    take_over_shift(desk.city, _other(desk), number, desk.clock)
    taken = _newest(desk)
    assert (taken.taken_by, taken.taken_at) == ("supervisor", desk.clock.now())
    assert (taken.by_login, taken.written_at) == ("dispatcher", left_at)


def test_it_is_taken_over_once_and_not_by_who_left_it(desk: Life):
    number = hand_over_shift(desk.city, desk.post("dispatcher"), "请跟进", [], desk.clock)
    with pytest.raises(HandoverGone, match="whoever comes next"):
        take_over_shift(desk.city, desk.post("dispatcher"), number, desk.clock)
    deputy = replace(desk.post("dispatcher"), login="supervisor", for_login="dispatcher")
    with pytest.raises(HandoverGone, match="whoever comes next"):
        take_over_shift(desk.city, deputy, number, desk.clock)
    take_over_shift(desk.city, _other(desk), number, desk.clock)
    with pytest.raises(HandoverGone, match="already"):
        take_over_shift(desk.city, replace(_other(desk), login="leader"), number, desk.clock)


def test_another_desk_neither_sees_it_nor_takes_it(desk: Life):
    number = hand_over_shift(desk.city, desk.post("dispatcher"), "请跟进", [], desk.clock)
    assert _newest(desk, "shift") is None
    with pytest.raises(HandoverGone, match="no such handover"):
        take_over_shift(desk.city, desk.post("shift"), number, desk.clock)


@pytest.mark.parametrize(
    ("login", "note", "marked", "told"),
    [
        ("dispatcher", "  \n", [], "write a note"),
        ("dispatcher", "长" * 4001, [], "4000"),
        ("dispatcher", "请跟进", ["260601-1"], "260601-1"),
        ("dispatcher", "", ["'; DROP TABLE cases_handover; --"], "not in this desk"),
        ("handler_e1", "请跟进", [], "no shift"),
    ],
)
def test_a_handover_that_cannot_be_is_refused_and_nothing_is_kept(desk: Life, login, note, marked, told):
    with pytest.raises(BadHandover, match=told):
        hand_over_shift(desk.city, desk.post(login), note, marked, desk.clock)
    with connection.cursor() as cursor:
        assert list_handovers(cursor, desk.city, desk.post("dispatcher")) == []


def test_earlier_handovers_stay_readable(desk: Life):
    for note in ("早班", "中班", "夜班"):
        hand_over_shift(desk.city, desk.post("dispatcher"), note, [], desk.clock)
        desk.clock.advance(hours=8)
    with connection.cursor() as cursor:
        assert [h.note for h in list_handovers(cursor, desk.city, desk.post("dispatcher"))] == [
            "夜班",
            "中班",
            "早班",
        ]
