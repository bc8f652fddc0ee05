"""Two systems beside each other: every planted difference is found, kept from night to night, and can be printed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.db import connection
from tests.exchange.records_of_small_city import mapping, row, write_rows

from cityloom.app.commands.parallel import command
from cityloom.base.clock import GivenClock
from cityloom.base.reasons import render
from cityloom.exchange.actions.compare_export import MemoryUnreadable, compare_export
from cityloom.exchange.actions.import_cases import import_cases
from cityloom.exchange.parallel_report import as_html
from cityloom.exchange.parallel_run import KINDS

pytestmark = pytest.mark.django_db(transaction=True)
NIGHT = datetime(2026, 1, 1, 2, tzinfo=UTC)
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
unit = "unit"
lon = "x"
lat = "y"
"""
EIGHT = [row(id=str(n)) for n in range(1, 9)]


@pytest.fixture
def beside(small_city, tmp_path):
    """Take in what the old system had, then compare with what it exports on later nights."""
    import_cases(small_city, write_rows(tmp_path / "first.csv", EIGHT), mapping(), GivenClock(NIGHT))

    def compare(rows, nights=0, **more):
        file = write_rows(tmp_path / f"night{nights}.csv", rows)
        clock = GivenClock(NIGHT + timedelta(days=nights))
        return compare_export(small_city, file, mapping(), clock, memory=tmp_path / "memory.json", **more)

    return compare


def planted():
    """The export of a night, with one difference of each kind planted."""
    rows = [dict(each) for each in EIGHT]
    rows[0]["closed"] = ""  # 1: still open there, and by now late
    rows[1]["unit"] = "street_e2"
    rows[2]["due"] = "2025-06-11 09:10:00"
    rows[3]["kind"] = "hotline:0102"
    rows[4]["due"] = "2025-06-04 09:10:00"  # 5: an earlier promise, missed there
    del rows[5]  # 6: they have it no more
    rows.append(row(id="99"))
    rows.append(row(id="100", opened="soon"))
    return rows


FOUND = {
    ("state", "1"), ("late", "1"), ("unit", "2"), ("due", "3"), ("class", "4"), ("due", "5"), ("late", "5"),
    ("missing_there", "6"), ("missing_here", "99"), ("rejected", "#10"),
}  # fmt: skip


def test_two_that_say_the_same_have_no_difference(beside):
    found = beside(EIGHT)
    assert (found.records, found.cases, found.matched, found.agreed) == (8, 8, 8, 8)
    assert found.differences == found.differing_sums == []
    assert set(found.by_kind()) == set(KINDS)


def test_every_planted_difference_is_found_and_nothing_else(beside):
    found = beside(planted())
    assert {(each.kind, each.key) for each in found.differences} == FOUND
    assert len(found.differences) == len(FOUND)
    assert (found.records, found.matched, found.agreed) == (8, 7, 2)


@pytest.mark.parametrize(
    ("cell", "value", "kind", "theirs", "ours"),
    [
        ("closed", "", "state", "open", "closed"),
        ("unit", "street_e2", "unit", "street_e2", "street_e1"),
        ("kind", "hotline:0102", "class", "hotline:0102", "hotline:0101"),
        ("due", "2025-06-11 09:10:00", "due", "2025-06-11T01:10:00+00:00", "2025-06-10T01:10:00+00:00"),
    ],
)
def test_a_difference_says_what_either_side_says(beside, cell, value, kind, theirs, ours):
    found = beside([row(id="1", **{cell: value}), *EIGHT[1:]])
    difference = next(each for each in found.differences if each.kind == kind)
    assert (difference.key, difference.theirs, difference.ours) == ("1", theirs, ours)
    assert difference.number


def test_counts_by_day_unit_and_class_are_compared(beside):
    found = beside(planted())
    sums = {(s.of, s.value): (s.theirs, s.ours) for s in found.differing_sums}
    assert sums == {
        ("unit", "street_e1"): (7, 8),
        ("unit", "street_e2"): (1, 0),
        ("class", "hotline:0101"): (7, 8),
        ("class", "hotline:0102"): (1, 0),
    }


