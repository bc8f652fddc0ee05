"""`cityloom webhooks`: added with a secret told once, listed, paused, rotated, tested, replayed; refusals say why."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.cases.life import PARKING, Life
from tests.exchange.webhooks.conftest import HERE
from tests.exchange.webhooks.receiver import Receiver

from cityloom.app.cli import main
from cityloom.app.ready import DATABASE_URL
from cityloom.exchange.webhooks.courier import Courier
from cityloom.exchange.webhooks.posting import Poster

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call(life: Life, database_url: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[..., Result]:
    """Calls the command on the test's own database, at the moment of the life."""
    monkeypatch.setenv(DATABASE_URL, database_url)
    monkeypatch.setattr("cityloom.base.clock.clock_of_settings", lambda: life.clock)
    settings.CITYLOOM_WEBHOOK_HOSTS = HERE
    return lambda *words: CliRunner().invoke(main, ["webhooks", *words])


def settle(life: Life) -> None:
    courier = Courier(life.clock, lambda _: life.city, Poster(HERE, 30.0), chance=lambda: 0.5)
    courier.settle()
    courier.close()


def test_a_webhook_lives_through_all_commands(call: Callable[..., Result], life: Life) -> None:
    with Receiver() as receiver:
        added = call("add", receiver.url, "--move", "sign", "--json")
        assert added.exit_code == 0, added.output
        hook = json.loads(added.stdout)
        number, began = str(hook["id"]), life.clock.now()
        life.report("hotline", by="agent", class_code=PARKING)
        life.move("sign", "handler_e1")
        assert call("test", number).exit_code == 0
        settle(life)
        assert sorted(g.data.get("version", 0) for g in receiver.got) == [0, 2]
        assert all(g.fits(hook["secret"]) for g in receiver.got)
        rows = json.loads(call("deliveries", number, "--state", "delivered", "--json").stdout)
        assert {row["topic"] for row in rows} == {"case.moved", "webhook.ping"}
        assert f"{life.number} v2" in call("deliveries", number).stdout
        new = call("rotate", number, "--overlap", "0").stdout.strip()
        life.clock.advance(minutes=1)
        moved = next(row for row in rows if row["seq"])
        assert "1 deliveries go out again" in call("replay", number, "--delivery", str(moved["id"])).stdout
        span = ["--since", (began - timedelta(days=1)).strftime("%Y-%m-%d")]
        assert json.loads(call("replay", number, "--failed", *span, "--json").stdout) == {"deliveries": 0}
        settle(life)
        assert receiver.got[-1].fits(new)
        assert "is paused" in call("pause", number).stdout
        assert call("test", number).exit_code == 1
        assert "paused" in call("list").stdout
        assert "is active" in call("resume", number).stdout
        assert call("remove", number).exit_code == 0
        assert json.loads(call("list", "--json").stdout) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "https://10.0.0.9/hook"], "CITYLOOM_WEBHOOK_HOSTS"),
        (["add", "hooks.example"], "https://"),
        (["add", "https://hooks.example/", "--move", "closing"], "close"),
        (["pause", "77"], "77"),
        (["replay", "77"], "77"),
    ],
)
def test_a_refusal_says_what_would_be_right(call: Callable[..., Result], words: list[str], said: str) -> None:
    refused = call(*words)
    assert refused.exit_code == 1
    assert said in refused.output
