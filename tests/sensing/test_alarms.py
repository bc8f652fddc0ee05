"""The life of an alarm, from the reading that raised it to its close, with its one case."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from tests.sensing.alarm_life import OWNER, AlarmLife

from cityloom.cases.errors import MissingNeed
from cityloom.city.values import Post, Role
from cityloom.sensing.actions.move_alarm import acknowledge_many, move_alarm
from cityloom.sensing.actions.plan_maintenance import plan_maintenance, stop_maintenance
from cityloom.sensing.actions.raise_alarms import raise_alarms
from cityloom.sensing.alarm_moves import (
    AlarmMoveRefused,
    BadWindow,
    ImpossibleAlarmMove,
    NoSuchAlarm,
    NotYourAlarm,
    StaleAlarm,
)
from cityloom.sensing.rules import Change, Subject

HANDLER_ELSEWHERE = Post("h", Role.HANDLER, unit="lighting_co", area="990100")
DISPATCHER = Post("d", Role.DISPATCHER, area="990101")
WEST = Post("w", Role.DISPATCHER, area="990102")
RESIDENT = Post("r", Role.RESIDENT)


@pytest.fixture
def alarms(life) -> AlarmLife:
    return AlarmLife(life)


def test_from_a_reading_to_one_case_and_back_to_normal(alarms):
    life = alarms.life
    alarms.read("level-1", "depth_cm", 3, 20, 22)
    assert [(a.rule, a.state, a.severity, a.owner, a.value) for a in alarms.alarms] == [
        ("flood", "raised", "high", "water_co", 20.0)
    ]
    assert alarms.open_cases() == 1
    assert alarms.open_cases() == 0, "one alarm, one case"
    alarm = alarms.alarm
    life.number = alarm.case_number
    case = life.file.case
    assert (case.source, case.class_code, case.sign_stands) == ("sensor", "gb2013:E0506", True)
    assert (case.lon, case.lat, case.area) == (110.001, 30.001, alarm.area)
    assert "level-1" in life.file.reports[0].words
    assert "20" in life.file.reports[0].words
    assert alarm.evidence["rule"] == {"above": 15.0, "clear": 10.0, "for_s": 0.0}

    # The unit has done its work; the checker cannot pass it while the gauge shows water, unless for a reason.
    life.move("sign", "handler_water")
    life.move("handle", "handler_water", note="已抽排", photos=(1,))
    with pytest.raises(MissingNeed):
        life.move("pass_check", "checker", note="现场看过")
    alarms.read("level-1", "depth_cm", 12, 8)
    alarms.open_cases()
    assert life.file.case.sign_stands is False
    assert life.entries[-1].reason["code"] == "sensor.normal"
    life.move("pass_check", "checker", note="现场看过，无积水")

    # The alarm is severe: without its review it does not end with its case.
    assert alarms.tend(minutes=1) == {}
    alarms.move("review", review={"happened": "暴雨积水", "why": "泵未启动", "changes": "加装自启"})
    done = alarms.tend(minutes=1)
    assert (done, alarms.alarm.state) == ({"close": 1}, "closed")
    assert alarms.moves == ["raise", "case", "clear", "review", "close"]


def test_a_condition_that_comes_back_is_the_same_alarm_and_one_that_flutters_flaps(alarms):
    alarms.read("level-1", "depth_cm", 20, 5, 20)
    assert (len(alarms.alarms), alarms.alarm.state, alarms.moves) == (1, "raised", ["raise", "clear", "return"])
    alarms.open_cases()
    alarms.read("level-1", "depth_cm", 5, 20, 5, 20, 5, 20, 5)
    assert alarms.moves == ["raise", "clear", "return", "case", "clear", "flap"]
    assert (alarms.alarm.state, alarms.alarm.flapping, alarms.alarm.stands) == ("raised", True, False)
    assert alarms.tend(minutes=30) == {"escalate": 1}, "it still waits for somebody"
    alarms.tend(minutes=40)
    assert (alarms.alarm.state, alarms.alarm.flapping) == ("cleared", False), "an hour of quiet"
    alarms.read("level-1", "depth_cm", 20, step_s=7200)
    assert len(alarms.alarms) == 2, "hours later it is another alarm"
    assert alarms.open_cases() == 1


def test_one_batch_may_end_an_alarm_and_raise_the_next(alarms):
    alarms.read("level-1", "depth_cm", 20)
    gauge, now_ms = Subject(alarms.devices["level-1"]), alarms.now_ms
    ended, came_again = Change("flood", gauge, False, now_ms + 1), Change("flood", gauge, True, now_ms + 86_400_000)
    raise_alarms(alarms.city, [ended, came_again], alarms.life.clock)
    assert [(alarm.state, alarm.stands) for alarm in alarms.alarms] == [("cleared", False), ("raised", True)]


def test_what_was_told_before_changes_nothing(alarms):
    for _ in range(2):
        alarms.change("flood", "level-1", True, 1_000)
        alarms.change("flood", "level-1", False, 2_000)
    assert (len(alarms.alarms), alarms.moves) == (1, ["raise", "clear"])
    assert alarms.change("unknown", "level-1", True, 3_000) == []


def test_a_power_cut_silences_the_pumps_of_its_district_until_it_is_over(alarms):
    alarms.read("pump-1", "amp", 0.1)
    assert alarms.alarm.state == "raised"
    alarms.read("grid-1", "volt", 10)
    alarms.read("level-1", "depth_cm", 30)
    alarms.read("level-2", "depth_cm", 30)
    states = {(a.rule, a.device_id): a.state for a in alarms.alarms}
    by_code = {code: states.get((rule, alarms.devices[code])) for code, rule in [
        ("pump-1", "pump_off"), ("grid-1", "power_cut"), ("level-1", "flood"), ("level-2", "flood")]}  # fmt: skip
    assert by_code == {"pump-1": "silenced", "grid-1": "raised", "level-1": "silenced", "level-2": "raised"}
    assert alarms.open_cases() == 2, "the power cut and the flood of the other district"
    alarms.read("grid-1", "volt", 220)
    alarms.read("level-1", "depth_cm", 1)
    assert alarms.tend(minutes=1) == {"release": 1}
    assert {a.rule: a.state for a in alarms.alarms if a.device_id != alarms.devices["level-2"]} == {
        "pump_off": "raised",
        "power_cut": "cleared",
        "flood": "closed",
    }, "the pump still stands still; the flood was silent all the time"
    assert alarms.open_cases() == 1


def test_the_alarm_of_a_device_above_silences_this_one(alarms):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sensing_device SET parent_id = %s WHERE id = %s",
            [alarms.devices["pump-1"], alarms.devices["level-2"]],
        )
    alarms.read("pump-1", "amp", 0.1)
    alarms.read("level-2", "depth_cm", 30)
    assert (alarms.alarm.state, alarms.alarm.silenced_by) == ("silenced", alarms.alarms[0].id)


def test_maintenance_is_silent_and_what_still_stands_after_it_is_raised(alarms):
    now = alarms.life.clock.now()
    planned = {"from_at": now, "until_at": now + timedelta(hours=2), "device_id": alarms.devices["level-1"]}
    with pytest.raises(BadWindow):
        plan_maintenance(alarms.city, OWNER, alarms.life.clock, reason=" ", **planned)
    with pytest.raises(NotYourAlarm):
        plan_maintenance(alarms.city, HANDLER_ELSEWHERE, alarms.life.clock, reason="换探头", **planned)
    with pytest.raises(BadWindow):
        plan_maintenance(alarms.city, OWNER, alarms.life.clock, reason="换", **{**planned, "device_id": None})
    window = plan_maintenance(alarms.city, OWNER, alarms.life.clock, reason="换探头", **planned)
    alarms.read("level-1", "depth_cm", 30)
    assert (alarms.alarm.state, alarms.alarm.window_id, alarms.open_cases()) == ("silenced", window.id, 0)
    assert alarms.tend(minutes=5) == {}
    stop_maintenance(alarms.city, window.id, OWNER, alarms.life.clock)
    assert (alarms.tend(minutes=1), alarms.alarm.state) == ({"release": 1}, "raised")


def test_an_unacknowledged_alarm_goes_up_the_ladder_and_people_act_by_unit_and_area(alarms):
    alarms.read("grid-1", "volt", 10)
    assert [alarms.tend(minutes=m) for m in (4, 2, 10, 15, 60)] == [
        {}, {"escalate": 1}, {"escalate": 1}, {"escalate": 1}, {}
    ]  # fmt: skip
    number, clock = alarms.alarm.id, alarms.life.clock
    for post in (HANDLER_ELSEWHERE, WEST, RESIDENT):
        with pytest.raises(NotYourAlarm):
            move_alarm(alarms.city, number, "acknowledge", post, clock, version=None)
    with pytest.raises(StaleAlarm):
        move_alarm(alarms.city, number, "acknowledge", OWNER, clock, version=99)
    told = acknowledge_many(alarms.city, [number, 404], DISPATCHER, clock)
    assert (told[0], type(told[1][1])) == ((number, None), NoSuchAlarm)
    assert (alarms.alarm.state, alarms.alarm.acknowledged_by, alarms.alarm.escalate_at) == ("acknowledged", "d", None)
    with pytest.raises(ImpossibleAlarmMove, match="note, "):
        alarms.move("acknowledge")
    with pytest.raises(AlarmMoveRefused):
        alarms.move("close", note="误报")
    with pytest.raises(AlarmMoveRefused):
        alarms.move("mark_false")
    alarms.move("mark_false", note="电表故障")
    assert alarms.move("close", note="已报修").state == "closed", "a false alarm needs no review"


def test_a_notice_opens_no_case_and_what_cannot_be_filed_is_told_once(alarms):
    alarms.read("level-1", "battery_v", 2.5)
    assert alarms.open_cases() == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sensing_device SET lon = 0, lat = 0, area = '' WHERE code = 'level-2'")
    alarms.read("level-2", "depth_cm", 30)
    opened = alarms.open_cases()
    assert (opened, alarms.open_cases()) in {(1, 0), (0, 0)}, "opened without a place, or refused, but never twice"
    assert alarms.moves.count("case") == 1


def test_the_history_of_an_alarm_only_grows(alarms):
    alarms.read("level-1", "depth_cm", 30)
    for spoil in ("UPDATE sensing_alarm_entry SET note = 'x'", "DELETE FROM sensing_alarm_entry"):
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic(), connection.cursor() as c:
            c.execute(spoil)
