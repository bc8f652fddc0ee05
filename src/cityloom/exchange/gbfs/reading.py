"""GBFS 2.3 and 3.0 as JSON → values. What is not asked for is passed over; what is broken is named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from cityloom.base.errors import CityloomError
from cityloom.exchange import feed_reasons  # noqa: F401 (it words what is wrong)
from cityloom.sensing.bikes import Vehicles, vehicles_of

VERSIONS = ("2.3", "3.0")
VEHICLE_FEEDS = ("vehicle_status", "free_bike_status")  # of 3.0, of 2.3
MOST_VEHICLES = 500_000
_ENDS = "ride_end_allowed"


class BadFeed(CityloomError):
    """A document that breaks the specification in what is asked of it."""

    status = 422


@dataclass(frozen=True, slots=True)
class Station:
    """A station: where it is, for how many vehicles, and how many stand there."""

    code: str
    name: str
    lon: float
    lat: float
    capacity: int | None = None
    vehicles: int | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone with its outline (GeoJSON geometry), and what one may do there; None where nothing is said."""

    name: str
    geometry: Mapping[str, Any]
    ride_allowed: bool | None
    parking_allowed: bool | None


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a system: its version, when it was last changed (as it was written), how long it is good."""

    feed: str
    version: str
    ttl_s: int
    last_updated: str
    data: Mapping[str, Any]


def read_document(body: bytes, feed: str) -> Document:
    """The frame of every document; raises BadFeed. A document of 2.3 may leave its version out (1.0 does)."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as wrong:
        raise BadFeed("gbfs.not_json", feed=feed, detail=type(wrong).__name__) from wrong
    if not isinstance(found, dict) or not isinstance(found.get("data"), dict):
        raise BadFeed("gbfs.missing", feed=feed, key="data")
    version = str(found.get("version", ""))
    if version not in VERSIONS:
        raise BadFeed("gbfs.version", feed=feed, version=version[:20])
    ttl = found.get("ttl")
    if not isinstance(ttl, int) or isinstance(ttl, bool) or ttl < 0:
        raise BadFeed("gbfs.missing", feed=feed, key="ttl")
    return Document(feed, version, ttl, str(found.get("last_updated", "")), found["data"])


def feeds_of(discovery: Document, language: str = "zh") -> dict[str, str]:
    """Names and addresses of the documents of a system; of 2.3 in the language asked for, else in the first."""
    listed: Any = discovery.data.get("feeds")
    if discovery.version == "2.3":
        tongues = {key: value for key, value in discovery.data.items() if isinstance(value, Mapping)}
        chosen = next((key for key in tongues if key.startswith(language)), next(iter(tongues), ""))
        listed = tongues.get(chosen, {}).get("feeds")
    if not isinstance(listed, list):
        raise BadFeed("gbfs.missing", feed=discovery.feed, key="feeds")
    found = {}
    for each in listed:
        if isinstance(each, Mapping) and isinstance(each.get("name"), str) and isinstance(each.get("url"), str):
            found[each["name"]] = each["url"]
    return found


def vehicles_in(document: Document) -> Vehicles:
    """The vehicles of `free_bike_status` (2.3) or `vehicle_status` (3.0) that stand by themselves.

    One that stands at a station without a place of its own is left out; its station counts it.
    """
    key, code_key = ("bikes", "bike_id") if document.version == "2.3" else ("vehicles", "vehicle_id")
    rows = []
    for number, each in _entries(document, key):
        if each.get("lat") is None and each.get("lon") is None and each.get("station_id"):
            continue
        lon, lat = _place(document, each, number)
        form = each.get("vehicle_type_id")
        rows.append((
            _text(document, each, code_key, number), form if isinstance(form, str) else "", lon, lat,
            bool(each.get("is_reserved", False)), bool(each.get("is_disabled", False)),
        ))  # fmt: skip
    return vehicles_of(rows)


def stations_in(information: Document, status: Document | None) -> list[Station]:
    """The stations with what stands there, as far as it is said."""
    counts: dict[str, int] = {}
    if status is not None:
        key = "num_bikes_available" if status.version == "2.3" else "num_vehicles_available"
        for number, each in _entries(status, "stations"):
            count = each.get(key)
            if isinstance(count, int) and count >= 0:
                counts[_text(status, each, "station_id", number)] = count
    found = []
    for number, each in _entries(information, "stations"):
        lon, lat = _place(information, each, number)
        code, capacity = _text(information, each, "station_id", number), each.get("capacity")
        room = capacity if isinstance(capacity, int) and capacity >= 0 else None
        found.append(Station(code, _name(each.get("name")), lon, lat, room, counts.get(code)))
    return found


def zones_in(document: Document) -> list[Zone]:
    """The zones of `geofencing_zones`: in 2.3 and 3.0 the first rule that holds for all vehicles counts."""
    zones = document.data.get("geofencing_zones")
    features = zones.get("features") if isinstance(zones, Mapping) else None
    if not isinstance(features, list):
        raise BadFeed("gbfs.missing", feed=document.feed, key="geofencing_zones")
    found = []
    for number, feature in enumerate(features, start=1):
        geometry = feature.get("geometry") if isinstance(feature, Mapping) else None
        if not isinstance(geometry, Mapping) or geometry.get("type") != "MultiPolygon":
            raise BadFeed("gbfs.bad_value", feed=document.feed, number=number, key="geometry", value="≠ MultiPolygon")
        told = feature.get("properties") or {}
        rules = [r for r in told.get("rules", []) if isinstance(r, Mapping)]
        general = next((r for r in rules if not r.get("vehicle_type_id") and not r.get("vehicle_type_ids")), {})
        old = document.version == "2.3"  # where one word says both that a ride may begin and that it may end
        ride = general.get("ride_through_allowed")
        found.append(Zone(_name(told.get("name")), geometry, ride, general.get("ride_allowed" if old else _ENDS)))
    return found


def _entries(document: Document, key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    listed = document.data.get(key)
    if not isinstance(listed, list):
        raise BadFeed("gbfs.missing", feed=document.feed, key=key)
    if len(listed) > MOST_VEHICLES:
        raise BadFeed("gbfs.too_many", feed=document.feed, most=MOST_VEHICLES)
    for number, each in enumerate(listed, start=1):
        if not isinstance(each, Mapping):
            raise BadFeed("gbfs.bad_value", feed=document.feed, number=number, key=key, value=str(each)[:40])
        yield number, each


def _text(document: Document, each: Mapping[str, Any], key: str, number: int) -> str:
    value = each.get(key)
    if not isinstance(value, str) or not value or len(value) > 200 or "\x00" in value:
        raise BadFeed("gbfs.bad_value", feed=document.feed, number=number, key=key, value=str(value)[:40])
    return value


def _place(document: Document, each: Mapping[str, Any], number: int) -> tuple[float, float]:
    found = []
    for key, most in (("lon", 180.0), ("lat", 90.0)):
        value = each.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or abs(value) > most:
            raise BadFeed("gbfs.bad_value", feed=document.feed, number=number, key=key, value=str(value)[:40])
        found.append(float(value))
    return found[0], found[1]


def _name(value: Any) -> str:
    """A name: plain text in 2.3, texts with their languages in 3.0, of which the first counts."""
    if isinstance(value, list):
        value = next((each.get("text") for each in value if isinstance(each, Mapping)), "")
    return value[:300] if isinstance(value, str) else ""
