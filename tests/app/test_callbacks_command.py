"""`cityloom callbacks`: links in bulk, a list that goes out, a list that comes back; and the worker that sends."""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.cases.life import Life

from cityloom.app import ready
from cityloom.app.cli import main
from cityloom.app.messengers import messenger
from cityloom.base.pretended import drawer, list_pretended
from cityloom.exchange.messages.choosing import BadAdapterAddress

Run = Callable[..., Result]


@pytest.fixture
def waiting(life: Life) -> Life:
    """One report that waits for its callback, from a person who agreed to SMS."""
    life.report("hotline", by="agent", consents=("callback", "sms"))
    for move in ("sign", "contact", "handle", "reply"):
        life.move(move, "handler_e1", note="已办")
    return life


@pytest.fixture
def run(waiting: Life, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on the test's own database, at the clock of its life."""
    monkeypatch.setattr(ready, "ready", lambda **_: contextlib.nullcontext())
    monkeypatch.setattr("cityloom.base.clock.clock_of_settings", lambda: waiting.clock)

    def call(*words: str) -> Result:
        return CliRunner().invoke(main, ["callbacks", *words])

    return call


def test_links_go_out_to_whoever_agreed(run: Run, waiting: Life, settings: Any, tmp_path: Path):
    settings.CITYLOOM_VAR, settings.CITYLOOM_SMS_URL, settings.PRODUCTION = tmp_path, "pretend:", False
    done = run("invite", "--by", "callback", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"invited": 1, "exempted": 0, "passed_over": {}}
    assert messenger()(waiting.clock) == 1, "the worker sends it"
    (message,) = list_pretended(drawer(tmp_path))
    assert message.body.startswith("【小城】您反映的“噪声扰民”")


def test_the_worker_refuses_to_start_with_an_address_it_does_not_understand(db: None, settings: Any):
    settings.CITYLOOM_SMS_URL = "carrier-pigeon://city"
    with pytest.raises(BadAdapterAddress):
        messenger()


def test_a_list_goes_out_and_comes_back(run: Run, waiting: Life, tmp_path: Path):
    listed = run("list", "--by", "callback", "--csv")
    assert listed.exit_code == 0, listed.output
    assert "13800138000" not in listed.stdout
    (row,) = csv.DictReader(listed.stdout.lstrip("\ufeff").splitlines())
    row |= {"called_at": "2026-06-01T09:00", "result": "yes", "solved": "yes", "satisfied": "satisfied"}
    path = tmp_path / "called.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)
    back = run("import", str(path), "--by", "callback", "--json", "--rejects", str(tmp_path / "r.csv"))
    assert back.exit_code == 0, back.output
    assert json.loads(back.stdout)["recorded"] == 1
    assert waiting.state == "closed"
    assert json.loads(run("list", "--by", "callback", "--json").stdout) == []


def test_a_rejected_row_ends_with_one(run: Run, tmp_path: Path):
    path = tmp_path / "called.csv"
    path.write_text("token,called_at,result\n1-2,2026-06-01T09:00,busy\n", encoding="utf-8")
    back = run("import", str(path), "--by", "callback", "--rejects", str(tmp_path / "r.csv"))
    assert back.exit_code == 1
    assert "list.bad_token" in (tmp_path / "r.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("words", [("invite",), ("list",), ("import", "x.csv")])
def test_only_a_callback_post_may_do_it(run: Run, waiting: Life, words: tuple[str, ...]):
    for login in ("handler_e1", "nobody"):
        done = run(*words, "--by", login)
        assert done.exit_code == 1
        assert "holds no callback post today" in done.output
