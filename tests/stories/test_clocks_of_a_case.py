"""The clocks of a case: warned, told overdue, each once, in order, also after a standstill."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.cases.life import LAMP, NOISE, PARKING, REFUSE, SHANGHAI, Life, at

from cityloom.cases.actions.fire_clocks import fire_clocks
from cityloom.cases.values import Entry
from cityloom.city.snapshot_values import City


def told(life: Life, kind: str) -> list[tuple[str, datetime]]:
    """What the clock of this kind has told, with the moments it told them for."""
    rows: list[Entry] = [e for e in life.entries if e.subject == "clock" and e.reason["params"]["kind"] == kind]
    return [(e.move, e.occurred_at.astimezone(SHANGHAI)) for e in rows]


def test_a_clock_warns_at_its_shares_and_tells_the_due_moment(life: Life) -> None:
    life.report("hotline", by="agent", class_code=PARKING)
    assert life.due("sign") == at(6, 1, 11), "two working hours from nine"
    assert life.fire(at(6, 1, 9, 59)) == 0
    assert life.fire(at(6, 1, 10)) == 1, "half of it"
    assert life.fire(at(6, 1, 10)) == 0, "nothing is told twice"
    life.fire(at(6, 1, 12))
    assert told(life, "sign") == [
        ("warn", at(6, 1, 10)),
        ("warn", at(6, 1, 10, 36)),
        ("overdue", at(6, 1, 11)),
    ]
    assert life.broken() == []


def test_after_a_standstill_the_moments_are_caught_up_in_order(life: Life) -> None:
    life.report("hotline", by="agent", class_code=PARKING)
    life.fire(at(7, 1))
    clock_entries = [e for e in life.entries if e.subject == "clock"]
    assert [e.occurred_at for e in clock_entries] == sorted(e.occurred_at for e in clock_entries)
    assert {e.recorded_at.astimezone(SHANGHAI) for e in clock_entries} == {at(7, 1)}
    assert len({(e.subject_id, e.occurred_at) for e in clock_entries}) == len(clock_entries)
    assert life.file.case.overdue_raw
    assert life.file.case.overdue_assessed


def test_a_move_in_time_stops_the_clock_before_it_tells_anything(life: Life) -> None:
    life.report("hotline", by="agent", class_code=PARKING)
    life.clock.advance(minutes=30)
    life.move("sign", "handler_e1")
    life.fire(at(6, 1, 20))
    assert told(life, "sign") == []


def test_time_with_the_adjudicator_counts_for_the_promise_but_not_for_the_unit(life: Life) -> None:
    life.report("hotline", by="agent", class_code=PARKING)
    promised = life.file.case.promise_due_at.astimezone(SHANGHAI)
    assert promised == at(6, 4, 9), "three working days"
    life.move("return", "handler_e1", reason="return.not_ours")
    life.clock.at = at(6, 4, 10)
    life.move("uphold", "dispatcher", reason="adjudicated.upheld")
    for move in ("sign", "contact", "handle"):
        life.move(move, "handler_e1", note="已办")
    life.move("pass_check", "checker", note="已劝离")
    life.move("reply", "handler_e1", note="已答复")
    case = life.file.case
    assert case.overdue_raw, "the resident waited longer than promised"
    assert not case.overdue_assessed, "the unit kept its own time"


def test_night_work_hours_start_at_the_next_opening_emergency_hours_at_once(life: Life) -> None:
    life.clock.at = at(6, 1, 22)
    life.report("grid_worker", by="collector", class_code=LAMP, standard_code="lamp-leak", words="灯杆漏电")
    assert life.due("handling") == at(6, 1, 23), "one emergency hour runs through the night"
    life.report("grid_worker", by="collector", class_code=REFUSE, place=(110.0051, 30.0071))
    assert life.due("handling") == at(6, 2, 11), "four hours by the street's own hours, from seven"


def test_a_weekend_and_a_holiday_do_not_count(life: Life) -> None:
    life.clock.at = at(9, 30, 16)
    life.report("hotline", by="agent", class_code=NOISE)
    assert life.file.case.promise_due_at.astimezone(SHANGHAI) == at(10, 9, 16), "1 and 2 October are holidays"


def test_a_due_moment_changes_only_by_an_entry_with_the_old_and_the_new(life: Life) -> None:
    life.report("hotline", by="agent", class_code=PARKING)
    life.move("return", "handler_e1", reason="return.not_ours")
    life.clock.advance(hours=1)
    life.move("uphold", "dispatcher", reason="adjudicated.upheld")
    handling = next(c for c in life.file.clocks if c.kind == "handling")
    uphold = next(e for e in life.entries if e.move == "uphold")
    old, new = uphold.changes["clocks"][str(handling.id)]
    assert old[3] != new[3]
    assert datetime.fromisoformat(new[3]) == handling.due_at


def test_two_workers_share_the_moments_between_them(life: Life) -> None:
    numbers = []
    for _ in range(4):
        life.report("hotline", by="agent", class_code=PARKING)
        numbers.append(life.number)
    life.clock.at = at(6, 1, 10)
    first = fire_clocks(lambda _: life.city, life.clock, most=2)
    rest = fire_clocks(lambda _: life.city, life.clock)
    assert first == 2
    assert rest > 0
    for number in numbers:
        life.number = number
        assert len(told(life, "sign")) == 1


def test_a_warning_between_looking_and_moving_refuses_nobody(life: Life) -> None:
    life.report("hotline", by="agent", class_code=PARKING)
    seen = life.file.case.version
    assert life.fire(at(6, 1, 10)) == 1
    life.move("sign", "handler_e1", version=seen)
    assert life.state == "signed"


def test_a_clock_that_fails_holds_up_no_other_and_is_told(life: Life) -> None:
    life.report("hotline", by="agent", class_code=PARKING)
    broken_case = life.file.case.id
    life.report("hotline", by="agent", class_code=PARKING)
    life.clock.at = at(6, 1, 10)

    def city_of(_: int) -> City:
        city_of.asked += 1
        if city_of.asked == 1:
            raise LookupError("no such city")
        return life.city

    city_of.asked = 0
    with pytest.raises(LookupError, match="no such city"):
        fire_clocks(city_of, life.clock)
    assert [m for m, _ in told(life, "sign")] == ["warn"], "the second case was warned all the same"
    assert life.file.case.id != broken_case
    assert fire_clocks(city_of, life.clock) == 1, "and the failed one comes again"
