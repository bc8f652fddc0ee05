"""Each kind of data has its span; what has been kept long enough goes by itself, with an entry by the system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.cases.life import RESIDENT, Life, at, photo
from tests.cases.people import places_that_hold, with_settings

from cityloom.cases.actions.apply_retention import Applied, apply_retention
from cityloom.cases.actions.hold_case import hold_case, lift_hold
from cityloom.cases.actions.send_relay_message import send_relay_message
from cityloom.cases.reporters import open_contacts
from cityloom.cases.retention import KINDS, days_kept

NAME, PHONE, WORDS = "欧阳静疑", "13912345678", "夜里三点还在打桩"


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def ended(life: Life) -> Life:
    """A case that ended on 1 June 2026, with contact, words, a photo, a message and a read."""
    life.report(name=NAME, phone=PHONE, words=WORDS, photos=(photo("teal"),))
    report_id = life.file.reports[0].id
    send_relay_message(life.city, life.number, report_id, "我住三楼", RESIDENT, life.clock, owns=True)
    open_contacts(life.file, life.post("callback"), "callback", life.clock)
    life.move("withdraw", "resident", owns=True, reason="withdrawn.by_resident")
    return life


def done(applied: list[Applied]) -> dict[str, int]:
    return {each.kind: each.done for each in applied if each.done}


@pytest.mark.parametrize(
    ("moment", "expected", "because"),
    [
        (at(6, 1, 9, 0, 2028), {}, "two years after the end all is kept"),
        (at(6, 1, 9, 0, 2029), {"contact": 1, "relay": 1, "photos": 1}, "after three years"),
        (at(6, 1, 9, 0, 2037), {"contact": 1, "relay": 1, "photos": 1, "words": 1}, "after ten"),
    ],
)
def test_what_is_due_is_counted_first_and_then_erased(ended: Life, moment: Any, expected: dict, because: str):
    ended.clock.at = moment
    assert done(apply_retention(ended.city, ended.clock, dry_run=True)) == expected, because
    assert places_that_hold(NAME) != [], "a dry run changes nothing"
    assert done(apply_retention(ended.city, ended.clock)) == expected
    assert (places_that_hold(NAME, PHONE, "我住三楼") == []) is bool(expected)
    assert (places_that_hold(WORDS) == []) is ("words" in expected)
    assert ended.moves.count("erase") == len(expected)
    assert {e.by_role for e in ended.entries if e.move == "erase"} <= {"system"}
    assert done(apply_retention(ended.city, ended.clock)) == {}, "a second run finds nothing"
    assert ended.broken() == []


def test_a_hold_stops_it_until_it_is_lifted(ended: Life):
    hold_case(ended.city, ended.number, "hold.audit", ended.post("steward"), ended.clock)
    ended.clock.at = at(6, 2, 9, 0, 2029)
    applied = {each.kind: (each.done, each.held) for each in apply_retention(ended.city, ended.clock)}
    assert applied["contact"] == (0, 1)
    assert places_that_hold(NAME, PHONE) != []
    lift_hold(ended.city, ended.number, ended.post("steward"), ended.clock)
    assert done(apply_retention(ended.city, ended.clock))["contact"] == 1
    assert places_that_hold(NAME, PHONE) == []


def test_open_cases_are_never_touched(life: Life):
    life.report(name=NAME, phone=PHONE)
    life.clock.at = at(6, 1, 9, 0, 2040)
    assert done(apply_retention(life.city, life.clock)) == {}


def test_a_city_may_keep_less_but_not_less_than_the_law_asks(life: Life):
    short = {kind.limit: 30 for kind in KINDS}
    city = with_settings(life.city, limits=short)
    assert {kind.name: days_kept(kind, city) for kind in KINDS} == {
        "contact": 30, "relay": 30, "photos": 30, "words": 30, "requests": 1095,
        "patrols": 30,
    }  # fmt: skip


def _reads() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM cases_reporter_read")
        return {i for (i,) in cursor.fetchall()}


def test_the_log_of_who_read_what_stays(ended: Life):
    before = _reads()
    ended.clock.at = at(5, 30, 9, 0, 2050)
    apply_retention(ended.city, ended.clock)
    assert before
    assert before <= _reads()
