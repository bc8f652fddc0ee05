"""The commands about people's data: keys, retention, rights requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.db import connection
from tests.cases.life import RESIDENT, Life, at

from cityloom.app import ready
from cityloom.app.cli import main
from cityloom.base import clock as clocks
from cityloom.base.clock import GivenClock
from cityloom.base.keys import present_keys
from cityloom.cases.actions.ask_rights_request import ask_rights_request
from cityloom.cases.reporters import open_contacts


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls a command on the test's own database."""
    from contextlib import nullcontext

    monkeypatch.setattr(ready, "ready", lambda *_, **__: nullcontext())

    def call(*words: str) -> Result:
        return CliRunner().invoke(main, list(words), catch_exceptions=False)

    return call


@pytest.fixture
def demo_keys(settings: Any, tmp_path: Path) -> Path:
    """Keys as a demo keeps them: none rotated yet."""
    settings.CITYLOOM_DATA_KEY_FILE = tmp_path / "secrets" / "sealing-keys"
    return settings.CITYLOOM_DATA_KEY_FILE


def test_a_demo_rotates_its_key_and_lets_the_old_one_go(life: Life, run: Any, demo_keys: Path):
    life.report(phone="13800138000")
    (old,) = present_keys()
    assert run("keys", "rotate").exit_code == 0
    assert len(present_keys()) == 2
    assert demo_keys.stat().st_mode & 0o077 == 0, "nobody else reads it"
    assert {s["older"] for s in json.loads(run("keys", "status", "--json").stdout)} == {0}
    assert run("keys", "retire").exit_code == 0
    assert old not in present_keys()
    (contact,) = open_contacts(life.file, life.post("callback"), "callback", life.clock)
    assert contact.phone == "13800138000"


def test_production_is_told_what_to_set(life: Life, run: Any, settings: Any):
    settings.CITYLOOM_DATA_KEY_FILE = None
    life.report()
    key = run("keys", "new")
    assert len(key.stdout.split()[0]) == 44
    assert "restart every process" in key.stderr
    settings.CITYLOOM_DATA_KEYS = [key.stdout.split()[0], *settings.CITYLOOM_DATA_KEYS]
    refused = run("keys", "retire")
    assert (refused.exit_code, "keys rotate" in refused.stderr) == (1, True)
    assert run("keys", "rotate").exit_code == 0
    told = run("keys", "retire")
    assert (told.exit_code, "can go" in told.stdout) == (0, True)
    assert len(settings.CITYLOOM_DATA_KEYS) == 2, "the environment is the operator's"
    settings.CITYLOOM_DATA_KEYS = settings.CITYLOOM_DATA_KEYS[:1]
    assert "one key only" in run("keys", "retire").stdout


def test_retention_counts_before_it_erases(life: Life, run: Any, monkeypatch: pytest.MonkeyPatch):
    life.report()
    life.move("withdraw", "resident", owns=True, reason="withdrawn.by_resident")
    monkeypatch.setattr(clocks, "clock_of_settings", lambda: GivenClock(at(6, 2, 9, 0, 2029)))
    counted = json.loads(run("retention", "run", "--dry-run", "--json").stdout)[life.city.code]
    assert [k["done"] for k in counted if k["kind"] == "contact"] == [1]
    assert life.file.reports[0].reporter_id is not None
    assert "erased" in run("retention", "run", "--city", life.city.code).stdout
    assert life.file.reports[0].reporter_id is None
    assert run("retention", "run", "--city", "nowhere").exit_code == 1


def test_requests_are_listed_without_names_and_a_late_one_fails_the_command(
    life: Life, run: Any, monkeypatch: pytest.MonkeyPatch
):
    life.report()
    code = life.received.tracking_code
    ask_rights_request(life.city, code, "13800138000", "erase", {}, RESIDENT, life.clock)
    monkeypatch.setattr(clocks, "clock_of_settings", lambda: life.clock)
    listed = run("people", "requests")
    assert (listed.exit_code, "erase" in listed.stdout) == (0, True)
    assert "13800138000" not in listed.stdout
    life.clock.advance(days=40)
    late = run("people", "requests", "--json")
    assert (late.exit_code, json.loads(late.stdout)[0]["late"]) == (1, True)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_rights_request SET state = 'granted'")
    assert run("people", "requests").stdout.startswith("0 requests")
    assert "granted" in run("people", "requests", "--all").stdout
