"""Open data of cases: nothing of a person leaves, places are coarse, every format says the same."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date

import h3
import numpy as np
import pyarrow.parquet
import pytest
from click.testing import CliRunner
from tests.cases.life import LAMP, NORTHEAST, PARKING, SOUTHEAST, at

from cityloom.app.commands.export import command
from cityloom.cases.places import cell_of
from cityloom.exchange.actions import export_cases as exporting
from cityloom.exchange.actions.export_cases import export_cases
from cityloom.exchange.open_data import FIELDS, NAMES, OpenRules, coarsen, count_shown, pseudonyms
from cityloom.exchange.open_data_files import FormatNotKnown, NoSuchFolder

NAME, PHONE, SAID, WHERE = "秦晓梅", "13800138000", "夜里施工很吵我家孩子睡不着", "幸福路八号三单元"
SAID_PARTS = ("睡不着", "三单元", "晓梅", "138001")


@pytest.fixture
def rules():
    return OpenRules(least=1)


def told(life, **more):
    return life.report(words=SAID, address=WHERE, name=NAME, phone=PHONE, **more)


def rows_of(file):
    return pyarrow.parquet.read_table(file).to_pylist()


@pytest.mark.parametrize("kind", ["parquet", "csv", "geojson"])
def test_nothing_of_a_person_and_no_exact_place_leaves(life, tmp_path, rules, kind):
    number = told(life).number
    file = tmp_path / f"cases.{kind}"
    done = export_cases(life.city, file, rules=rules)
    assert done.rows == 1
    left = json.dumps(rows_of(file), default=str, ensure_ascii=False) if kind == "parquet" else ""
    left += file.read_bytes().decode("utf-8", "ignore") + done.dictionary.read_text(encoding="utf-8")
    case = life.file.case
    secrets = [NAME, PHONE, SAID, WHERE, number, str(case.lon), str(case.lat), *SAID_PARTS]
    assert [secret for secret in secrets if secret in left] == []
    assert case.area not in left, "the unit grid is finer than what is shown"


def test_only_the_fields_of_the_dictionary_leave(life, tmp_path, rules):
    told(life)
    file = tmp_path / "cases.parquet"
    done = export_cases(life.city, file, rules=rules)
    beside = json.loads(done.dictionary.read_text(encoding="utf-8"))
    assert tuple(rows_of(file)[0]) == NAMES == tuple(field["name"] for field in beside["fields"])
    assert all(field["zh"] and field["en"] and field["type"] and field["source"] for field in beside["fields"])
    assert not {"title", "words", "address", "outcome", "component", "number", "lon_exact"} & set(NAMES)
    assert beside["codes"]["class"] == {"hotline:0101": {"zh": "噪声扰民", "en": "Noise"}}


def test_confidential_cases_and_complaints_about_a_unit_are_counted_only(life, tmp_path, rules):
    told(life, place=NORTHEAST)
    told(life, confidential=True)
    file = tmp_path / "cases.parquet"
    done = export_cases(life.city, file, rules=rules)
    assert (done.rows, done.left_out) == (1, 1)
    assert rows_of(file)[0]["area"] == "990101002"


def test_small_counts_of_what_was_left_out_are_not_told_exactly():
    assert [count_shown(n, 5) for n in (0, 1, 4, 5, 9)] == [0, "<5", "<5", 5, 9]


def test_a_cell_with_few_cases_is_left_empty(life, tmp_path):
    told(life)
    told(life, place=NORTHEAST)
    file = tmp_path / "cases.parquet"
    done = export_cases(life.city, file, rules=OpenRules(least=2))
    shown = [row["cell"] for row in rows_of(file)]
    told(life, class_code=PARKING)
    again = export_cases(life.city, file, rules=OpenRules(least=2))
    common = h3.cell_to_parent(h3.int_to_str(cell_of(*SOUTHEAST)), 9)
    assert shown == [None, None]
    assert [row["cell"] for row in rows_of(file)] == [common, None, common]
    assert (done.thin_cells, again.thin_cells) == (2, 1)


@pytest.mark.parametrize("resolution", [9, 8, 7, 5])
def test_a_coarse_cell_is_the_parent_that_h3_names(resolution):
    points = [(110.0011, 30.0011), (-71.06, 42.36), (0.0, 0.0), (179.9, -80.0)]
    cells = np.array([cell_of(lon, lat) for lon, lat in points], dtype=np.int64)
    parents = [h3.str_to_int(h3.cell_to_parent(h3.int_to_str(int(cell)), resolution)) for cell in cells]
    assert coarsen(cells, resolution).tolist() == parents
    assert coarsen(np.array([0], dtype=np.int64), resolution).tolist() == [0]


def test_moments_are_told_by_the_hour(life, tmp_path, rules):
    life.clock.at = at(6, 1, 9, 47)
    told(life)
    file = tmp_path / "cases.parquet"
    export_cases(life.city, file, rules=rules)
    (row,) = rows_of(file)
    assert row["opened_at"] == at(6, 1, 9)
    assert row["closed_at"] is None
    assert row["hours_open"] is None


def test_the_same_case_has_the_same_id_in_every_export_and_another_under_another_key(life, tmp_path, rules, settings):
    told(life)
    first, second, third = (tmp_path / f"{n}.parquet" for n in "abc")
    export_cases(life.city, first, rules=rules)
    export_cases(life.city, second, rules=rules)
    settings.SECRET_KEY = "another key of fifty signs or more, as production wants it"
    export_cases(life.city, third, rules=rules)
    one, again, other = (rows_of(file)[0]["id"] for file in (first, second, third))
    assert one == again != other
    assert len(set(pseudonyms([str(n) for n in range(1000)], b"key"))) == 1000


def test_every_format_says_the_same(life, tmp_path, rules):
    told(life)
    told(life, source="grid_worker", by="collector", class_code=LAMP, place=NORTHEAST)
    for kind in ("parquet", "csv", "geojson"):
        export_cases(life.city, tmp_path / f"cases.{kind}", rules=rules)
    table = rows_of(tmp_path / "cases.parquet")
    with (tmp_path / "cases.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    features = json.loads((tmp_path / "cases.geojson").read_text(encoding="utf-8"))["features"]
    assert [row["id"] for row in table] == [line["id"] for line in lines] == [each["id"] for each in features]
    assert [row["lon"] for row in table] == [float(line["lon"]) for line in lines]
    assert [row["lon"] for row in table] == [each["geometry"]["coordinates"][0] for each in features]


def test_only_the_days_asked_for_are_written(life, tmp_path, rules):
    told(life)
    life.clock.at = at(6, 3)
    told(life, place=NORTHEAST)
    done = export_cases(life.city, tmp_path / "a.csv", since=date(2026, 6, 2), until=date(2026, 6, 3), rules=rules)
    none = export_cases(life.city, tmp_path / "b.geojson", since=date(2026, 7, 1), rules=rules)
    assert (done.rows, none.rows) == (1, 0)
    assert json.loads((tmp_path / "b.geojson").read_text(encoding="utf-8"))["features"] == []


def test_many_batches_make_one_file(life, tmp_path, rules, monkeypatch):
    for _ in range(3):
        told(life)
        life.clock.at = life.clock.at.replace(day=life.clock.at.day + 2)
    monkeypatch.setattr(exporting, "BATCH_BYTES", 1)
    done = export_cases(life.city, tmp_path / "cases.parquet", rules=rules)
    found = pyarrow.parquet.ParquetFile(tmp_path / "cases.parquet")
    assert done.rows == found.metadata.num_rows == found.num_row_groups


def test_a_city_says_how_coarse_its_places_are(small_city):
    config = small_city.config
    limits = {"open_data_cell": 8, "open_data_levels": 2, "open_data_least": 20}
    coarse = replace(small_city, config=replace(config, settings=replace(config.settings, limits=limits)))
    assert OpenRules.of_city(coarse) == OpenRules(8, 2, 20)
    limits = {"open_data_cell": 12}
    finer = replace(small_city, config=replace(config, settings=replace(config.settings, limits=limits)))
    assert OpenRules.of_city(finer).cell == 9, "no city shows finer cells than that"


def test_a_file_of_no_known_format_and_an_absent_folder_are_refused(small_city, tmp_path):
    with pytest.raises(FormatNotKnown, match="parquet"):
        export_cases(small_city, tmp_path / "cases.doc")
    with pytest.raises(NoSuchFolder):
        export_cases(small_city, tmp_path / "nowhere" / "cases.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_the_command_tells_what_it_wrote(life, tmp_path, database_url, monkeypatch):
    monkeypatch.setenv("CITYLOOM_DATABASE_URL", database_url)
    monkeypatch.setattr("cityloom.app.ready._ensure_tables", lambda: None)
    told(life)
    words = ["cases", "--city", "990100", "--format", "csv", "--out", str(tmp_path / "open.csv"), "--json"]
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["rows"] == 1
    with (tmp_path / "open.csv").open(encoding="utf-8") as file:
        assert next(csv.reader(file)) == [field.name for field in FIELDS]
