"""Values → GBFS 2.3 and 3.0: the city's parking places as stations and zones, and the vehicles of its operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cityloom.city.values import Name

TTL_S = 60


class PlaceRow(NamedTuple):
    """A parking place with its outline as GeoJSON coordinates of a polygon, and how many stand there."""

    code: str
    name: str
    lon: float
    lat: float
    capacity: int
    outline: Sequence[Any]
    vehicles: int


class VehicleRow(NamedTuple):
    """A vehicle under a name that tells nothing of its rides."""

    code: str
    lon: float
    lat: float
    reserved: bool
    disabled: bool
    said_at: datetime
    place: str = ""


def frame(version: str, data: Mapping[str, Any], updated: datetime, ttl_s: int = TTL_S) -> dict[str, Any]:
    """A document; its moment is seconds since 1970 in 2.3, RFC 3339 in 3.0."""
    return {"last_updated": _moment(version, updated), "ttl": ttl_s, "version": version, "data": dict(data)}


def discovery(version: str, urls: Mapping[str, str], languages: Sequence[str], updated: datetime) -> dict[str, Any]:
    """`gbfs.json`: the documents there are."""
    feeds = [{"name": name, "url": url} for name, url in urls.items()]
    data = {"feeds": feeds} if version == "3.0" else {tongue: {"feeds": feeds} for tongue in languages}
    return frame(version, data, updated)


def system_information(version: str, code: str, name: Name, zone: str, updated: datetime) -> dict[str, Any]:
    """Whose bikes these are: the city's view of all its operators."""
    tongues = {"zh": name.zh or name.en, "en": name.en or name.zh}
    if version == "2.3":
        told: dict[str, Any] = {
            "system_id": f"cityloom_{code}",
            "language": "zh",
            "name": tongues["zh"],
            "timezone": zone,
        }
    else:
        told = {
            "system_id": f"cityloom_{code}", "languages": ["zh", "en"], "timezone": zone,
            "name": [{"text": text, "language": tongue} for tongue, text in tongues.items()],
            "opening_hours": "24/7",
        }  # fmt: skip
    return frame(version, told, updated)


def station_information(version: str, places: Sequence[PlaceRow], updated: datetime) -> dict[str, Any]:
    """Parking places as virtual stations with their outline."""
    stations = [
        {
            "station_id": place.code,
            "name": place.name if version == "2.3" else [{"text": place.name, "language": "zh"}],
            "lat": place.lat, "lon": place.lon, "capacity": place.capacity, "is_virtual_station": True,
            "station_area": {"type": "MultiPolygon", "coordinates": [place.outline]},
        }
        for place in places
    ]  # fmt: skip
    return frame(version, {"stations": stations}, updated)


def station_status(version: str, places: Sequence[PlaceRow], updated: datetime) -> dict[str, Any]:
    """How many stand at each place."""
    count = "num_bikes_available" if version == "2.3" else "num_vehicles_available"
    stations = [
        {
            "station_id": place.code, count: place.vehicles,
            "num_docks_available": max(0, place.capacity - place.vehicles), "is_installed": True, "is_renting": True,
            "is_returning": place.vehicles < place.capacity, "last_reported": _moment(version, updated),
        }
        for place in places
    ]  # fmt: skip
    return frame(version, {"stations": stations}, updated)


def vehicles(version: str, rows: Sequence[VehicleRow], updated: datetime) -> dict[str, Any]:
    """`free_bike_status` or `vehicle_status`."""
    listed = []
    for row in rows:
        told = {
            "bike_id" if version == "2.3" else "vehicle_id": row.code, "lat": row.lat, "lon": row.lon,
            "is_reserved": row.reserved, "is_disabled": row.disabled, "last_reported": _moment(version, row.said_at),
        }  # fmt: skip
        listed.append(told | ({"station_id": row.place} if row.place else {}))
    return frame(version, {"bikes" if version == "2.3" else "vehicles": listed}, updated)


def geofencing_zones(version: str, places: Sequence[PlaceRow], updated: datetime) -> dict[str, Any]:
    """Parking places as zones in which a ride may end."""
    rule = (
        {"ride_allowed": True, "ride_through_allowed": True}
        if version == "2.3"
        else {"ride_start_allowed": True, "ride_end_allowed": True, "ride_through_allowed": True}
    )
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "MultiPolygon", "coordinates": [place.outline]},
            "properties": {
                "name": place.name if version == "2.3" else [{"text": place.name, "language": "zh"}],
                "rules": [rule],
            },
        }
        for place in places
    ]
    data: dict[str, Any] = {"geofencing_zones": {"type": "FeatureCollection", "features": features}}
    if version == "3.0":
        outside = {"ride_start_allowed": True, "ride_end_allowed": False, "ride_through_allowed": True}
        data["global_rules"] = [outside]
    return frame(version, data, updated)


def _moment(version: str, moment: datetime) -> int | str:
    if version == "2.3":
        return int(moment.timestamp())
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
