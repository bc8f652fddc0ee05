"""The demo's staff and its alarms."""

from dataclasses import replace

import pytest
from tests.sensing.alarm_life import OWNER, AlarmLife

from cityloom.exchange.demo.alarm_play import AlarmTender, is_due, owner_post


@pytest.fixture
def alarms(life) -> AlarmLife:
    made = AlarmLife(life)
    made.city = replace(made.city, posts={"owner": (OWNER,)})
    return made


def tender(alarms: AlarmLife) -> AlarmTender:
    return AlarmTender(lambda: alarms.city, alarms.life.clock)


def test_staff_acknowledge_within_minutes_judge_what_is_over_and_leave_the_close_to_the_case(alarms):
    alarms.read("level-1", "depth_cm", 20)
    alarms.open_cases()
    assert tender(alarms).round() == 0, "nobody is that quick"
    alarms.life.clock.advance(minutes=5)
    assert tender(alarms).round() == 1
    assert (alarms.alarm.state, alarms.alarm.acknowledged_by) == ("acknowledged", "owner")
    alarms.read("level-1", "depth_cm", 5)
    alarms.life.clock.advance(minutes=20)
    assert tender(alarms).round() == 1
    assert alarms.alarm.verdict in {"true", "false"}
    assert alarms.alarm.state == ("closed" if alarms.alarm.verdict == "false" else "cleared")
    assert tender(alarms).round() == 0, "what was done is not done again"


def test_a_notice_without_a_case_is_closed_by_who_looked(alarms):
    alarms.read("level-1", "battery_v", 2.5)
    alarms.life.clock.advance(minutes=5)
    tender(alarms).round()
    alarms.read("level-1", "battery_v", 3.5)
    alarms.life.clock.advance(minutes=20)
    tender(alarms).round()
    assert alarms.alarm.state == "closed"


def test_only_the_unit_that_owns_the_device_acts(alarms):
    alarms.read("level-1", "depth_cm", 20)
    now = alarms.life.clock.advance(minutes=5)
    assert is_due(alarms.alarm, now)
    assert owner_post(alarms.city, alarms.alarm, now).login == "owner"
    assert owner_post(alarms.city, replace(alarms.alarm, owner="nobody"), now) is None
