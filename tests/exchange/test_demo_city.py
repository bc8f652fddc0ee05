"""The fictional city: the same from the same seed, whole, and plausible on a map."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from cityloom.cases.register_values import clean_value
from cityloom.city.checks import check_folder
from cityloom.city.paths import END_STATES
from cityloom.city.values import Role, Source
from cityloom.exchange.demo import calendar, rhythm
from cityloom.exchange.demo.areas import CITY_CODE
from cityloom.exchange.demo.chance import split_whole, stream
from cityloom.exchange.demo.make import FolderInTheWay, UntilOutsideCalendar, make_city
from cityloom.exchange.demo.partition import FaceGraph, cluster
from cityloom.exchange.demo.terrain import Plane
from cityloom.exchange.demo.writing import geometry_json
from cityloom.exchange.mapping import SATISFIED, SOLVED, read_mapping
from cityloom.exchange.register_files import read_registers, read_rows

UNTIL = date(2026, 11, 22)
HISTORY = 3_000
IN_METRES = Plane().geometry_in_metres


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Jinchuan of seed 7, made once for all tests here."""
    place = tmp_path_factory.mktemp("demo") / "jinchuan"
    make_city(place, 7, UNTIL, HISTORY, lambda _step, _share: None)
    return place


@cache
def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def layer(folder: Path, name: str) -> list[tuple[Any, dict[str, Any]]]:
    features = json.loads((folder / name).read_text(encoding="utf-8"))["features"]
    return [(shape(feature["geometry"]), feature["properties"]) for feature in features]


def areas_of(folder: Path, level: str) -> dict[str, tuple[Any, dict[str, Any]]]:
    return {props["code"]: (form, props) for form, props in layer(folder, "areas.geojson") if props["level"] == level}


def test_the_same_seed_gives_the_same_bytes_in_another_process(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from datetime import date; from pathlib import Path;"
        "from cityloom.exchange.demo.make import make_city;"
        f"make_city(Path(sys.argv[1]), 7, date.fromisoformat('{UNTIL}'), {HISTORY}, lambda s, p: None)"
    )
    again = tmp_path / "again"
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, str(again)], check=True, env=environment)
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert names == sorted(str(path.relative_to(again)) for path in again.rglob("*") if path.is_file())
    different = [name for name in names if (folder / name).read_bytes() != (again / name).read_bytes()]
    assert different == []


def test_the_folder_passes_the_city_check(folder: Path) -> None:
    _folder, problems = check_folder(folder)
    found = [problem for problem in problems if problem.level != "info"]
    assert sorted(problem.code for problem in found) == ["overlay_gap"] * 3 + ["overlay_overlap"] * 2, "as planted"
    assert {problem.params["layer"] for problem in found} == {"market"}


@pytest.mark.parametrize(
    ("what", "least", "because"),
    [
        ("districts", 4, "a city of a million has several districts"),
        ("streets", 24, "each district has street offices"),
        ("communities", 120, "each street has communities"),
        ("grids", 2_000, "each community has unit grids"),
        ("residents", 1_000_000, "a million residents"),
        ("units", 60, "departments, offices, companies, crews"),
        ("people", 200, "in all roles"),
        ("classes", 100, "leaves of the catalogue"),
        ("standards", 250, "several conditions a class"),
        ("components", 20_000, "along the roads"),
        ("things", 500, "devices"),
        ("parks", 120, "of all sizes"),
        ("rules", 12, "alarm rules"),
        ("indicators", 12, "a dozen"),
        ("road_nodes", 8_000, "a walkable graph"),
    ],
)
def test_the_city_is_large_enough(folder: Path, what: str, least: int, because: str) -> None:
    assert counts(folder)[what] >= least, because


@cache
def counts(folder: Path) -> dict[str, int]:
    catalogue = rows(folder, "catalogue.csv")
    parents = {(row["scheme"], row["parent"]) for row in catalogue}
    return {
        "districts": len(areas_of(folder, "district")),
        "streets": len(areas_of(folder, "street")),
        "communities": len(areas_of(folder, "community")),
        "grids": len(areas_of(folder, "grid")),
        "residents": areas_of(folder, "city")[CITY_CODE][1]["population"],
        "units": len(rows(folder, "units.csv")),
        "people": len({row["login"] for row in rows(folder, "people.csv")}),
        "classes": sum((row["scheme"], row["code"]) not in parents for row in catalogue),
        "standards": len(rows(folder, "standards.csv")),
        "components": len(layer(folder, "components.geojson")),
        "things": len(rows(folder, "things.csv")),
        "parks": len(layer(folder, "parks.geojson")),
        "rules": len(tomllib.loads((folder / "rules.toml").read_text())["rule"]),
        "indicators": len(tomllib.loads((folder / "indicators.toml").read_text())["indicator"]),
        "road_nodes": len(road_graph(folder)),
    }


