"""Rules tried on series by the command, and what it says of files that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cityloom.app.commands.rules import command
from cityloom.base.errors import CityloomError

STORM = """device,stream,time,value
level-1,depth_cm,2026-06-01T08:00,3
level-1,depth_cm,2026-06-01T08:05,20
level-1,depth_cm,2026-06-01T08:10,22
level-1,depth_cm,1780272900000,4
"""
ONE = "flood,level-1,2026-06-01T08:15,2026-06-01T08:15"


def run(folder: Path, series: Path, *more: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    result = CliRunner().invoke(command, ["test", str(folder), "--series", str(series), "--json", *more])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, json.loads(result.stdout)


def test_a_series_gives_its_alarms_and_they_are_held_against_those_expected(small_city_folder: Path, tmp_path: Path):
    series, expected = tmp_path / "storm.csv", tmp_path / "alarms.csv"
    series.write_text(STORM)
    code, told = run(small_city_folder, series)
    assert (code, told["alarms"]) == (0, []), "ten minutes it must hold, and it fell after ten: 08:05 to 08:15"
    series.write_text(STORM.replace("08:05,20", "08:01,20"))
    code, told = run(small_city_folder, series)
    alarm = {"rule": "flood", "subject": "level-1", "raised": "2026-06-01T00:11:00+00:00",
             "cleared": "2026-06-01T00:15:00+00:00"}  # fmt: skip
    assert (code, told["alarms"]) == (0, [alarm])
    expected.write_text(f"rule,subject,raised,cleared\n{ONE}\n")
    code, told = run(small_city_folder, series, "--expect", str(expected))
    assert (code, told["surplus"], len(told["missing"])) == (1, [alarm], 1)
    expected.write_text("rule,subject,raised,cleared\nflood,level-1,2026-06-01T08:11,2026-06-01T08:15\n")
    assert run(small_city_folder, series, "--expect", str(expected))[0] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("device,stream,time\n", "no column value"),
        ("device,stream,time,value\nlevel-1,depth_cm,noon,3\n", "line 2: time has the value “noon”"),
        ("device,stream,time,value\nlevel-1,depth_cm,2026-06-01T08:00,deep\n", "value has the value “deep”"),
        ("device,stream,time,value\nlevel-9,depth_cm,2026-06-01T08:00,3\n", "no stream depth_cm of a device level-9"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_line(
    small_city_folder: Path, tmp_path: Path, text: str, said: str
):
    series = tmp_path / "bad.csv"
    series.write_text(text)
    with pytest.raises(CityloomError, match=said):
        run(small_city_folder, series)


def test_rules_are_listed_with_what_is_wrong(small_city_folder: Path):
    result = CliRunner().invoke(command, ["check", str(small_city_folder), "--json"])
    told = json.loads(result.stdout)
    assert (result.exit_code, told["rules"][0]["kind"], told["problems"]) == (0, "threshold", [])
