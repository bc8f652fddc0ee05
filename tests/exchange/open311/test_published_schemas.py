"""What the JSON schemas that the Open311 community publishes ask of each answer, as a table of our own, kept by ours.

They are looser than `schemas.py`: fields may be absent and others may be there; but a required field is never null.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from tests.cases.life import DRAIN, LAMP, REFUSE, Life, at

from cityloom.exchange.open311 import publishing
from cityloom.exchange.open311.queries import RequestRow

TEXT, TRUTH, NUMBER, MOMENT, WHOLE = "text", "truth", "number", "moment", "whole number"
# Field → what it is, whether it must be there, which words it may be.
SERVICE = {
    "service_code": (TEXT, True, ()),
    "service_name": (TEXT, True, ()),
    "description": (TEXT, False, ()),
    "metadata": (TRUTH, True, ()),
    "type": (TEXT, True, ("realtime", "batch", "blackbox")),
    "keywords": (TEXT, False, ()),
    "group": (TEXT, False, ()),
}
ATTRIBUTE = {
    "variable": (TRUTH, True, ()),
    "code": (TEXT, True, ()),
    "datatype": (TEXT, True, ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")),
    "required": (TRUTH, True, ()),
    "datatype_description": (TEXT, False, ()),
    "order": (WHOLE, False, ()),
    "description": (TEXT, False, ()),
}
VALUE = {"key": (TEXT, True, ()), "name": (TEXT, True, ())}
REQUEST = {
    "service_request_id": (TEXT, True, ()),
    "status": (TEXT, True, ("open", "closed")),
    "status_notes": (TEXT, False, ()),
    "service_name": (TEXT, False, ()),
    "service_code": (TEXT, True, ()),
    "description": (TEXT, False, ()),
    "agency_responsible": (TEXT, False, ()),
    "service_notice": (TEXT, False, ()),
    "requested_datetime": (MOMENT, True, ()),
    "updated_datetime": (MOMENT, False, ()),
    "expected_datetime": (MOMENT, False, ()),
    "address": (TEXT, False, ()),
    "address_id": (TEXT, False, ()),
    "zipcode": (TEXT, False, ()),
    "lat": (NUMBER, False, ()),
    "long": (NUMBER, False, ()),
    "media_url": (TEXT, False, ()),
}
LONGEST = {"description": 4000}  # of a request
KINDS: dict[str, Any] = {TEXT: str, MOMENT: str, TRUTH: bool, NUMBER: (int, float), WHOLE: int}
Table = dict[str, tuple[str, bool, tuple[str, ...]]]


def faults(row: dict[str, Any], table: Table) -> list[str]:
    """Which fields are not as the table wants them."""
    found = []
    for name, (kind, needed, words) in table.items():
        value = row.get(name)
        if value is None:
            found += [f"{name} is missing"] if needed else []
        elif not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != TRUTH):
            found.append(f"{name} is no {kind}")
        elif kind == MOMENT and datetime.fromisoformat(value).tzinfo is None:
            found.append(f"{name} has no zone")
        elif words and value not in words:
            found.append(f"{name} is {value}")
    return found


def got(path: str) -> Any:
    return json.loads(Client().get(f"/open311/v2/{path}.json").content)


@pytest.fixture
def lived(city_door: Life) -> Life:
    """Cases of several classes, one of them ended."""
    for class_code in (LAMP, DRAIN, REFUSE):
        city_door.report(class_code=class_code)
    city_door.move("void", "shift", reason="voided.test")
    return city_door


@pytest.mark.django_db(transaction=True)
def test_every_service_and_definition_is_as_published(lived: Life):
    services = got("services")
    assert len(services) > 3
    assert [faults(service, SERVICE) for service in services] == [[]] * len(services)
    asked = 0
    for service in services:
        definition = got(f"services/{service['service_code']}")
        assert isinstance(definition["service_code"], str)
        for attribute in definition["attributes"]:
            assert faults(attribute, ATTRIBUTE) == []
            for value in attribute.get("values", []):
                assert faults(value, VALUE) == []
                asked += 1
    assert asked > 0


@pytest.mark.django_db(transaction=True)
def test_every_request_is_as_published(lived: Life):
    requests = got("requests")
    assert {r["status"] for r in requests} == {"open", "closed"}
    assert [faults(request, REQUEST) for request in requests] == [[]] * len(requests)
    assert faults(got(f"requests/{lived.number}")[0], REQUEST) == []


@pytest.mark.django_db(transaction=True)
def test_a_request_that_nobody_has_classified_and_one_of_many_words_are_as_published(city_door: Life):
    row = RequestRow(
        id=1, number="260601-1", class_code=None, standard_code=None, state="registered", area=None, lead_unit=None,
        opened_at=at(6, 1), closed_at=None, promise_due_at=None, lon=None, lat=None, updated_at=at(6, 1),
        words="坏了。" * 3000,
    )  # fmt: skip
    told = publishing.request(city_door.city, row, "zh")
    assert faults(told, REQUEST) == []
    assert told["service_code"] == ""
    assert all(len(told[name]) <= longest for name, longest in LONGEST.items())


@pytest.mark.parametrize(
    ("row", "because"),
    [
        ({}, "nothing is there"),
        ({"service_code": 7, "service_name": "x", "metadata": True, "type": "realtime"}, "a number for a text"),
        ({"service_code": "a", "service_name": "x", "metadata": "true", "type": "realtime"}, "a text for a truth"),
        ({"service_code": "a", "service_name": "x", "metadata": True, "type": "slow"}, "another word"),
        (
            {"service_code": None, "service_name": "x", "metadata": True, "type": "batch"},
            "nothing where it is needed",
        ),
    ],
)
def test_the_table_finds_faults(row: dict[str, Any], because: str):
    assert faults(row, SERVICE), because
