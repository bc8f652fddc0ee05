"""Who takes a case, and the reason a resident, a log and a test read alike."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.cases.life import DRAIN, ENQUIRY, FLOOD, HEAP, LAMP, NOISE, REFUSE, at

from cityloom.base.reasons import render
from cityloom.cases.dispatching import choose_lead
from cityloom.city.snapshot_values import City
from cityloom.city.values import Duty

SE_GRID, NE_GRID, SW_GRID = "990101001001001", "990101002001001", "990102001001001"
DAY, NIGHT, SUNDAY = at(6, 1, 10), at(6, 1, 22), at(6, 7, 10)


@pytest.mark.parametrize(
    ("class_code", "area", "component", "source", "moment", "lead", "code", "because"),
    [
        (NOISE, SE_GRID, None, "hotline", DAY, "street_e1", "duty.matched", "the street office owes noise"),
        (NOISE, SW_GRID, None, "hotline", DAY, "street_w1", "duty.matched", "and another street its own"),
        (REFUSE, SE_GRID, None, "resident", DAY, "east_urban", "duty.matched", "the district owes refuse"),
        (HEAP, SE_GRID, None, "resident", DAY, "street_e1", "duty.matched", "the deeper class and area win"),
        (HEAP, NE_GRID, None, "resident", DAY, "east_urban", "duty.matched", "only there was it pushed down"),
        (FLOOD, SE_GRID, None, "resident", DAY, "water_co", "duty.matched", "in working hours the water company"),
        (FLOOD, SE_GRID, None, "resident", NIGHT, "urban_bureau", "duty.matched", "at night the bureau"),
        (FLOOD, SE_GRID, None, "resident", SUNDAY, "urban_bureau", "duty.matched", "a Sunday is no working time"),
        (FLOOD, SE_GRID, None, "sensor", NIGHT, "water_co", "duty.matched", "what sensors report is theirs always"),
        (LAMP, SE_GRID, "9901010137000001", "resident", DAY, "lighting_co", "duty.component_owner", "its owner"),
        (LAMP, SE_GRID, "9901010137000002", "resident", DAY, "lighting_crew", "duty.component_keeper", "its keeper"),
        (DRAIN, NE_GRID, "9901010103000002", "resident", DAY, "urban_bureau", "duty.component_ownerless", "nobody's"),
        (ENQUIRY, SE_GRID, None, "hotline", DAY, "hotline", "duty.matched", "the hotline answers"),
        (None, SE_GRID, None, "hotline", DAY, None, "duty.class_open", "no class, no duty"),
        (NOISE, None, None, "hotline", DAY, None, "duty.place_open", "no place, no duty"),
    ],
)
def test_the_lead_is_chosen_by_the_rule_that_fits_best(
    class_code: str | None, area: str | None, component: str | None, source: str, moment, lead: str | None,
    code: str, because: str, small_city: City,
) -> None:  # fmt: skip
    route = choose_lead(small_city, class_code, area, component, source, moment)
    assert (route.lead, route.reason.code) == (lead, code), because
    for language in ("zh", "en"):
        assert "…" not in render(route.reason, language), "the reason names all it speaks of"


def test_two_equal_duties_leave_the_choice_to_a_dispatcher(small_city: City) -> None:
    also = Duty(NOISE, "990101001", "urban_bureau", "lead")
    twice = Duty(NOISE, "990101001", "water_co", "lead")
    city = replace(small_city, duties=(*small_city.duties, also, twice))
    route = choose_lead(city, NOISE, SE_GRID, None, "hotline", DAY)
    assert route.lead is None
    assert route.reason.code == "duty.two_match"
    assert set(route.candidates) == {"urban_bureau", "water_co"}


def test_no_duty_offers_the_units_that_serve_the_place(small_city: City) -> None:
    city = replace(small_city, duties=())
    route = choose_lead(city, NOISE, SE_GRID, None, "hotline", DAY)
    assert (route.lead, route.reason.code) == (None, "duty.nothing_matches")
    assert route.candidates[:1] == ("street_e1",)


def test_a_duty_of_a_unit_that_ended_goes_to_its_successor(small_city: City) -> None:
    old = Duty("gb2013:0137", "*", "old_lighting", "lead")
    others = tuple(d for d in small_city.duties if d.class_pattern != "gb2013:0137")
    city = replace(small_city, duties=(*others, old))
    assert choose_lead(city, LAMP, SE_GRID, None, "resident", DAY).lead == "lighting_co"
