"""The small city behind its SensorThings door, with the clock where the test puts it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from tests.cases.life import Life
from tests.city.services import kept_service

from cityloom.city import this_city
from cityloom.exchange.api import calls
from cityloom.exchange.api.tokens import issue_token

ROOT = "/sta/v1.1"
SITE = "https://small.example"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ALL = ("readings:write", "readings:read", "devices:write")


@dataclass
class Door:
    """Somebody at the door: with a token, or without."""

    token: str = ""
    language: str = "en"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """The answer to any request; a path that begins with the site's address is taken as a link."""
        own = path.removeprefix(SITE) if path.startswith(SITE) else f"{ROOT}/{path}"
        head = {"Accept-Language": self.language} | {k.replace("_", "-"): v for k, v in headers.items()}
        if self.token:
            head["Authorization"] = f"Bearer {self.token}"
        kind = head.pop("Content-Type", "application/json")
        data = body if isinstance(body, str | bytes) else json.dumps(body) if body is not None else ""
        return Client().generic(method, own, data, content_type=kind, headers=head)

    def get(self, path: str, status: int = 200) -> Any:
        """The JSON at an address, which must answer so."""
        answer = self.ask("GET", path)
        assert answer.status_code == status, (path, answer.content.decode())
        return (
            json.loads(answer.content) if answer.content[:1] in b"{[" and answer.content else answer.content.decode()
        )

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        """What a POST answers, which must be so."""
        answer = self.ask("POST", path, body)
        assert answer.status_code == status, (path, answer.content.decode())
        return json.loads(answer.content)

    def values(self, path: str) -> list[Any]:
        """The entities of a collection."""
        return list(self.get(path)["value"])

    def names(self, path: str) -> list[str]:
        """The names of the entities of a collection."""
        return [each["name"] for each in self.values(path)]


@pytest.fixture
def city_of_things(life: Life, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    """The small city; `life.clock` is the clock of the door."""
    settings.CITYLOOM_SITE_URL = SITE
    settings.CITYLOOM_LIMITS = dict.fromkeys(settings.CITYLOOM_LIMITS)  # off
    monkeypatch.setattr(calls, "clock", lambda: life.clock)
    life.clock.at = NOW
    this_city.first_code.clear()
    cache.clear()
    yield life
    this_city.first_code.clear()
    cache.clear()


@pytest.fixture
def door_of(city_of_things: Life) -> Callable[..., Door]:
    """Makes a door for the service account of a unit (none: without a token)."""

    def make(unit: str = "", *scopes: str, role: str = "handler", language: str = "en") -> Door:
        if not unit:
            return Door(language=language)
        account = kept_service(city_of_things, f"things of {unit}", role, unit=unit)
        made = issue_token(city_of_things.city, account.post, "test", scopes or ALL, 30, "test", NOW)
        return Door(made[1], language)

    return make


@pytest.fixture
def door(door_of: Callable[..., Door]) -> Door:
    """The lighting company's machine, which may do all with its own devices."""
    return door_of("lighting_co")


def thing(name: str = "lamp 1", **more: Any) -> dict[str, Any]:
    """A Thing with a place, a stream and what belongs to it."""
    return {
        "name": name,
        "description": "a lamp",
        "properties": {"power": 40, "maker": {"name": "明光"}},
        "Locations": [place()],
        "Datastreams": [datastream()],
        **more,
    }


def place(name: str = "corner", lon: float = 110.001, lat: float = 30.001) -> dict[str, Any]:
    return {
        "name": name,
        "description": "where it stands",
        "encodingType": "application/geo+json",
        "location": {"type": "Point", "coordinates": [lon, lat]},
    }


def datastream(name: str = "brightness", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "description": "how bright it is",
        "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        "unitOfMeasurement": {"name": "lux", "symbol": "lx", "definition": "http://unitsofmeasure.org/ucum.html#lx"},
        "Sensor": {
            "name": "photocell",
            "description": "a cell",
            "encodingType": "application/pdf",
            "metadata": "https://small.example/cell.pdf",
        },
        "ObservedProperty": {
            "name": "Illuminance",
            "definition": "http://www.qudt.org/qudt/owl/1.0.0/quantity/Instances.html#Illuminance",
            "description": "light on a surface",
        },
        **more,
    }


def number_in(answer: HttpResponse) -> int:
    """The number of what a POST has made."""
    return int(answer.headers["Location"].rpartition("(")[2].rstrip(")"))
