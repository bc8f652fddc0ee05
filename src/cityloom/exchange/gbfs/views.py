"""The city's parking places and its operators' bikes as GBFS 2.3 and 3.0, for everybody."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import blake2b
from typing import Any

import shapely
from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from cityloom.city.snapshot_values import City
from cityloom.exchange.api import calls
from cityloom.exchange.feeds.views import reading
from cityloom.exchange.gbfs import writing
from cityloom.exchange.gbfs.writing import PlaceRow, VehicleRow
from cityloom.exchange.unchanged import answer_once
from cityloom.sensing.bike_rows import list_places, list_vehicles

TYPE = "application/json; charset=utf-8"
CACHE = "public, max-age=60"
VERSIONS = {"2.3": "free_bike_status", "3.0": "vehicle_status"}
COMMON = ("system_information", "station_information", "station_status", "geofencing_zones")


@reading
def document(request: HttpRequest, city: City, language: str, version: str, name: str) -> HttpResponse:
    """One document of a version; there is none where the city states nothing of shared bikes."""
    if city.config.scenarios.bikes is None or version not in VERSIONS:
        raise Http404(name)
    names = (*COMMON, VERSIONS[version])
    now = calls.clock().now().replace(second=0, microsecond=0)
    if name == "gbfs":
        base = settings.CITYLOOM_SITE_URL or request.build_absolute_uri("/").rstrip("/")
        urls = {each: base + reverse("gbfs_document", args=[version, each]) for each in names}
        told = writing.discovery(version, urls, ("zh", "en"), now)
    elif name in names:
        told = _told(city, version, name, now)
    else:
        raise Http404(name)
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return answer_once(request, body, TYPE, now, CACHE)


def _told(city: City, version: str, name: str, now: datetime) -> dict[str, Any]:
    if name == "system_information":
        return writing.system_information(version, city.code, city.name, city.time_zone, now)
    with connection.cursor() as cursor:
        if name == VERSIONS[version]:
            rows = [
                VehicleRow(_name(city, row.operator, row.code, now), row.lon, row.lat, row.reserved, row.disabled,
                           row.said_at, row.place)
                for row in list_vehicles(cursor, city.id)
            ]  # fmt: skip
            return writing.vehicles(version, rows, now)
        places = [
            PlaceRow(row.code, row.name, row.lon, row.lat, row.capacity, _outline(row.outline), row.vehicles)
            for row in list_places(cursor, city.id)
        ]
    make = {
        "station_information": writing.station_information,
        "station_status": writing.station_status,
        "geofencing_zones": writing.geofencing_zones,
    }[name]
    return make(version, places, now)


def _outline(wkb: bytes) -> list[Any]:
    """The rings of a place; of one in several parts those of the largest."""
    parts = shapely.get_parts(shapely.from_wkb(wkb))
    largest = max(parts, key=lambda part: part.area)
    rings = [largest.exterior, *largest.interiors]
    return [[[round(lon, 6), round(lat, 6)] for lon, lat in ring.coords] for ring in rings]


def _name(city: City, operator: str, code: str, now: datetime) -> str:
    """A vehicle's name for a day, by which nobody follows it from one day to the next."""
    day = now.astimezone(city.calendar().tz).date().isoformat()
    secret = settings.SECRET_KEY.encode()[:64]
    return blake2b(f"{operator}|{code}|{day}".encode(), key=secret, digest_size=12).hexdigest()
