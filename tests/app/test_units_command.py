"""`cityloom units take-over`, and the worker that does the same by itself once an hour."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.cases.life import NOISE, Life, at
from tests.stories.test_units_end import MERGED, edit

from cityloom.app import chores
from cityloom.app.cli import main
from cityloom.app.ready import DATABASE_URL
from cityloom.app.worker import Worker
from cityloom.city.actions.load_city import load_city
from cityloom.city.snapshot import current_city, forget_cities

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ended(life: Life, small_city_folder: Path, tmp_path: Path) -> Life:
    """Two open cases of a unit whose last day has passed."""
    for _ in range(2):
        life.report("hotline", by="agent", class_code=NOISE)
    folder = Path(shutil.copytree(small_city_folder, tmp_path / "city"))
    edit(folder, MERGED)
    load_city(folder, "test", life.clock.now())
    forget_cities()
    life.city = current_city("990100")
    life.clock.at = at(6, 2, 9)
    return life


@pytest.fixture
def take_over(ended: Life, monkeypatch, database_url):
    """Calls the command on the test's own database, at the moment of the life."""
    monkeypatch.setenv(DATABASE_URL, database_url)
    monkeypatch.setattr("cityloom.base.clock.clock_of_settings", lambda: ended.clock)

    def call(*words: str):
        return CliRunner().invoke(main, ["units", "take-over", *words])

    return call


def test_a_dry_run_says_what_waits_and_moves_nothing(take_over, ended: Life):
    done = take_over("--dry-run")
    assert (done.exit_code, done.stdout) == (0, "990100: open cases of units that have ended: street_e1 2\n")
    assert ended.file.case.lead_unit == "street_e1"


def test_the_command_moves_and_says_so_and_then_has_nothing_to_say(take_over, ended: Life):
    assert "990100: 2 cases went to the successor, 0 to the dispatcher, 0 stay" in take_over().stdout
    assert ended.file.case.lead_unit == "street_e2"
    assert take_over("--city", "990100").stdout == ""


def test_as_json_it_tells_the_counts(take_over):
    told = json.loads(take_over("--json").stdout)
    assert told == {"990100": {"waiting": {"street_e1": 2}, "moved": 2, "queued": 0, "left": 0}}


def test_an_unknown_city_is_refused(take_over):
    done = take_over("--city", "000000")
    assert done.exit_code == 1
    assert "990100" in done.output


def test_the_worker_hands_on_what_ended_over_night_once_an_hour(ended: Life, monkeypatch):
    asked: list[str] = []
    real = chores.take_over_units

    def noted(city, clock):
        asked.append(city.code)
        return real(city, clock)

    monkeypatch.setattr(chores, "take_over_units", noted)
    worker = Worker(ended.clock, threading.Event(), None, lambda _: ended.city)
    worker.round()
    worker.round()
    assert asked == ["990100"]
    assert ended.file.case.lead_unit == "street_e2"
    assert ended.broken() == []
