"""What an administrator asks and does on the command line: settings, chores, limits, sessions, versions, partners."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from tests.cases.life import Life

from cityloom.app.chores import CHORES, FAR_CHORES
from cityloom.app.cli import main
from cityloom.app.environment import Environment
from cityloom.app.ready import DATABASE_URL
from cityloom.app.shown_settings import HIDDEN, shown_settings
from cityloom.base.addresses import blurred
from cityloom.base.chore_notes import chore_notes
from cityloom.base.clock import RealClock
from cityloom.base.limits import parse_limit
from cityloom.base.models import ChoreNote
from cityloom.base.rate_limits import Knock, knock
from cityloom.city.account_sessions import list_sessions, note_session
from cityloom.city.actions.load_city import load_city
from cityloom.city.snapshot import forget_cities

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str) -> Any:
    """Calls a command on the test's own database."""
    monkeypatch.setenv(DATABASE_URL, database_url)

    def call(*words: str) -> Result:
        return CliRunner().invoke(main, list(words))

    return call


@pytest.mark.parametrize(
    ("name", "value", "shown", "source"),
    [
        ("CITYLOOM_SECRET_KEY", "x" * 50, HIDDEN, "environment"),
        ("CITYLOOM_DATA_KEYS", "", "", "generated"),
        ("CITYLOOM_PARTNER_KEYS", "990200=abc", HIDDEN, "environment"),
        ("CITYLOOM_METRICS_TOKEN", "open-sesame", HIDDEN, "environment"),
        ("CITYLOOM_DATABASE_URL", "postgresql://u:p@db:5432/x?sslmode=require&password=p",
         f"postgresql://{HIDDEN}@db:5432/x?{HIDDEN}", "environment"),
        ("CITYLOOM_DATABASE_URL", "", "", "embedded"),
        ("CITYLOOM_MAIL_URL", "smtp://me:word@mail:587", f"smtp://{HIDDEN}@mail:587", "environment"),
        ("CITYLOOM_AUDIT_KEY", "/etc/cityloom/audit.pem", "/etc/cityloom/audit.pem", "environment"),
        ("CITYLOOM_LOG_LEVEL", "", "INFO", "default"),
        ("CITYLOOM_PASSWORD_LENGTH", "12", "12", "environment"),
    ],
)  # fmt: skip
def test_settings_tell_their_source_and_no_secret(name: str, value: str, shown: str, source: str):
    (found,) = [s for s in shown_settings(Environment({name: value})) if s.name == name]
    assert (found.value, found.source) == (shown, source)


def test_settings_can_be_chosen_by_the_beginning_of_their_names(run: Any):
    told = json.loads(run("settings", "cityloom_lock", "--json").stdout)
    assert {s["name"] for s in told} == {"CITYLOOM_LOCK_TRIES", "CITYLOOM_LOCK_MINUTES"}
    assert DATABASE_URL in run("settings", "--given").stdout


def test_status_tells_open_cases_and_what_waits(life: Life, run: Any):
    life.report()
    told = json.loads(run("status", "--json").stdout)
    assert {(row["city"], row["count"]) for row in told["open_cases"]} == {(life.city.code, 1)}
    assert told["outbox"]["count"] >= 1
    assert 'cityloom_open_cases{city="990100"' in run("status", "--prometheus").stdout
    assert "database" in run("status").stdout


def test_the_outbox_is_counted_by_topic(life: Life, run: Any):
    life.report()
    (row, *_) = json.loads(run("outbox", "show", "--json").stdout)
    assert (row["city"], row["told"]) == (life.city.code, 0)
    assert row["waiting"] >= 1
    assert row["oldest_waiting"]


def test_a_chore_is_done_now_and_that_is_remembered(life: Life, run: Any):
    listed = run("chores", "list", "--json")
    assert listed.exit_code == 1, "no worker ever ran here: all are late"
    assert {row["name"] for row in json.loads(listed.stdout)} == {
        c.__name__.replace("_", "-") for c, _, _ in (*CHORES, *FAR_CHORES)
    }
    assert json.loads(run("chores", "run", "plan-checks", "--json").stdout)["name"] == "plan-checks"
    assert chore_notes()["plan_checks"].done_at <= RealClock().now()
    (row,) = [r for r in json.loads(run("chores", "list", "--json").stdout) if r["name"] == "plan-checks"]
    assert (row["late"], row["done_at"] is None) == (False, False)
    ChoreNote.objects.update(done_at=RealClock().now() - timedelta(hours=1))
    assert "LATE" in run("chores", "list").stdout
    assert run("chores", "run", "weave").exit_code == 2


