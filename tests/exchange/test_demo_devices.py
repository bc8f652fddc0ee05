"""The demo's devices: a rhythm that depends on the moment alone, and troubles that bend what is near."""

import json
import threading
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from cityloom.base.clock import GivenClock
from cityloom.exchange.demo.components import THING_KINDS
from cityloom.exchange.demo.device_play import DevicePlayer
from cityloom.exchange.demo.devices import RHYTHMS, Instrument, Town, moments_of
from cityloom.exchange.demo.troubles import KINDS, Trouble, is_touched, touch, troubles_of_day

ZONE_S = 8 * 3600
DAY = 20_600
BEGIN = DAY * 86_400 - ZONE_S


def instrument(kind: str, number: int = 1, lon: float = 109.0, interval_s: float = 300) -> Instrument:
    streams = next(each.streams for each in THING_KINDS if each.type == kind).split(";")
    return Instrument(f"{kind}-{number:04d}", kind, tuple(streams), interval_s, lon, 33.4)


def test_every_stream_of_the_demo_city_has_a_rhythm_and_every_trouble_touches_streams_that_exist() -> None:
    streams = {(kind.type, stream) for kind in THING_KINDS for stream in kind.streams.split(";")}
    assert streams == set(RHYTHMS)
    for name, kind in KINDS.items():
        assert set(kind.effects) <= streams, name
        assert any(type_ == kind.at for type_, _ in kind.effects), name


def test_a_value_depends_on_its_moment_and_not_on_what_was_asked_with_it() -> None:
    one = instrument("noise_meter", interval_s=60)
    at = moments_of(one, BEGIN, BEGIN + 86_400)
    whole = Town((one,), ZONE_S, 7).says(one, "laeq_db", at)
    in_parts = [Town((one,), ZONE_S, 7).says(one, "laeq_db", at[i : i + 100]) for i in range(0, len(at), 100)]
    np.testing.assert_array_equal(whole, np.concatenate(in_parts))
    assert len(at) == 1_440
    assert not np.array_equal(whole, Town((one,), ZONE_S, 8).says(one, "laeq_db", at))


@pytest.mark.parametrize(
    ("kind", "stream", "higher", "lower"),
    [
        ("lamp_controller", "current_a", 23, 12),  # lamps burn at night
        ("noise_meter", "laeq_db", 17, 3),  # streets are loud at five in the afternoon
        ("pressure_gauge", "pressure_mpa", 3, 19),  # pressure falls while people cook
        ("charger_meter", "power_kw", 0, 7),  # cars charge overnight
    ],
)
def test_streams_follow_the_hours_of_the_city(kind: str, stream: str, higher: int, lower: int) -> None:
    many = [instrument(kind, number) for number in range(1, 30)]
    town = Town(tuple(many), ZONE_S, 7)
    at = np.array([BEGIN + higher * 3_600.0 + 1_800, BEGIN + lower * 3_600.0 + 1_800])
    high, low = np.nanmedian([town.says(each, stream, at) for each in many], axis=0)
    assert high > low


def test_a_burst_main_lowers_the_pressure_around_it_and_floods_what_lies_near() -> None:
    gauge, far = instrument("pressure_gauge"), instrument("pressure_gauge", 2, lon=109.2)
    flood = instrument("flood_gauge", lon=109.003)
    burst = Trouble("burst_main", gauge.code, gauge.lon, gauge.lat, BEGIN + 3_600, BEGIN + 7_200)
    at = np.array([BEGIN + 3_000.0, BEGIN + 5_000.0, BEGIN + 7_201.0])
    town = Town((gauge, far, flood), ZONE_S, 7)
    before, during, after = town.says(gauge, "pressure_mpa", at, [burst])
    assert during < 0.14 < before
    assert after > 0.2
    assert list(town.says(far, "pressure_mpa", at, [burst])) == list(town.says(far, "pressure_mpa", at))
    assert town.says(flood, "depth_cm", at, [burst])[1] > 15
    assert [is_touched(burst, each) for each in (gauge, far, flood)] == [True, False, True]