def test_limits_a_little_apart_count_as_equal_when_it_is_asked_for(beside):
    rows = [row(id="1", due="2025-06-10 09:12:00"), *EIGHT[1:]]
    assert [each.kind for each in beside(rows).differences] == ["due"]
    assert beside(rows, within=timedelta(minutes=5)).differences == []


def test_a_case_that_only_we_have_is_told_with_its_number(beside, small_city, tmp_path):
    other = mapping(source={"name": "another", "time_zone": "Asia/Shanghai", "format": "csv"})
    file = write_rows(tmp_path / "other.csv", [row(id="5")])
    import_cases(small_city, file, other, GivenClock(NIGHT))
    found = beside(EIGHT)
    (difference,) = found.differences
    assert (difference.kind, difference.key) == ("missing_there", "")
    assert difference.number


def test_differences_are_remembered_from_night_to_night(beside):
    first = beside(planted(), 0)
    assert (first.new, first.gone, first.before) == (len(FOUND), 0, [])
    half = [row(id="1"), *planted()[1:]]  # the first record was put right
    second = beside(half, 1)
    assert (second.new, second.gone) == (0, 2)
    assert {each.since for each in second.differences} == {NIGHT.isoformat()}
    third = beside([*EIGHT[:7], row(id="8", unit="street_e2")], 2)
    assert (third.new, len(third.differences)) == (1, 1)
    assert third.differences[0].since == (NIGHT + timedelta(days=2)).isoformat()
    assert [run["new"] for run in third.before] == [len(FOUND), 0]


def test_a_comparison_changes_no_case(beside):
    with connection.cursor() as cursor:
        states = []
        for _ in range(2):
            cursor.execute("SELECT md5(string_agg(c::text, '' ORDER BY id)), max(version) FROM cases_case c")
            states.append(cursor.fetchone())
            beside(planted())
    assert states[0] == states[1]


def test_a_broken_memory_is_told_with_the_next_step(beside, tmp_path):
    (tmp_path / "memory.json").write_text("[", encoding="utf-8")
    with pytest.raises(MemoryUnreadable, match="remove it to begin anew") as refused:
        beside(EIGHT)
    assert "删除" in render(refused.value.reason, "zh")


@pytest.mark.parametrize(("language", "says"), [("zh", "逐条差异"), ("en", "every difference")])
def test_the_page_shows_every_difference_and_is_safe_to_print(beside, small_city, language, says):
    rows = [*planted(), row(id="<script>alert(1)</script>")]
    found = beside(rows)
    page = as_html(found, small_city, language)
    assert says in page
    assert "@page" in page
    assert "<script>" not in page
    assert all(f"<td>{key}<td>" in page for _, key in FOUND)
    assert small_city.units["street_e2"].name.zh in page if language == "zh" else "street_e2" in page


def test_the_command_tells_the_counts_writes_the_page_and_says_by_its_exit_that_they_differ(
    small_city, tmp_path, database_url, monkeypatch
):
    monkeypatch.setenv("CITYLOOM_DATABASE_URL", database_url)
    monkeypatch.setenv("CITYLOOM_VAR", str(tmp_path / "var"))
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    import_cases(small_city, write_rows(tmp_path / "first.csv", EIGHT), mapping(), GivenClock(NIGHT))

    def run(rows):
        file = write_rows(tmp_path / "night.csv", rows)
        words = ["compare", str(file), "--map", str(tmp_path / "map.toml"), "--city", "990100"]
        return CliRunner().invoke(
            command, [*words, "--html", str(tmp_path / "page.html"), "--language", "zh", "--json"]
        )

    same, differs = run(EIGHT), run(planted())
    assert same.exit_code == 0, same.output
    assert differs.exit_code == 1, differs.output
    told = json.loads(differs.stdout)
    assert {(each["kind"], each["key"]) for each in told["differences"]} == FOUND
    assert told["new"] == len(FOUND)
    assert "并行比对" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert [path.name for path in (tmp_path / "var" / "parallel").iterdir()] == ["990100-old-hotline.json"]