def test_the_city_is_as_dense_as_a_real_one(folder: Path) -> None:
    city, props = areas_of(folder, "city")[CITY_CODE]
    km2 = IN_METRES(city).area / 1e6
    assert 120 <= km2 <= 200
    assert 5_000 <= props["population"] / km2 <= 10_000


@pytest.mark.parametrize(
    ("parents", "children"),
    [("city", "district"), ("district", "street"), ("street", "community"), ("community", "grid")],
)
def test_areas_tile_their_parent_and_their_residents_add_up(folder: Path, parents: str, children: str) -> None:
    inside: dict[str, list[tuple[Any, dict[str, Any]]]] = defaultdict(list)
    for form, props in areas_of(folder, children).values():
        inside[props["parent"]].append((form, props))
    above = areas_of(folder, parents)
    assert set(inside) == set(above)
    for code, (parent, parent_props) in above.items():
        forms = IN_METRES(np.array([form for form, _props in inside[code]], dtype=object))
        total = float(shapely.area(forms).sum())
        whole = IN_METRES(parent)
        joined = shapely.union_all(forms)
        assert abs(joined.symmetric_difference(whole).area) < 1, f"gap in {code}"
        assert abs(total - whole.area) < 1, f"overlap in {code}"
        assert sum(props["population"] for _form, props in inside[code]) == parent_props["population"]


def test_unit_grids_are_about_a_hectare_in_the_core_only(folder: Path) -> None:
    grids = list(areas_of(folder, "grid").values())
    forms = IN_METRES(np.array([form for form, _props in grids], dtype=object))
    centre = shapely.get_coordinates(shapely.centroid(forms))
    distance = np.hypot(centre[:, 0], centre[:, 1])
    hectares = shapely.area(forms) / 10_000
    assert 0.6 <= np.median(hectares[distance < 1_000]) <= 1.6
    assert np.median(hectares[distance > 4_000]) > 4


@pytest.mark.parametrize(("level", "digits"), [("district", 6), ("street", 9), ("community", 12), ("grid", 15)])
def test_area_codes_are_digits_that_begin_with_their_parent(folder: Path, level: str, digits: int) -> None:
    for code, (_form, props) in areas_of(folder, level).items():
        assert code.isdigit()
        assert len(code) == digits
        assert level == "district" or code.startswith(props["parent"])


@pytest.mark.parametrize("name", ["areas", "components", "roads", "parks", "housing", "facilities", "water"])
def test_codes_and_shapes_of_layers_are_sound(folder: Path, name: str) -> None:
    features = layer(folder, f"{name}.geojson")
    codes = [props["code"] for _form, props in features]
    assert len(set(codes)) == len(codes)
    assert all(form.is_valid and not form.is_empty for form, _props in features)


def test_component_codes_name_district_and_class(folder: Path) -> None:
    districts = areas_of(folder, "district")
    for _point, props in layer(folder, "components.geojson"):
        code = props["code"]
        assert len(code) == 16
        assert code[:6] in districts
        assert props["class"] == f"gb2013:C{code[6:10]}"


def test_few_components_have_no_owner(folder: Path) -> None:
    owners = [props["owner"] for _point, props in layer(folder, "components.geojson")]
    assert 0.003 < owners.count("") / len(owners) < 0.01


@cache
def road_graph(folder: Path) -> dict[tuple[float, float], set[tuple[float, float]]]:
    graph: dict[tuple[float, float], set[tuple[float, float]]] = defaultdict(set)
    for line, _props in layer(folder, "roads.geojson"):
        first, last = line.coords[0], line.coords[-1]
        graph[first].add(last)
        graph[last].add(first)
    return graph


def test_nearly_all_roads_hang_together(folder: Path) -> None:
    graph = road_graph(folder)
    unseen, largest = set(graph), 0
    while unseen:
        queue, size = [unseen.pop()], 1
        while queue:
            for other in graph[queue.pop()] & unseen:
                unseen.discard(other)
                queue.append(other)
                size += 1
        largest = max(largest, size)
    assert largest >= 0.95 * len(graph)


