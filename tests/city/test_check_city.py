"""What `city check` says of a folder: the good one, and one broken in each way it knows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.city.small_city import board_polygon, write_small_city

from cityloom.city.checks import check_folder
from cityloom.city.problems import ERROR, INFO, WARNING, WORDS, Problem

Change = Callable[[Path], object]


def replace(file: str, old: str, new: str) -> Change:
    """Write `new` for `old`, which must be there."""

    def change(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")

    return change


def add(file: str, line: str) -> Change:
    """Add a line at the end."""

    def change(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as out:
            out.write(line + "\n")

    return change


def write(file: str, text: str) -> Change:
    return lambda folder: (folder / file).write_text(text, encoding="utf-8")


def remove(file: str) -> Change:
    return lambda folder: (folder / file).unlink()


def edit_map(file: str, edit: Callable[[list[dict[str, Any]]], object]) -> Change:
    """Change the features of a map."""

    def change(folder: Path) -> None:
        data = json.loads((folder / file).read_text(encoding="utf-8"))
        edit(data["features"])
        (folder / file).write_text(json.dumps(data), encoding="utf-8")

    return change


def set_property(file: str, number: int, key: str, value: object) -> Change:
    return edit_map(file, lambda features: features[number - 1]["properties"].update({key: value}))


def set_geometry(file: str, number: int, kind: str, coordinates: object) -> Change:
    geometry = {"type": kind, "coordinates": coordinates}
    return edit_map(file, lambda features: features[number - 1].update(geometry=geometry))


def stretched(column: int, row: int, east: float = 0.0) -> list[list[list[float]]]:
    """A grid whose eastern edge lies so many degrees further east."""
    ring = board_polygon(column, row, 1, 1)[0]
    most = max(x for x, _ in ring)
    return [[[x + east if x == most else x, y] for x, y in ring]]


LAMP = "gb2013,2013,0137,01,component,路灯,Street lamp"
FIRST_GRID, FIRST_GRID_CODE = 5, "990101001001001"
BOWTIE = [[[110.0, 30.0], [110.002, 30.002], [110.002, 30.0], [110.0, 30.002], [110.0, 30.0]]]

BROKEN: list[tuple[str, Change, str, str, str]] = [
    # what is broken, how, file, where, code of the problem
    ("a needed file is missing", remove("units.csv"), "units.csv", "", "file_missing"),
    ("a file's name is misspelt", write("component.csv", ""), "component.csv", "", "file_unknown"),
    ("a spreadsheet lies in the folder", write("units.xlsx", ""), "units.xlsx", "", "file_unknown"),
    (
        "a column's name is misspelt",
        replace("units.csv", "parent,kind", "parant,kind"),
        "units.csv",
        "line 1 (parant)",
        "column_unknown",
    ),
    (
        "a needed column is missing",
        replace("duties.csv", "class,area", "klass,area"),
        "duties.csv",
        "line 1 (class)",
        "column_missing",
    ),
    (
        "a column appears twice",
        replace("calendar.csv", "name_zh,name_en", "name_zh,name_zh"),
        "calendar.csv",
        "line 1 (name_zh)",
        "column_twice",
    ),
    ("a row is short of cells", add("people.csv", "one,two"), "people.csv", "line 24", "cells_count"),
    ("a quote is never closed", add("people.csv", '"open,'), "people.csv", "line 24", "file_unreadable"),
    (
        "a table is not UTF-8",
        lambda f: (f / "units.csv").write_bytes("code,名".encode("gbk")),
        "units.csv",
        "line 1",
        "file_unreadable",
    ),
    ("a map is no JSON", write("areas.geojson", '{"type":\n oops}'), "areas.geojson", "line 2", "file_unreadable"),
    ("a map is no collection", write("areas.geojson", "[]"), "areas.geojson", "", "file_unreadable"),
    (
        "a map holds what is no number",
        replace("components.geojson", "[110.001,", "[NaN,"),
        "components.geojson",
        "",
        "file_unreadable",
    ),
    (
        "a text holds a sign that no text has",
        replace("units.csv", "Drainage Company", "Drainage\0Company"),
        "units.csv",
        "line 7",
        "file_unreadable",
    ),
    (
        "a setting is a date",
        replace("city.toml", 'version = "2024"', "version = 2024-01-01"),
        "city.toml",
        "",
        "file_unreadable",
    ),
    (
        "the years end before they begin",
        replace("city.toml", "[2025, 2027]", "[2027, 2025]"),
        "city.toml",
        "years",
        "value_form",
    ),
    ("a settings file is no TOML", add("city.toml", "= 1"), "city.toml", "line 85", "file_unreadable"),
    (
        "a needed cell is empty",
        replace("people.csv", "程核,checker", ",checker"),
        "people.csv",
        "line 15 (name)",
        "value_empty",
    ),
    (
        "a role does not exist",
        replace("people.csv", "checker,centre,,,\ncall", "cheker,centre,,,\ncall"),
        "people.csv",
        "line 15 (role)",
        "value_unknown",
    ),
    (
        "a unit of time does not exist",
        replace("standards.csv", "ordinary,1,work_day,,,,恢复", "ordinary,1,workday,,,,恢复"),
        "standards.csv",
        "line 5 (unit)",
        "value_unknown",
    ),
    (
        "a limit is zero",
        replace("standards.csv", "ordinary,5,work_day,,,,扶正", "ordinary,0,work_day,,,,扶正"),
        "standards.csv",
        "line 7 (limit)",
        "not_positive",
    ),
    (
        "a limit has no unit",
        replace("standards.csv", "ordinary,5,work_day,,,,扶正", "ordinary,5,,,,,扶正"),
        "standards.csv",
        "line 7 (lamp-leaning)",
        "unit_without_limit",
    ),
    (
        "a limit is half a day",
        replace("standards.csv", "ordinary,5,work_day,,,,扶正", "ordinary,2.5,work_day,,,,扶正"),
        "standards.csv",
        "line 7 (lamp-leaning)",
        "value_form",
    ),
    (
        "days count from the next day to no stated end",
        replace("standards.csv", "ordinary,5,work_day,,,,扶正", "ordinary,5,work_day,,next_day,,扶正"),
        "standards.csv",
        "line 7 (lamp-leaning)",
        "next_day_without_end",
    ),
    (
        "a number is none",
        replace("standards.csv", "ordinary,5,work_day,,,,扶正", "ordinary,five,work_day,,,,扶正"),
        "standards.csv",
        "line 7 (limit)",
        "value_form",
    ),
    (
        "a date is none",
        replace("calendar.csv", "2026-05-01", "2026-5-1"),
        "calendar.csv",
        "line 19 (date)",
        "value_form",
    ),
    (
        "a date does not exist",
        replace("calendar.csv", "2026-05-01", "2026-02-30"),
        "calendar.csv",
        "line 19 (date)",
        "value_form",
    ),
    (
        "a span ends before it begins",
        replace("people.csv", ",,2025-12-31", ",2026-06-01,2025-12-31"),
        "people.csv",
        "line 22 (until)",
        "days_reversed",
    ),
    (
        "a code is too long",
        replace("standards.csv", "lamp-out", "lamp-out" * 9),
        "standards.csv",
        "line 5 (code)",
        "too_long",
    ),
    (
        "a name is missing",
        replace("units.csv", "排水公司,Drainage Company", ","),
        "units.csv",
        "line 7 (water_co)",
        "value_empty",
    ),
    # city.toml
    (
        "a setting's name is misspelt",
        replace("city.toml", "time_zone", "timezone"),
        "city.toml",
        "timezone",
        "key_unknown",
    ),
    ("a setting is missing", replace("city.toml", 'name_zh = "小城"\n', ""), "city.toml", "name_zh", "key_missing"),
    (
        "a time zone does not exist",
        replace("city.toml", "Asia/Shanghai", "Asia/Shanghay"),
        "city.toml",
        "time_zone",
        "value_unknown",
    ),
    (
        "the coordinates are shifted ones",
        replace("city.toml", "CGCS2000", "GCJ02"),
        "city.toml",
        "crs",
        "coordinates_gcj02",
    ),
    (
        "the coordinate system is unknown",
        replace("city.toml", "CGCS2000", "Beijing54"),
        "city.toml",
        "crs",
        "value_unknown",
    ),
    (
        "bounds are the wrong way round",
        replace("city.toml", "[109.99, 29.99, 110.03, 30.02]", "[110.03, 29.99, 109.99, 30.02]"),
        "city.toml",
        "bounds",
        "value_form",
    ),
    (
        "working hours overlap",
        replace("city.toml", 'fri = ["08:00-12:00", "14:00', 'fri = ["08:00-12:00", "11:00'),
        "city.toml",
        "hours.default",
        "hours_wrong",
    ),
    (
        "working hours are no times",
        replace("city.toml", 'sat = ["07:00-21:00"]', 'sat = ["morning"]'),
        "city.toml",
        "hours.street",
        "hours_wrong",
    ),
    (
        "there are no default hours",
        replace("city.toml", "[hours.default]", "[hours.usual]"),
        "city.toml",
        "hours",
        "hours_default_missing",
    ),
    (
        "a warning comes after the end",
        replace("city.toml", "[0.5, 0.8]", "[0.5, 1.2]"),
        "city.toml",
        "warnings.shares",
        "value_form",
    ),
    (
        "a radius is negative",
        replace("city.toml", "radius_m = 50", "radius_m = -1"),
        "city.toml",
        "twins.radius_m",
        "not_positive",
    ),
    ("a pattern is none", replace("city.toml", "15-digit", "fifteen"), "city.toml", "codes.grid", "value_form"),
    (
        "the unit of last resort does not exist",
        replace("city.toml", '"urban_bureau"', '"urban_burau"'),
        "city.toml",
        "dispatch.last_resort",
        "code_unknown",
    ),
    (
        "the map's middle is elsewhere",
        replace("city.toml", "centre = [110.008", "centre = [120.008"),
        "city.toml",
        "map.centre",
        "coordinates_outside",
    ),
    # areas
    (
        "an area's code is given twice",
        set_property("areas.geojson", 6, "code", FIRST_GRID_CODE),
        "areas.geojson",
        f"feature 6 ({FIRST_GRID_CODE})",
        "code_twice",
    ),
    (
        "an area's code is a number",
        set_property("areas.geojson", FIRST_GRID, "code", 990101001001001),
        "areas.geojson",
        f"feature 5 ({FIRST_GRID_CODE})",
        "value_form",
    ),
    (
        "an area's parent does not exist",
        set_property("areas.geojson", FIRST_GRID, "parent", "990101001009"),
        "areas.geojson",
        f"feature 5 ({FIRST_GRID_CODE})",
        "code_unknown",
    ),
    (
        "an area's parent is two levels up",
        set_property("areas.geojson", FIRST_GRID, "parent", "990101001"),
        "areas.geojson",
        f"feature 5 ({FIRST_GRID_CODE})",
        "level_wrong",
    ),
    (
        "a level does not exist",
        set_property("areas.geojson", FIRST_GRID, "level", "gird"),
        "areas.geojson",
        f"feature 5 ({FIRST_GRID_CODE})",
        "value_unknown",
    ),
    (
        "a second area has no parent",
        set_property("areas.geojson", 2, "parent", ""),
        "areas.geojson",
        "",
        "city_area_count",
    ),
    (
        "two areas are above each other",
        lambda f: set_property("areas.geojson", 3, "parent", "990101001001")(f),
        "areas.geojson",
        "990101001",
        "circle",
    ),
    (
        "a grid's code has too few digits",
        set_property("areas.geojson", FIRST_GRID, "code", "9901010010010"),
        "areas.geojson",
        "feature 5 (9901010010010)",
        "code_pattern",
    ),
    (
        "a grid does not reach its neighbour",
        set_geometry("areas.geojson", FIRST_GRID, "Polygon", stretched(0, 0, -0.0001)),
        "areas.geojson",
        "feature 4 (990101001001)",
        "area_gap",
    ),
    (
        "a grid reaches into its neighbour",
        set_geometry("areas.geojson", FIRST_GRID, "Polygon", stretched(0, 0, 0.0001)),
        "areas.geojson",
        "feature 6 (990101001001002)",
        "area_overlap",
    ),
    (
        "a grid reaches out of its community",
        set_geometry("areas.geojson", 6, "Polygon", stretched(1, 0, 0.0001)),
        "areas.geojson",
        "feature 6 (990101001001002)",
        "area_outside",
    ),
    (
        "a grid is missing",
        edit_map("areas.geojson", lambda features: features.pop(4)),
        "areas.geojson",
        "feature 4 (990101001001)",
        "area_gap",
    ),
    (
        "an area crosses itself",
        set_geometry("areas.geojson", FIRST_GRID, "Polygon", BOWTIE),
        "areas.geojson",
        f"feature 5 ({FIRST_GRID_CODE})",
        "geometry_invalid",
    ),
    (
        "an area is a point",
        set_geometry("areas.geojson", FIRST_GRID, "Point", [110, 30]),
        "areas.geojson",
        f"feature 5 ({FIRST_GRID_CODE})",
        "geometry_kind",
    ),
    (
        "an area has no geometry",
        edit_map("areas.geojson", lambda features: features[4].pop("geometry")),
        "areas.geojson",
        f"feature 5 ({FIRST_GRID_CODE})",
        "geometry_missing",
    ),
    (
        "an area has an unknown property",
        set_property("areas.geojson", 5, "poulation", 9),
        "areas.geojson",
        "feature 5 (poulation)",
        "key_unknown",
    ),
    (
        "a population is a text",
        set_property("areas.geojson", 5, "population", "many"),
        "areas.geojson",
        f"feature 5 ({FIRST_GRID_CODE})",
        "value_form",
    ),
    (
        "a map states shifted coordinates",
        replace(
            "areas.geojson", '"FeatureCollection",', '"FeatureCollection", "crs": {"properties": {"name": "GCJ-02"}},'
        ),
        "areas.geojson",
        "crs",
        "coordinates_gcj02",
    ),
    (
        "a map states a plane system",
        replace(
            "areas.geojson",
            '"FeatureCollection",',
            '"FeatureCollection", "crs": {"properties": {"name": "EPSG:3857"}},',
        ),
        "areas.geojson",
        "crs",
        "crs_contradicts",
    ),
    # units and people
    (
        "a unit's parent does not exist",
        replace("units.csv", "lighting_crew,lighting_co", "lighting_crew,light_co"),
        "units.csv",
        "line 9 (lighting_crew)",
        "code_unknown",
    ),
    (
        "a unit serves an unknown area",
        replace("units.csv", "Southeast Street Office,990101001", "Southeast Street Office,990101009"),
        "units.csv",
        "line 11 (street_e1)",
        "code_unknown",
    ),
    (
        "a successor does not exist",
        replace("units.csv", "2025-06-30,lighting_co", "2025-06-30,lamps_co"),
        "units.csv",
        "line 10 (old_lighting)",
        "code_unknown",
    ),
    (
        "an ended unit has no successor",
        replace("units.csv", "2025-06-30,lighting_co", "2025-06-30,"),
        "units.csv",
        "line 10 (old_lighting)",
        "successor_missing",
    ),
    (
        "two units are above each other",
        replace("units.csv", "urban_bureau,,city", "urban_bureau,east_urban,city"),
        "units.csv",
        "east_urban",
        "circle",
    ),
    (
        "a person works for an ended unit",
        replace("people.csv", "handler,lighting_co", "handler,old_lighting"),
        "people.csv",
        "line 7 (handler_lighting)",
        "unit_ended",
    ),
    (
        "a person works in an unknown area",
        replace("people.csv", "centre,990102,", "centre,990103,"),
        "people.csv",
        "line 5 (collector2)",
        "code_unknown",
    ),
    (
        "a login has two names",
        replace("people.csv", "deputy,戴兼,checker", "deputy,戴顾,checker"),
        "people.csv",
        "line 23 (deputy)",
        "person_named_twice",
    ),
    (
        "a group gives a post of an unknown unit",
        write("groups.csv", "group,role,unit,area,from,until\nstreets,handler,moon_co,,,\n"),
        "groups.csv",
        "line 2 (streets)",
        "code_unknown",
    ),
    (
        "a group gives a post in an unknown area",
        write("groups.csv", "group,role,area\nstreets,handler,1\n"),
        "groups.csv",
        "line 2 (streets)",
        "code_unknown",
    ),
    (
        "a group gives a post that outlasts its unit",
        write("groups.csv", "group,role,unit\nlamps,handler,old_lighting\n"),
        "groups.csv",
        "line 2 (lamps)",
        "unit_ended",
    ),
    (
        "a group gives the same post twice",
        write("groups.csv", "group,role\nstreets,checker\nstreets,checker\n"),
        "groups.csv",
        "line 3 (streets|checker|||)",
        "row_twice",
    ),
    (
        "one group is to administer and to audit",
        write("groups.csv", "group,role\nit,admin\nit,auditor\n"),
        "groups.csv",
        "line 3 (it)",
        "group_joins_apart",
    ),
    (
        "a post is written twice",
        add("people.csv", "agent,安小雨,hotline_agent,hotline,,,"),
        "people.csv",
        "line 24 (agent|hotline_agent|hotline||)",
        "row_twice",
    ),
    # catalogue and standards
    (
        "a class is given twice",
        add("catalogue.csv", LAMP + ",,,,,"),
        "catalogue.csv",
        "line 18 (gb2013:0137)",
        "code_twice",
    ),
    (
        "a scheme is unknown",
        replace("catalogue.csv", LAMP, LAMP.replace("gb2013", "gb2031")),
        "catalogue.csv",
        "line 4 (gb2031:0137)",
        "code_unknown",
    ),
    (
        "a class has another edition",
        replace("catalogue.csv", LAMP, LAMP.replace(",2013", ",2026")),
        "catalogue.csv",
        "line 4 (gb2013:0137)",
        "version_contradicts",
    ),
    (
        "a class is of another kind than its parent",
        replace("catalogue.csv", LAMP, LAMP.replace("component", "event")),
        "catalogue.csv",
        "line 4 (gb2013:0137)",
        "kind_contradicts",
    ),
    (
        "a word of the lexicon is a single character",
        write("lexicon.csv", "class,words_zh,words_en,weight\ngb2013:E0110,垃圾;脏,rubbish,\n"),
        "lexicon.csv",
        "line 2 (gb2013:E0110)",
        "lexicon_word",
    ),
    (
        "a note for agents is of a class that is not there",
        write("knowledge.toml", '[note.a]\nclass = "hotline:0109"\nzh = "甲"\nen = "a"\n'),
        "knowledge.toml",
        "note.a",
        "code_unknown",
    ),
    (
        "the lexicon has words for a class that is not there",
        write("lexicon.csv", "class,words_zh,words_en,weight\ngb2013:E9999,垃圾,rubbish,2\n"),
        "lexicon.csv",
        "line 2 (gb2013:E9999)",
        "code_unknown",
    ),
    (
        "a class has no standard",
        add("catalogue.csv", "gb2013,2013,0138,01,component,地灯,Ground lamp,,,,,"),
        "catalogue.csv",
        "line 18 (gb2013:0138)",
        "class_without_standard",
    ),
    (
        "a standard is for a class that is not filed",
        replace("standards.csv", "refuse,gb2013:E0110", "refuse,gb2013:E01"),
        "standards.csv",
        "line 8 (refuse)",
        "class_not_leaf",
    ),
    (
        "a standard is for an unknown class",
        replace("standards.csv", "refuse,gb2013:E0110", "refuse,gb2013:E0111"),
        "standards.csv",
        "line 8 (refuse)",
        "code_unknown",
    ),
    (
        "a standard keeps unknown hours",
        replace("standards.csv", "work_hour,street", "work_hour,steet"),
        "standards.csv",
        "line 8 (refuse)",
        "code_unknown",
    ),
    (
        "a class has two defaults",
        replace("standards.csv", "更换完好,cover replaced,,,", "更换完好,cover replaced,,,yes"),
        "standards.csv",
        "line 4 (drain-noisy)",
        "two_defaults",
    ),
    # duties
    (
        "a class has no lead",
        replace("duties.csv", "gb2013:0137,*,lighting_co,lead", "gb2013:0137,*,lighting_co,assist"),
        "duties.csv",
        "gb2013:0137",
        "duty_gap",
    ),
    (
        "a class has no lead in one street",
        replace("duties.csv", "hotline:01,990102002,street_w2,lead,,,,,,\n", ""),
        "duties.csv",
        "hotline:0101",
        "duty_gap",
    ),
    (
        "a duty ends and nobody follows",
        replace(
            "duties.csv", "gb2013:0137,*,lighting_co,lead,,,,,,", "gb2013:0137,*,lighting_co,lead,,,,,,2026-06-30"
        ),
        "duties.csv",
        "gb2013:0137",
        "duty_gap",
    ),
    (
        "a class has a lead by day only",
        replace("duties.csv", "hotline:09,*,hotline,lead,,,,,,", "hotline:09,*,hotline,lead,,,working,,,"),
        "duties.csv",
        "hotline:0901",
        "duty_gap",
    ),
    (
        "two units lead alike",
        add("duties.csv", "gb2013:0137,*,urban_bureau,lead,,,,,,"),
        "duties.csv",
        "line 18 (gb2013:0137)",
        "duty_overlap",
    ),
    (
        "a duty is for an unknown class",
        add("duties.csv", "gb2013:0199,*,urban_bureau,lead,,,,,,"),
        "duties.csv",
        "line 18 (gb2013:0199)",
        "code_unknown",
    ),
    (
        "a duty is for an unknown area",
        add("duties.csv", "gb2013:0137,990109,urban_bureau,lead,,,,,,"),
        "duties.csv",
        "line 18 (gb2013:0137)",
        "code_unknown",
    ),
    (
        "a duty is for an unknown unit",
        add("duties.csv", "gb2013:0137,990101,urban,assist,,,,,,"),
        "duties.csv",
        "line 18 (gb2013:0137)",
        "code_unknown",
    ),
    (
        "a duty is written twice",
        add("duties.csv", "gb2013:0137,*,lighting_co,lead,3,,,,,"),
        "duties.csv",
        "line 18 (gb2013:0137|*|lighting_co|lead|||)",
        "row_twice",
    ),
    # components, calendar, layers, things
    (
        "a component is given twice",
        set_property("components.geojson", 2, "code", "9901010137000001"),
        "components.geojson",
        "feature 2 (9901010137000001)",
        "code_twice",
    ),
    (
        "a component's class is unknown",
        set_property("components.geojson", 2, "class", "gb2013:0173"),
        "components.geojson",
        "feature 2 (9901010137000002)",
        "code_unknown",
    ),
    (
        "a component's owner is unknown",
        set_property("components.geojson", 2, "owner", "lighting"),
        "components.geojson",
        "feature 2 (9901010137000002)",
        "code_unknown",
    ),
    (
        "a component's state is unknown",
        set_property("components.geojson", 2, "state", "brokn"),
        "components.geojson",
        "feature 2 (9901010137000002)",
        "value_unknown",
    ),
    (
        "a component's date is none",
        set_property("components.geojson", 2, "since", "2025"),
        "components.geojson",
        "feature 2 (9901010137000002)",
        "value_form",
    ),
    (
        "latitude stands before longitude",
        set_geometry("components.geojson", 2, "Point", [30.003, 110.005]),
        "components.geojson",
        "feature 2 (9901010137000002)",
        "coordinates_swapped",
    ),
    (
        "a place is outside the city",
        set_geometry("components.geojson", 2, "Point", [111.0, 30.003]),
        "components.geojson",
        "feature 2 (9901010137000002)",
        "coordinates_outside",
    ),
    (
        "a place is in metres",
        set_geometry("components.geojson", 2, "Point", [12245143.9, 3503549.8]),
        "components.geojson",
        "feature 2 (9901010137000002)",
        "coordinates_range",
    ),
    (
        "a year in use is not covered",
        replace("city.toml", "[2025, 2027]", "[2025, 2028]"),
        "calendar.csv",
        "",
        "calendar_year_missing",
    ),
    (
        "a day lies outside the years in use",
        add("calendar.csv", "2028-01-01,holiday,元旦,New Year"),
        "calendar.csv",
        "line 26 (|2028-01-01)",
        "calendar_year_outside",
    ),
    (
        "a day is both free and worked",
        add("calendar.csv", "2026-01-01,workday,上班,Work"),
        "calendar.csv",
        "line 26 (|2026-01-01)",
        "row_twice",
    ),
    (
        "a thing is on an unknown component",
        replace("things.csv", "Underpass gauge,,", "Underpass gauge,123,"),
        "things.csv",
        "line 2 (level-1)",
        "code_unknown",
    ),
    (
        "a thing has half a place",
        replace("things.csv", "110.001,30.001", "110.001,"),
        "things.csv",
        "line 2 (level-1)",
        "value_empty",
    ),
    (
        "a thing is outside the city",
        replace("things.csv", "110.001,30.001", "120.001,30.001"),
        "things.csv",
        "line 2 (level-1)",
        "coordinates_outside",
    ),
    (
        "a rule has two thresholds",
        replace("rules.toml", "above = 15", "above = 15\nbelow = 1"),
        "rules.toml",
        "rule.flood",
        "one_threshold",
    ),
    (
        "a rule's class is unknown",
        replace("rules.toml", "E0506", "E0507"),
        "rules.toml",
        "rule.flood",
        "code_unknown",
    ),
    (
        "a rule watches what nothing measures",
        replace("rules.toml", "depth_cm", "depth_mm"),
        "rules.toml",
        "rule.flood",
        "rule_without_thing",
    ),
    (
        "an indicator's key is misspelt",
        replace("indicators.toml", "numerator", "numrator"),
        "indicators.toml",
        "indicator.on_time.numrator",
        "key_unknown",
    ),
    (
        "an indicator's period is unknown",
        replace("indicators.toml", '"month"', '"fortnight"'),
        "indicators.toml",
        "indicator.on_time.period",
        "value_unknown",
    ),
    (
        "a layer has an unknown property",
        set_property("parks.geojson", 1, "colour", "green"),
        "parks.geojson",
        "feature 1 (colour)",
        "property_unknown",
    ),
    (
        "a layer's thing has no code",
        set_property("parks.geojson", 1, "code", ""),
        "parks.geojson",
        "feature 1 (code)",
        "value_empty",
    ),
    # paths
    (
        "a path cannot be left",
        write("paths.toml", 'extends = "standard"\n[path.hotline]\nstart = "registered"\n'),
        "paths.toml",
        "path.hotline",
        "paths.no_end",
    ),
    (
        "a path names an unknown state",
        write("paths.toml", 'extends = "standard"\n[path.hotline]\nstart = "registred"\n'),
        "paths.toml",
        "path.hotline",
        "paths.unknown_word",
    ),
    (
        "a paths file has an unknown table",
        write("paths.toml", 'extends = "standard"\n[pahts]\n'),
        "paths.toml",
        "paths.toml",
        "paths.unknown_word",
    ),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_small_city(tmp_path / "city")


def found(folder: Path) -> list[Problem]:
    return check_folder(folder)[1]


def test_the_good_folder_has_neither_errors_nor_warnings(folder):
    assert [(p.level, p.code) for p in found(folder)] == [(INFO, "duty_pushed_down")]


@pytest.mark.parametrize(("because", "change", "file", "where", "code"), BROKEN, ids=[row[0] for row in BROKEN])
def test_what_is_broken_is_told_with_its_file_and_place(folder, because, change, file, where, code):
    change(folder)
    problems = found(folder)
    assert (file, where, code) in [(p.file, p.where("en"), p.code) for p in problems], because
    for problem in problems:
        sentences = [tell(lang) for tell in (problem.wrong, problem.right) for lang in ("zh", "en")]
        assert all(sentences), f"{problem.code} has no words"
        assert "…" not in problem.wrong("en"), f"{problem.code} lacks a parameter"


def test_every_kind_of_problem_is_in_the_table_of_broken_folders():
    tried = {code for *_, code in BROKEN}
    elsewhere = {"duty_pushed_down", "folder_missing", "area_childless", "paths.no_last_choice"}
    elsewhere |= {"paths.missing", "paths.not_positive"}
    elsewhere |= {code for code in WORDS if code.startswith(("overlay_", "micro_grid_"))}  # test_overlays.py
    elsewhere |= {code for code in WORDS if code.startswith("people_")}  # test_sync_people.py
    elsewhere |= {code for code in WORDS if code.startswith("sign_")}  # test_vital_signs.py
    assert set(WORDS) - tried - elsewhere == set()


def test_a_folder_that_is_not_there_is_a_problem_too(tmp_path):
    assert [p.code for p in found(tmp_path / "nowhere")] == ["folder_missing"]


def test_an_empty_folder_misses_every_needed_file_and_nothing_fails(tmp_path):
    assert {p.code for p in found(tmp_path)} == {"file_missing"}
    assert len(found(tmp_path)) == 8


def test_an_undivided_area_above_the_smallest_level_is_a_warning(folder):
    edit_map("areas.geojson", lambda features: [features.pop(9) for _ in range(4)])(folder)
    (problem,) = [p for p in found(folder) if p.level == WARNING]
    assert (problem.code, problem.where("en")) == ("area_childless", "feature 9 (990101001002)")
    assert not any(p.level == ERROR for p in found(folder))


def test_a_gap_is_told_with_its_size_and_a_point_inside_it(folder):
    set_geometry("areas.geojson", FIRST_GRID, "Polygon", stretched(0, 0, -0.0001))(folder)
    (gap,) = [p for p in found(folder) if p.code == "area_gap"]
    # 0.0001° × 0.002° at 30.001° N: 9.648 m × 221.7 m
    assert gap.params["size_m2"] == pytest.approx(9.648 * 221.70, rel=1e-3)
    assert 110.0019 < gap.params["lon"] < 110.002
    assert 30.0 < gap.params["lat"] < 30.002


def test_a_gap_within_the_tolerance_is_no_problem(folder):
    replace("city.toml", "gap_m2 = 50", "gap_m2 = 2200")(folder)
    set_geometry("areas.geojson", FIRST_GRID, "Polygon", stretched(0, 0, -0.0001))(folder)
    assert not any(p.code == "area_gap" for p in found(folder))


def test_a_vertex_of_one_area_on_the_edge_of_the_next_makes_no_gap(folder):
    """The city's outline as four corners only: its long edges pass all the grids' vertices."""
    box = [[[110.0, 30.0], [110.016, 30.0], [110.016, 30.008], [110.0, 30.008], [110.0, 30.0]]]
    set_geometry("areas.geojson", 1, "Polygon", box)(folder)
    assert not any(p.level == ERROR for p in found(folder))


def test_a_duty_gap_names_the_largest_areas_that_lie_in_it(folder):
    replace("duties.csv", "gb2013:E01,990102,west_urban,lead,,,,,,\n", "")(folder)
    gaps = {p.params["class"]: p for p in found(folder) if p.code == "duty_gap"}
    assert set(gaps) == {"gb2013:E0110", "gb2013:E0136"}
    assert gaps["gb2013:E0110"].params["areas"] == ["990102"]
    assert gaps["gb2013:E0110"].params["count"] == 16


def test_a_duty_gap_tells_the_first_day_on_which_nobody_leads(folder):
    lead = "gb2013:0137,*,lighting_co,lead,,,,,,"
    replace("duties.csv", lead, lead + "2026-06-30")(folder)
    (gap,) = [p for p in found(folder) if p.code == "duty_gap"]
    assert gap.params["on"].isoformat() == "2026-07-01"


def test_equal_leads_ranked_by_order_are_no_overlap(folder):
    add("duties.csv", "gb2013:0137,*,urban_bureau,lead,1,,,,,")(folder)
    assert not any(p.code == "duty_overlap" for p in found(folder))


def test_the_nearest_known_name_is_proposed(folder):
    replace("units.csv", "parent,kind", "parant,kind")(folder)
    (problem,) = [p for p in found(folder) if p.code == "column_unknown"]
    assert problem.right("en") == "rename it to parent or remove it"
    assert problem.right("zh") == "改名为 parent，或删去"


def test_a_quoted_cell_over_two_lines_keeps_the_numbers_of_the_lines_after_it(folder):
    replace("units.csv", "Operation Centre", '"Operation\nCentre"')(folder)
    add("units.csv", "bad,nobody,crew,坏,Bad,,,,")(folder)
    (problem,) = [p for p in found(folder) if p.code == "code_unknown"]
    assert problem.where("en") == "line 16 (bad)"


def test_own_files_beside_the_data_are_left_alone(folder):
    for name in ("README.md", "build.py", "map.toml", "calls.map.toml", ".hidden.csv", "walk.osm.pbf"):
        (folder / name).write_text("", encoding="utf-8")
    assert not any(p.level == ERROR for p in found(folder))
