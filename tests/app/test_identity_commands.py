"""The commands about identity: the list of people, who somebody is, and machines' accounts."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.cases.life import Life, at

from cityloom.app import ready
from cityloom.app.cli import main
from cityloom.base import clock as clocks
from cityloom.city.actions.put_to_sleep import put_to_sleep

Run = Callable[..., Result]
SERVICE = ["lamp system", "--owner", "lighting_co", "--responsible", "supervisor", "--purpose", "faults", "--role"]


@pytest.fixture
def run(life: Life, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls a command on the test's own database, by the life's clock, in English."""
    monkeypatch.setattr(ready, "ready", lambda *_, **__: nullcontext())
    monkeypatch.setattr(clocks, "clock_of_settings", lambda: life.clock)
    monkeypatch.setenv("CITYLOOM_LANG", "en")
    return lambda *words: CliRunner().invoke(main, list(words))


@pytest.fixture
def people(tmp_path: Path) -> Callable[..., str]:
    def write(*rows: str) -> str:
        file = tmp_path / "staff.csv"
        file.write_text("userName,active,displayName\n" + "".join(f"{r}\n" for r in rows), encoding="utf-8")
        return str(file)

    return write


def test_sync_shows_each_difference_and_the_second_time_none(run, people):
    file = people("newcomer,true,牛来")
    tried = run("people", "sync", file, "--dry-run")
    assert (tried.exit_code, "newcomer" in tried.output, "nothing was changed" in tried.output) == (0, True, True)
    done = json.loads(run("people", "sync", file, "--json").stdout)
    assert done["applied"]
    assert [d["kind"] for d in done["differences"]] == ["made"]
    assert "no differences" in run("people", "sync", file).output


def test_sync_ends_with_1_for_rows_it_cannot_use_a_file_it_cannot_read_and_the_brake(run, people, tmp_path):
    bad = run("people", "sync", people("newcomer,perhaps,牛来"))
    assert bad.exit_code == 1
    assert "staff.csv, line 2 (active)" in bad.stderr
    other = tmp_path / "other.csv"
    other.write_text("login\nx\n", encoding="utf-8")
    unread = run("people", "sync", str(other))
    assert (unread.exit_code, "userName" in unread.stderr) == (1, True)
    assert json.loads(run("people", "sync", str(other), "--json").stdout)["applied"] is False
    run("people", "sync", people("a,true,A", "b,true,B"))
    braked = run("people", "sync", people("a,true,A"))
    assert (braked.exit_code, "--force" in braked.stderr) == (1, True)
    assert run("people", "sync", people("a,true,A"), "--force").exit_code == 0


def test_show_tells_posts_with_what_gives_them(run, people):
    told = json.loads(run("people", "show", "dispatcher", "--json").stdout)
    assert told["posts"] == [{"role": "dispatcher", "unit": "centre", "area": None, "from": "people.csv"}]
    assert "by people.csv" in run("people", "show", "dispatcher").output
    assert run("people", "show", "nobody").exit_code == 1
    assert "was not bound" in run("people", "release", "dispatcher").output


def test_services_are_made_listed_handed_over_and_disabled(run, life):
    assert run("services", "add", *SERVICE, "handler", "--unit", "lighting_co").exit_code == 0
    (told,) = json.loads(run("services", "list", "--json").stdout)
    assert (told["name"], told["owner"], told["state"], told["last_used_at"]) == (
        "lamp system", "lighting_co", "good", None,
    )  # fmt: skip
    issued = run("tokens", "issue", "lamp system", "--service", "--scope", "cases:read")
    assert issued.stdout.startswith("clm_")
    put_to_sleep("supervisor", "list", at(6, 1))
    warned = run("services", "list")
    assert (warned.exit_code, "without_person" in warned.output) == (1, True)
    assert "good" in run("services", "hand-over", "lamp system", "--responsible", "shift", "--days", "10").output
    assert run("services", "list").exit_code == 0
    assert "disabled" in run("services", "disable", "lamp system").output
    assert "0 service accounts" in run("services", "list").output
    assert "lamp system" in run("services", "list", "--all").output


def test_a_sync_warns_of_accounts_that_lose_their_person(run, people):
    run("services", "add", *SERVICE, "handler")
    run("people", "sync", people("supervisor,true,", "a,true,A"))
    left = run("people", "sync", people("a,true,A"), "--force")
    assert "the service account lamp system rests: supervisor" in left.stderr


@pytest.mark.parametrize(
    ("words", "because"),
    [
        (["add", *SERVICE, "king"], "no such role"),
        (["disable", "nothing"], "no such account"),
        (["hand-over", "nothing", "--responsible", "shift"], "no such account"),
    ],
)
def test_a_refusal_ends_with_1_and_says_the_next_step(run, words, because):
    done = run("services", *words)
    assert done.exit_code == 1, because
    assert done.stderr.startswith("cityloom: ")