def test_parks_come_in_all_size_classes(folder: Path) -> None:
    sizes = [props["area_m2"] for _form, props in layer(folder, "parks.geojson")]
    classes = Counter(int(np.digitize(size, [400, 2_000, 5_000, 10_000])) for size in sizes)
    assert min(classes[number] for number in range(5)) >= 15
    assert max(sizes) > 1_000_000
    for form, props in layer(folder, "parks.geojson"):
        assert IN_METRES(form).area == pytest.approx(props["area_m2"], rel=0.02, abs=2)


@pytest.mark.parametrize("name", ["parks", "housing", "facilities", "components"])
def test_nothing_stands_in_the_water(folder: Path, name: str) -> None:
    water = shapely.union_all([IN_METRES(form) for form, _props in layer(folder, "water.geojson")])
    shapely.prepare(water)
    bridges = {"gb2013:C0209"}
    forms = [form for form, props in layer(folder, f"{name}.geojson") if props.get("class") not in bridges]
    wet = shapely.area(shapely.intersection(IN_METRES(np.array(forms, dtype=object)), water))
    assert float(wet.max()) < 1
    if name in ("facilities", "components"):
        assert not shapely.contains(water, IN_METRES(np.array(forms, dtype=object))).any()


def test_roads_cross_the_river_by_bridges_only(folder: Path) -> None:
    river = next(IN_METRES(form) for form, props in layer(folder, "water.geojson") if props["kind"] == "river")
    over = [
        props["kind"]
        for form, props in layer(folder, "roads.geojson")
        if IN_METRES(form).intersection(river).length > 1
    ]
    assert len(over) >= 12
    assert set(over) <= {"ring", "arterial"}


def test_housing_holds_the_residents_of_every_community(folder: Path) -> None:
    communities = areas_of(folder, "community")
    tree = shapely.STRtree([form for form, _props in communities.values()])
    homes = layer(folder, "housing.geojson")
    points = shapely.point_on_surface(np.array([form for form, _props in homes], dtype=object))
    which, inside = tree.query(points, predicate="within")
    found = np.bincount(
        inside, weights=[homes[index][1]["population"] for index in which], minlength=len(communities)
    )
    assert found.tolist() == [props["population"] for _form, props in communities.values()]


def test_people_hold_all_roles_and_the_easy_logins_work(folder: Path) -> None:
    posts = rows(folder, "people.csv")
    held = {row["role"] for row in posts}
    assert held == {role.value for role in Role} - {"resident", "system"}
    easy = {row["login"]: row["role"] for row in posts}
    assert {easy[login] for login in (
        "agent", "shift", "grid", "dispatcher", "handler", "checker", "callback", "supervisor", "leader", "auditor",
        "steward", "admin", "warden", "sensor",
    )} == held  # fmt: skip


def test_what_the_easy_handler_owes_lies_where_the_easy_grid_worker_walks(folder: Path) -> None:
    posts = rows(folder, "people.csv")
    walked = next(row["area"] for row in posts if row["login"] == "grid")
    units = {row["unit"] for row in posts if row["login"] == "handler"}
    owed = {
        row["unit"]
        for row in rows(folder, "duties.csv")
        if row["class"] in ("gb2013:C0137", "gb2013:E0110", "gb2013:E0113")
        and row["role"] == "lead"
        and not row["hours"]
        and (row["area"] == "*" or walked.startswith(row["area"]))
    }
    assert owed == units


def test_units_merged_and_split_name_living_successors(folder: Path) -> None:
    units = {row["code"]: row for row in rows(folder, "units.csv")}
    ended = {code: row["successors"].split(";") for code, row in units.items() if row["until"]}
    heirs = Counter(heir for successors in ended.values() for heir in successors)
    assert any(len(successors) > 1 for successors in ended.values())
    assert max(heirs.values()) > 1
    assert all(not units[heir]["until"] for heir in heirs)


def test_every_leaf_has_a_lead_everywhere_of_its_own(folder: Path) -> None:
    catalogue = rows(folder, "catalogue.csv")
    parents = {(row["scheme"], row["parent"]) for row in catalogue}
    leaves = [f"{row['scheme']}:{row['code']}" for row in catalogue if (row["scheme"], row["code"]) not in parents]
    covered: dict[str, set[str]] = defaultdict(set)
    for row in rows(folder, "duties.csv"):
        if row["role"] == "lead" and not row["hours"] and not row["source"]:
            covered[row["class"]].add(row["area"])
    districts, streets = set(areas_of(folder, "district")), set(areas_of(folder, "street"))
    assert [leaf for leaf in leaves if covered[leaf] not in ({"*"}, districts, streets)] == []


