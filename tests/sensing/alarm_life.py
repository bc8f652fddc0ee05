"""Alarms told in verbs: readings go through the judge and the real actions, people act by their posts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection, transaction
from tests.cases.life import Life

from cityloom.city.alarm_rules import AlarmRule, Kind
from cityloom.city.folder_values import Thing
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name, Post, Role
from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.actions.move_alarm import move_alarm
from cityloom.sensing.actions.open_alarm_cases import open_alarm_cases, tell_alarm_cases
from cityloom.sensing.actions.raise_alarms import raise_alarms
from cityloom.sensing.actions.tend_alarms import tend_alarms
from cityloom.sensing.alarm_keeping import list_alarm_entries, read_alarms
from cityloom.sensing.alarm_values import Alarm
from cityloom.sensing.judging import Judge
from cityloom.sensing.registry import load_registry, streams_to_judge
from cityloom.sensing.rules import Change, Subject
from cityloom.sensing.values import readings_of

FLOOD = "gb2013:E0506"
OWNER = Post("owner", Role.SENSOR_OWNER, unit="water_co", area="990100")


def rule(code: str, stream: str = "depth_cm", type_: str = "water_level", **said: Any) -> AlarmRule:
    facts: dict[str, Any] = {"severity": "ordinary", "class_code": FLOOD, "kind": Kind.THRESHOLD.value, **said}
    return AlarmRule(code=code, name=Name(f"规则{code}", code), type=type_, stream=stream, **facts)


RULES = (
    rule("flood", above=15.0, clear=10.0, severity="high", flaps=5),
    rule("low_battery", "battery_v", below=3.0, severity="notice", class_code=""),
    rule(
        "power_cut", "volt", "power", below=100.0, severity="urgent",
        silences=("water_level", "pump"), silences_level="district",
    ),
    rule("pump_off", "amp", "pump", below=0.5),
)  # fmt: skip


def thing(code: str, type_: str, *streams: str, at: tuple[float, float] = (110.001, 30.001)) -> Thing:
    return Thing(code, type_, Name(f"设备{code}", code), owner="water_co", lon=at[0], lat=at[1], streams=streams,
                 interval_s=300)  # fmt: skip


THINGS = (
    thing("level-1", "water_level", "depth_cm", "battery_v"),
    thing("level-2", "water_level", "depth_cm", at=(110.0091, 30.0031)),  # in the other district
    thing("pump-1", "pump", "amp"),
    thing("grid-1", "power", "volt"),
)


@dataclass
class AlarmLife:
    """One city's alarms; `life` has its clock and cases."""

    life: Life
    city: City = field(init=False)
    streams: dict[tuple[str, str], int] = field(init=False)
    devices: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.city = self.life.city = replace(
            self.life.city, rules={r.code: r for r in RULES}, things={t.code: t for t in THINGS}
        )
        load_devices(self.city)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT d.code, s.name, s.id, d.id FROM sensing_stream s JOIN sensing_device d ON d.id = s.device_id"
            )
            rows = cursor.fetchall()
        self.streams = {(code, name): stream for code, name, stream, _ in rows}
        self.devices = {code: device for code, _, _, device in rows}
        self.judge = self.new_judge()

    def new_judge(self, state: bytes | None = None) -> Judge:
        streams = streams_to_judge(load_registry(self.city.id))
        return Judge(RULES, replace(streams, since_ms=streams.id * 0), state)

    @property
    def now_ms(self) -> int:
        return round(self.life.clock.now().timestamp() * 1000)

    def read(self, device: str, stream: str, *values: float, step_s: int = 60) -> list[Alarm]:
        """One reading after the other, a minute apart, each judged and written by itself."""
        changed: list[Alarm] = []
        for value in values:
            self.life.clock.advance(seconds=step_s)
            readings = readings_of([self.streams[device, stream]], [self.now_ms], [value])
            with transaction.atomic():
                changed = raise_alarms(self.city, self.judge.judge(readings), self.life.clock)
        return changed

    def change(self, rule_code: str, device: str, raised: bool, at_ms: int) -> list[Alarm]:
        told = Change(rule_code, Subject(self.devices[device]), raised, at_ms)
        return raise_alarms(self.city, [told], self.life.clock)

    def tend(self, **span: float) -> dict[str, int]:
        self.life.clock.advance(**span)
        return tend_alarms(self.city, self.life.clock)

    def open_cases(self) -> int:
        opened = open_alarm_cases(self.city, self.life.clock)
        tell_alarm_cases(self.city, self.life.clock)
        return opened

    def move(self, move: str, by: Post = OWNER, **brought: Any) -> Alarm:
        return move_alarm(self.city, self.alarm.id, move, by, self.life.clock, version=None, **brought)

    # --- looking ---

    @property
    def alarms(self) -> list[Alarm]:
        with connection.cursor() as cursor:
            return read_alarms(cursor, "true ORDER BY a.id", [])

    @property
    def alarm(self) -> Alarm:
        """The newest one."""
        return self.alarms[-1]

    @property
    def moves(self) -> list[str]:
        with connection.cursor() as cursor:
            return [entry["move"] for entry in list_alarm_entries(cursor, self.alarm.id)]