def test_faults_of_the_device_itself_are_silence_and_one_value_over_and_over() -> None:
    many = [instrument("gas_meter", number) for number in range(1, 1_500)]
    town = Town(tuple(many), ZONE_S, 7)
    at = moments_of(many[0], BEGIN + ZONE_S, BEGIN + ZONE_S + 36_000)
    said = np.array([town.says(each, "gas_lel", at) for each in many])
    silent = np.isnan(said).all(axis=1)
    stuck = ~silent & (np.ptp(said, axis=1) == 0)
    assert 2 <= silent.sum() <= 25
    assert 1 <= stuck.sum() <= 20


def test_a_day_has_its_troubles_and_always_the_same() -> None:
    town = [instrument(kind.type, number) for kind in THING_KINDS for number in range(1, 5)]
    day = troubles_of_day(DAY, town, ZONE_S, 7)
    assert day == troubles_of_day(DAY, town, ZONE_S, 7) != troubles_of_day(DAY + 1, town, ZONE_S, 7)
    assert all(BEGIN <= each.begin_s < BEGIN + 86_400 and each.end_s > each.begin_s for each in day)
    hours = [(each.begin_s - BEGIN) / 3_600 for each in day if each.kind == "lamp_out"]
    assert all(17 <= hour <= 23 for hour in hours)


def test_what_a_trouble_does_not_reach_stays_as_it_was() -> None:
    lamp = instrument("lamp_controller")
    values = np.array([1.0, 2.0])
    gas = Trouble("gas_leak", "gas_meter-0001", lamp.lon, lamp.lat, 0, 10)
    assert touch(gas, lamp, "current_a", np.array([1.0, 2.0]), values) is values


class Recorder:
    """Keeps what was published, by topic."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def publish(self, topic: str, payload: bytes) -> None:
        self.told.append((topic, json.loads(payload)))


def player(*instruments: Instrument, past: bool = False) -> tuple[DevicePlayer, Recorder, GivenClock]:
    clock, said = GivenClock(datetime.fromtimestamp(BEGIN + 43_200, UTC)), Recorder()
    town = Town(instruments, ZONE_S, 7)
    return DevicePlayer("jinchuan", town, clock, threading.Event(), said, lambda: past), said, clock


def test_a_device_speaks_at_its_interval_with_all_its_streams_in_one_message() -> None:
    play, said, clock = player(instrument("noise_meter", interval_s=60), instrument("gas_meter", interval_s=300))
    began_s = clock.now().timestamp()
    for _ in range(600):
        clock.advance(seconds=1)
        play.step(clock.now().timestamp(), began_s=began_s - 86_400)  # long after what is shown at the start
    noise = [body for topic, body in said.told if topic == "sense/jinchuan/noise_meter-0001"]
    gas = [body for topic, body in said.told if topic == "sense/jinchuan/gas_meter-0001"]
    assert (len(noise), len(gas)) == (10, 2)
    assert set(gas[0]) == {"t", "gas_lel", "battery_v"}
    assert noise[1]["t"] - noise[0]["t"] == 60_000


def test_a_visitor_sees_a_cover_tilt_within_a_minute_and_the_device_says_so_again_and_again() -> None:
    play, said, clock = player(instrument("cover_sensor", interval_s=1_800))
    began_s = clock.now().timestamp()
    for _ in range(100):
        play.step(clock.now().timestamp(), began_s)
        clock.advance(seconds=1)
    tilted = [body["tilt_deg"] for _, body in said.told if body["tilt_deg"] > 15]
    assert len(tilted) >= 4


def test_the_hours_before_the_start_come_in_few_messages_and_only_where_nothing_was_heard_yet() -> None:
    for past, least, most in ((True, 1_559, 1_561), (False, 0, 1)):
        play, said, _clock = player(instrument("bridge_sensor", interval_s=60), past=past)
        stop_after_one_step(play)
        play.play()
        times = [t for _, body in said.told for t in (body["t"] if isinstance(body["t"], list) else [body["t"]])]
        assert least <= len(times) <= most
        assert len(said.told) <= 5
        assert times == sorted(set(times))


def stop_after_one_step(play: DevicePlayer) -> None:
    step = play.step

    def once(now_s: float, began_s: float) -> int:
        play.stop.set()
        return step(now_s, began_s)

    play.step = once  # type: ignore[method-assign]
