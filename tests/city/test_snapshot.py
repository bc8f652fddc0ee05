"""What a city in memory answers; the small city, made of its folder without a database."""

from datetime import date

import pytest
from tests.city.small_city import write_small_city

from cityloom.city.calendars import calendars_of
from cityloom.city.folder import read_folder
from cityloom.city.locating import Locator
from cityloom.city.paths import parse_paths
from cityloom.city.snapshot_values import City, NotInThisCity

DAY = date(2026, 6, 1)
GRID = "990101001001001"


def grouped(values, by):
    keys = dict.fromkeys(getattr(value, by) for value in values)
    return {key: tuple(value for value in values if getattr(value, by) == key) for key in keys}


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> City:
    said, problems = read_folder(write_small_city(tmp_path_factory.mktemp("small")))
    assert problems == []
    return City(
        id=1,
        version=1,
        digest="",
        config=said.config,
        areas={area.code: area for area in said.areas},
        units={unit.code: unit for unit in said.units},
        classes={each.code: each for each in said.classes},
        standards=grouped(said.standards, "class_code"),
        duties=said.duties,
        components={each.code: each for each in said.components},
        posts=grouped(said.posts, "login"),
        calendars=calendars_of(said.config, said.calendar),
        paths=parse_paths(None),
        locator=Locator(area for area in said.areas if area.level == "grid"),
    ).warm()


def test_an_area_knows_those_that_hold_it_from_the_city_down(city):
    assert city.ancestors(GRID) == ("990100", "990101", "990101001", "990101001001", GRID)
    assert city.ancestors("990100") == ("990100",)


@pytest.mark.parametrize(
    ("level", "code", "because"),
    [
        ("street", "990101001", "the street that holds the community"),
        ("community", "990101001001", "itself"),
        ("grid", None, "it lies in no grid, grids lie in it"),
    ],
)
def test_an_area_is_found_at_a_level(city, level, code, because):
    assert city.area_at_level("990101001001", level) == code, because


def test_a_place_is_within_every_area_above_it_and_no_other(city):
    assert city.is_within(GRID, "990101")
    assert city.is_within(GRID, GRID)
    assert not city.is_within(GRID, "990102")


def test_a_place_has_its_smallest_area(city):
    assert city.find_area(110.0011, 30.0011) == GRID
    assert city.find_area(111.0, 30.0) is None


def test_units_know_their_chain_and_those_below(city):
    assert city.unit_chain("lighting_crew") == ("lighting_co", "lighting_crew")
    assert city.units_below("urban_bureau") == {"urban_bureau", "east_urban", "west_urban"}


def test_the_units_that_serve_a_place_come_nearest_first(city):
    assert city.units_serving(GRID) == ("street_e1", "east_urban")
    assert city.units_serving(GRID, "street_office") == ("street_e1",)


def test_an_ended_unit_is_followed_to_its_successor(city):
    assert city.living_units("old_lighting", date(2025, 6, 30)) == ("old_lighting",)
    assert city.living_units("old_lighting", date(2025, 7, 1)) == ("lighting_co",)
    assert city.living_units("lighting_co", DAY) == ("lighting_co",)


def test_a_post_counts_on_its_days(city):
    roles = [[post.role for post in city.posts_of("deputy", day)] for day in (date(2025, 12, 31), date(2026, 1, 1))]
    assert roles == [["dispatcher"], ["checker"]]
    assert city.posts_of("nobody", DAY) == ()


def test_only_classes_without_classes_below_are_leaves(city):
    assert "gb2013:0137" in city.leaves
    assert "gb2013:01" not in city.leaves
    assert len(city.leaves) == 11


def test_a_class_knows_its_chain_from_itself_up(city):
    assert city.class_chain("gb2013:E0136") == ("gb2013:E0136", "gb2013:E01")


