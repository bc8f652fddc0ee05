"""What devices say becomes readings; what cannot be read is refused by name and stops nothing behind it."""

import json

import numpy as np
import pytest

from cityloom.city.payload_files import Payload, payload_entries_of, payloads_of, topic_rules_of
from cityloom.city.sheets import Notes
from cityloom.sensing.gate import Gate, Limits, gate_as_json, gate_from_json
from cityloom.sensing.ingesting import Intake, Message
from cityloom.sensing.registry import DeviceInMemory, StreamOfDevice

NOW = 1_790_000_000_000
LEVEL, BATTERY = StreamOfDevice(1, 1.0, 0.0), StreamOfDevice(2, 2.0, -1.0)


def intake(**more) -> Intake:
    gauge = DeviceInMemory(7, "gauge.1", "gauge", "drainage", "active", {"level_m": LEVEL, "battery_v": BATTERY})
    old = DeviceInMemory(8, "old", "gauge", "drainage", "retired", {"level_m": StreamOfDevice(3, 1.0, 0.0)})
    return Intake({"gauge.1": gauge, "old": old}, **more)


def message(topic: str, body: object, at_ms: int = NOW) -> Message:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Message(topic.replace(".", "//").replace("/", ".").replace("..", "//").encode(), raw, 1, at_ms)


GAUGE, OF_LEVEL = "sense/990100/gauge.1", "sense/990100/gauge.1/level_m"


