"""What the demo city's devices say: a daily rhythm for each stream, their faults, and the troubles of a day. Pure.

A value depends on the device, the stream, the moment and the seed only: whoever asks twice, or asks for a whole day
at once, is told the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cityloom.exchange.demo.troubles import Trouble, touch

Floats = NDArray[np.float64]
Times = NDArray[np.float64]  # seconds since 1970, UTC

DAY_S = 86_400
WANDER_S = 3 * 3_600
SILENT, STUCK = 0.006, 0.004  # share of the devices with each lasting fault on a day


@dataclass(frozen=True)
class Instrument:
    """A device as the demo plays it; `interval_s` is how often it speaks."""

    code: str
    type: str
    streams: tuple[str, ...]
    interval_s: float
    lon: float
    lat: float


@dataclass(frozen=True)
class Rhythm:
    """How a stream goes: `day` by hour of the local day, scaled; a spread from device to device; wander and noise.

    `day` gives the share (0–1) of `swing` that is added to `base`. Values stay in `low`–`high`, rounded to `digits`.
    """

    base: float
    swing: float = 0.0
    day: tuple[float, ...] = (0.0,)
    spread: float = 0.0
    wander: float = 0.0
    noise: float = 0.0
    low: float = -1e9
    high: float = 1e9
    digits: int = 2
    weekend: float = 1.0  # the swing's factor on Saturdays and Sundays


def _hours(percent: str) -> tuple[float, ...]:
    """Shares of 1 for the hours 0 to 23."""
    return tuple(int(each) / 100 for each in percent.split())


HOMES = _hours("15 10 8 8 12 30 75 95 80 55 50 60 70 50 40 42 50 75 100 98 85 70 50 28")
SHOPS = _hours("10 5 3 3 5 12 30 50 55 65 75 85 85 75 72 75 82 95 100 98 90 65 40 20")
TRAFFIC = _hours("15 10 8 8 12 30 65 100 98 75 65 70 68 62 64 70 82 100 95 75 60 48 35 22")
PARKS = _hours("0 0 0 0 2 20 60 70 50 40 38 30 22 25 35 50 60 65 80 100 70 30 8 0")
DUSTY = _hours("50 45 42 40 42 50 65 85 95 90 80 70 60 55 55 60 70 85 100 95 85 75 65 55")
DARK = _hours("100 100 100 100 100 100 50 0 0 0 0 0 0 0 0 0 0 50 100 100 100 100 100 100")
CHARGING = _hours("100 95 80 60 40 30 20 20 25 30 40 60 65 50 40 35 35 40 50 60 70 80 95 100")

BATTERY = Rhythm(3.58, spread=0.08, wander=0.01, noise=0.004, low=2.4, high=3.7, digits=3)
RHYTHMS: Mapping[tuple[str, str], Rhythm] = {
    ("cover_sensor", "tilt_deg"): Rhythm(0.8, spread=0.4, wander=0.15, noise=0.1, low=0, high=180, digits=1),
    ("cover_sensor", "battery_v"): BATTERY,
    ("sewer_gauge", "level_m"): Rhythm(0.7, 0.7, HOMES, 0.15, 0.08, 0.02, 0, 6),
    ("sewer_gauge", "battery_v"): BATTERY,
    ("lamp_controller", "current_a"): Rhythm(0.0, 0.9, DARK, 0.0, 0.0, 0.015, 0, 5, 3),
    ("lamp_controller", "on"): Rhythm(0.0, 1.0, DARK, low=0, high=1, digits=0),
    ("gas_meter", "gas_lel"): Rhythm(0.3, 0.4, HOMES, 0.2, 0.15, 0.08, 0, 100),
    ("gas_meter", "battery_v"): BATTERY,
    ("pressure_gauge", "pressure_mpa"): Rhythm(0.36, -0.09, HOMES, 0.02, 0.008, 0.003, 0, 1.6, 3),
    ("pressure_gauge", "flow_m3h"): Rhythm(60, 190, HOMES, 25, 6, 3, 0, 2000, 1, 1.05),
    ("bin_sensor", "full_pct"): Rhythm(15, 50, SHOPS, 4, 4, 1.5, 0, 100, 0),
    ("bin_sensor", "battery_v"): BATTERY,
    ("flood_gauge", "depth_cm"): Rhythm(0.0, noise=0.15, low=0, high=200, digits=1),
    ("heat_meter", "supply_c"): Rhythm(62, 8, tuple(1 - each for each in PARKS), 3, 1.2, 0.4, 0, 130, 1),
    ("heat_meter", "return_c"): Rhythm(43, 4, tuple(1 - each for each in PARKS), 1.5, 0.9, 0.3, 0, 110, 1),
    ("dust_meter", "pm10_ug_m3"): Rhythm(40, 70, DUSTY, 14, 16, 5, 0, 1000, 0, 0.8),
    ("dust_meter", "pm25_ug_m3"): Rhythm(22, 32, DUSTY, 7, 8, 2.5, 0, 1000, 0, 0.8),
    ("noise_meter", "laeq_db"): Rhythm(44, 17, TRAFFIC, 1.6, 1.0, 0.9, 25, 120, 1),
    ("footfall_counter", "persons_in"): Rhythm(0, 150, PARKS, 0, 8, 4, 0, 5000, 0, 1.7),
    ("river_gauge", "level_m"): Rhythm(2.4, 0.1, HOMES, 0.25, 0.12, 0.01, 0, 9),
    ("river_gauge", "flow_m3s"): Rhythm(34, 3, HOMES, 6, 4, 0.6, 0, 900, 1),
    ("bridge_sensor", "accel_mg"): Rhythm(8, 32, TRAFFIC, 3, 2, 3, 0, 2000, 1),
    ("bridge_sensor", "strain_ue"): Rhythm(80, 70, TRAFFIC, 15, 6, 3, -2000, 2000, 1),
    ("smoke_detector", "smoke_pct"): Rhythm(0.2, 0.3, SHOPS, 0.1, 0.08, 0.05, 0, 100),
    ("smoke_detector", "battery_v"): BATTERY,
    ("wire_sensor", "leak_ma"): Rhythm(40, 70, SHOPS, 18, 10, 4, 0, 3000, 0),
    ("wire_sensor", "wire_c"): Rhythm(24, 16, SHOPS, 2.5, 1.5, 0.4, -20, 200, 1),
    ("feeder_meter", "load_pct"): Rhythm(22, 44, HOMES, 7, 4, 1.2, 0, 160, 1),
    ("feeder_meter", "voltage_v"): Rhythm(232, -7, HOMES, 1.5, 0.8, 0.4, 0, 300, 1),
    ("cabinet_sensor", "online"): Rhythm(1, low=0, high=1, digits=0),
    ("cabinet_sensor", "inside_c"): Rhythm(16, 12, SHOPS, 2, 1.5, 0.4, -30, 90, 1),
    ("charger_meter", "power_kw"): Rhythm(0, 52, CHARGING, 6, 9, 3, 0, 160, 1),
    ("charger_meter", "fault"): Rhythm(0, low=0, high=1, digits=0),
}  # fmt: skip


@dataclass(frozen=True)
class Town:
    """The devices of the demo city: `zone_s` is its distance from UTC."""

    instruments: tuple[Instrument, ...]
    zone_s: int
    seed: int
    _numbers: dict[str, int] = field(default_factory=dict)

    def says(self, one: Instrument, stream: str, at_s: Times, troubles: Sequence[Trouble] = ()) -> Floats:
        """Values of a stream at these moments; NaN where the device is silent. Unknown streams are all NaN."""
        rhythm = RHYTHMS.get((one.type, stream))
        if rhythm is None:
            return np.full(len(at_s), np.nan)
        silent, stuck = self._faults(one, at_s)
        felt_s: Times = np.where(stuck, np.floor(at_s / DAY_S) * DAY_S, at_s)
        value: Floats = _usual(rhythm, self._number(one.code, stream), felt_s, self.zone_s)
        for trouble in troubles:
            value = touch(trouble, one, stream, felt_s, value)
        said = np.asarray(np.round(np.clip(value, rhythm.low, rhythm.high), rhythm.digits), dtype=np.float64)
        return np.where(silent, np.nan, said)

    def _faults(self, one: Instrument, at_s: Times) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Lasting faults come and go by the day: moments of silence, and moments at which the day's first value is
        said over and over."""
        draw = _uniform(self._number(one.code, "fault"), np.floor(at_s / DAY_S).astype(np.int64))
        return draw < SILENT, (draw >= SILENT) & (draw < SILENT + STUCK)

    def _number(self, code: str, stream: str) -> int:
        key = f"{code}/{stream}"
        if key not in self._numbers:
            self._numbers[key] = zlib.crc32(f"{self.seed} {key}".encode())
        return self._numbers[key]


