"""A complaint about a unit: that unit, the units below it and everybody who works there keep away from the case."""

from __future__ import annotations

import pytest
from django.db import connection
from tests.cases.life import LAMP, NOISE, SOUTHEAST, Life
from tests.cases.people import with_settings

from cityloom.cases.actions.name_complained_units import name_complained_units
from cityloom.cases.conflicts import impartial_above, is_barred, stays_away
from cityloom.cases.errors import ConflictOfInterest, NotAllowed, UnknownWord
from cityloom.cases.filters import parse_filter
from cityloom.cases.permissions import may_see
from cityloom.cases.queries import list_cases
from cityloom.cases.reporters import open_contacts
from cityloom.city.snapshot_values import City


@pytest.mark.parametrize(
    ("unit", "about", "barred", "because"),
    [
        ("lighting_co", ("lighting_co",), True, "it is the unit itself"),
        ("lighting_crew", ("lighting_co",), True, "it stands below the unit"),
        ("lighting_co", ("lighting_crew",), False, "the unit above judges the one below"),
        ("lighting_co", ("old_lighting",), True, "it took over what the former office did"),
        ("water_co", ("lighting_co",), False, "another unit has nothing to do with it"),
        ("lighting_co", (), False, "the case is about nobody"),
    ],
)
def test_who_has_to_keep_away(small_city: City, unit: str, about: tuple[str, ...], barred: bool, because: str):
    assert is_barred(unit, about, small_city) is barred, because


@pytest.mark.parametrize(
    ("login", "about", "away", "because"),
    [
        ("handler_crew", ("lighting_co",), True, "staff of a unit below"),
        ("handler_lighting", ("lighting_crew",), False, "staff of the unit above"),
        ("callback", ("hotline",), True, "whoever calls back is of the unit too"),
        ("dispatcher", ("street_e1",), False, "staff of another unit"),
    ],
)
def test_posts_keep_away_with_their_unit(life: Life, login: str, about: tuple[str, ...], away: bool, because: str):
    assert stays_away(life.post(login), about) is away, because


def test_the_unit_above_takes_the_case_and_says_why(small_city: City, life: Life):
    assert impartial_above("east_urban", ("east_urban",), small_city) == "urban_bureau"
    assert impartial_above("street_e1", ("street_e1",), small_city) is None
    life.report(source="hotline", by="agent", class_code=LAMP, place=SOUTHEAST, complained_about=("lighting_crew",))
    assert life.file.case.confidential
    assert life.broken() == []


def test_a_complaint_about_the_unit_that_would_owe_it_goes_to_the_dispatcher(life: Life):
    life.report(source="hotline", by="agent", class_code=NOISE, complained_about=("street_e1",))
    assert life.file.lead is None
    (reason,) = [e.reason["code"] for e in life.entries if e.move == "queue"]
    assert reason == "duty.nobody_impartial"
    with pytest.raises(ConflictOfInterest) as refused:
        life.move("dispatch", "dispatcher", unit="street_e1", reason="dispatch.chosen")
    assert "street" in str(refused.value).lower()
    life.move("dispatch", "dispatcher", unit="urban_bureau", reason="dispatch.chosen")
    with pytest.raises(ConflictOfInterest):
        life.move("assist", "handler_urban", unit="street_e1", reason="assist.asked")
    assert life.file.case.lead_unit == "urban_bureau"


def test_nobody_of_the_unit_sees_the_case_in_lists_or_by_its_number(life: Life):
    life.report(source="hotline", by="agent", class_code=NOISE)
    assert may_see(life.post("handler_e1"), life.file) is None, "it is an ordinary case so far"
    name_complained_units(life.city, life.number, ["street_e1"], life.post("shift"), life.clock, version=None)
    refusal = may_see(life.post("handler_e1"), life.file)
    assert refusal is not None
    assert refusal.code == "error.complained_about"
    for login, seen in (("handler_e1", 0), ("dispatcher", 1), ("supervisor", 1)):
        post = life.post(login)
        asked = parse_filter({"view": "all"}, life.city, post)
        with connection.cursor() as cursor:
            found = list_cases(cursor, life.city, post, asked, life.clock.now(), None, 50)
        assert len(found.rows) == seen, login
    name_complained_units(life.city, life.number, ["hotline"], life.post("dispatcher"), life.clock, version=None)
    with pytest.raises(NotAllowed, match="keep away"):
        open_contacts(life.file, life.post("callback"), "callback", life.clock)


def test_a_lead_that_turns_out_to_be_complained_about_loses_the_case(life: Life):
    life.report(source="hotline", by="agent", class_code=NOISE)
    life.move("sign", "handler_e1")
    name_complained_units(life.city, life.number, ["street_e1"], life.post("dispatcher"), life.clock, version=None)
    assert life.moves[-3:] == ["name_units", "reclassify", "queue"]
    assert not any(t.is_alive for t in life.file.tasks)
    assert life.file.case.lead_unit is None
    with pytest.raises(NotAllowed):
        life.move("supplement", "handler_e1", note="我们想解释一下")
    assert life.broken() == []


def test_assisting_units_that_are_complained_about_are_let_go(life: Life):
    life.report(source="hotline", by="agent", class_code="hotline:0102")
    assert [t.unit for t in life.file.assisting() if t.is_alive] == ["urban_bureau"]
    name_complained_units(life.city, life.number, ["urban_bureau"], life.post("agent"), life.clock, version=None)
    assert [t.state for t in life.file.assisting()] == ["cancelled"]
    with pytest.raises(NotAllowed):
        life.move("supplement", "handler_urban", note="x")


def test_a_class_about_conduct_waits_until_somebody_names_the_unit(life: Life):
    life.city = with_settings(life.city, conduct_classes=("hotline:01",))
    life.report(source="resident", class_code=NOISE)
    (reason,) = [e.reason["code"] for e in life.entries if e.move == "queue"]
    assert reason == "duty.conduct_of_whom"


def test_only_the_desk_names_units_and_only_units_there_are(life: Life):
    life.report(source="hotline", by="agent", class_code=NOISE)
    for login in ("handler_e1", "checker", "leader", "callback"):
        with pytest.raises(NotAllowed):
            name_complained_units(life.city, life.number, ["street_e2"], life.post(login), life.clock, version=None)
    with pytest.raises(UnknownWord):
        name_complained_units(life.city, life.number, ["nobody"], life.post("agent"), life.clock, version=None)
    assert life.moves == ["receive", "dispatch"]
