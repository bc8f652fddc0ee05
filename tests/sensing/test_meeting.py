"""Rules that combine streams: two processes that take in raise the alarms that one would, whoever is ahead."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction
from tests.city.small_city import write_small_city

from cityloom.base.clock import GivenClock
from cityloom.city.actions.load_city import load_city
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.city.snapshot_values import City
from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.alarming import moment
from cityloom.sensing.city_rules import CityRules
from cityloom.sensing.ingesting import Message
from cityloom.sensing.keeping import keep_readings
from cityloom.sensing.parts import dealt_to, part_of
from cityloom.sensing.session import Session
from cityloom.sensing.values import readings_of

T = 1_790_000_000_000
DEVICES = 6
THINGS = "code,type,name_zh,name_en,component,area,owner,lon,lat,streams,interval_s,from,until\n" + "".join(
    f"level-{n},water_level,水位计{n},Gauge {n},,990101001001001,water_co,{110.0005 + n * 0.0003:.4f},30.001,"
    "depth_cm;flow_ls,60,,\n"
    for n in range(1, DEVICES + 1)
)
RULES = """
[rule.high]
name_zh = "水位高"
name_en = "Water is high"
type = "water_level"
stream = "depth_cm"
above = 15
clear = 10
class = "gb2013:E0506"
severity = "notice"

[rule.rush]
name_zh = "流量大"
name_en = "Flow is large"
type = "water_level"
stream = "flow_ls"
above = 5
alone = false
class = "gb2013:E0506"
severity = "notice"

[rule.both]
name_zh = "又高又急"
name_en = "High and fast"
all_of = ["high", "rush"]
class = "gb2013:E0506"
severity = "notice"

[rule.three]
name_zh = "三处水位高"
name_en = "High at three near one another"
of = ["high"]
at_least = 3
within_m = 70
class = "gb2013:E0506"
severity = "notice"

