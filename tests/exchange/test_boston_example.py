"""The example of Boston on its real record: checked, imported, replayed for a day, its duties and clocks compared."""

import gzip
import json
import shutil
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.db import connection
from tests.exchange.stored_digest import digest_of_the_cases

from cityloom.app.commands.city import command as city_command
from cityloom.app.commands.sla import command as sla_command
from cityloom.app.places import project_root
from cityloom.base.clock import GivenClock
from cityloom.base.ids import ids
from cityloom.cases.keeping import chain_seed, get_file_by_id, list_entries
from cityloom.cases.verifying import verify_chain
from cityloom.city.actions.load_city import load_city
from cityloom.city.checks import check_folder
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.exchange.actions.import_cases import import_cases
from cityloom.exchange.actions.replay_records import replay_records
from cityloom.exchange.duty_replay import compare_leads, lead_of
from cityloom.exchange.mapping import read_mapping
from cityloom.exchange.records import RecordReader
from cityloom.exchange.rejects import Rejects
from cityloom.exchange.windows import read_records

pytestmark = [pytest.mark.real_data, pytest.mark.django_db(transaction=True)]
EXAMPLE = project_root() / "examples" / "boston311"
ROWS = 41_827
TRIMMED = 4_000
LOADED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def record(data_dir) -> Path:
    file = data_dir / "boston311" / "requests_2011_07_10.csv.gz"
    if not file.is_file():
        pytest.skip(f"the requests of Boston are not at {file}")
    return file


@pytest.fixture(scope="module")
def folder(data_dir, record, tmp_path_factory) -> Path:
    """The example with its areas built from the real outlines."""
    made = tmp_path_factory.mktemp("examples") / "boston311"
    shutil.copytree(EXAMPLE, made, ignore=shutil.ignore_patterns("areas.geojson"))
    outlines = data_dir / "boston311" / "neighborhoods.geojson"
    built = CliRunner().invoke(
        city_command, ["build", str(made), str(outlines), "--out", str(made / "areas.geojson")]
    )
    assert built.exit_code == 0, built.output
    return made


@pytest.fixture
def boston(folder):
    ids.forget()
    forget_cities()
    load_city(folder, "test", LOADED_AT)
    return current_city("boston")


@pytest.fixture(scope="module")
def mapping():
    return read_mapping(EXAMPLE / "map.toml")


def test_the_built_folder_passes_the_check(folder):
    found, problems = check_folder(folder)
    assert [p.code for p in problems if p.level == "error"] == []
    assert len(found.areas) == 1 + 26


@pytest.fixture(scope="module")
def first_rows(record, tmp_path_factory) -> Path:
    """The first days of the record."""
    made = tmp_path_factory.mktemp("record") / "requests.csv"
    with gzip.open(record, "rt", encoding="utf-8") as file:
        made.write_text("".join(islice(file, 1 + TRIMMED)), encoding="utf-8")
    return made


def test_the_record_imports_whole_and_twice_gives_the_same_database(boston, record, first_rows, mapping, full):
    file, rows = (record, ROWS) if full else (first_rows, TRIMMED)
    first = import_cases(boston, file, mapping, GivenClock(LOADED_AT))
    assert (first.rows, first.new, first.rejected) == (rows, rows, 0)
    if full:
        assert (first.finished, first.open) == (39_368, 2_459)
        assert (first.place_default, first.place_outside, first.place_none) == (3_395, 14, 0)
    before = digest_of_the_cases()
    second = import_cases(boston, file, mapping, GivenClock(LOADED_AT))
    assert (second.new, second.known) == (0, rows)
    assert digest_of_the_cases() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(closed_at) FROM cases_case")
        assert cursor.fetchone() == (rows, first.finished)
        cursor.execute("SELECT id FROM cases_case WHERE id % 500 = 1 ORDER BY id")
        for (case_id,) in cursor.fetchall():
            found = get_file_by_id(cursor, case_id)
            seed = chain_seed(boston.code, found.case.number)
            assert verify_chain(found, list_entries(cursor, case_id), seed) == []


def test_a_day_replays_through_the_real_actions(boston, record, mapping, full):
    last = date(2011, 9, 30) if full else date(2011, 9, 3)
    done = replay_records(boston, record, mapping, first=date(2011, 9, 3), last=last)
    assert done.received == done.closed + done.still_open > 50
    assert (done.refused, done.rejected, dict(done.stuck_in), dict(done.refused_by)) == (0, 0, {}, {})
    assert done.overdue_agrees >= 0.97 * done.overdue_compared
    assert done.lead_agrees >= 0.9 * done.lead_compared


def test_duties_written_from_two_months_choose_the_recorded_department_in_the_next_two(boston, record, mapping):
    days = (date(2011, 9, 1), date(2011, 10, 31))
    records = read_records(boston, record, RecordReader(mapping, mapping.zone(boston.time_zone)), days, Rejects(None))
    found = compare_leads(row for each in records if (row := lead_of(boston, each)) is not None)
    assert found.total.cases == 20_426
    assert found.total.share > 0.95
    assert found.consistent.share > 0.99
    assert set(found.unchosen) == {"duty.place_open"}


@pytest.mark.parametrize(("against", "at_least"), [("ontime", 1.0), ("target", 0.95)])
def test_the_clocks_are_held_against_the_record_without_a_database(against, at_least, folder, record):
    words = ["replay", "--against", against, str(record), "--map", str(EXAMPLE / "map.toml"), "--json"]
    result = CliRunner().invoke(sla_command, [*words, "--city-dir", str(folder)])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.output)
    assert figures["share"] >= at_least
    assert figures["cases"] > 30_000
