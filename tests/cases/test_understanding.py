"""What a report seems to say is kept with it; above the confidence a city sets, the system goes by it alone."""

from __future__ import annotations

import pytest
from django.db import connection
from tests.cases.life import NOISE
from tests.cases.people import with_settings

from cityloom.base.reasons import Reason
from cityloom.cases.actions.erase_reporter import erase_reporter
from cityloom.cases.keeping import list_entries
from cityloom.cases.understanding import Filled, fill_in, warm_readers
from cityloom.triage.values import Proposal, Reading, Subject

SAID = "小区对面的工地夜里施工噪声很大，吵得睡不着"
WHY = Reason("triage.whole_text")
NO_DANGER = Proposal(Subject.URGENCY, {"level": "none", "hazards": [], "lines": []}, 0.9, WHY)
HERE = {"lon": 1.0, "lat": 2.0, "radius_m": 40, "near": False}


def that_fills(city, **limits):
    return with_settings(city, limits={**city.settings.limits, **limits})


def reading(*proposals: Proposal) -> Reading:
    return Reading((*proposals, NO_DANGER), "cold:test")


@pytest.mark.parametrize(("limits", "confidence", "filled", "because"), [
    ({}, 0.99, None, "a city that set no confidence has a person decide"),
    ({"triage_class": 0.9}, 0.89, None, "it is not sure enough"),
    ({"triage_class": 0.9}, 0.9, NOISE, "it is as sure as the city asks"),
])  # fmt: skip
def test_an_open_class_is_filled_in_from_the_confidence_the_city_sets(life, limits, confidence, filled, because):
    seems = reading(Proposal(Subject.CLASS, NOISE, confidence, WHY))
    city = that_fills(life.city, **limits)
    assert fill_in(seems, city, has_class=False, has_place=True).class_code == filled, because
    assert fill_in(seems, city, has_class=True, has_place=True).class_code is None, "the reporter said it"


def test_a_class_above_others_says_too_little(life):
    above = next(c for c in life.city.classes if c not in life.city.leaves)
    city = that_fills(life.city, triage_class=0.5)
    assert (
        fill_in(reading(Proposal(Subject.CLASS, above, 0.99, WHY)), city, has_class=False, has_place=True) == Filled()
    )


@pytest.mark.parametrize(("changed", "taken", "because"), [
    ({}, True, "a point known closely"),
    ({"near": True}, False, "near it is not there"),
    ({"radius_m": 900}, False, "somewhere along a road is no point"),
    ({"lon": None}, False, "an area is no point"),
])  # fmt: skip
def test_an_open_place_is_filled_in_only_where_the_point_is_close(life, changed, taken, because):
    seems = reading(Proposal(Subject.PLACE, {**HERE, **changed}, 0.95, WHY))
    city = that_fills(life.city, triage_place=0.9)
    assert (fill_in(seems, city, has_class=True, has_place=False).lon == 1.0) is taken, because


@pytest.mark.parametrize(("level", "urgent"), [("emergency", True), ("pressing", True), ("watch", False)])
def test_danger_makes_a_case_urgent_whatever_the_city_set(life, level, urgent):
    danger = Proposal(Subject.URGENCY, {"level": level, "hazards": [], "lines": []}, 0.9, WHY)
    filled = fill_in(Reading((danger,)), life.city, has_class=True, has_place=True)
    assert (filled.urgency == "urgent") is urgent


def test_what_was_read_is_kept_with_the_report_and_names_what_read_it(life):
    warm_readers(life.city)
    life.report("hotline", by="agent", words=SAID, class_code=None)
    seems = Reading.from_json(life.file.reports[0].reading)
    assert seems.model.startswith("cold:")
    assert seems.best(Subject.CLASS) is not None
    assert life.file.case.class_code is None, "a person decides"


def test_what_the_system_filled_in_stands_in_the_first_entry(life):
    life.city = that_fills(life.city, triage_class=0.01)
    life.report("hotline", by="agent", words=SAID, class_code=None)
    assert life.file.case.class_code is not None
    with connection.cursor() as cursor:
        first = list_entries(cursor, life.file.case.id)[0]
    assert first.changes["filled"]["class_code"] == life.file.case.class_code


def test_a_report_of_danger_is_urgent_at_once(life):
    life.report("hotline", by="agent", words="楼道里着火了，有老人被困", class_code=None)
    assert life.file.case.urgency == "urgent"


def test_what_was_read_goes_with_the_words_when_they_are_erased(life):
    life.report("hotline", by="agent", words=SAID)
    file = life.file
    erase_reporter(
        life.city, file.case.id, [file.reports[0].id], Reason("erase.asked"), life.post("steward"), life.clock
    )  # fmt: skip
    assert (life.file.reports[0].words, life.file.reports[0].reading) == ("", None)
