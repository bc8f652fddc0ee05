"""The benchmarks themselves: what they store is a city's cases, what they reckon is reckoned right."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from benchmarks.__main__ import main, modules
from benchmarks.counting import percentile, sent
from benchmarks.fill import fill, spots
from benchmarks.machine import describe_machine
from click.testing import CliRunner
from django.db import connection

from cityloom.city.paths import END_STATES
from cityloom.city.snapshot import current_city, forget_cities

CASES = 3_000


@pytest.mark.parametrize(
    ("values", "share", "found", "because"),
    [
        ([4, 1, 3, 2], 0.5, 2, "half of the values lie at or below it"),
        ([4, 1, 3, 2], 0.95, 4, "the nearest rank, never a value between two"),
        ([7], 0.5, 7, "one value is every share of itself"),
    ],
)
def test_a_percentile_is_the_value_of_the_nearest_rank(values, share, found, because):
    assert percentile(values, share) == found, because


@pytest.mark.parametrize("one", ["1", "$2"])
def test_what_the_database_asks_itself_is_not_counted_as_sent(one):
    check = f'SELECT {one} FROM ONLY "public"."city_city" x WHERE "id" = $1 FOR KEY SHARE OF x'
    assert sent({check: 20, "INSERT INTO cases_case": 1}) == {"INSERT INTO cases_case": 1}


def test_every_benchmark_can_be_named_and_help_tells_how():
    told = "".join(CliRunner().invoke(main, ["--help"]).output.split())  # lines may part a name
    assert {"receiving", "listing", "locating"} <= set(modules())
    assert all(name in told for name in modules())


def test_the_machine_is_named_without_its_name():
    rows = dict(describe_machine())
    assert {"processor", "memory", "Python", "day"} <= rows.keys()
    assert all(rows.values())


def test_spots_lie_in_the_city_and_repeat_with_the_seed(small_city):
    at = datetime(2026, 6, 1, 1, tzinfo=UTC)
    once, again = list(spots(small_city, 50, at)), list(spots(small_city, 50, at))
    assert once == again
    assert all(small_city.find_area(spot[1], spot[2]) == spot[3] for spot in once)


@pytest.fixture
def filled_city(transactional_db, small_city_folder, postgres_url):
    from cityloom.city.actions.load_city import load_city

    forget_cities()
    load_city(small_city_folder, "test", datetime.now(UTC))
    city = current_city("990100")
    url = postgres_url.replace("//cityloom@/cityloom?", f"//postgres@/{connection.settings_dict['NAME']}?")
    fill(url, city, CASES, lambda text: None, spot_count=200)
    yield city
    forget_cities()


def test_the_stored_cases_are_whole_and_stand_in_states_of_their_paths(filled_city):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.path, c.state, c.closed_at IS NULL, c.next_due_at IS NULL, "
            "(SELECT count(*) FROM cases_report r WHERE r.case_id = c.id), "
            "(SELECT count(*) FROM cases_clock k WHERE k.case_id = c.id), "
            "(SELECT count(*) FROM cases_entry e WHERE e.case_id = c.id) FROM cases_case c"
        )
        rows = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = 'cases_areas'")
        assert cursor.fetchone() == (1,), "the indexes are there again"
    assert len(rows) == CASES
    for path, state, is_open, no_due, reports, clocks, entries in rows:
        assert state in filled_city.paths.paths[path].states()
        assert is_open == (state not in END_STATES) == (not no_due)
        assert (reports, clocks) == (1, 3)
        assert entries == (3 if is_open else 5)
    assert 0 < sum(row[2] for row in rows) < CASES / 10, "a small part is open"
