"""`cityloom city`: what it prints and how it ends."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.city.small_city import CITY_CODE, write_small_city

from cityloom.app.commands.city import command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_small_city(tmp_path / "city")


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def break_it(folder: Path) -> None:
    text = (folder / "duties.csv").read_text(encoding="utf-8")
    (folder / "duties.csv").write_text(text.replace("*,water_co,lead", "*,water,lead"), encoding="utf-8")


def test_check_of_a_good_folder_ends_with_0(folder):
    result = call("check", folder)
    assert result.exit_code == 0
    assert "0 errors, 0 warnings, 1 notes" in result.output


def test_check_of_a_bad_folder_ends_with_1_and_says_file_place_wrong_and_right(folder):
    break_it(folder)
    result = call("check", folder)
    assert result.exit_code == 1
    expected = "error: duties.csv, line 2 (gb2013:0103): unit names water, which does not exist; write water_co"
    assert expected in result.output


def test_check_speaks_chinese(folder):
    break_it(folder)
    result = call("check", folder, "--lang", "zh")
    assert "duties.csv, 第 2 行（gb2013:0103）: unit 指向不存在的 water；改为 water_co，或先加上它" in result.output


def test_check_as_json_tells_every_problem_in_parts(folder):
    break_it(folder)
    result = call("check", folder, "--json")
    told = json.loads(result.output)
    assert result.exit_code == 1
    assert (told["errors"], told["warnings"]) == (3, 0)
    first = told["problems"][0]
    assert (first["file"], first["line"], first["code"]) == ("duties.csv", 2, "code_unknown")


def test_check_shows_ten_of_a_kind_and_counts_the_rest(folder):
    lines = "".join(f"gb2013:x{i},*,water_co,lead,,,,,,\n" for i in range(25))
    with (folder / "duties.csv").open("a", encoding="utf-8") as out:
        out.write(lines)
    output = call("check", folder).output
    assert output.count("error: duties.csv") == 10
    assert "… 15 more of code_unknown in duties.csv; --json lists all" in output


def test_check_of_a_folder_that_is_not_there_is_wrong_usage(tmp_path):
    assert call("check", tmp_path / "nowhere").exit_code == 2


def test_build_of_a_folder_without_a_builder_is_wrong_usage(folder):
    result = call("build", folder)
    assert result.exit_code == 2
    assert "has no build.py" in result.output


@pytest.fixture
def database_at_hand(db, monkeypatch):
    """The commands work on the test's database."""
    import contextlib

    monkeypatch.setattr("cityloom.app.ready.ready", contextlib.nullcontext)


@pytest.mark.usefixtures("database_at_hand")
def test_load_tells_the_version_and_what_changed_and_then_that_nothing_is_new(folder):
    first = call("load", folder, "--by", "steward", "--note", "first")
    assert first.exit_code == 0
    assert f"{CITY_CODE}: version 1" in first.output
    assert "areas: 47 (47 added, 0 changed, 0 removed)" in first.output
    assert f"{CITY_CODE}: nothing new, version 1 stays." in call("load", folder).output


@pytest.mark.usefixtures("database_at_hand")
def test_load_as_json_is_nothing_but_json(folder):
    told = json.loads(call("load", folder, "--json").stdout)
    assert (told["city"], told["version"], told["unchanged"]) == (CITY_CODE, 1, False)
    assert told["tables"]["components"]["added"] == 6


@pytest.mark.usefixtures("database_at_hand")
def test_load_of_a_bad_folder_ends_with_1_and_loads_nothing(folder):
    break_it(folder)
    result = call("load", folder)
    assert result.exit_code == 1
    assert "the city folder has 3 errors and was not loaded" in result.output
    assert "No city is loaded" in call("list").output


@pytest.mark.usefixtures("database_at_hand")
def test_list_and_versions_tell_what_is_loaded(folder):
    call("load", folder, "--by", "steward", "--note", "the first")
    assert f"{CITY_CODE}\t小城\tSmall City\tversion 1" in call("list").output
    line = call("versions", CITY_CODE).output
    assert line.startswith("1\t")
    assert "\tsteward\t" in line
    assert "areas +47 ~0 -0" in line
    assert line.rstrip().endswith("the first")
    (told,) = json.loads(call("versions", CITY_CODE, "--json").output)
    assert (told["number"], told["loaded_by"], told["note"]) == (1, "steward", "the first")
