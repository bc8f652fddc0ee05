"""`cityloom audit verify`: whole history is said whole, a changed row is named, cities are walked in batches."""

import json

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.stories.lives import live_many

from cityloom.app.cli import main
from cityloom.app.ready import DATABASE_URL
from cityloom.cases.models import Case
from cityloom.cases.queries_audit import walk_cases


@pytest.fixture
def audit(monkeypatch, database_url):
    """Calls the command on the test's own database; only what it says on its output, not its progress."""
    monkeypatch.setenv(DATABASE_URL, database_url)

    def call(*words):
        done = CliRunner().invoke(main, ["audit", "verify", *words])
        return done.exit_code, done.stdout

    return call


@pytest.mark.django_db(transaction=True)
def test_a_whole_history_is_said_whole(audit, life):
    life.report()
    assert audit() == (0, "990100: 1 cases, 0 breaks\n")


@pytest.mark.django_db(transaction=True)
def test_a_row_changed_behind_our_back_is_named_with_its_case(audit, life):
    life.report()
    Case.objects.update(state="closed")
    code, said = audit("--city", "990100", "--json")
    assert code == 1
    (broken,) = json.loads(said)["990100"]["broken"]
    assert broken["number"] == life.number
    assert "state" in broken["what"]


@pytest.mark.django_db(transaction=True)
def test_an_unknown_city_is_told_those_that_are_there(audit, life):
    code, _ = audit("--city", "000000")
    assert code == 1


def test_a_batch_takes_six_statements_however_many_cases_it_holds(life):
    live_many(life)
    count = Case.objects.count()
    with CaptureQueriesContext(
        connection,
    ) as all_at_once:
        (batch,) = walk_cases(life.city.id, batch=500)
    with CaptureQueriesContext(connection) as by_ten:
        batches = list(walk_cases(life.city.id, batch=10))
    assert len(batch) == count == sum(map(len, batches))
    assert len(all_at_once) == 6 + 1, "the last one finds nothing more"
    assert len(by_ten) == 6 * len(batches) + 1