def moments_of(one: Instrument, from_s: float, to_s: float) -> Times:
    """When the device speaks of its own in the span: every interval, at a beat of its own."""
    beat = zlib.crc32(one.code.encode()) % max(1, int(one.interval_s))
    first = np.ceil((from_s - beat) / one.interval_s) * one.interval_s + beat
    return np.arange(first, to_s, one.interval_s, dtype=np.float64)


def _usual(rhythm: Rhythm, number: int, at_s: Times, zone_s: int) -> Floats:
    local = at_s + zone_s
    hour = (local % DAY_S) / 3_600
    shape = np.asarray(rhythm.day, dtype=float)
    hours = np.arange(len(shape) + 1) * (24 / len(shape))
    share = np.interp(hour, hours, np.append(shape, shape[0]))
    weekday = (np.floor(local / DAY_S).astype(np.int64) + 3) % 7
    swing = rhythm.swing * np.where(weekday >= 5, rhythm.weekend, 1.0)
    value = rhythm.base + share * swing
    if rhythm.spread:
        value = value + rhythm.spread * float(_normal(number, np.zeros(1, np.int64))[0])
    if rhythm.wander:
        value = value + rhythm.wander * _wandering(number, at_s)
    if rhythm.noise:
        value = value + rhythm.noise * _normal(number + 1, np.round(at_s).astype(np.int64))
    return np.asarray(value, dtype=np.float64)


def _wandering(number: int, at_s: Times) -> Floats:
    """A slow walk: chance at knots three hours apart, straight between them."""
    knot = np.floor(at_s / WANDER_S).astype(np.int64)
    part = at_s / WANDER_S - knot
    return _normal(number + 2, knot) * (1 - part) + _normal(number + 2, knot + 1) * part


def _uniform(number: int, counter: NDArray[np.int64]) -> Floats:
    """Evenly spread over [0, 1), the same for the same number and counter (the mixing steps of splitmix64)."""
    with np.errstate(over="ignore"):
        z = counter.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(number) * np.uint64(
            0xD1342543DE82EF95
        )
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return np.asarray((z >> np.uint64(11)).astype(np.float64) / 2**53)


def _normal(number: int, counter: NDArray[np.int64]) -> Floats:
    """Standard normal by Box and Muller's way."""
    u: Floats = np.maximum(_uniform(number, counter), 1e-12)
    v = _uniform(number + 0x5BD1, counter)
    return np.asarray(np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v))
