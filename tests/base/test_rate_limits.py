"""Public doors are counted in one table for all processes: so many at once, then one at a time; nobody guesses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from cityloom.base.limits import Limit, LimitNotUnderstood, parse_limit, parse_limits
from cityloom.base.rate_limits import Knock, forget_free, knock

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TEN_AN_HOUR = Limit(10, timedelta(hours=1))


@pytest.mark.parametrize(
    ("text", "limit", "because"),
    [
        ("60/h", Limit(60, timedelta(hours=1)), "so many an hour"),
        ("5/15min", Limit(5, timedelta(minutes=15)), "a number of units"),
        ("20/d", Limit(20, timedelta(days=1)), "a day"),
        ("off", None, "no limit at all"),
    ],
)
def test_a_limit_is_read_as_people_write_it(text, limit, because):
    assert parse_limit(text) == limit, because


@pytest.mark.parametrize(
    "text", ["", "60", "60/", "/h", "0/h", "5/0min", "-1/h", "60/week", "6o/h", "1e3/h", "60/h x"]
)
def test_a_text_that_is_no_limit_says_what_would_be_right(text):
    with pytest.raises(LimitNotUnderstood, match="60/h"):
        parse_limit(text)


def test_limits_not_given_keep_their_default_and_a_strange_name_is_refused():
    known = {"report": "60/h", "track": "300/h"}
    assert parse_limits(" track = off ", known) == {"report": Limit(60, timedelta(hours=1)), "track": None}
    with pytest.raises(LimitNotUnderstood, match="report, track"):
        parse_limits("tracks=off", known)


@pytest.mark.django_db
def test_all_of_a_limit_may_come_at_once_and_then_one_at_a_time():
    one = [Knock("k", TEN_AN_HOUR)]
    assert [knock(one, NOON) for _ in range(10)] == [{}] * 10
    assert knock(one, NOON) == {"k": NOON + timedelta(minutes=6)}, "a tenth of the hour later there is room for one"
    assert knock(one, NOON + timedelta(minutes=6)) == {}
    assert knock(one, NOON + timedelta(minutes=6)) == {"k": NOON + timedelta(minutes=12)}


@pytest.mark.django_db
def test_who_is_refused_is_not_counted_so_waiting_always_helps():
    one = [Knock("k", TEN_AN_HOUR)]
    for _ in range(50):
        knock(one, NOON)
    assert knock(one, NOON + timedelta(minutes=6)) == {}


@pytest.mark.django_db
def test_each_key_has_a_count_of_its_own_and_any_number_cost_one_statement():
    knocks = [Knock(f"k{i}", TEN_AN_HOUR) for i in range(5)]
    with CaptureQueriesContext(connection) as asked:
        assert knock(knocks, NOON) == {}
    assert len(asked) == 1
    for _ in range(9):
        knock(knocks[:1], NOON)
    with CaptureQueriesContext(connection) as asked:
        assert knock(knocks, NOON).keys() == {"k0"}, "the others are let in"
    assert len(asked) == 2, "only who is refused costs a second one, to say until when"


@pytest.mark.django_db
def test_a_limit_that_was_changed_holds_from_the_next_knock():
    for _ in range(10):
        knock([Knock("k", TEN_AN_HOUR)], NOON)
    assert knock([Knock("k", Limit(100, timedelta(hours=10)))], NOON) == {}


@pytest.mark.django_db
def test_rows_that_are_free_again_are_dropped():
    knock([Knock("k", TEN_AN_HOUR)], NOON)
    assert forget_free(NOON) == 0
    assert forget_free(NOON + timedelta(hours=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_let_in_exactly_the_limit():
    def one(_: int) -> bool:
        try:
            return knock([Knock("b", TEN_AN_HOUR), Knock("a", TEN_AN_HOUR)], NOON) == {}
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(one, range(40))) == 10
