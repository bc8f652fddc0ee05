"""No space for what devices say: nobody is answered, the error has a name, and it goes on by itself."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection, transaction
from tests.app.mqtt_device import MqttDevice
from tests.app.test_ingest import LONG_S, until

from cityloom.app.device_lag import device_lag
from cityloom.app.ingest import Ingest
from cityloom.app.mqtt_guard import MqttGuard
from cityloom.app.nats_server import start_nats
from cityloom.app.no_space import end_stuck_server, note_log_full, said_full
from cityloom.app.processes import free_port
from cityloom.app.sense_log import MQTT_STREAM, STREAM, LogFull, SenseLog
from cityloom.base.clock import RealClock
from cityloom.base.reasons import Reason, render
from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.ingest_rows import write_offset
from cityloom.sensing.models import Problem

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def limit(told: SenseLog, stream: str, **more: object) -> None:
    """Have the stream refuse what is more than this."""
    config = told.request(f"$JS.API.STREAM.INFO.{stream}", {})["config"]
    said = told.request(f"$JS.API.STREAM.UPDATE.{stream}", {**config, **more})
    assert "error" not in said, said


def test_a_log_without_space_answers_no_device_is_named_and_goes_on_when_there_is(small_city, var_folder, caplog):
    caplog.set_level(logging.INFO, "cityloom.ingest")
    server, stop = start_nats(var_folder, port=free_port(), mqtt_port=free_port()), threading.Event()
    user, password = server.url.removeprefix("nats://").split("@")[0].split(":")
    full: list[str] = []
    guard = MqttGuard(server.url, stop, full.append)
    guard.start()
    try:
        assert guard.ready.wait(LONG_S)
        told = SenseLog(server.url, "sense.>")
        MqttDevice(server.mqtt_port, user, password).say("sense/990100/a/b", b"1", 1)
        for stream in (STREAM, MQTT_STREAM):
            limit(told, stream, max_bytes=1, discard="new")
        with pytest.raises(LogFull):
            told.put("sense.990100.a.b", b"2")
        with pytest.raises(OSError, match="ended"):
            MqttDevice(server.mqtt_port, user, password).say("sense/990100/a/b", b"2", 2)
        until(lambda: bool(full) and not guard.ready.is_set(), "the guard knows")
        assert "send again: free space" in caplog.text
        note_log_full(small_city.id, full[0], NOW)
        lag = device_lag(server.url, NOW)
        assert lag is not None
        assert "CITYLOOM_SENSE_GB" in lag.next_step
        problem = Reason("sensing.log_full", {"about": "", "sample": Problem.objects.get().sample})
        assert "腾出空间" in render(problem, "zh")
        for stream in (STREAM, MQTT_STREAM):
            limit(told, stream, max_bytes=-1)
        until(guard.ready.is_set, "there is space again")
        MqttDevice(server.mqtt_port, user, password).say("sense/990100/a/b", b"3", 3)
        assert "messages=written again" in caplog.text
        assert not end_stuck_server(var_folder, free_bytes=0), "not while its disk is full"
        assert end_stuck_server(var_folder)
        assert server.process.wait(LONG_S) is not None, "whoever keeps it running starts it anew"
        assert not end_stuck_server(var_folder), "it has ended"
    finally:
        stop.set()
        server.stop()


def test_a_database_without_space_keeps_nothing_by_half_and_goes_on_when_there_is(
    small_city, database_url, nats_server, caplog
):
    load_devices(small_city)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON sensing_reading FOR EACH ROW EXECUTE FUNCTION no_space()"
        )
    stop, told = threading.Event(), SenseLog(nats_server.url, "sense.>")
    told.put("sense.990100.level-1.depth_cm", b"4711.25")
    ingest = Ingest(small_city.code, "", nats_server.url, RealClock(), stop)
    thread = threading.Thread(target=ingest.work)
    thread.start()
    try:
        until(lambda: "database=full" in caplog.text, "it is named")
        assert "CITYLOOM_READINGS_DAYS" in caplog.text
        assert _count() == 0
        _make_space()
        until(lambda: _count() == 1, "there is space again")
    finally:
        _make_space()
        stop.set()
        thread.join(LONG_S)


def _make_space() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS no_space CASCADE")


def _count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sensing_reading WHERE value = 4711.25")
        return int(cursor.fetchone()[0])


def test_what_waits_for_longer_than_a_minute_is_told(small_city, nats_server):
    told = SenseLog(nats_server.url, "sense.>")
    told.put("sense.990100.level-1.depth_cm", b"1")
    write_offset(small_city.id, "", "log", 0, 0, RealClock().now(), 0)
    assert device_lag(nats_server.url, RealClock().now()) is None, "it has just come"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cityloom.app.device_lag.LATE_S", -1.0)
        lag = device_lag(nats_server.url, RealClock().now())
    assert lag is not None
    assert "not stored yet" in lag.says


def test_only_a_full_disk_is_called_so():
    assert said_full(OperationalError("server closed the connection")) is None
