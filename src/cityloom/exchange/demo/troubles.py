"""The troubles that the demo city's devices see on a day: a burst main, a flooded underpass, a leak, a tilted cover.

A trouble has a place, a span and a shape; `touch` bends what a device near it would have said. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cityloom.exchange.demo.chance import stream

Floats = NDArray[np.float64]
METRES_A_DEGREE = 111_320.0


class Standing(Protocol):
    """What touches need of a device."""

    @property
    def code(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def lon(self) -> float: ...
    @property
    def lat(self) -> float: ...


@dataclass(frozen=True)
class Trouble:
    """Something wrong around a device, from `begin_s` to `end_s` (seconds since 1970)."""

    kind: str
    device: str
    lon: float
    lat: float
    begin_s: float
    end_s: float

    def on_at(self, at_s: float) -> bool:
        return self.begin_s <= at_s < self.end_s


@dataclass(frozen=True)
class Effect:
    """What a trouble does to one stream of a type within a reach; at full strength at its place, half at the edge."""

    reach_m: float
    bend: Callable[[Floats, Floats], Floats]  # value, strength 0–1 → value


@dataclass(frozen=True)
class Kind:
    """A kind of trouble: the type of device it starts from, how many on a day, how long, what it does."""

    at: str
    a_day: float
    minutes: tuple[float, float]
    ramp_s: float
    effects: Mapping[tuple[str, str], Effect]
    hours: tuple[int, int] = (0, 24)  # local hours in which it begins


def _to(level: float) -> Callable[[Floats, Floats], Floats]:
    return lambda value, strength: value + (level - value) * strength


def _plus(more: float) -> Callable[[Floats, Floats], Floats]:
    return lambda value, strength: value + more * strength


def _times(factor: float) -> Callable[[Floats, Floats], Floats]:
    return lambda value, strength: value * (1 + (factor - 1) * strength)


KINDS: Mapping[str, Kind] = {
    "burst_main": Kind(
        "pressure_gauge", 4, (70, 160), 90,
        {
            ("pressure_gauge", "pressure_mpa"): Effect(2_000, _times(0.08)),
            ("pressure_gauge", "flow_m3h"): Effect(2_000, _times(2.6)),
            ("flood_gauge", "depth_cm"): Effect(900, _plus(42)),
            ("sewer_gauge", "level_m"): Effect(900, _plus(1.1)),
        },
    ),
    "underpass_flooded": Kind("flood_gauge", 3, (60, 150), 240, {("flood_gauge", "depth_cm"): Effect(60, _plus(34))}),
    "gas_leak": Kind("gas_meter", 3, (25, 80), 120, {("gas_meter", "gas_lel"): Effect(120, _plus(19))}),
    "cover_open": Kind("cover_sensor", 7, (40, 200), 1, {("cover_sensor", "tilt_deg"): Effect(5, _to(38))}),
    "sewer_blocked": Kind("sewer_gauge", 5, (120, 400), 1_500, {("sewer_gauge", "level_m"): Effect(80, _plus(2.6))}),
    "lamp_out": Kind(
        "lamp_controller", 9, (240, 900), 1, {("lamp_controller", "current_a"): Effect(5, _to(0.0))}, (17, 23)
    ),
    "bin_full": Kind("bin_sensor", 8, (90, 300), 1_800, {("bin_sensor", "full_pct"): Effect(5, _to(97))}, (7, 22)),
    "site_dust": Kind(
        "dust_meter", 4, (40, 120), 600,
        {
            ("dust_meter", "pm10_ug_m3"): Effect(300, _plus(290)),
            ("dust_meter", "pm25_ug_m3"): Effect(300, _plus(70)),
        },
        (7, 18),
    ),
    "night_works": Kind("noise_meter", 4, (40, 120), 60, {("noise_meter", "laeq_db"): Effect(300, _plus(21))}),
    "bridge_shaken": Kind("bridge_sensor", 1, (6, 15), 5, {("bridge_sensor", "accel_mg"): Effect(5, _plus(160))}),
    "cold_return": Kind("heat_meter", 2, (120, 300), 1_800, {("heat_meter", "return_c"): Effect(500, _plus(-14))}),
    "smoke": Kind("smoke_detector", 3, (8, 30), 40, {("smoke_detector", "smoke_pct"): Effect(40, _plus(12))}),
    "cooking_smoke": Kind(
        "smoke_detector", 5, (2, 5), 20, {("smoke_detector", "smoke_pct"): Effect(5, _plus(7))}, (10, 20)
    ),
    "leaking_wire": Kind(
        "wire_sensor", 3, (60, 240), 300,
        {("wire_sensor", "leak_ma"): Effect(5, _plus(420)), ("wire_sensor", "wire_c"): Effect(5, _plus(38))},
    ),
    "feeder_overload": Kind(
        "feeder_meter", 2, (60, 150), 900,
        {("feeder_meter", "load_pct"): Effect(5, _plus(72)), ("feeder_meter", "voltage_v"): Effect(5, _plus(-16))},
        (17, 21),
    ),
    "power_cut": Kind(
        "feeder_meter", 1, (30, 90), 1,
        {
            ("feeder_meter", "load_pct"): Effect(700, _to(0.0)),
            ("feeder_meter", "voltage_v"): Effect(700, _to(0.0)),
            ("lamp_controller", "current_a"): Effect(700, _to(0.0)),
            ("cabinet_sensor", "online"): Effect(700, _to(0.0)),
            ("charger_meter", "power_kw"): Effect(700, _to(0.0)),
        },
    ),
    "cabinet_down": Kind("cabinet_sensor", 2, (30, 150), 1, {("cabinet_sensor", "online"): Effect(5, _to(0.0))}),
    "charger_fault": Kind(
        "charger_meter", 2, (90, 400), 1,
        {("charger_meter", "fault"): Effect(5, _to(1.0)), ("charger_meter", "power_kw"): Effect(5, _to(0.0))},
    ),
}  # fmt: skip


def troubles_of_day(day: int, devices: Sequence[Standing], zone_s: int, seed: int) -> tuple[Trouble, ...]:
    """The troubles that begin on a local day (days since 1970), by their beginning; the same for the same seed."""
    rng = stream(seed, f"troubles {day}")
    found: list[Trouble] = []
    for name, kind in KINDS.items():
        able = [each for each in devices if each.type == kind.at]
        count = int(rng.poisson(kind.a_day))
        for _ in range(count if able else 0):
            at = able[int(rng.integers(len(able)))]
            hour = float(rng.uniform(*kind.hours))
            begin = day * 86_400 - zone_s + hour * 3_600
            found.append(
                Trouble(name, at.code, at.lon, at.lat, begin, begin + 60 * float(rng.uniform(*kind.minutes)))
            )
    return tuple(sorted(found, key=lambda each: each.begin_s))


def starting_now(name: str, device: Standing, now_s: float, minutes: float) -> Trouble:
    """A trouble of a kind that begins at once at a device; raises KeyError for an unknown kind."""
    assert KINDS[name].at == device.type, f"{name} starts from a {KINDS[name].at}"
    return Trouble(name, device.code, device.lon, device.lat, now_s, now_s + 60 * minutes)


def touch(trouble: Trouble, one: Standing, stream_name: str, at_s: Floats, value: Floats) -> Floats:
    """The values as the trouble bends them; untouched devices get the same array back."""
    kind = KINDS[trouble.kind]
    effect = kind.effects.get((one.type, stream_name))
    if effect is None:
        return value
    distance = distance_m(trouble.lon, trouble.lat, one.lon, one.lat)
    if distance > effect.reach_m or (effect.reach_m <= 5 and one.code != trouble.device):
        return value
    near = 1.0 - 0.5 * distance / effect.reach_m
    rising = np.clip((at_s - trouble.begin_s) / kind.ramp_s, 0.0, 1.0)
    strength = np.where((at_s >= trouble.begin_s) & (at_s < trouble.end_s), rising * near, 0.0)
    return effect.bend(value, strength)


def is_touched(trouble: Trouble, one: Standing) -> bool:
    """Whether a device feels the trouble in any of its streams."""
    kind = KINDS[trouble.kind]
    distance = distance_m(trouble.lon, trouble.lat, one.lon, one.lat)
    return any(
        type_ == one.type and distance <= effect.reach_m and (effect.reach_m > 5 or one.code == trouble.device)
        for (type_, _), effect in kind.effects.items()
    )


def distance_m(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Metres between two points of a city, on a plane at their latitude."""
    east = (lon_b - lon_a) * METRES_A_DEGREE * float(np.cos(np.radians((lat_a + lat_b) / 2)))
    north = (lat_b - lat_a) * METRES_A_DEGREE
    return float(np.hypot(east, north))
