"""SensorThings over MQTT: topics, what comes as a message, what those who listen hear."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.app.mqtt_device import MqttDevice
from tests.cases.life import Life
from tests.exchange.sensorthings.conftest import SITE, Door, datastream
from tests.exchange.sensorthings.small_world import at, make_world

from cityloom.app.device_door import DeviceDoor, issuer_key
from cityloom.app.nats_server import start_nats
from cityloom.app.processes import free_port
from cityloom.app.sense_log import SenseLog
from cityloom.app.sta_mqtt import OBSERVATIONS, StaMqtt, find_monitor, listened_to
from cityloom.base.errors import CityloomError
from cityloom.exchange.sensorthings.asking import Asking
from cityloom.exchange.sensorthings.hearing import Hearing
from cityloom.exchange.sensorthings.messages import take_message
from cityloom.exchange.sensorthings.topics import read_topic, subject_of, topic_of
from cityloom.exchange.sensorthings.translating import Viewer
from cityloom.sensing.actions.give_secret import give_secret
from cityloom.sensing.models import Device


@pytest.mark.parametrize(("topic", "subject", "because"), [
    ("v1.1/Datastreams(1)/Observations", "v1//1.Datastreams(1).Observations", "a dot within a level is two slashes"),
    ("v1.1/Things(1)", "v1//1.Things(1)", "levels are parted by dots"),
    ("v1.1/Observations?$select=result", "v1//1.Observations?$select=result", "options stay as they are"),
])  # fmt: skip
def test_a_topic_and_its_subject_say_the_same(topic: str, subject: str, because: str) -> None:
    assert subject_of(topic) == subject, because
    assert topic_of(subject) == topic, because
    assert read_topic(topic)


@pytest.mark.parametrize(
    "topic", ["v1.0/Things", "Things", "v1.1/Nothing", "v1.1/Things?$top=1", "v1.1/Things?$select=x"]
)
def test_a_topic_that_means_nothing_is_refused(topic: str) -> None:
    with pytest.raises(CityloomError):
        read_topic(topic)


def test_a_message_is_kept_once_and_whatever_is_none_is_refused_by_name(door: Door, city_of_things: Life) -> None:
    world = make_world(door)
    city, now = city_of_things.city, city_of_things.clock.now()
    subject = f"v1//1.Datastreams({world.voltage}).Observations"
    body = json.dumps({"result": 231, "phenomenonTime": at(3)}).encode()
    assert take_message(city, subject, body, now) is None
    assert take_message(city, subject, body, now) is None, "said again it is the same"
    assert [o["result"] for o in door.values(f"Datastreams({world.voltage})/Observations")] == [231]
    ours = json.dumps({"result": 5, "@iot.selfLink": "x"}).encode()
    assert take_message(city, subject, ours, now) is None, "our own news are no observation"
    table = [
        (subject, b"{", "sta.bad_json"), (subject, b"[]", "sta.bad_json"), (subject, b"{}", "sta.missing"),
        ("v1//1.Datastreams(999).Observations", body, "sta.no_such_link"),
        ("v1//1.Things(1).Observations", body, "sta.no_resource"),
        ("v1//1.Things", b"{}", "sta.bad_path"),
    ]  # fmt: skip
    for told, said, reason in table:
        refusal = take_message(city, told, said, now)
        assert refusal is not None and refusal.reason.code == reason, (told, reason)  # noqa: PT018


def test_listeners_hear_what_is_new_or_changed_and_nothing_private(door: Door, city_of_things: Life) -> None:
    world = make_world(door)
    hearing = Hearing()
    asking = Asking(city_of_things.city.id, Viewer(), city_of_things.clock.now(), f"{SITE}/sta/v1.1")
    lamp, brightness = f"v1.1/Things({world.lamp})", f"v1.1/Datastreams({world.brightness})/Observations"
    level = f"v1.1/Datastreams({world.level})/Observations?$select=result"
    topics = [lamp, f"{lamp}?$select=name", f"{lamp}/properties", "v1.1/Sensors", brightness, level, "v1.1/Nothing"]
    assert hearing.news(asking, topics) == [], "what was there before is no news"
    assert hearing.news(asking, topics) == []
    door.ask("PATCH", f"Things({world.lamp})", {"description": "brighter"})
    assert [n.topic for n in hearing.news(asking, topics)] == [lamp], "its name and properties are as they were"
    door.post(f"Datastreams({world.brightness})/Observations", {"result": 40, "phenomenonTime": at(9)})
    door.post(
        f"Datastreams({world.brightness})/Observations", {"result": 41, "phenomenonTime": "2026-06-01T02:30:00Z"}
    )
    door.post(f"Datastreams({world.level})/Observations", {"result": 3, "phenomenonTime": at(9)})
    door.post("Sensors", datastream()["Sensor"] | {"name": "second"})
    told = [(n.topic, n.body.get("result", n.body.get("name"))) for n in hearing.news(asking, topics)]
    assert told == [(brightness, 41), (brightness, 40), (level, 3), ("v1.1/Sensors", "second")]
    assert hearing.news(asking, topics) == []
    Device.objects.filter(id=world.pump).update(is_private=True)
    door.post(f"Datastreams({world.level})/Observations", {"result": 4, "phenomenonTime": at(10)})
    assert hearing.news(asking, topics) == [], "a private device is not told of"


@pytest.mark.django_db(transaction=True)
def test_a_device_tells_by_mqtt_and_a_listener_hears(
    door: Door, door_of: Callable[..., Door], city_of_things: Life, var_folder: Any
) -> None:
    world = make_world(door)
    life, code = city_of_things, Device.objects.get(id=world.lamp).code
    secret = give_secret(life.city, code, life.clock)
    nats = start_nats(var_folder, port=free_port(), mqtt_port=free_port())
    stop = threading.Event()
    DeviceDoor(nats.url, issuer_key(var_folder), life.city.id, life.city.code, life.clock, stop).start()
    side = StaMqtt(stop, nats.url, find_monitor(var_folder), lambda: life.city, life.clock, SITE)
    try:
        side.round()  # makes the stream
        device = let_in(nats.mqtt_port, code, secret)
        topic = f"v1.1/Datastreams({world.voltage})/Observations"
        listener = let_in(nats.mqtt_port, "board", door_of("lighting_co", "readings:read").token, "board")
        listener.listen(f"{topic}?$select=result")
        assert listened_to(find_monitor(var_folder)) >= {f"{topic}?$select=result"}
        side.round()
        device.say(topic, json.dumps({"result": 229.5, "phenomenonTime": at(5)}).encode(), 7)
        until(lambda: side.round() == 0.0)
        assert door.values(f"Datastreams({world.voltage})/Observations")[0]["result"] == 229.5
        listener.socket.settimeout(20)
        assert listener.hear() == (f"{topic}?$select=result", b'{"result": 229.5}')
        device.say(f"v1.1/Datastreams({world.level})/Observations", b'{"result": 1}', 8)  # another device's stream
        log = SenseLog(nats.url, OBSERVATIONS, stream="STA")
        state = log.request("$JS.API.STREAM.INFO.STA", {})["state"]
        log.close()
        assert state["messages"] == 1, "the server keeps nothing that a device may not write"
    finally:
        stop.set()
        side.end()
        nats.stop()


def let_in(port: int, user: str, password: str, client: str = "device") -> MqttDevice:
    """A connection, tried until the door answers."""
    end_s = time.monotonic() + 30
    while True:
        try:
            return MqttDevice(port, user, password, client)
        except (PermissionError, OSError):
            if time.monotonic() > end_s:
                raise
            time.sleep(0.1)


def until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end_s
