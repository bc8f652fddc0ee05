"""A few devices with known streams and observations, for the tests that ask about them."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.exchange.sensorthings.conftest import Door, datastream, number_in, place, thing


class World(NamedTuple):
    """The numbers of what was made."""

    lamp: int
    pump: int
    brightness: int
    voltage: int
    level: int
    words: int


RESULTS = (10, 20, 30.5, -4, 0)  # of the lamp's brightness, hourly from midnight


def make_world(door: Door) -> World:
    """A lamp with two streams and five observations of its brightness; a pump with a level and with words."""
    lamp = number_in(door.ask("POST", "Things", thing("lamp 1", Datastreams=[])))
    body = thing("pump 2", Locations=[place("well", 110.009, 30.005)], Datastreams=[], description="a pump's house")
    body["properties"] = {"power": 4000, "tested": True, "maker": {"name": "O'Neil"}}
    pump = number_in(door.ask("POST", "Things", body))
    brightness = _stream(door, lamp, datastream("brightness", properties={"class": "A"}))
    kinds = {n: {"@iot.id": _first(door, brightness, n)} for n in ("Sensor", "ObservedProperty")}
    voltage = _stream(door, lamp, datastream("voltage", unitOfMeasurement=_unit("volt", "V"), **kinds))
    depth = {"name": "Depth", "definition": "urn:depth", "description": "of water"}
    level = _stream(
        door,
        pump,
        datastream("level", unitOfMeasurement=_unit("metre", "m"), Sensor=kinds["Sensor"], ObservedProperty=depth),
    )
    words = _stream(door, pump, datastream("words", **kinds))
    for hour, result in enumerate(RESULTS):
        door.post(f"Datastreams({brightness})/Observations", {"result": result, "phenomenonTime": at(hour)})
    told = {"resultTime": at(3), "resultQuality": {"code": "good"}, "parameters": {"depth": 2, "by": "李工"}}
    door.post(f"Datastreams({level})/Observations", {"result": 1.5, "phenomenonTime": at(1), **told})
    door.post(
        f"Datastreams({level})/Observations",
        {"result": 2.5, "phenomenonTime": f"{at(5)}/{at(7)}", "validTime": f"{at(5)}/{at(9)}"},
    )
    for hour, result in enumerate(("open", "shut", True, None, {"code": 7})):
        door.post(f"Datastreams({words})/Observations", {"result": result, "phenomenonTime": at(hour)})
    return World(lamp, pump, brightness, voltage, level, words)


def at(hour: int) -> str:
    """An hour of 1 June 2026 in UTC."""
    return f"2026-06-01T{hour:02d}:00:00Z"


def _unit(name: str, symbol: str) -> dict[str, str]:
    return {"name": name, "symbol": symbol, "definition": f"http://unitsofmeasure.org/ucum.html#{symbol}"}


def _stream(door: Door, thing: int, body: dict[str, Any]) -> int:
    return number_in(door.ask("POST", f"Things({thing})/Datastreams", body))


def _first(door: Door, stream: int, link: str) -> int:
    return int(door.get(f"Datastreams({stream})/{link}")["@iot.id"])
