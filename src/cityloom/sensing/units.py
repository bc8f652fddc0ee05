"""Units by the ending of a stream's name, as things.csv uses them: `level_m`, `battery_v`, `flow_m3h`."""

from __future__ import annotations

from typing import NamedTuple


class UnitOfStream(NamedTuple):
    """A unit as SensorThings tells it; `definition` is its code in UCUM."""

    name: str
    symbol: str
    definition: str


_UCUM = "http://unitsofmeasure.org/ucum.html#"
_NONE = UnitOfStream("", "", "")
_BY_ENDING: dict[str, tuple[str, str, str]] = {
    "m3h": ("cubic metre per hour", "m³/h", "m3/h"),
    "ug_m3": ("microgram per cubic metre", "µg/m³", "ug/m3"),
    "mg_m3": ("milligram per cubic metre", "mg/m³", "mg/m3"),
    "mpa": ("megapascal", "MPa", "MPa"),
    "kpa": ("kilopascal", "kPa", "kPa"),
    "hpa": ("hectopascal", "hPa", "hPa"),
    "kwh": ("kilowatt hour", "kWh", "kW.h"),
    "kw": ("kilowatt", "kW", "kW"),
    "hz": ("hertz", "Hz", "Hz"),
    "ppm": ("parts per million", "ppm", "[ppm]"),
    "lel": ("per cent of the lower explosive limit", "%LEL", "%"),
    "pct": ("per cent", "%", "%"),
    "deg": ("degree", "°", "deg"),
    "db": ("decibel", "dB", "dB"),
    "mm": ("millimetre", "mm", "mm"),
    "cm": ("centimetre", "cm", "cm"),
    "kmh": ("kilometre per hour", "km/h", "km/h"),
    "ms": ("metre per second", "m/s", "m/s"),
    "ma": ("milliampere", "mA", "mA"),
    "mg": ("thousandth of gravity", "mg", "m[g]"),
    "c": ("degree Celsius", "°C", "Cel"),
    "m": ("metre", "m", "m"),
    "v": ("volt", "V", "V"),
    "a": ("ampere", "A", "A"),
}


def unit_of(stream: str) -> UnitOfStream:
    """The unit that a stream's name ends with; blank for a name without one."""
    for ending in sorted(_BY_ENDING, key=len, reverse=True):
        if stream == ending or stream.endswith("_" + ending):
            name, symbol, code = _BY_ENDING[ending]
            return UnitOfStream(name, symbol, _UCUM + code)
    return _NONE
