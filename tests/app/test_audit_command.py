"""`cityloom audit`: whole history is said whole, what was changed is named, roots are signed, papers are drawn."""

import json
import os

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.stories.lives import live_many

from cityloom.app.cli import main
from cityloom.app.ready import DATABASE_URL
from cityloom.cases.models import Case, Root
from cityloom.cases.queries_audit import walk_cases

in_its_own_process = pytest.mark.django_db(transaction=True)


@pytest.fixture
def audit(monkeypatch, database_url):
    """Calls the command on the test's own database; only what it says on its output, not its progress."""
    monkeypatch.setenv(DATABASE_URL, database_url)

    def call(*words):
        done = CliRunner().invoke(main, ["audit", *words])
        return done.exit_code, done.stdout

    return call


@in_its_own_process
def test_a_history_without_roots_is_followed_by_its_chains_alone(audit, life):
    life.report()
    code, said = audit("verify")
    assert code == 0
    assert "1 cases, 0 orders" in said
    assert "0 breaks" in said
    assert "no root was signed yet" in said


@in_its_own_process
def test_a_root_is_signed_and_vouches_for_everything(audit, life):
    life.report()
    code, said = audit("root")
    assert code == 0
    assert "root 1 of" in said
    code, said = audit("verify")
    assert code == 0
    assert "everything up to root 1 of" in said


@in_its_own_process
def test_a_row_changed_behind_our_back_is_named_with_its_case(audit, life):
    life.report()
    Case.objects.update(state="closed")
    code, said = audit("verify", "--city", "990100", "--json")
    assert code == 1
    (broken,) = json.loads(said)["990100"]["broken"]
    assert broken["number"] == life.number
    assert "state" in broken["what"]


@in_its_own_process
def test_a_root_taken_away_is_noticed_by_the_anchor_file_alone(audit, life, tmp_path, settings):
    file = tmp_path / "anchor.jsonl"
    settings.CITYLOOM_AUDIT_ANCHOR = str(file)
    life.report()
    audit("root")
    audit("root")
    settings.CITYLOOM_AUDIT_ANCHOR = ""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cases_root DISABLE TRIGGER cases_root_only_grows")
        Root.objects.filter(serial=2).delete()
        cursor.execute("ALTER TABLE cases_root ENABLE TRIGGER cases_root_only_grows")
    assert audit("verify")[0] == 0, "the second root had no leaves of its own"
    code, said = audit("verify", "--anchor", str(file))
    assert code == 1
    assert "root 2" in said
    assert "everything up to root 1 of" in said


@in_its_own_process
def test_only_what_moved_since_a_root_is_walked(audit, life):
    life.report()
    audit("root")
    life.report(words="另一件")
    told = json.loads(audit("verify", "--since", "1", "--json")[1])["990100"]
    assert (told["cases"], told["vouched"]["root"]) == (1, 1)


@in_its_own_process
def test_an_unknown_city_is_told_those_that_are_there(audit, life):
    code, _ = audit("verify", "--city", "000000")
    assert code == 1


def test_a_key_is_made_once_for_its_owners_eyes_only(tmp_path):
    file = tmp_path / "audit-key.pem"
    done = CliRunner().invoke(main, ["audit", "key", str(file)])
    assert done.exit_code == 0
    assert len(done.stdout.strip()) == 44
    assert os.stat(file).st_mode & 0o077 == 0
    assert CliRunner().invoke(main, ["audit", "key", str(file)]).exit_code != 0


@in_its_own_process
def test_a_sample_is_drawn_exported_and_signed(audit, life, tmp_path):
    life.report()
    code, said = audit("sample", "--city", "990100", "--by", "auditor", "--seed", "六月", "--count", "5")
    assert code == 0
    assert f"{life.number}  chain=yes" in said
    number = said.split()[1].rstrip(":")
    file = tmp_path / "sample.csv"
    code, said = audit("export", "--city", "990100", "--by", "auditor", "--sample", number, str(file))
    assert code == 0
    assert life.number in file.read_text(encoding="utf-8-sig")
    assert json.loads((tmp_path / "sample.csv.sig").read_text())["sha256"] in said


@in_its_own_process
def test_whoever_is_no_auditor_draws_nothing(audit, life):
    assert audit("sample", "--city", "990100", "--by", "leader", "--seed", "s")[0] != 0


@in_its_own_process
def test_readings_are_listed(audit, life):
    life.report()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_reporter_read (reporter_id, case_id, by_login, by_role, by_unit, reason, fields, at) "
            "SELECT 1, id, 'agent', 'callback_agent', '', 'callback', '{phone}', %s FROM cases_case",
            [life.clock.now().replace(hour=23)],
        )
    code, said = audit("reads", "--city", "990100", "--unusual")
    assert code == 0
    assert life.number in said
    assert "night" in said


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