@pytest.mark.parametrize(
    ("class_code", "day", "chosen", "standard", "because"),
    [
        ("gb2013:0137", DAY, None, "lamp-out", "the row marked default"),
        ("gb2013:0103", DAY, None, "drain-noisy", "even where it is not the first"),
        ("gb2013:E0110", DAY, None, "refuse", "the first row where none is marked"),
        ("gb2013:0137", DAY, "lamp-leak", "lamp-leak", "the one that was chosen"),
        ("gb2013:0137", DAY, "refuse", None, "one of another class is none"),
        ("hotline:0101", date(2025, 12, 31), None, "noise-2024", "the one of that day"),
        ("hotline:0101", date(2026, 1, 1), None, "noise-2026", "and the one after it"),
        ("hotline:0101", date(2023, 12, 31), None, None, "none before the first"),
        ("gb2013:01", DAY, None, None, "none for a class that is not filed"),
    ],
)
def test_a_class_has_its_standard_on_a_day(city, class_code, day, chosen, standard, because):
    found = city.standard(class_code, day, chosen)
    assert (found.code if found else None) == standard, because


def test_all_standards_of_a_day_are_listed_with_the_default_first(city):
    listed = [standard.code for standard in city.standards_on("gb2013:0103", DAY)]
    assert listed == ["drain-noisy", "drain-missing", "drain-broken"]


@pytest.mark.parametrize(
    ("class_code", "area", "source", "working", "lead", "assists", "because"),
    [
        ("gb2013:0137", GRID, "resident", True, "lighting_co", [], "one unit for the whole city"),
        ("gb2013:E0110", GRID, "resident", True, "east_urban", [], "the district's own"),
        ("gb2013:E0136", GRID, "resident", True, "street_e1", [], "pushed down to the street"),
        ("gb2013:E0136", "990101002001001", "resident", True, "east_urban", [], "not in the next street"),
        ("gb2013:E0506", GRID, "resident", True, "water_co", [], "by day the lower order"),
        ("gb2013:E0506", GRID, "resident", False, "urban_bureau", ["water_co"], "at night the other one, assisted"),
        ("gb2013:E0506", GRID, "sensor", False, "water_co", [], "from sensors always"),
        ("hotline:0102", GRID, "hotline", True, "street_e1", ["urban_bureau"], "with an assisting unit"),
    ],
)
def test_a_matter_has_its_lead_and_its_assists(city, class_code, area, source, working, lead, assists, because):
    owed = city.owed(class_code, area, DAY, source, working)
    assert [duty.unit for duty in owed.leads] == [lead], because
    assert [duty.unit for duty in owed.assists] == assists, because
    ordered = city.duties_for(class_code, area, DAY, source, working)
    assert next(duty for duty in ordered if duty.role == "lead").unit == lead


def test_the_nearest_component_of_a_class_within_reach_is_found(city):
    lamp, drain = "gb2013:0137", "gb2013:0103"
    assert city.find_component(lamp, 110.0011, 30.0010, 20).code == "9901010137000001"
    assert city.find_component(lamp, 110.0011, 30.0010, 5) is None
    assert city.find_component(drain, 110.0011, 30.0010, 50).code == "9901010103000001"


def test_a_parent_class_means_all_components_below_it_nearest_first(city):
    near = city.components_near("gb2013:01", 110.0010, 30.0010, 50)
    assert [component.code for _, component in near] == ["9901010137000001", "9901010103000001"]
    # 0.0002° east and north at 30.004° N: 19.28 m and 22.26 m
    assert near[1][0] == pytest.approx(29.45, abs=0.05)


def test_a_class_without_components_has_none_near(city):
    assert city.components_near("gb2013:E0110", 110.0010, 30.0010, 500) == []


def test_the_calendar_knows_holidays_and_makeup_days(city):
    calendar = city.calendar()
    assert not calendar.is_working_day(date(2026, 10, 1))
    assert calendar.is_working_day(date(2026, 2, 14))
    assert (calendar.zone, calendar.hours.name) == ("Asia/Shanghai", "default")


@pytest.mark.parametrize("ask", ["area", "unit", "matter_class", "component", "calendar", "ancestors"])
def test_a_code_the_city_does_not_know_is_told_by_its_name(city, ask):
    with pytest.raises(NotInThisCity, match="nowhere"):
        getattr(city, ask)("nowhere")
