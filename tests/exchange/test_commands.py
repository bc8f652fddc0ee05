"""The commands of import and comparison as a person calls them."""

import json

import pytest
from click.testing import CliRunner
from tests.city.small_city import write_small_city
from tests.exchange.records_of_small_city import row, write_rows

from cityloom.app.commands.duties import command as duties
from cityloom.app.commands.import_ import command as import_
from cityloom.app.commands.replay import command as replay
from cityloom.app.commands.sla import command as sla

MAP = """
[source]
name = "old-hotline"
time_zone = "Asia/Shanghai"
[columns]
source_id = "id"
opened_at = "opened"
due_at = "due"
closed_at = "closed"
class = "kind"
on_time = "ok"
lon = "x"
lat = "y"
unit = "unit"
"""


@pytest.fixture
def folder(tmp_path):
    made = write_small_city(tmp_path / "city")
    (made / "map.toml").write_text(MAP, encoding="utf-8")
    return made


def compared(folder, against, rows, *more):
    file = write_rows(folder.parent / "old.csv", rows)
    words = ["replay", "--against", against, str(file), "--map", str(folder / "map.toml"), *more]
    return CliRunner().invoke(sla, words)


def test_flags_are_compared_with_their_own_promise_and_close(folder):
    rows = [row(ok="yes"), row(id="2", ok="no"), row(id="3", closed="", ok="no"), row(id="4", opened="")]
    result = compared(folder, "ontime", rows, "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.output)
    assert {key: figures[key] for key in ("cases", "agree", "disagree", "share", "rejected")} == {
        "cases": 2, "agree": 1, "disagree": 1, "share": 0.5, "rejected": 1,
    }  # fmt: skip


def test_targets_are_compared_with_the_standards_beside_the_mapping(folder):
    rows = [row(due="2025-06-10 09:10:00"), row(id="2", due="2025-06-11 09:11:00"), row(id="3", due="")]
    result = compared(folder, "target", rows, "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.output)
    assert figures["cases"] == 2
    assert figures["by_month"]["2025-06"]["cases"] == 2
    assert sum(group["cases"] for group in figures["groups"]) == figures["cases"] - figures["within"]


def test_the_figures_are_told_in_words_too(folder):
    result = compared(folder, "target", [row()])
    assert result.exit_code == 0, result.output
    assert "2025-06" in result.output


def test_a_folder_without_standards_is_refused_with_the_next_step(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    result = compared(folder, "target", [row()], "--city-dir", str(tmp_path / "elsewhere"))
    assert result.exit_code == 1
    assert "cityloom city check" in result.output


@pytest.fixture
def call(small_city, database_url, monkeypatch, tmp_path):
    """Call a command on the test's database, in a folder of its own."""
    monkeypatch.setenv("CITYLOOM_DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")

    def run(command, rows, *words):
        write_rows(tmp_path / "old.csv", rows)
        more = ["old.csv", "--map", "map.toml", "--city", "990100"]
        return CliRunner().invoke(command, [*words, *more])

    return run


def test_an_import_tells_what_became_of_the_rows_and_where_the_rejected_are(call, tmp_path):
    result = call(import_, [row(), row(id="2", opened="soon")], "cases")
    assert result.exit_code == 1, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["rows", "2"] in lines
    assert ["row.bad_time", "1"] in lines
    assert "old.rejects.csv" in result.stderr
    assert (tmp_path / "old.rejects.csv").is_file()
    again = call(import_, [row()], "cases", "--json")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["known"] == 1


def test_a_replay_tells_its_counts(call):
    result = call(replay, [row(), row(id="2", closed="")], "--until", "2025-06-30", "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (figures["received"], figures["closed"], figures["still_open"]) == (2, 1, 1)


def test_the_duties_are_held_against_the_units_of_a_record(call):
    result = call(duties, [row(), row(id="2", unit="water_co")], "replay", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["share"] == 0.5
    told = call(duties, [row()], "replay")
    assert "1 agree: 100.00 %" in told.stdout
