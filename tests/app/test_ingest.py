"""The ingest process under blows: what a device was told is taken is stored, once, whoever was killed meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from tests.app.mqtt_device import MqttDevice

from cityloom.app.device_door import issuer_key
from cityloom.app.mqtt_guard import MqttGuard
from cityloom.app.nats_server import RunningNats, start_nats
from cityloom.app.processes import free_port
from cityloom.app.sense_log import MQTT_STREAM, LogAway, SenseLog
from cityloom.base.clock import RealClock
from cityloom.city.snapshot_values import City
from cityloom.sensing.actions.give_secret import give_secret
from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.models import Problem

DEVICE, STREAM = "level-1", "depth_cm"
TOPIC = f"sense/990100/{DEVICE}/{STREAM}"
COUNT = 120
LONG_S = 90.0


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something that comes about by itself."""
    end_s = time.monotonic() + LONG_S
    while not true():
        assert time.monotonic() < end_s, f"still not: {what}"
        time.sleep(0.05)


@pytest.fixture
def own_nats(var_folder: Path) -> Iterator[RunningNats]:
    server = start_nats(var_folder, port=free_port(), mqtt_port=free_port())
    yield server
    server.stop()


class Process:
    """`cityloom ingest` on the test's database and message server."""

    def __init__(self, var: Path, database_url: str, nats_url: str) -> None:
        self._env = os.environ | {
            "CITYLOOM_VAR": str(var),
            "CITYLOOM_DATABASE_URL": database_url,
            "CITYLOOM_NATS_URL": nats_url,
        }
        self._log = open(var / "ingest.log", "wb")  # noqa: SIM115
        self.log = var / "ingest.log"
        self.start()

    def start(self) -> None:
        argv = [sys.executable, "-m", "cityloom", "ingest", "--city", "990100"]
        self.process = subprocess.Popen(argv, env=self._env, stdout=self._log, stderr=subprocess.STDOUT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(LONG_S) == 0, self.log.read_text()
        self._log.close()


def stored() -> list[float]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.value FROM (SELECT stream, value FROM sensing_reading UNION ALL "
            "SELECT stream, value FROM sensing_late) r JOIN sensing_stream s ON s.id = r.stream "
            "JOIN sensing_device d ON d.id = s.device_id WHERE d.code = %s ORDER BY 1",
            [DEVICE],
        )
        return [value for (value,) in cursor.fetchall()]


def end_other_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


class Insisting:
    """A device that says a thing until it is told that it was taken."""

    def __init__(self, port: int, secret: str) -> None:
        self._port, self._secret = port, secret
        self._device: MqttDevice | None = None

    def say(self, topic: str, body: bytes, number: int) -> None:
        end_s, again = time.monotonic() + LONG_S, False
        while True:
            try:
                if self._device is None:
                    self._device = MqttDevice(self._port, DEVICE, self._secret)
                self._device.say(topic, body, number, again)
                return
            except OSError:
                assert time.monotonic() < end_s, "the device is not heard any more"
                again, self._device = True, None
                time.sleep(0.1)


def test_nothing_that_was_taken_is_lost_or_stored_twice(
    small_city: City, database_url: str, own_nats: RunningNats, var_folder: Path
):
    load_devices(small_city)
    device = Insisting(own_nats.mqtt_port, give_secret(small_city, DEVICE, RealClock()))
    ingest, server = Process(var_folder, database_url, own_nats.url), own_nats
    now_ms = round(time.time() * 1000)
    blows = {
        30: ingest.kill,
        50: lambda: (server.process.kill(), server.process.wait()),
        70: end_other_connections,
    }
    for number in range(1, COUNT + 1):
        device.say(TOPIC, b'{"t": %d, "v": %d}' % (now_ms + number, number), number)
        if number in blows:
            blows[number]()
        if number == 30:
            ingest.start()
        if number == 50:
            server = start_nats(var_folder, port=own_nats.port, mqtt_port=own_nats.mqtt_port)
            own_nats.process = server.process
    for number, (topic, body) in enumerate(
        [
            (TOPIC, b"high"),
            (f"sense/990100/{DEVICE}", b"\xff{"),
            (TOPIC, b'{"t": %d, "v": 1}' % (now_ms + 10**9)),
            (f"{TOPIC}x", b"1"),
        ],
        COUNT + 1,
    ):
        device.say(topic, body, number)
    until(lambda: len(stored()) >= COUNT, "all is stored")
    until(lambda: Problem.objects.count() >= 3, "all is judged")
    ingest.stop()
    assert stored() == [float(n) for n in range(1, COUNT + 1)]
    told = {(p.kind, p.about) for p in Problem.objects.all()}
    assert told == {("not_json", DEVICE), ("early", DEVICE), ("unknown_stream", DEVICE)}


def test_what_a_killed_server_had_not_handed_on_is_put_into_the_log_once(own_nats: RunningNats):
    def guarded() -> tuple[threading.Event, MqttGuard]:
        stop = threading.Event()
        guard = MqttGuard(own_nats.url, stop)
        guard.start()
        assert guard.ready.wait(LONG_S)
        return stop, guard

    stop, guard = guarded()
    stop.set()
    guard.join()
    assert _guards(own_nats.url) == 1, "its name is remembered"
    told = SenseLog(own_nats.url, "sense.>")
    told.put("sense.990100.a", b"1")
    for subject, body in [("a", b"1"), ("a", b"1"), ("b", b"2")]:  # the server's own copies; the log has one
        told.put(f"$MQTT.msgs.sense.990100.{subject}", body)
    again, _ = guarded()
    reader = SenseLog(own_nats.url, "sense.990100.>")
    reader.begin_after(0)
    found: list[tuple[bytes, bytes]] = []
    until(lambda: found.extend((m.subject, m.body) for m in reader.fetch(0.2)) or len(found) >= 3, "all are there")
    assert found == [(b"sense.990100.a", b"1"), (b"sense.990100.a", b"1"), (b"sense.990100.b", b"2")]
    again.set()


def test_a_broker_that_is_there_already_is_listened_to(own_nats: RunningNats, nats_server: RunningNats):
    from cityloom.app.bridge import Bridge, subject_of_topic
    from cityloom.city.payload_files import TopicRule

    rules = [TopicRule("z", "zigbee/+/state", "{1}"), TopicRule("f", "plant/#", "{1}", "{2}")]
    assert subject_of_topic(rules, "c", "zigbee/a.b/state") == "sense.c.a//b"
    assert subject_of_topic(rules, "c", "plant/pump/flow/x") == "sense.c.pump.flow"
    for topic in ("zigbee/a/other", "zigbee/a/state/x", "zigbee/a b/state", "plant"):
        assert subject_of_topic(rules, "c", topic) is None, topic

    user, password = nats_server.url.removeprefix("nats://").split("@")[0].split(":")
    stop = threading.Event()
    bridge = Bridge(f"mqtt://{user}:{password}@127.0.0.1:{nats_server.mqtt_port}", own_nats.url, "c", rules, stop)
    bridge.start()
    assert bridge.listening.wait(LONG_S)
    plant = MqttDevice(nats_server.mqtt_port, user, password, "plant")
    plant.say("zigbee/lamp/state", b"1", 1)
    plant.say("elsewhere", b"2", 2)
    plant.say("plant/pump/flow", b"3", 3)
    reader = SenseLog(own_nats.url, "sense.c.>")
    reader.begin_after(0)
    found: list[tuple[bytes, bytes]] = []
    until(lambda: found.extend((m.subject, m.body) for m in reader.fetch(0.2)) or len(found) >= 2, "both are there")
    assert sorted(found) == [(b"sense.c.lamp", b"1"), (b"sense.c.pump.flow", b"3")]  # each rule is read by itself
    stop.set()


def _guards(url: str) -> int:
    asking = SenseLog(url, "sense.>", stream=MQTT_STREAM)
    names = asking.request(f"$JS.API.CONSUMER.NAMES.{MQTT_STREAM}", {})["consumers"] or []
    asking.close()
    return len(names)


def test_a_log_that_does_not_answer_is_told_by_its_own_error():
    with pytest.raises(LogAway):
        SenseLog(f"nats://127.0.0.1:{free_port()}", "sense.>")


def test_a_request_that_nobody_has_signed_lets_nobody_in(var_folder: Path):
    from cityloom.app.device_door import answer
    from cityloom.app.nkeys import BadToken, read_token

    key = issuer_key(var_folder)
    asked = {"user_nkey": "U", "server_id": {"id": "N"}, "connect_opts": {"user": "d", "pass": "s"}}
    signed = key.sign({"nats": asked})
    told = read_token(answer(key, "990100", signed.encode(), lambda device, secret: secret == "s", 1))
    rights = read_token(told["nats"]["jwt"])["nats"]
    assert rights["pub"]["allow"] == ["sense.990100.d", "sense.990100.d.*"]
    refused = read_token(answer(key, "990100", signed.encode(), lambda device, secret: False, 1))
    assert "jwt" not in refused["nats"]
    with pytest.raises(BadToken):
        answer(key, "990100", signed[:-4].encode() + b"AAAA", lambda device, secret: True, 1)
