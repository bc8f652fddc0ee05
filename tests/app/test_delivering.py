"""Webhooks in the worker: sent by a thread of its own, in a real process too; chores and figures know of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from tests.cases.life import Life, at
from tests.exchange.webhooks.conftest import ADMIN, HERE
from tests.exchange.webhooks.receiver import Receiver

from cityloom.app.chores import tidy
from cityloom.app.delivering import Delivering
from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.app.figures import failing_webhooks, webhook_queue
from cityloom.app.places import project_root
from cityloom.app.webhook_settings import inside_of, kept_of, rules_of
from cityloom.base.clock import DemoClock, RealClock
from cityloom.base.keys import present_keys
from cityloom.exchange.actions.add_webhook import NewWebhook, add_webhook
from cityloom.exchange.actions.change_webhook import WebhookChange, change_webhook
from cityloom.exchange.models import WebhookDelivery
from cityloom.exchange.webhooks.fan_out import fan_out


def until(holds: Callable[[], bool], within_s: float = 60.0) -> None:
    ends = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < ends, "it never came to hold"
        time.sleep(0.05)


class Stumbling:
    """A courier whose database is away at first, then breaks once, then works."""

    is_flying = False

    def __init__(self) -> None:
        self.rounds, self.closed = 0, False
        self.works = threading.Event()

    def round(self, wait_s: float = 0.0) -> int:
        self.rounds += 1
        if self.rounds == 1:
            raise OperationalError("away")
        if self.rounds == 2:
            raise ValueError("broken")
        self.works.set()
        return 0

    def close(self) -> None:
        self.closed = True


def test_a_round_that_fails_ends_neither_the_thread_nor_what_is_on_its_way(caplog: pytest.LogCaptureFixture) -> None:
    stop, courier = threading.Event(), Stumbling()
    delivering = Delivering(stop, courier)  # type: ignore[arg-type]
    delivering.start()
    assert courier.works.wait(60)
    stop.set()
    until(lambda: courier.closed)
    delivering.join()
    assert "database=away" in caplog.text
    assert "round=failed" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_sends_and_marks(database_url: str, life: Life, var_folder: Any) -> None:
    with Receiver() as receiver:
        add_webhook(life.city, NewWebhook(receiver.url), ADMIN, HERE, life.clock)
        life.report()
        given = DemoClock(RealClock().now(), at(6, 1, 9, 1)).as_setting()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CITYLOOM_")}
        env = {
            "CITYLOOM_VAR": str(var_folder),
            "CITYLOOM_DATABASE_URL": database_url,
            "CITYLOOM_DATA_KEYS": ",".join(present_keys()),
            "CITYLOOM_CLOCK": given,
            "CITYLOOM_WEBHOOK_HOSTS": "127.0.0.1",
        }
        worker = subprocess.Popen(
            [sys.executable, "-m", "cityloom", "worker"],
            env={**kept, **env, "PYTHONPATH": str(project_root() / "src")},
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            until(lambda: worker.poll() is not None or WebhookDelivery.objects.filter(state="delivered").exists())
        finally:
            worker.send_signal(signal.SIGTERM)
            _, said = worker.communicate(timeout=60)
    assert worker.returncode == 0, said
    assert receiver.versions()[0] == 1
    assert "result=delivered" in said


def test_what_waits_too_long_is_given_up_and_what_ended_long_ago_is_forgotten(life: Life) -> None:
    hook, _ = add_webhook(life.city, NewWebhook("https://hooks.example/a"), ADMIN, HERE, life.clock)
    change_webhook(life.city, hook.id, WebhookChange(state="paused"), ADMIN, HERE, life.clock)
    life.report()
    fan_out(lambda _: life.city)
    life.clock.advance(days=2)
    assert "webhook_messages_given_up" not in {what for what, count in tidy(life.clock) if count}
    life.clock.advance(days=2)
    assert dict(tidy(life.clock))["webhook_messages_given_up"] == 1
    life.clock.advance(days=30)
    assert dict(tidy(life.clock))["webhook_deliveries_forgotten"] == 1


def test_what_waits_and_what_fails_is_told_to_the_metrics(life: Life) -> None:
    hook, _ = add_webhook(life.city, NewWebhook("https://hooks.example/a"), ADMIN, HERE, life.clock)
    life.report()
    fan_out(lambda _: life.city)
    queue = webhook_queue(life.clock.now() + timedelta(minutes=1))
    assert (queue.count, queue.oldest_s) == (1, 60.0)
    assert failing_webhooks() == 0
    change_webhook(life.city, hook.id, WebhookChange(state="off"), ADMIN, HERE, life.clock)
    assert failing_webhooks() == 1
    text = Client().get("/metrics").text
    assert "cityloom_webhooks_waiting 1.0" in text
    assert "cityloom_webhooks_failing 1.0" in text


def test_settings_say_where_inside_webhooks_may_lead_and_how_long_they_are_tried() -> None:
    env = Environment({"CITYLOOM_WEBHOOK_HOSTS": "hooks.city.example, 10.1.0.0/16", "CITYLOOM_WEBHOOK_DAYS": "1"})
    assert inside_of(env).names == {"hooks.city.example"}
    assert rules_of(env).give_up == timedelta(days=1)
    assert rules_of(env).tries == 12
    assert kept_of(env) == timedelta(days=30)
    with pytest.raises(SettingNotUnderstood, match="CITYLOOM_WEBHOOK_HOSTS"):
        inside_of(Environment({"CITYLOOM_WEBHOOK_HOSTS": "10.1.0.0/99"}))
