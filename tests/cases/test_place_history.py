"""What a later report at the place shows: days that were promised, and answers that contradict each other."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from tests.cases.life import NOISE, NORTHEAST, PARKING, SOUTHEAST, Life, at

from cityloom.cases.place_history import Clash, Kept, PastCase, contradictions, judge_promise
from cityloom.cases.queries_place import PlaceHistory, place_history

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("kept_at", "now", "judged", "because"),
    [
        (None, at(6, 30), Kept.OPEN, "the day has not come"),
        (None, at(7, 1), Kept.OPEN, "the moment itself is still in time"),
        (None, at(7, 2), Kept.BROKEN, "the day has passed"),
        (at(6, 20), at(8, 1), Kept.KEPT, "done before its day"),
        (at(7, 5), at(8, 1), Kept.KEPT_LATE, "done, but late"),
    ],
)
def test_a_promise_is_judged_by_its_own_day(kept_at: datetime | None, now: datetime, judged: Kept, because: str):
    assert judge_promise(at(7, 1), kept_at, now) is judged, because


def past(number: str, opened: datetime, **more: object) -> PastCase:
    facts = {"class_code": NOISE, "state": "closed", "closed_at": opened + 3 * DAY, "unit": "street_e1"}
    return PastCase(id=int(number), number=number, opened_at=opened, **(facts | more))


@pytest.mark.parametrize(
    ("cases", "expected", "because"),
    [
        ([past("1", at(6, 1))], [], "one case alone contradicts nothing"),
        ([past("1", at(6, 1)), past("2", at(6, 20))], [(Clash.BACK_AGAIN, "1", "2")], "back within thirty days"),
        ([past("1", at(6, 1)), past("2", at(9, 20))], [], "months later it is another matter"),
        (
            [past("1", at(6, 1)), past("2", at(6, 20), class_code=PARKING)],
            [],
            "another class is another matter",
        ),
        (
            [past("1", at(6, 1), answer="已解决", solved=("no",))],
            [(Clash.DENIED, "1", "1")],
            "the resident denies it",
        ),
        ([past("1", at(6, 1), answer="", solved=("no",))], [], "nothing had been claimed"),
        (
            [
                past("1", at(6, 1), unit="street_e1"),
                past("2", at(9, 1), unit="east_urban", returned_by=("street_e1",)),
            ],
            [(Clash.DISOWNED, "2", "1")],
            "it did it once and disowns it now",
        ),
    ],
)
def test_what_was_said_is_held_against_what_was_said_elsewhere(cases, expected, because: str) -> None:
    assert [(c.clash, c.number, c.against) for c in contradictions(cases)] == expected, because


def _history(life: Life, login: str = "dispatcher") -> PlaceHistory:
    file = life.file
    with connection.cursor() as cursor:
        return place_history(cursor, life.city, file.case.place, life.post(login), life.clock.now())


def _closed(life: Life, place=SOUTHEAST) -> str:
    number = life.report("resident", class_code=NOISE, place=place).number
    for move in ("sign", "contact"):
        life.move(move, "handler_e1", note="已联系")
    life.move("promise_date", "handler_e1", note="七月前装好隔音墙", until=at(7, 1))
    for move in ("handle", "reply"):
        life.move(move, "handler_e1", note="已解决")
    life.call_back()
    return number


@pytest.mark.django_db(transaction=True)
def test_a_later_report_shows_the_broken_promise_and_the_answer_before(life: Life) -> None:
    first = _closed(life)
    life.clock.at = at(6, 25)
    life.report("resident", class_code=NOISE, words="还是吵")
    seen = _history(life)
    assert [c.number for c in seen.cases] == [life.number, first]
    assert seen.cases[1].answer == "已解决"
    assert [(p.number, p.kept, p.words) for p in seen.promises] == [(first, Kept.OPEN, "七月前装好隔音墙")]
    assert [(c.clash, c.number, c.against) for c in seen.clashes] == [(Clash.BACK_AGAIN, first, life.number)]
    life.clock.at = at(7, 2)
    assert [p.kept for p in _history(life).promises] == [Kept.BROKEN]


@pytest.mark.django_db(transaction=True)
def test_nobody_learns_of_cases_that_are_not_theirs_to_see(life: Life) -> None:
    _closed(life)
    life.clock.at = at(6, 25)
    life.report("resident", class_code=NOISE)
    assert len(_history(life, "handler_e1").cases) == 2
    assert _history(life, "handler_water").cases == ()
    life.report("resident", class_code=NOISE, place=NORTHEAST)
    assert [c.number for c in _history(life).cases] == [life.number], "another place has another history"
