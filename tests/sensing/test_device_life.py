"""The life of a device in verbs: calibrated, replaced, and its history told across all of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from tests.sensing.alarm_life import OWNER, AlarmLife

from cityloom.city.device_types import DeviceType
from cityloom.city.values import Name, Post, Role
from cityloom.sensing.actions.calibrate_stream import calibrate_stream
from cityloom.sensing.actions.give_secret import give_secret, may_come_in
from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.actions.plan_maintenance import plan_maintenance
from cityloom.sensing.actions.receive_readings import Said, receive_readings
from cityloom.sensing.actions.replace_device import replace_device
from cityloom.sensing.archiving import archive_days, roll_up_days
from cityloom.sensing.device_care import BadReplacement, NotYourDevice, Point
from cityloom.sensing.device_care_rows import calibrations_of, replacements_of
from cityloom.sensing.device_queries import (
    get_device,
    list_devices,
    list_due_calibrations,
    streams_of_device,
)
from cityloom.sensing.keeping import ensure_partition
from cityloom.sensing.lineage import history_across
from cityloom.sensing.place_history import tell_history
from cityloom.sensing.session import Session

STRANGER = Post("stranger", Role.SENSOR_OWNER, unit="gas_co")


@pytest.fixture
def alarms(life) -> AlarmLife:
    return AlarmLife(life)


def say(alarms: AlarmLife, device: str, value: float, **later: float) -> None:
    alarms.life.clock.advance(**later)
    receive_readings(alarms.city, [Said(device, {"depth_cm": value})], alarms.life.clock, judged=True)


def depths(alarms: AlarmLife, device: str, days: float = 1) -> list[float]:
    now = alarms.life.clock.now()
    told = tell_history(
        alarms.city, device, "depth_cm", now - timedelta(days=days), now + timedelta(seconds=1), "raw"
    )
    return [value for _, value in told.points]


def test_a_calibration_counts_from_now_on_and_its_history_only_grows(alarms):
    life, city = alarms.life, alarms.city
    today = life.clock.now().astimezone(city.calendar().tz).date()
    session = Session(city.id, "", "a log", life.clock, seconds=lambda: life.clock.now().timestamp())
    say(alarms, "level-1", 10.0)
    with pytest.raises(NotYourDevice):
        calibrate_stream(city, "level-1", "depth_cm", STRANGER, life.clock, day=today, offset=1.0)
    done = calibrate_stream(
        city, "level-1", "depth_cm", OWNER, life.clock, day=today, points=[Point(10.0, 12.0)], note="gauge board"
    )
    assert (done.factor, done.offset) == (1.0, 2.0)
    assert done.next_due == today + timedelta(days=365), "as the type water_level says"
    say(alarms, "level-1", 10.0, minutes=1)
    assert depths(alarms, "level-1") == [10.0, 12.0], "what was kept before stays as it was kept"
    life.clock.advance(seconds=5)
    session.idle()
    assert session.registry.devices["level-1"].streams["depth_cm"].offset == 2.0, "the running process takes it up"

    second = calibrate_stream(
        city, "level-1", "depth_cm", OWNER, life.clock, day=today, factor=1.5, next_due=today + timedelta(days=9)
    )
    assert (second.factor, second.offset, second.offset_before) == (1.5, 2.0, 2.0)
    with connection.cursor() as cursor:
        told = calibrations_of(cursor, alarms.devices["level-1"])
        assert [(c.factor, c.offset, c.by_login, c.note) for c in told] == [
            (1.5, 2.0, "owner", ""), (1.0, 2.0, "owner", "gauge board")
        ]  # fmt: skip
        assert told[1].points == [[10.0, 12.0]]
        for statement in ("DELETE FROM sensing_calibration", "UPDATE sensing_calibration SET note = 'x'"):
            with pytest.raises(ProgrammingError, match="only ever added"), transaction.atomic():
                cursor.execute(statement)
    load_devices(city)
    with connection.cursor() as cursor:
        cursor.execute("SELECT factor FROM sensing_stream WHERE id = %s", [alarms.streams["level-1", "depth_cm"]])
        assert cursor.fetchone() == (1.5,), "loading the folder again changes no calibration"


def test_due_calibrations_are_listed(alarms):
    life = alarms.life
    pump = DeviceType("pump", Name("泵", "Pump"), 10)
    city = replace(alarms.city, device_types={"pump": pump})
    today = life.clock.now().astimezone(city.calendar().tz).date()

    def due(day: date) -> list[str]:
        with connection.cursor() as cursor:
            return [row.code for row in list_due_calibrations(cursor, city, day)]

    calibrate_stream(
        city, "level-2", "depth_cm", OWNER, life.clock, day=today, factor=1.0, next_due=today + timedelta(days=3)
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sensing_device SET since = %s WHERE code = 'pump-1'", [today - timedelta(days=8)])
    assert due(today) == []
    assert due(today + timedelta(days=2)) == ["pump-1"], "never calibrated, ten days after it was installed"
    assert due(today + timedelta(days=3)) == ["pump-1", "level-2"]
    later = life.clock.now().astimezone(city.calendar().tz) + timedelta(days=2)
    with connection.cursor() as cursor:
        found = list_devices(cursor, city, replace(OWNER, area=None), later, health="calibration")
    assert [(row.code, "calibration" in row.health(later)) for row in found] == [("pump-1", True)]


def test_a_new_device_takes_the_place_of_an_old_one_with_all_that_hangs_on_it(alarms, settings, tmp_path):
    life, city = alarms.life, alarms.city
    settings.CITYLOOM_ARCHIVE = str(tmp_path)
    now = life.clock.now
    secret = give_secret(city, "level-1", life.clock)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sensing_device SET parent_id = %s WHERE code = 'pump-1'", [alarms.devices["level-1"]])
    say(alarms, "level-1", 5.0)
    alarms.read("level-1", "depth_cm", 20)
    assert alarms.alarm.state == "raised"
    plan_maintenance(
        city, OWNER, life.clock, from_at=now(), until_at=now() + timedelta(hours=2), reason="works",
        device_id=alarms.devices["level-1"],
    )  # fmt: skip
    with pytest.raises(NotYourDevice):
        replace_device(city, "level-1", "level-9", STRANGER, life.clock, reason="broken")
    with pytest.raises(BadReplacement):
        replace_device(city, "level-1", "level-9", OWNER, life.clock, reason=" ")

    life.clock.advance(minutes=10)
    done = replace_device(city, "level-1", "level-9", OWNER, life.clock, reason="broken", serial="4711")
    assert (alarms.alarm.state, alarms.moves[-1], done.alarms) == ("cleared", "clear", 1)
    assert may_come_in(city.id, "level-9", done.secret, now())
    assert not may_come_in(city.id, "level-1", secret, now()), "the old one's secret opens nothing any more"
    with connection.cursor() as cursor:
        old, new = get_device(cursor, city, "level-1"), get_device(cursor, city, "level-9")
        assert (old.state, old.replaced_by_id, new.state, new.serial) == ("retired", new.id, "active", "4711")
        assert (new.type, new.owner, new.lon, new.lat) == (old.type, old.owner, old.lon, old.lat)
        assert get_device(cursor, city, "pump-1").parent_id == new.id
        cursor.execute("SELECT count(*) FROM sensing_window WHERE device_id = %s", [new.id])
        assert cursor.fetchone() == (1,), "maintenance that goes on is that of the new one"
        (told,) = replacements_of(cursor, new.id)
        assert (told.old, told.new, told.reason, told.by_login) == ("level-1", "level-9", "broken", "owner")

    # The history crosses the border and says where it is; nothing of it is lost or shown twice.
    say(alarms, "level-9", 6.0, minutes=10)
    assert depths(alarms, "level-9") == [5.0, 6.0]
    assert depths(alarms, "level-1") == [5.0], "the old one's page shows its own"
    stream = next(s.id for s in _streams(city, "level-9") if s.name == "depth_cm")
    _, borders = history_across(stream, now() - timedelta(days=1), now())
    assert [(b.before, b.after) for b in borders] == [("level-1", "level-9")]

    # Rules go on: the new one is judged by those of its type, and what stands at it is its own alarm.
    alarms.judge = alarms.new_judge()
    alarms.streams["level-9", "depth_cm"], alarms.devices["level-9"] = stream, new.id
    alarms.read("level-9", "depth_cm", 30)
    assert alarms.alarm.device_id == new.id

    # The folder that still names the old one does not bring it back; a second replacement goes on from the first.
    assert load_devices(city).changed == 0
    with pytest.raises(BadReplacement):
        replace_device(city, "level-1", "level-8", OWNER, life.clock, reason="again")
    with pytest.raises(BadReplacement):
        replace_device(city, "level-2", "level-9", OWNER, life.clock, reason="one for two")
    life.clock.advance(days=1)
    replace_device(city, "level-9", "level-10", OWNER, life.clock, reason="again")
    say(alarms, "level-10", 7.0, hours=1)
    assert depths(alarms, "level-10", 2) == [5.0, 6.0, 7.0]

    # A long span is told by hours and days, and the same wherever the readings lie.
    def told_by(step: str) -> list[tuple[int, float, float]]:
        since, until = now() - timedelta(days=60), now() + timedelta(minutes=1)
        told = tell_history(city, "level-10", "depth_cm", since, until, step)
        assert len(told.borders) == 2
        return [(b.readings, b.low, b.high) for b in told.buckets]

    hours, days = told_by("hour"), told_by("day")
    assert (hours, days) == ([(2, 5.0, 6.0), (1, 7.0, 7.0)], [(2, 5.0, 6.0), (1, 7.0, 7.0)])
    with connection.cursor() as cursor:
        for day in range(3):
            ensure_partition(cursor, (now() - timedelta(days=day)).date())
    life.clock.advance(days=20)
    assert archive_days(life.clock, 10) == 3
    assert (told_by("hour"), told_by("")) == (hours, hours), "two months are told by hours"
    assert roll_up_days(life.clock, 10) == 3
    assert (told_by("hour"), told_by("day")) == (hours, days)


def _streams(city, code):
    with connection.cursor() as cursor:
        return streams_of_device(cursor, get_device(cursor, city, code).id)
