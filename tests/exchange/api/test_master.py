"""Master data through the interface: areas with outlines, classes, standards, units, paths."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cases.life import LAMP, Life


def test_areas_come_by_level_and_parent_as_json_and_with_their_outline_as_geojson(site: Life, caller_of: Any):
    caller = caller_of()
    streets = caller.get("/areas?level=street").json()["items"]
    assert [a["code"] for a in streets] == ["990101001", "990101002", "990102001", "990102002"]
    inside = caller.get("/areas?parent=990101").json()["items"]
    assert [a["code"] for a in inside] == ["990101001", "990101002"]
    shapes = json.loads(caller.get("/areas?level=street", accept="application/geo+json").content)
    assert {f["geometry"]["type"] for f in shapes["features"]} <= {"Polygon", "MultiPolygon"}
    one = caller.get("/areas/990101").json()
    assert (one["level"], set(one["name"])) == ("district", {"zh", "en"})


def test_lists_of_codes_are_paged_to_their_end(site: Life, caller_of: Any):
    caller, after, seen = caller_of("leader"), "", []
    while True:
        page = caller.get(f"/units?limit=5&after={after}").json()
        seen += [u["code"] for u in page["items"]]
        if not (after := page["next"]):
            break
    assert seen == sorted(site.city.units)


def test_a_unit_that_ended_names_who_took_over(site: Life, caller_of: Any):
    unit = caller_of("leader").get("/units/old_lighting").json()
    assert (unit["until"], unit["successors"]) == ("2025-06-30", ["lighting_co"])
    assert caller_of().get("/units").status_code == 401


def test_classes_say_which_can_be_filed_and_standards_which_hold_today(site: Life, caller_of: Any):
    caller = caller_of()
    classes = {c["code"]: c["can_be_filed"] for c in caller.get("/classes?limit=1000").json()["items"]}
    assert {code for code, yes in classes.items() if yes} == set(site.city.leaves)
    lamps = caller.get(f"/standards?class={LAMP}").json()["items"]
    assert [s["code"] for s in lamps] == ["lamp-leak", "lamp-leaning", "lamp-out"]
    noise = caller.get("/standards?class=hotline:0101").json()["items"]
    assert [s["code"] for s in noise] == ["noise-2026"], "the one of 2024 has ended"


def test_paths_are_the_status_tables(site: Life, caller_of: Any):
    told = {p["name"]: p for p in caller_of().get("/paths").json()["items"]}
    assert set(told) == set(site.city.paths.paths)
    name, path = next(iter(site.city.paths.paths.items()))
    assert len(caller_of().get(f"/paths/{name}").json()["steps"]) == len(path.steps)


@pytest.mark.parametrize(
    ("path", "status", "because"),
    [
        ("/areas?level=moon", 400, "no such level"),
        ("/areas/1", 404, "no such area"),
        ("/classes/x:y", 404, "no such class"),
        ("/classes?parent=x", 400, "no such class"),
        ("/standards?class=x", 400, "no such class"),
        ("/paths/none", 404, "no such path"),
        ("/areas?fields=outline", 400, "no such field"),
        ("/areas?limit=two", 422, "no number"),
    ],
)
def test_what_the_city_does_not_have_is_told(site: Life, caller_of: Any, path: str, status: int, because: str):
    assert caller_of().get(path).status_code == status, because


def test_master_data_costs_one_statement_for_the_limit(site: Life, caller_of: Any):
    caller = caller_of()
    caller.get("/areas")
    with CaptureQueriesContext(connection) as counted:
        caller.get("/areas")
    assert len(counted) == 1