def test_an_address_gets_its_limits_back(run: Any):
    limit = parse_limit("1/h")
    assert limit is not None
    for address in ("203.0.113.7", "203.0.113.8"):
        knock([Knock(blurred("report", address), limit)], RealClock().now())
    assert json.loads(run("limits", "show", "--json").stdout)["refused"] == 2
    assert json.loads(run("limits", "reset", "--address", "203.0.113.7", "--json").stdout) == {"freed": 1}
    assert json.loads(run("limits", "show", "--json").stdout)["counted"] == 1
    assert run("limits", "reset", "--all").exit_code == 0
    assert json.loads(run("limits", "show", "--json").stdout)["counted"] == 0
    assert "report " in run("limits", "show").stdout


@pytest.mark.parametrize(
    ("words", "because"),
    [
        (("--all", "--address", "203.0.113.7"), "both"),
        ((), "neither"),
        (("--address", "nowhere"), "no address"),
        (("--address", "203.0.113.7", "--limit", "weave"), "no such limit"),
    ],
)
def test_limits_are_not_given_back_to_nobody(words: tuple[str, ...], because: str, run: Any):
    assert run("limits", "reset", *words).exit_code == 2, because


def test_posts_of_a_person_are_shown_by_city(life: Life, run: Any):
    (row,) = json.loads(run("users", "posts", "checker", "--json").stdout)
    assert (row["city"], row["role"]) == (life.city.code, "checker")
    assert "1 posts" in run("users", "posts", "checker").stdout
    assert run("users", "posts", "nobody").exit_code == 1


def test_sessions_are_listed_without_their_keys_and_ended(life: Life, run: Any):
    session = SessionStore()
    session.create()
    user = get_user_model().objects.get(username="checker")
    note_session(user.get_username(), session.session_key, "203.0.113.7", "a browser", 3, RealClock().now())
    told = run("users", "sessions", "checker", "--json").stdout
    assert session.session_key not in told
    (row,) = json.loads(told)
    assert (row["address"], row["device"]) == ("203.0.113.7", "a browser")
    assert json.loads(run("users", "sessions", "checker", "--end", "--json").stdout)["ended"] == 1
    assert list_sessions("checker") == []


def test_what_a_load_would_change_and_what_it_changed_is_told_row_by_row(
    life: Life, run: Any, small_city_folder: Path, tmp_path: Path
):
    folder = Path(shutil.copytree(small_city_folder, tmp_path / "city"))
    assert json.loads(run("city", "diff", str(folder), "--json").stdout) == {}
    assert "No row differs" in run("city", "diff", str(folder)).stdout
    assert run("city", "diff", life.city.code).exit_code == 2, "there is one version only"
    people = folder / "people.csv"
    text = people.read_text(encoding="utf-8")
    people.write_text("".join(line for line in text.splitlines(True) if not line.startswith("checker,")), "utf-8")
    would = json.loads(run("city", "diff", str(folder), "--json").stdout)
    assert [len(would["posts"][kind]) for kind in ("added", "changed", "removed")] == [0, 0, 1]
    load_city(folder, "test", RealClock().now())
    forget_cities()
    assert json.loads(run("city", "diff", life.city.code, "--json").stdout) == would
    back = json.loads(run("city", "diff", life.city.code, "--before", "2", "--after", "1", "--json").stdout)
    assert back["posts"]["added"] == would["posts"]["removed"]
    assert "posts: 0 added, 0 changed, 1 removed" in run("city", "diff", life.city.code).stdout
    assert run("city", "diff", life.city.code, "--before", "9").exit_code == 1
    assert run("city", "diff", str(folder), "--after", "1").exit_code == 2


def test_partners_are_listed_with_what_waits_for_them(life: Life, run: Any):
    told = json.loads(run("open311", "partners", "--json").stdout)
    assert {row["partner"] for row in told} == set(life.city.settings.partners)
    assert run("open311", "partners").exit_code == 0


def test_a_demo_uses_the_settings_that_are_shown():
    shown = {s.name: s.value for s in shown_settings(Environment.of_process())}
    assert shown["CITYLOOM_LANGUAGE"] == django_settings.LANGUAGE_CODE
