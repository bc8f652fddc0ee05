"""The example of Chicago on its real record: checked, imported twice into one database, every reject explained."""

import csv
import gzip
import shutil
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.db import connection
from tests.exchange.stored_digest import digest_of_the_cases

from cityloom.app.commands.city import command as city_command
from cityloom.app.places import project_root
from cityloom.base.clock import GivenClock
from cityloom.base.ids import ids
from cityloom.city.actions.load_city import load_city
from cityloom.city.checks import check_folder
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.exchange.actions.import_cases import import_cases
from cityloom.exchange.mapping import read_mapping

pytestmark = [pytest.mark.real_data, pytest.mark.django_db(transaction=True)]
EXAMPLE = project_root() / "examples" / "chicago311"
ROWS, REPEATED = 55_343, 176
TRIMMED = 3_000
LOADED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def record(data_dir) -> Path:
    file = data_dir / "chicago311_sanitation" / "requests_to_2013.csv.gz"
    if not file.is_file():
        pytest.skip(f"the requests of Chicago are not at {file}")
    return file


@pytest.fixture(scope="module")
def folder(data_dir, record, tmp_path_factory) -> Path:
    """The example with its areas built from the real outlines."""
    made = tmp_path_factory.mktemp("examples") / "chicago311"
    shutil.copytree(EXAMPLE, made, ignore=shutil.ignore_patterns("areas.geojson"))
    outlines = data_dir / "chicago311_sanitation" / "neighborhoods.geojson"
    built = CliRunner().invoke(
        city_command, ["build", str(made), str(outlines), "--out", str(made / "areas.geojson")]
    )
    assert built.exit_code == 0, built.output
    return made


@pytest.fixture
def chicago(folder):
    ids.forget()
    forget_cities()
    load_city(folder, "test", LOADED_AT)
    return current_city("chicago")


@pytest.fixture(scope="module")
def last_rows(record, tmp_path_factory) -> Path:
    """The last rows of the record, with the duplicates that are still open and some repeated ids."""
    made = tmp_path_factory.mktemp("record") / "requests.csv"
    with gzip.open(record, "rt", encoding="utf-8") as file:
        head, *lines = file
    made.write_text("".join([head, *islice(lines, len(lines) - TRIMMED, None)]), encoding="utf-8")
    return made


def test_the_built_folder_passes_the_check(folder):
    found, problems = check_folder(folder)
    assert [p.code for p in problems if p.level == "error"] == []
    assert len(found.areas) == 1 + 98


def test_importing_twice_gives_the_same_database_and_every_reject_its_reason(
    chicago, record, last_rows, full, tmp_path
):
    file = record if full else last_rows
    mapping, rejects = read_mapping(EXAMPLE / "map.toml"), tmp_path / "rejects.csv"
    first = import_cases(chicago, file, mapping, GivenClock(LOADED_AT), rejects=rejects)
    assert first.rows == first.new + first.rejected == (ROWS if full else TRIMMED)
    assert set(first.rejected_by) <= {"row.repeated"}
    if full:
        assert (first.rejected, first.open, first.place_none) == (REPEATED, 78, 24)
    with rejects.open(encoding="utf-8-sig") as told:
        lines = list(csv.DictReader(told))
    assert len(lines) == first.rejected > 0
    assert all(line["reason_zh"] and line["reason_en"] for line in lines)
    cases, before = digest_of_the_cases()
    second = import_cases(chicago, file, mapping, GivenClock(LOADED_AT))
    assert (second.new, second.known, second.rejected) == (0, first.new, first.rejected)
    assert digest_of_the_cases() == (cases, before) == (first.new, before)


def test_a_request_without_a_nature_and_a_repeated_one_are_kept_as_they_were(chicago, last_rows):
    mapping = read_mapping(EXAMPLE / "map.toml")
    import_cases(chicago, last_rows, mapping, GivenClock(LOADED_AT))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE outcome->>'text' LIKE '%Dup'), count(*) FILTER (WHERE closed_at IS NULL), "
            "count(merged_into), count(*) FILTER (WHERE lead_unit IS NULL) FROM cases_case"
        )
        repeated, still_open, merged, nobodys = cursor.fetchone()
    assert repeated > 0
    assert (merged, nobodys) == (0, 0)
    assert still_open <= repeated, "only duplicates are open in this record"