def test_whoever_owes_a_matter_has_somebody_who_signs_for_it(folder: Path) -> None:
    handled = {row["unit"] for row in rows(folder, "people.csv") if row["role"] == "handler"}
    assert {row["unit"] for row in rows(folder, "duties.csv")} - handled == set()


def test_standards_use_every_clock_unit_and_one_default_a_class(folder: Path) -> None:
    standards = rows(folder, "standards.csv")
    assert {row["unit"] for row in standards} == {"emergency_hour", "work_hour", "work_day", "natural_day"}
    defaults = Counter(row["class"] for row in standards if row["default"] == "yes")
    assert set(defaults.values()) == {1}
    assert set(defaults) == {row["class"] for row in standards}


def test_the_history_is_finished_within_its_year(folder: Path) -> None:
    cases = rows(folder, "history.csv")
    assert len(cases) == HISTORY
    assert len({row["source_id"] for row in cases}) == HISTORY
    first = datetime.fromisoformat(f"{UNTIL - timedelta(days=380)}T00:00:00+08:00")
    last = datetime.fromisoformat(f"{UNTIL}T00:00:00+08:00")
    for row in cases:
        opened, signed, closed = (datetime.fromisoformat(row[key]) for key in ("opened_at", "signed_at", "closed_at"))
        assert first <= opened < signed <= closed < last


def test_the_history_is_handled_by_living_units_and_places_lie_in_their_grid(folder: Path) -> None:
    units = {row["code"] for row in rows(folder, "units.csv") if not row["until"]}
    classes = {f"{row['scheme']}:{row['code']}" for row in rows(folder, "catalogue.csv")}
    grids = areas_of(folder, "grid")
    cases = rows(folder, "history.csv")
    assert {row["unit"] for row in cases} <= units
    assert {row["class"] for row in cases} <= classes
    located = [row for row in cases if row["lon"]]
    away = [
        shapely.distance(grids[row["area"]][0], shapely.Point(float(row["lon"]), float(row["lat"])))
        for row in located
    ]
    assert max(away) < 1e-6, "rounding moves a point by a centimetre at most"


def test_the_history_has_the_rhythm_of_a_city(folder: Path) -> None:
    cases = rows(folder, "history.csv")
    heating = [row for row in cases if row["class"] == "jc12345:010401"]
    assert all(
        row["opened_at"][5:7] in ("11", "12", "01", "02", "03", "04") for row in heating[: len(heating) * 9 // 10]
    )
    weekday = Counter(datetime.fromisoformat(row["opened_at"]).weekday() for row in cases)
    assert weekday[6] < weekday[0]
    late = sum(row["closed_at"] > row["due_at"] for row in cases) / len(cases)
    assert 0.02 < late < 0.15


def test_the_history_does_not_repeat_itself_word_for_word(folder: Path) -> None:
    texts = [row["text"] for row in rows(folder, "history.csv")]
    assert len(set(texts)) > 0.95 * len(texts)
    assert any(text.isascii() for text in texts), "some residents write English"
    assert not [text for text in texts if "{" in text or "}" in text]


def test_the_mapping_names_the_columns_of_the_history(folder: Path) -> None:
    with (folder / "history.csv").open(encoding="utf-8") as file:
        header = file.readline().strip().split(",")
    mapping = read_mapping(folder / "history.toml")
    assert set(mapping.column_names()) <= set(header)
    cases = rows(folder, "history.csv")
    assert {row["solved"] for row in cases} <= {*SOLVED, ""}
    assert {row["satisfied"] for row in cases} <= {*SATISFIED, ""}
    assert {row["source"] for row in cases} <= set(Source)
    assert {row["state"] for row in cases} <= END_STATES


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "city.toml").write_text('code = "110000"\n', encoding="utf-8")
    with pytest.raises(FolderInTheWay, match="holds something else"):
        make_city(tmp_path, 7, UNTIL, 0, lambda _step, _share: None)
    assert [path.name for path in tmp_path.iterdir()] == ["city.toml"]


def test_an_until_without_a_calendar_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UntilOutsideCalendar, match="2026"):
        make_city(tmp_path / "new", 7, date(2031, 1, 1), 0, lambda _step, _share: None)
    assert not (tmp_path / "new").exists()


def test_a_crash_leaves_nothing_half_done(tmp_path: Path) -> None:
    class PowerCut(Exception):
        pass

    def cut(_step: str, _share: float) -> None:
        raise PowerCut

    with pytest.raises(PowerCut):
        make_city(tmp_path / "new", 7, UNTIL, 0, cut)
    assert list(tmp_path.iterdir()) == []