@pytest.mark.parametrize(
    ("topic", "body", "said", "refused", "because"),
    [
        (OF_LEVEL, b"1.25", [(1, 0, 1.25)], [], "a bare number is said now"),
        (OF_LEVEL, {"t": NOW - 5, "v": 2}, [(1, -5, 2.0)], [], "with its time"),
        (OF_LEVEL, [[NOW - 2, 1], [NOW - 1, None]], [(1, -2, 1.0), (1, -1, None)], [], "several, one without value"),
        (GAUGE, {"level_m": 1.5, "battery_v": 2}, [(1, 0, 1.5), (2, 0, 3.0)], [], "calibration is 2 x - 1"),
        (GAUGE, {"t": NOW // 1000, "level_m": True}, [(1, 0, 1.0)], [], "seconds are told from milliseconds"),
        (GAUGE, {"t": "2026-09-21T14:13:20Z", "level_m": 1}, [(1, 0, 1.0)], [], "ISO 8601"),
        (GAUGE, {"t": [NOW - 2, NOW - 1], "level_m": [1, 2], "battery_v": [1, 1]},
         [(1, -2, 1.0), (1, -1, 2.0), (2, -2, 1.0), (2, -1, 1.0)], [], "columns"),
        (GAUGE, [{"t": NOW - 1, "level_m": 1}, {"t": NOW, "level_m": 2}], [(1, -1, 1.0), (1, 0, 2.0)], [], "rows"),
        (GAUGE, {"level_m": 1, "wind": 3}, [(1, 0, 1.0)], [("unknown_stream", "gauge.1")], "the rest is taken"),
        (GAUGE, {"level_m": "high", "battery_v": 1}, [(2, 0, 1.0)], [("no_number", "gauge.1")], "a text"),
        (GAUGE, b'{"level_m": 1e999}', [], [("no_number", "gauge.1")], "no end"),
        (GAUGE, {"t": [NOW], "level_m": [1, 2]}, [], [("uneven", "gauge.1")], "lengths differ"),
        (GAUGE, {"t": "soon", "level_m": 1}, [], [("bad_time", "gauge.1")], "no time"),
        (GAUGE, {"t": [NOW, 1e400], "level_m": [1, 2]}, [], [("bad_time", "gauge.1")], "no end of time"),
        (GAUGE, b"\xff\x00{", [], [("not_json", "gauge.1")], "no JSON"),
        (GAUGE, b"[" * 100_000, [], [("not_json", "gauge.1")], "too deep"),
        (GAUGE, 5, [], [("not_json", "gauge.1")], "a number, but of which stream"),
        ("sense/990100/gauge.1/wind", b"1", [], [("unknown_stream", "gauge.1")], "no such stream"),
        ("sense/990100/nobody", {"level_m": 1}, [], [("unknown_device", "")], "not in the register"),
        ("sense/990100", b"1", [], [("bad_topic", "")], "no device"),
        ("sense/990100/old", {"level_m": 1}, [], [("retired_device", "old")], "out of use"),
    ],
)  # fmt: skip
def test_a_message_is_read_or_refused_by_name(topic, body, said, refused, because):
    taken = intake().take([message(topic, body)])
    found = [
        (s, t - NOW, None if np.isnan(v) else v)
        for s, t, v in zip(*(column.tolist() for column in taken.readings), strict=True)
    ]
    assert (found, list(taken.refused)) == (said, refused), because


def test_a_million_unknown_topics_are_one_problem_and_no_memory():
    reading = intake()
    taken = reading.take(message(f"sense/990100/x{i}", b"1") for i in range(20_000))
    assert [(r.kind, r.times) for r in taken.refused.values()] == [("unknown_device", 20_000)]
    assert not reading._topics


def test_a_flooding_device_is_shut_out_and_named_and_comes_back():
    reading = intake(gate=Gate(Limits(messages_s=1.0, quarantine_min=1.0)))
    taken = reading.take([message(OF_LEVEL, b"1", NOW + i) for i in range(15)])
    assert (len(taken.readings.stream), taken.refused[("quarantined", "gauge.1")].times) == (10, 5)
    (flood,) = reading.gate.take_floods()
    assert (flood.device, flood.messages, flood.until_ms) == (7, 11, NOW + 10 + 60_000)
    again = intake(gate=gate_from_json(json.loads(json.dumps(gate_as_json(reading.gate))), reading.gate.limits))
    assert not len(again.take([message(OF_LEVEL, b"1", NOW + 30_000)]).readings.stream), "a restart forgets nothing"
    assert len(again.take([message(OF_LEVEL, b"1", NOW + 61_000)]).readings.stream) == 1


def test_too_many_readings_in_few_messages_shut_a_device_out_as_well():
    reading = intake(gate=Gate(Limits(readings_s=1.0)))
    many = {"t": [NOW + i for i in range(20)], "level_m": [1] * 20}
    assert len(reading.take([message(GAUGE, many), message(GAUGE, many)]).readings.stream) == 20


MAPPED = {
    "type": {"gauge": {"streams": {"level_m": "data.lvl", "battery_v": "bat.0"}, "time": "ts", "time_unit": "s"}},
    "topic": {"zigbee": {"match": "zigbee/+/state", "device": "{1}"}},
}


def test_a_type_of_device_is_read_as_payloads_toml_says():
    notes = Notes("payloads.toml")
    entries = {each.code: each for each in payload_entries_of(MAPPED, notes)}
    assert notes.problems == []
    assert topic_rules_of(entries)[0].device == "{1}"
    body = {"ts": NOW // 1000 - 1, "data": {"lvl": 1.5}, "bat": [2], "rssi": -70}
    taken = intake(payloads=payloads_of(entries)).take([message(GAUGE, body)])
    assert (taken.readings.value.tolist(), taken.readings.at_ms.tolist()) == ([1.5, 3.0], [NOW - 1000] * 2)
    assert not taken.refused, "what the mapping does not name is none of ours"
    listed = intake(payloads={"gauge": Payload(items=("rows",))}).take([message(GAUGE, {"rows": [{"level_m": 1}]})])
    assert listed.readings.value.tolist() == [1.0]


@pytest.mark.parametrize(
    ("data", "at", "because"),
    [
        ({"types": {}}, "types", "no such table"),
        ({"type": {"g": {"stream": {}}}}, "type.g.stream", "no such key"),
        ({"type": {"g": {"time_unit": "min"}}}, "type.g.time_unit", "no such unit"),
        ({"type": {"g": {"streams": {"a": 1}}}}, "type.g.streams", "a path is a text"),
        ({"topic": {"z": {"match": "a/#/b", "device": "{1}"}}}, "topic.z.match", "# comes last"),
        ({"topic": {"z": {"match": "a/+", "device": "{2}"}}}, "topic.z.device", "there is no level 2"),
        ({"topic": {"z": {"match": "a/+"}}}, "topic.z.device", "whose message is it"),
    ],
)
def test_a_fault_of_payloads_toml_is_told_with_its_key(data, at, because):
    notes = Notes("payloads.toml")
    assert payload_entries_of(data, notes) == ()
    assert [problem.place.name for problem in notes.problems] == [at], because
