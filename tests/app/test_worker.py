"""The worker on a real database and a real message server: what is due is fired, what waits is told, once."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import nats
import psycopg
import pytest
from django.db import connection
from tests.cases.life import Life, at

from cityloom.app.chores import CHORES, Chores, tidy
from cityloom.app.places import project_root
from cityloom.app.processes import free_port
from cityloom.app.relay import STREAM, JetStream, Relay, find_embedded
from cityloom.app.worker import Worker
from cityloom.base.clock import DemoClock, RealClock, clock_of_settings
from cityloom.base.models import Outbox
from cityloom.base.outbox import Consumer, hand_out
from cityloom.cases.actions.sign_root import sign_root
from cityloom.city.models import City as StoredCity


def in_stream(url):
    """What the message server holds: (subject, body), in order."""

    async def read():
        client = await nats.connect(url)
        stream = client.jetstream()
        count = (await stream.stream_info(STREAM)).state.messages
        sub = await stream.subscribe("city.>", stream=STREAM, ordered_consumer=True)
        got = [await sub.next_msg(timeout=30) for _ in range(count)]
        await client.close()
        return [(m.subject, json.loads(m.data)) for m in got]

    return asyncio.run(read())


def forget_stream(url):
    async def drop():
        client = await nats.connect(url)
        with contextlib.suppress(nats.js.errors.NotFoundError):
            await client.jetstream().delete_stream(STREAM)
        await client.close()

    asyncio.run(drop())


@pytest.fixture
def relay_to(nats_server):
    """Makes a relay to an address; its connection is closed afterwards."""
    forget_stream(nats_server.url)
    made = []

    def make(url=nats_server.url, **more):
        made.append(Relay(JetStream(url), code_asked_anew, **more))
        return made[-1]

    yield make
    for relay in made:
        relay.close()


def code_asked_anew(city_id: str) -> str:
    """As the worker asks the database before a clock has made it know the city."""
    return StoredCity.objects.values_list("code", flat=True).get(pk=int(city_id))


def waiting():
    return Outbox.objects.filter(waiting=True).count()


def worker_of(life: Life, relay=None) -> Worker:
    return Worker(life.clock, threading.Event(), relay, lambda _: life.city)


def test_a_round_fires_what_is_due_and_tells_everything_that_happened_in_order(life, relay_to, nats_server):
    life.report()
    life.clock.at = at(6, 1, 16)  # past both warnings and the end of signing for
    assert worker_of(life, relay_to()).round() > 0
    told = in_stream(nats_server.url)
    assert {subject for subject, _ in told} == {"city.990100.case.moved"}
    assert [m for _, body in told for m in body["moves"]] == life.moves
    assert "overdue" in life.moves
    assert waiting() == 0


def test_messages_hold_no_words_and_no_names(life, relay_to, nats_server):
    life.report(words="楼下烧烤店的油烟")
    worker_of(life, relay_to()).round()
    text = json.dumps(in_stream(nats_server.url), ensure_ascii=False)
    assert "油烟" not in text
    assert "秦晓梅" not in text


def test_a_message_told_again_after_a_crash_is_stored_once(life, relay_to, nats_server):
    life.report()
    relay = relay_to()
    relay.pass_on()
    Outbox.objects.update(waiting=True)  # the relay died before it could mark them
    assert relay.pass_on() == 1
    assert len(in_stream(nats_server.url)) == 1


def test_a_silent_message_server_is_said_once_and_holds_no_clock_up(life, relay_to, nats_server, caplog):
    now_s = [0.0]
    relay = relay_to(f"nats://127.0.0.1:{free_port()}", now_s=lambda: now_s[0])
    life.report()
    for step in range(4):
        life.clock.at = at(6, 1 + step, 17)
        worker_of(life, relay).round()
        now_s[0] += 60
    assert "overdue" in life.moves
    assert waiting() == Outbox.objects.count() > 0
    assert len([r for r in caplog.records if r.name == "cityloom.relay"]) == 1
    relay.server, lost = JetStream(nats_server.url), relay.server
    lost.close()
    assert relay.pass_on() > 0
    assert waiting() == 0


def test_told_messages_go_after_a_week_and_those_that_wait_for_anybody_never(life, relay_to):
    life.report()
    relay_to().pass_on()
    life.clock.at += timedelta(days=8)
    list(tidy(life.clock))
    assert Outbox.objects.count() == 1, "webhooks have not had it yet"
    hand_out(lambda _: None, to=Consumer.HOOKS)
    life.report()
    life.clock.at += timedelta(days=8)
    list(tidy(life.clock))
    assert Outbox.objects.count() == waiting() == 1


def test_each_chore_is_done_when_it_is_due_and_keeps_its_turn_when_it_fails(life, monkeypatch):
    done, now_s = [], [0.0]
    monkeypatch.setattr("cityloom.app.chores.time.monotonic", lambda: now_s[0])

    def often(_):
        done.append("often")
        return iter(())

    def failing(_):
        done.append("failing")
        raise ValueError

    chores = Chores(life.clock, ((often, timedelta(seconds=10), False), (failing, timedelta(seconds=10), False)))
    for moment in (0.0, 5.0, 11.0):
        now_s[0] = moment
        with contextlib.suppress(ValueError):
            chores.do_due()
    assert done == ["often", "failing", "failing", "often", "failing"]


def test_every_chore_runs_on_a_city_in_which_there_is_nothing_to_do(life):
    sign_root(life.city, life.clock)  # the day's root is made
    for chore, _, _ in CHORES:
        assert [(what, count) for what, count in chore(life.clock) if count] == [], chore.__name__


@pytest.mark.django_db(transaction=True)
def test_a_worker_whose_connection_is_cut_comes_back_and_goes_on(database_url, life, caplog):
    caplog.set_level("INFO", "cityloom.worker")
    life.report()
    worker = worker_of(life)
    thread = threading.Thread(target=_work_and_close, args=[worker])
    thread.start()
    try:
        with psycopg.connect(database_url, autocommit=True) as cutter:
            cutter.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        connection.close()
        life.clock.at = at(6, 1, 16)
        _wait_until(lambda: "overdue" in life.moves)
    finally:
        worker.stop.set()
        thread.join(20)
    assert not thread.is_alive()


def _work_and_close(worker):
    try:
        worker.work()
    finally:
        connection.close()


def _wait_until(holds, within_s=60.0):
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, "it never came to hold"
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_the_command_works_until_it_is_asked_to_stop(database_url, life, var_folder, sig):
    life.report()  # in a June gone by or to come: the process lives a little after it
    given = DemoClock(RealClock().now(), at(6, 1, 16)).as_setting()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CITYLOOM_")}
    env = {**kept, "CITYLOOM_VAR": str(var_folder), "CITYLOOM_DATABASE_URL": database_url, "CITYLOOM_CLOCK": given}
    worker = subprocess.Popen(
        [sys.executable, "-m", "cityloom", "worker"],
        env={**env, "PYTHONPATH": str(project_root() / "src")},
        stderr=subprocess.PIPE,
        text=True,
    )
    _wait_until(lambda: worker.poll() is not None or "overdue" in life.moves)
    worker.send_signal(sig)
    _, said = worker.communicate(timeout=60)
    assert worker.returncode == 0, said
    assert "worker=stopped" in said


def test_processes_share_the_demo_clock_of_the_setting(settings):
    settings.CITYLOOM_CLOCK = DemoClock(RealClock().now(), at(6, 1), 60.0).as_setting()
    assert isinstance(clock_of_settings(), DemoClock)
    assert abs(clock_of_settings().now() - at(6, 1)) < timedelta(hours=1)
    settings.CITYLOOM_CLOCK = ""
    assert isinstance(clock_of_settings(), RealClock)


def test_the_embedded_message_server_is_found_by_its_settings(var_folder, nats_server):
    assert find_embedded(var_folder) is None
    (var_folder / "nats").mkdir()
    user, password, where = nats_server.url.removeprefix("nats://").replace("@", ":", 1).split(":", 2)
    (var_folder / "nats" / "nats.conf").write_text(
        f'listen: "{where}"\nauthorization {{\n users = [ {{ user: "{user}", password: "{password}" }} ]\n}}\n'
    )
    assert find_embedded(var_folder) == nats_server.url