[rule.street]
name_zh = "片区积水"
name_en = "The street is flooded"
of = ["high", "rush"]
at_least = 4
for_s = 60
per = "area"
level = "street"
class = "gb2013:E0506"
severity = "notice"
"""
SILENT = """
[rule.silent]
name_zh = "无数据"
name_en = "No data"
type = "water_level"
stream = "depth_cm"
missing_s = 600
class = "gb2013:E0506"
severity = "notice"
"""
Alarms = list[tuple[Any, ...]]


@pytest.fixture
def city(small_city: City, tmp_path) -> City:
    return city_of(small_city.code, RULES, tmp_path)


def city_of(code: str, rules: str, tmp_path) -> City:
    folder = write_small_city(tmp_path / "city")
    (folder / "things.csv").write_text(THINGS, encoding="utf-8")
    (folder / "rules.toml").write_text(rules, encoding="utf-8")
    load_city(folder, "test", moment(T))
    forget_cities()
    found = current_city(code)
    load_devices(found)
    return found


def story(seed: int) -> list[Message]:
    """What six devices say, in the order of the log: water rises and falls, now here, now there."""
    chance, told = random.Random(seed), []
    level = dict.fromkeys(range(1, DEVICES + 1), 0)
    for n in range(1, 241):
        device = chance.randint(1, DEVICES)
        level[device] = chance.choices([level[device], 20 - level[device]], [3, 1])[0]
        flow = chance.choice([0, 9])
        body = b'{"t": %d, "depth_cm": %d, "flow_ls": %d}' % (T + n * 10_000, level[device], flow)
        told.append(Message(b"sense.990100.level-%d" % device, body, n, T + n * 10_000))
    return told


def heard_by(part: str, told: list[Message]) -> list[Message]:
    """What of it the message server gives to a part."""
    number, of = part_of(part)
    return [m for m in told if dealt_to([m.subject.decode().split(".")[2]], of)[0] == number]


def alarms(city: City) -> Alarms:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.rule, coalesce(d.code, a.subject), a.state, e.move, extract(epoch FROM e.occurred_at)::bigint "
            "FROM sensing_alarm a LEFT JOIN sensing_device d ON d.id = a.device_id "
            "JOIN sensing_alarm_entry e ON e.alarm_id = a.id WHERE a.city_id = %s ORDER BY 1, 2, 5, e.id",
            [city.id],
        )
        return cursor.fetchall()


def forget_all() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE sensing_reading, sensing_late, sensing_offset, sensing_rule_state, sensing_rule_tick, "
            "sensing_condition, sensing_combination, sensing_alarm, sensing_alarm_entry"
        )
        cursor.execute("UPDATE sensing_stream SET last_at = NULL, last_value = NULL")


def session(city: City, part: str) -> Session:
    clock = GivenClock(moment(T))
    return Session(city.id, part, "log", clock, rules=CityRules(city.code, clock, part), seconds=lambda: 0.0)


def test_two_processes_raise_the_alarms_of_one_whoever_is_ahead_or_killed(city: City):
    told = story(5)
    one = session(city, "")
    for message in told:
        one.take([message])
    wanted = alarms(city)
    for rule in ("both", "three", "street"):
        assert {move for code, _, _, move, _ in wanted if code == rule} >= {"raise", "clear"}, rule
    forget_all()

    chance = random.Random(6)
    lots = {part: heard_by(part, told) for part in ("1/2", "2/2")}
    end = told[-1]
    for lot in lots.values():  # each reads its own mark behind all
        lot.append(end._replace(subject=b"sensepart.0.990100._mark", sequence=end.sequence + 1, body=b"0"))
    cuts = {part: sorted({0, len(lot), *chance.sample(range(len(lot)), 12)}) for part, lot in lots.items()}
    turns = [(part, a, b) for part, at in cuts.items() for a, b in pairwise(at)]
    chance.shuffle(turns)
    turns.sort(key=lambda turn: turn[1] // 40)  # roughly abreast, now one ahead and now the other
    open_sessions = {part: session(city, part) for part in lots}
    done = dict.fromkeys(lots, 0)
    for part, _, until in turns:
        if until <= done[part]:
            continue
        open_sessions[part].take(lots[part][done[part] : until])
        done[part] = until
        if chance.random() < 0.3:  # killed: the next one begins from what was written down, and hears the rest again
            if chance.random() < 0.5:
                open_sessions[part].close()
            open_sessions[part] = session(city, part)
            open_sessions[part].take([m for m in lots[part][:until] if m.sequence > open_sessions[part].sequence])
    for each in open_sessions.values():
        each.close()
    last = session(city, "1/2")
    last.rules.tick(T, end.sequence + 2)
    assert alarms(city) == wanted
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sensing_condition")
        assert cursor.fetchone() == (0,), "all was combined"


def test_while_a_part_has_not_begun_nothing_is_combined_and_nothing_is_lost(city: City, caplog):
    told = story(5)[:120]
    first = session(city, "1/2")
    first.take(heard_by("1/2", told))
    assert "combined_rules=wait" in caplog.text
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) > 0 FROM sensing_condition")
        assert cursor.fetchone() == (True,)
    assert {rule for rule, *_ in alarms(city)} == {"high"}
    second = session(city, "2/2")
    second.take(heard_by("2/2", told))
    first.rules.tick(T, told[-1].sequence + 1)
    assert "both" in {rule for rule, *_ in alarms(city)}


def test_of_two_processes_each_misses_the_devices_that_it_should_have_heard(small_city: City, tmp_path, caplog):
    city = city_of(small_city.code, SILENT, tmp_path)
    clock = GivenClock(moment(T))

    def begin(part: str) -> Session:
        return Session(city.id, part, "log", clock, rules=CityRules(city.code, clock, part), seconds=lambda: 0.0)

    parts = {part: begin(part) for part in ("1/2", "2/2")}
    said = [Message(b"sense.990100.level-%d.depth_cm" % n, b"1", n, T + n) for n in (1, 2)]
    assert [dealt_to([f"level-{n}"], 2)[0] for n in (1, 2, 3)] == [2, 1, 2]
    for part, each in parts.items():
        each.take(heard_by(part, said))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id FROM sensing_stream s JOIN sensing_device d ON d.id = s.device_id "
            "WHERE d.code = 'level-3' AND s.name = 'depth_cm'"
        )
        (stream,) = cursor.fetchone()

    def missed() -> list[tuple[str, str]]:
        return [(device, move) for _, device, _, move, _ in alarms(city)]

    clock.advance(seconds=500)
    with transaction.atomic(), connection.cursor() as cursor:  # a door brings a reading of the second part's
        keep_readings(cursor, city.id, readings_of([stream], [T + 500_000], [1.0]), clock.now())
    for each in parts.values():
        each.idle()
    assert missed() == []
    clock.advance(seconds=99)
    for each in parts.values():
        each.idle()
        each.close()
    assert missed() == []
    clock.advance(seconds=2)
    parts = {part: begin(part) for part in parts}  # killed and begun anew
    for _ in range(2):
        for each in parts.values():
            each.idle()
    silent = [("level-4", "raise"), ("level-5", "raise"), ("level-6", "raise")]
    assert missed() == [("level-1", "raise"), ("level-2", "raise"), *silent], "who spoke is missed ten minutes later"
    parts["1/2"].take([Message(b"sense.990100.level-4.depth_cm", b"1", 9, T + 700_000)])
    assert missed()[2:4] == [("level-4", "raise"), ("level-4", "clear")]
    assert "partition(2,N)" not in caplog.text
    parts["1/2"].take([Message(b"sense.990100.level-5.depth_cm", b"1", 10, T + 700_000)])
    assert "device=level-5" in caplog.text, "a mapping that deals otherwise is named"
