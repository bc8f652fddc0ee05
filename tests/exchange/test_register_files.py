"""Registers come as CSV or GeoJSON beside a registers.toml; the command loads a folder of them, or one file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.cases.register_files import HEAD, ROWS, TOML

from cityloom.app.cli import main
from cityloom.cases import models
from cityloom.cases.register_values import RegisterNotUnderstood
from cityloom.city.snapshot_values import City
from cityloom.exchange.register_files import read_registers, read_rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "registers.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "shops.csv").write_text("\ufeff" + HEAD + "".join(ROWS), encoding="utf-8")
    (tmp_path / "lamps.csv").write_text("code,since,lon,lat\nl-1,2026-01-31,110.001,30.001\nl-2,x,110.001,30.001\n")
    return tmp_path


in_database = pytest.mark.django_db(transaction=True)  # a command closes its connection


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@in_database
def test_a_folder_is_loaded_planned_and_told(small_city: City, folder: Path):
    loaded = run("registers", "load", folder, "--city", small_city.code)
    assert loaded.exit_code == 0, loaded.output
    assert "shops: 4 new, 0 changed, 0 as they were, 0 refused" in loaded.output
    assert "row 3: since cannot be" in loaded.output
    again = run("registers", "load", folder / "shops.csv", "--city", small_city.code, "--json")
    assert json.loads(again.stdout)["shops"]["same"] == 4
    assert "4 checks planned" in run("registers", "plan", "--city", small_city.code).output
    told = json.loads(run("registers", "show", "--city", small_city.code, "--json").stdout)
    assert told["shops"] == {"records": 4, "due": 4, "waiting": 3, "outcomes": {}}
    assert "lamps: 1 records" in run("registers", "show", "--city", small_city.code).output


@in_database
def test_a_department_s_own_file_takes_its_columns_from_the_map(small_city: City, folder: Path, tmp_path: Path):
    features = [{"type": "Feature", "properties": {"编号": "s-5", "店名": "河边书店", "地址": "滨河路2号"},
                 "geometry": {"type": "Point", "coordinates": [110.001, 30.003]}}]  # fmt: skip
    file = tmp_path / "from-the-bureau.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    answer = run("registers", "load", file, "--city", small_city.code, "--kind", "shops")
    assert "shops: 1 new" in answer.output
    record = models.RegisterRecord.objects.get(code="s-5")
    assert (record.fields["shop"], record.area, record.address) == ("河边书店", "990101001001003", "滨河路2号")
    assert run("registers", "load", file, "--city", small_city.code).exit_code == 2, "which register is it?"


@in_database
def test_before_anything_is_loaded_the_next_step_is_told(small_city: City):
    assert "cityloom registers load" in run("registers", "show", "--city", small_city.code).output


@pytest.mark.parametrize(
    ("name", "text", "because"),
    [
        ("registers.toml", "[register", "no TOML"),
        ("registers.toml", "x = 1", "no register in it"),
        ("shops.geojson", "{", "no JSON"),
        ("shops.geojson", '{"type": "FeatureCollection"}', "no features"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str, text: str, because: str):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RegisterNotUnderstood):
        list(read_registers(path) if name.endswith(".toml") else read_rows(path))


def test_a_csv_that_is_not_text_is_told(tmp_path: Path):
    path = tmp_path / "shops.csv"
    path.write_bytes(b"\xff\xfe\x00code")
    with pytest.raises(RegisterNotUnderstood):
        list(read_rows(path))
