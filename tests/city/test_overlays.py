"""Departments' grids over the one base grid: what they cover, what twice, what not, and how they are looked up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.city.micro_city import STRIP_DEG, TWICE_DEG, box, write_micro_city
from tests.city.small_city import GRID_DEG

from cityloom.app.cli import main
from cityloom.city.check_areas import square_metres
from cityloom.city.checks import check_folder
from cityloom.city.folder import read_folder
from cityloom.city.overlays import LayerReport, examine_overlays
from cityloom.city.problems import ERROR, WARNING, WORDS

METRES_UP, METRES_ASIDE = 110_852.0, 96_486.0  # of a degree at 30° N on the ellipsoid


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_micro_city(tmp_path_factory.mktemp("micro-city"))


@pytest.fixture(scope="module")
def reports(folder: Path) -> dict[str, LayerReport]:
    city, _ = read_folder(folder)
    assert city.config is not None
    return {r.layer: r for r in examine_overlays(city.areas, city.features, city.config)}


def test_a_layer_that_tiles_the_city_has_no_fault_and_every_grid_lies_in_one_cell(reports: dict[str, LayerReport]):
    police = reports["police"]
    assert (police.covered, police.gaps, police.overlaps, police.beyond) == (pytest.approx(1.0), (), (), ())
    assert (police.unresolved, police.divided) == (0, 0)
    assert [(s.code, s.share) for s in police.crosswalk["990101001001001"]] == [("p1", 1.0)]
    assert len(police.crosswalk) == 32, "every unit grid has its row"


def test_a_strip_left_out_is_a_gap_with_its_size_and_the_grid_there(reports: dict[str, LayerReport]):
    (gap,) = reports["sanitation"].gaps
    by_hand_m2 = STRIP_DEG * METRES_ASIDE * 2 * GRID_DEG * METRES_UP
    assert gap.size_m2 == pytest.approx(by_hand_m2, rel=0.001)
    assert gap.grid in ("990101001002002", "990101001002004"), "the easternmost grids of the southeast"
    assert reports["sanitation"].covered == pytest.approx(1 - STRIP_DEG / GRID_DEG * 2 / 32, abs=1e-4)


def test_what_two_cells_hold_is_an_overlap_that_names_both(reports: dict[str, LayerReport]):
    (twice,) = reports["sanitation"].overlaps
    assert sorted(twice.codes) == ["s2", "s3"]
    assert twice.size_m2 == pytest.approx(TWICE_DEG * METRES_ASIDE * 2 * GRID_DEG * METRES_UP, rel=0.001)


def test_a_grid_on_a_border_is_looked_up_by_its_largest_share(reports: dict[str, LayerReport]):
    shares = reports["sanitation"].crosswalk["990102002001001"]
    assert [(s.code, s.share) for s in shares] == [("s2", 1.0), ("s3", pytest.approx(TWICE_DEG / GRID_DEG))]


def test_micro_grids_may_leave_land_out(reports: dict[str, LayerReport]):
    micro = reports["micro_grids"]
    assert (micro.cells, micro.gaps, micro.overlaps) == (3, (), ())
    assert micro.covered == pytest.approx(2.5 / 32, abs=1e-4)
    assert micro.unresolved == 29


def test_the_square_metres_of_a_fault_are_those_of_the_areas_check():
    import shapely

    side = shapely.Polygon(box(0, 0, 1, 1)[0])
    assert square_metres(side) == pytest.approx(GRID_DEG**2 * METRES_UP * METRES_ASIDE, rel=0.001)


# --- city check -------------------------------------------------------------------------------------------------

Change = Callable[[dict[str, Any]], object]


def put(number: int, **properties: object) -> Change:
    return lambda data: data["features"][number]["properties"].update(properties)


def redraw(number: int, *where: float) -> Change:
    return lambda data: data["features"][number]["geometry"].update(coordinates=box(*where))


OVERLAYS, MICRO = "overlays.geojson", "micro_grids.geojson"
BROKEN: list[tuple[str, str, Change, str, str, str]] = [
    # what is broken, file, how, where, problem, level
    ("a layer is misspelt", OVERLAYS, put(0, layer="polise"), "feature 1 (p1)", "code_unknown", ERROR),
    ("a unit does not exist", OVERLAYS, put(4, unit="west_urbane"), "feature 5 (s1)", "code_unknown", ERROR),
    ("a code comes twice", OVERLAYS, put(1, code="p1"), "feature 2 (overlays:p1)", "code_twice", ERROR),
    ("a beat is too small", OVERLAYS, redraw(0, 0, 0, 4, 1.9), "police", "overlay_gap", WARNING),
    ("a beat reaches into the next", OVERLAYS, redraw(0, 0, 0, 4.1, 2), "p1", "overlay_overlap", WARNING),
    ("a beat reaches out of the city", OVERLAYS, redraw(0, -0.1, 0, 4, 2), "p1", "overlay_outside", WARNING),
    ("a warden holds no such post", MICRO, put(0, wardens="warden_cheng"), "feature 1 (990101001001-w01)",
     "code_unknown", ERROR),
    ("a dispatcher is no warden", MICRO, put(0, wardens="dispatcher"), "feature 1 (990101001001-w01)",
     "code_unknown", ERROR),
    ("a community does not exist", MICRO, put(0, parent="990101001009"), "feature 1 (990101001001-w01)",
     "code_unknown", ERROR),
    ("it hangs on a street", MICRO, put(0, parent="990101001"), "feature 1 (990101001001-w01)",
     "micro_grid_above", ERROR),
    ("it reaches into the next community", MICRO, redraw(1, 1, 1, 2.5, 2), "feature 2 (990101001001-w02)",
     "micro_grid_outside", ERROR),
    ("two hold the same homes", MICRO, redraw(1, 0.9, 0, 2, 1), "990101001001-w01", "micro_grid_overlap", ERROR),
    ("it is far too large", MICRO, put(0, households=180), "feature 1 (990101001001-w01)",
     "micro_grid_size", WARNING),
]  # fmt: skip


@pytest.mark.parametrize(("because", "file", "change", "where", "code", "level"), BROKEN, ids=[b[0] for b in BROKEN])
def test_what_is_wrong_over_the_base_grid_is_told(
    tmp_path: Path, because: str, file: str, change: Change, where: str, code: str, level: str
):
    folder = write_micro_city(tmp_path)
    before = {(p.code, p.file, p.where("en")) for p in check_folder(folder)[1]}
    data = json.loads((folder / file).read_text(encoding="utf-8"))
    change(data)
    (folder / file).write_text(json.dumps(data), encoding="utf-8")
    new = [p for p in check_folder(folder)[1] if (p.code, p.file, p.where("en")) not in before]
    assert (code, file, where) in {(p.code, p.file, p.where("en")) for p in new}, because
    assert next(p for p in new if p.code == code).level == level
    for problem in new:
        assert "…" not in problem.wrong("en"), "every parameter of the sentence is given"


def test_the_good_city_has_only_the_faults_that_were_planted(folder: Path):
    _, problems = check_folder(folder)
    told = sorted(p.code for p in problems if p.file in (OVERLAYS, MICRO))
    assert told == ["overlay_gap", "overlay_overlap"]


def test_every_word_of_this_check_is_tried_here():
    tried = {code for *_, code, _ in BROKEN}
    assert {code for code in WORDS if code.startswith(("overlay_", "micro_grid_"))} - tried == set()


@pytest.mark.parametrize(
    ("text", "code", "because"),
    [
        ('[overlays.fire]\nname_zh = "消防"\nwhole = "yes"\n', "value_form", "whole is yes or no, as TOML says it"),
        ("[overlays.fire]\nwhole = true\n", "key_missing", "a layer has a name"),
        ('[overlays.fire]\nname_zh = "消防"\nhole = true\n', "key_unknown", "a misspelt key is told"),
        ('[overlays]\nfire = "消防"\n', "value_form", "a layer is a table"),
    ],
)
def test_the_layers_of_city_toml_are_read_strictly(tmp_path: Path, text: str, code: str, because: str):
    from tests.city.small_city import write_small_city

    folder = write_small_city(tmp_path)
    with (folder / "city.toml").open("a", encoding="utf-8") as out:
        out.write("\n" + text)
    assert code in {p.code for p in check_folder(folder)[1] if "overlays" in p.where("en")}, because


# --- the command ------------------------------------------------------------------------------------------------


def test_the_command_prints_the_report_and_the_crosswalk_of_a_folder(folder: Path):
    answer = CliRunner().invoke(main, ["city", "overlays", str(folder), "--json"])
    assert answer.exit_code == 0, answer.output
    police, sanitation, _ = json.loads(answer.stdout)
    assert (police["layer"], police["covered"], police["gaps"]) == ("police", 1.0, [])
    assert sanitation["overlaps"][0]["codes"] in (["s2", "s3"], ["s3", "s2"])
    assert sanitation["crosswalk"]["990101001001001"] == [{"code": "s1", "share": 1.0}]
    table = CliRunner().invoke(main, ["city", "overlays", str(folder), "--csv"])
    lines = table.stdout.splitlines()
    assert lines[0] == "layer,grid,cell,share,rank"
    assert "police,990101001001001,p1,1.0,1" in lines
    assert "micro_grids,990102002002004,,,," not in lines, "a grid outside a layer has no cell"
    assert "micro_grids,990102002002004,,," in lines
    told = CliRunner().invoke(main, ["city", "overlays", str(folder)])
    assert "sanitation: 3 cells" in told.stdout
    assert "s2" in told.stdout


def test_a_folder_without_overlays_says_so(small_city_folder: Path):
    answer = CliRunner().invoke(main, ["city", "overlays", str(small_city_folder)])
    assert answer.exit_code == 0
    assert "no overlays" in answer.stdout
