"""SensorThings over MQTT: topics, what comes as a message, what those who listen hear."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.app.mqtt_device import MqttDevice
from tests.cases.life import Life
from tests.exchange.sensorthings.conftest import NOW, SITE, Door, datastream, number_in, thing
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
from cityloom.sensing.actions.watch_feeds import watch_feeds
from cityloom.sensing.feed_alarms import CODE
from cityloom.sensing.ingesting import Message
from cityloom.sensing.models import Alarm, Device, Feed
from cityloom.sensing.registry import load_registry
from cityloom.sensing.session import Session


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
    number = take_message(city, subject, body, now)
    assert isinstance(number, int)
    assert take_message(city, subject, body, now) == number, "said again it is the same"
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
        assert isinstance(refusal, CityloomError), (told, reason)
        assert refusal.reason.code == reason, told


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
    assert sorted(told, key=lambda said: topics.index(said[0])) == [
        ("v1.1/Sensors", "second"), (brightness, 41), (brightness, 40), (level, 3),
    ]  # fmt: skip
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


def test_a_running_ingest_takes_at_once_what_was_just_made_and_a_silent_source_is_missed(
    door: Door, city_of_things: Life
) -> None:
    life = city_of_things
    session = Session(life.city.id, "", "a log", life.clock, seconds=lambda: 0.0)  # waiting helps nothing
    body = thing("pump", Datastreams=[], properties={"code": "P-1"})
    pump = number_in(door.ask("POST", "Things", body))
    minute = datastream("level", properties={"interval_s": 60})
    level = number_in(door.ask("POST", f"Things({pump})/Datastreams", minute))

    def say(number: int, said: dict[str, float]) -> int:
        at_ms = round(life.clock.now().timestamp() * 1000) + number
        subject = f"sense.{life.city.code}.P-1".encode()
        return session.take([Message(subject, json.dumps(said).encode(), number, at_ms)]).stored

    assert say(1, {"level": 1.5}) == 1
    flow = number_in(door.ask("POST", f"Things({pump})/Datastreams", datastream("flow")))
    assert say(2, {"level": 1.6, "flow": 7}) == 2, "a stream more of a device that is known"
    subject = f"v1//1.Datastreams({flow}).Observations"
    number = take_message(life.city, subject, b'{"result": 8, "phenomenonTime": "2026-06-01T12:00:30Z"}', NOW)
    assert isinstance(number, int)
    session.idle()
    assert session.keeper.marks.value[flow] == 8, "rules hear of it as well"

    observations = f"Datastreams({level})/Observations"
    door.post(observations, {"result": 2})
    row = [{"Datastream": {"@iot.id": level}, "components": ["result"], "dataArray": [[3], [[]]]}]
    life.clock.at = NOW + timedelta(minutes=1)
    door.post("CreateObservations", row)
    feed = Feed.objects.get(kind="sensorthings")
    assert (feed.expected_s, feed.received, feed.refused, feed.owner) == (60, 2, 1, "lighting_co")
    dict(watch_feeds(life.city, life.clock))
    assert not Alarm.objects.filter(rule=CODE, subject=f"feed:{feed.code}").exists()
    life.clock.at = NOW + timedelta(minutes=5)
    dict(watch_feeds(life.city, life.clock))
    assert Alarm.objects.get(rule=CODE, subject=f"feed:{feed.code}").state == "raised"
    door.post(observations, {"result": 4})
    dict(watch_feeds(life.city, life.clock))
    assert Alarm.objects.get(rule=CODE, subject=f"feed:{feed.code}").state == "cleared"
    assert door.ask("PATCH", f"Datastreams({level})", {"properties": {"interval_s": 0}}).status_code == 400

    later = Session(life.city.id, "", "a log", life.clock)
    assert door.ask("DELETE", f"Things({pump})").status_code == 200
    assert later.registry.devices.keys() > load_registry(life.city.id).devices.keys()
