"""The rules of a city at work: after a restart the same alarms stand, none twice, whatever was between."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from tests.cases.life import Life

from cityloom.city.alarm_rules import AlarmRule, Kind
from cityloom.city.values import Name
from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.alarm_keeping import list_alarm_entries, read_alarms
from cityloom.sensing.city_rules import CityRules
from cityloom.sensing.parts import dealt_to
from cityloom.sensing.values import Readings, readings_of


@pytest.fixture
def stream(life: Life) -> int:
    load_devices(life.city)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM sensing_stream")
        return int(cursor.fetchone()[0])


def test_a_restart_from_an_older_checkpoint_doubles_and_loses_nothing(life: Life, stream: int):
    zero = round(life.clock.now().timestamp() * 1000)

    def said(*rows: tuple[int, float]) -> Readings:
        return readings_of([stream] * len(rows), [zero + 60_000 * m for m, _ in rows], [v for _, v in rows])

    def new() -> CityRules:
        rules = CityRules(life.city.code, life.clock)
        rules.restore()
        return rules

    def told() -> list[tuple[str, list[str]]]:
        with connection.cursor() as cursor:
            alarms = read_alarms(cursor, "true ORDER BY a.id", [])
            return [(a.state, [e["move"] for e in list_alarm_entries(cursor, a.id)]) for a in alarms]

    def done(what: Any, *more: Any) -> None:
        with transaction.atomic():
            what(*more)

    first = new()
    done(first.judge, said((0, 20.0)), zero)
    done(first.checkpoint, 1)
    done(first.judge, said((4, 21.0)), zero)
    done(first.tick, zero + 11 * 60_000)  # time alone tells that it has held for ten minutes
    assert told() == [("raised", ["raise"])]

    # Killed here. The next one begins from the checkpoint, hears again what was stored, and goes on.
    second = new()
    second.remember(said((4, 21.0)), zero)
    done(second.judge, said((12, 22.0)), zero)
    assert told() == [("raised", ["raise"])]
    done(second.judge, said((16, 3.0)), zero)
    assert told() == [("cleared", ["raise", "clear"])]

    # A judge that knows of no condition ends what nobody would end any more, and says why.
    done(second.judge, said((20, 30.0), (31, 30.0)), zero)
    assert told() == [("raised", ["raise", "clear", "return"])]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sensing_rule_state")
    third = new()
    third.remember(said((40, 3.0)), zero)
    done(third.judge, said((41, 3.0)), zero)
    assert told() == [("cleared", ["raise", "clear", "return", "clear"])]


@pytest.mark.parametrize("parts", [1, 2])
def test_a_device_that_never_spoke_is_missed_once_whatever_restarts(
    life: Life, stream: int, monkeypatch: pytest.MonkeyPatch, parts: int
):
    thing = next(iter(life.city.things.values()))
    silent = AlarmRule(
        "silent", Name("无数据", "silent"), type=thing.type, stream=thing.streams[0], class_code="",
        severity="notice", kind=Kind.MISSING.value, missing_s=3600,
    )  # fmt: skip
    city = replace(life.city, rules={"silent": silent})
    monkeypatch.setattr("cityloom.sensing.city_rules.current_city", lambda code: city)
    began = life.clock.now()
    dealt = int(dealt_to([thing.code], 2)[0])
    own, other = ("", f"{3 - dealt}/2") if parts == 1 else (f"{dealt}/2", f"{3 - dealt}/2")

    def ticked(part: str = own, **later: float) -> list[tuple[str, datetime]]:
        rules = CityRules(city.code, life.clock, part)
        rules.restore()
        life.clock.advance(**later)
        with transaction.atomic(), connection.cursor() as cursor:
            rules.tick(round(life.clock.now().timestamp() * 1000))
            return [(a.state, a.raised_at) for a in read_alarms(cursor, "true", [])]

    assert ticked(minutes=59) == [], "it was only just registered"
    assert ticked(other, minutes=30) == [], "another of its parts hears it"
    raised = [("raised", began + timedelta(hours=1))]
    assert ticked(minutes=1) == raised, "counted from when it was known, not from this start"
    assert ticked(minutes=1) == raised
