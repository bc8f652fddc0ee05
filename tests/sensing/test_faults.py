"""Clocks that jump, payloads that are none, topics without end: defined, named, and bounded in memory."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta

import pytest
from django.db import connection

from cityloom.base.clock import GivenClock
from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.alarming import moment
from cityloom.sensing.gate import Gate, Limits
from cityloom.sensing.ingesting import Intake, Message
from cityloom.sensing.models import Device, Problem
from cityloom.sensing.registry import DeviceInMemory, StreamOfDevice
from cityloom.sensing.session import Session

T = 1_790_000_000_000
HOUR, DAY = 3_600_000, 86_400_000
TOPIC = b"sense.990100.level-1.depth_cm"
MANY = 50_000
DEVICES = {"pump": DeviceInMemory(7, "pump", "pump", "u", "active", {"x": StreamOfDevice(70, 1.0, 0.0)})}


def test_clocks_that_jump_lose_nothing_that_can_be_told_and_shut_nobody_out(small_city):
    load_devices(small_city)
    clock, number = GivenClock(moment(T)), 0
    session = Session(small_city.id, "", "log", clock, limits=Limits(2.0, 1000.0, 60.0))

    def said(log_ms: int, *times_ms: int | None) -> tuple[int, int, int, int]:
        """What became of readings that the log took at one moment, each with its device's own time or without.

        How many were stored, said before, late, refused.
        """
        nonlocal number
        before, messages = session.tally, []
        for at_ms in times_ms:
            number += 1
            body = b"1.5" if at_ms is None else b'{"t": %d, "v": 1.5}' % at_ms
            messages.append(Message(TOPIC, body, number, log_ms))
        session.take(messages)
        return tuple(b - a for a, b in zip(before[1:], session.tally[1:], strict=True))

    assert said(T, T, None) == (1, 1, 0, 0), "one time is one reading, whoever says the time"
    assert said(T + 1000, T + HOUR) == (0, 0, 0, 1), "a device's clock runs an hour ahead"
    assert said(T + 2000, T - HOUR, T - 30 * DAY) == (2, 0, 2, 0), "one runs behind: stored beside, not judged"
    clock.advance(hours=-1)
    assert said(T - HOUR, None, T + 3000) == (0, 1, 0, 1), "the server's clock is set back: what is right seems early"
    assert said(T - HOUR + 1000, None) == (1, 0, 1, 0), "and what has no time of its own comes late"
    for second in range(0, 100, 5):
        assert said(T - HOUR + 2000 + 1000 * second, None)[3] == 0, "an hour is not counted as a moment"
    clock.at = moment(T + DAY)
    session.idle()
    assert said(T + DAY, None, T + 5000) == (2, 0, 1, 0), "a day ahead: the reading of yesterday comes late"
    clock.at = moment(T + 10_000)
    assert said(T + 10_000, None, T + 11_000) == (2, 0, 2, 0), "back again: beside the partitions until time has come"
    assert said(T + DAY + 1000, None) == (1, 0, 0, 0), "and all is as before"
    session.close()
    assert Device.objects.get().state == "active"
    problem = Problem.objects.get()
    assert (problem.kind, problem.about, problem.count) == ("early", "level-1", 2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT (stream, at)) FROM (SELECT stream, at FROM sensing_reading "
                       "WHERE stream = (SELECT id FROM sensing_stream) UNION ALL "
                       "SELECT stream, at FROM sensing_late) r")  # fmt: skip
        count, distinct = cursor.fetchone()
    assert count == distinct == session.tally.stored
    assert Session(small_city.id, "", "log", GivenClock(clock.now() + timedelta(days=1))).sequence == number


@pytest.mark.parametrize(("body", "kind"), [
    (b"", "not_json"), (b"\xff\xfe", "not_json"), (b"{", "not_json"), (b"[" * 100_000, "not_json"),
    (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "not_json"), (b"9" * 5000, "not_json"), (b'"\x00"', "not_json"),
    (b"1e999", "no_number"), (b"NaN", "no_number"), (b"null", None), (b'"high"', "no_number"),
    (b"1" + b"0" * 400, "no_number"),
    (b'{"t": "soon", "v": 1}', "bad_time"), (b'{"t": 1e300, "v": 1}', "bad_time"), (b'{"t": [], "v": []}', None),
    (b'{"t": [1, 2], "v": [1]}', "uneven"), (b'{"t": [1790000000000], "v": ["1"]}', "no_number"),
    (b"[[1, 2, 3]]", "uneven"), (b'{"w": 1}', "no_number"), (b" " * 4_000_001, "too_large"),
    (b'{"t": [99999999999999999999], "v": [1]}', "bad_time"), (b'{"v": {"a": 1}}', "no_number"),
])  # fmt: skip
def test_a_broken_payload_is_refused_by_name_and_stops_nobody(body, kind):
    said = Intake(DEVICES).take([
        Message(b"sense.c.pump.x", body, 1, T), Message(b"sense.c.pump.x", b"5", 2, T + 1),
    ])  # fmt: skip
    assert said.readings.value.tolist()[-1] == 5.0
    assert [(r.kind, r.about, r.times) for r in said.refused.values()] == ([(kind, "pump", 1)] if kind else [])
    assert all(len(r.sample) <= 120 for r in said.refused.values())
    assert len(said.ends) == 2


def test_topics_without_end_leave_nothing_behind():
    intake = Intake(DEVICES, gate=Gate(Limits(1e9, 1e9, 1.0)))
    tracemalloc.start()
    try:
        for first in range(0, MANY, 10_000):
            before, _ = tracemalloc.get_traced_memory()
            said = intake.take([
                Message(pattern % n, b"1", n, T)
                for n in range(first, first + 10_000, 3)
                for pattern in (b"sense.c.nobody-%d.x", b"sense.c.pump.x%d", b"other.%d")
            ])  # fmt: skip
            assert sorted(said.refused) == [("bad_topic", ""), ("unknown_device", ""), ("unknown_stream", "pump")]
            del said
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1_000_000, "nothing of what nobody knows is kept"
    assert len(intake._topics) == 0