def test_holidays_cover_three_years_and_mark_the_guessed_one() -> None:
    listed = list(calendar.calendar_rows())
    assert {row[0][:4] for row in listed} == {"2025", "2026", "2027"}
    assert all(row[2].endswith("（预计）") == (row[0] >= "2027") for row in listed)
    worked = [date.fromisoformat(row[0]) for row in listed if row[1] == "workday"]
    assert all(day.weekday() >= 5 for day in worked), "only a weekend can become a make-up working day"


def test_snow_matters_come_with_snow() -> None:
    year = rhythm.shape_year(UNTIL, 7)
    weights = year.weights("snow")
    assert {day.month for day, weight in zip(year.days, weights, strict=True) if weight > 0} <= {12, 1, 2, 3}


def test_split_whole_adds_up_to_the_total() -> None:
    assert split_whole(10, [1, 1, 1]) == [4, 3, 3]
    assert sum(split_whole(1_080_000, stream(7, "test").random(977))) == 1_080_000


def test_clusters_are_connected_and_hold_every_face() -> None:
    side = 12
    positions = np.array([(x, y) for y in range(side) for x in range(side)], dtype=float)
    neighbours = [
        [(other, 1.0) for other in range(side * side) if abs(positions[face] - positions[other]).sum() == 1]
        for face in range(side * side)
    ]
    graph = FaceGraph(positions, np.ones(side * side), neighbours)
    groups = cluster(graph, list(range(side * side)), 9)
    assert sorted(face for group in groups for face in group) == list(range(side * side))
    for group in groups:
        boxes = shapely.union_all([shapely.box(x, y, x + 1, y + 1) for x, y in positions[group]])
        assert boxes.geom_type == "Polygon"
    assert max(map(len, groups)) <= 3 * min(map(len, groups))


def test_a_shape_without_a_place_in_a_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="use a point, a line or a polygon"):
        geometry_json(shapely.MultiPoint([(1, 2), (3, 4)]))


def test_micro_grids_have_fifty_to_seventy_households_and_a_warden_in_two_districts(folder: Path) -> None:
    grids = layer(folder, "micro_grids.geojson")
    wardens = {row["login"]: row["area"] for row in rows(folder, "people.csv") if row["role"] == "warden"}
    communities = areas_of(folder, "community")
    assert len(grids) > 200
    assert {props["parent"][:6] for _, props in grids} == {"660102", "660103"}
    for form, props in grids:
        assert 50 <= props["households"] <= 70, props["code"]
        assert wardens[props["wardens"]] == props["parent"]
        assert form.within(communities[props["parent"]][0].buffer(1e-6)), props["code"]


@pytest.mark.parametrize(("kind", "least"), [("shops", 2000), ("hydrants", 800), ("elders", 600)])
def test_registers_are_large_and_can_be_read(folder: Path, kind: str, least: int) -> None:
    register = read_registers(folder / "registers" / "registers.toml")[kind]
    found = list(read_rows(folder / "registers" / register.file))
    assert len(found) >= least
    for _, cells in found[:200]:
        assert all(clean_value(each, cells[each.column]) is not None for each in register.fields)
        assert 108.9 < float(cells["lon"]) < 109.14


def test_each_building_that_is_watched_has_a_smoke_detector_and_two_people_to_call(folder):
    told = rows(folder, "watched/buildings.csv")
    things = {row["code"]: row for row in rows(folder, "things.csv")}
    sites = {row["site"] for row in told}
    hung = {row["device"]: row["kind"] for row in told if row["device"]}
    assert len(sites) == sum(row["type"] == "smoke_detector" for row in things.values())
    assert set(hung.values()) == {"smoke", "electrical"}
    assert set(hung) <= set(things)
    contacts = Counter(row["site"] for row in told if row["contact"])
    assert set(contacts) == sites
    assert set(contacts.values()) == {2}
    assert all(row["phone"].startswith("100") for row in told if row["phone"]), "no phone of these can be called"


def test_each_parking_place_for_cycles_has_an_outline_and_room(folder):
    places = json.loads((folder / "watched" / "bike_places.geojson").read_text(encoding="utf-8"))["features"]
    assert len(places) > 100
    assert len({each["properties"]["code"] for each in places}) == len(places)
    assert all(each["geometry"]["type"] == "Polygon" for each in places)
    assert all(8 <= each["properties"]["capacity"] <= 40 for each in places)
