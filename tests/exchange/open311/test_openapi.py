"""The OpenAPI document of this door keeps its word, and says what the tables of the door say."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.cases.life import REFUSE, Life
from tests.exchange.open311 import schemas

from cityloom.exchange.open311.openapi import FIELDS, OPERATIONS
from cityloom.exchange.open311.shapes import ANSWERS, SHAPES

pytestmark = pytest.mark.django_db
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OURS = {  # our own tables of the specification, by the shape that tells the same
    "Discovery": schemas.DISCOVERY,
    "Service": schemas.SERVICES["items"],
    "ServiceDefinition": schemas.DEFINITION,
    "Attribute": schemas.DEFINITION["properties"]["attributes"]["items"],
    "Request": schemas.REQUESTS["items"],
    "Posted": schemas.POSTED["items"],
    "Token": schemas.TOKENS["items"],
    "Update": schemas.UPDATES["items"],
    "Updated": schemas.UPDATED["items"],
    "Error": schemas.ERRORS["items"],
}


@pytest.fixture
def kept_open() -> Iterator[None]:
    """The server's own habit of closing connections between requests would end the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def document() -> dict[str, Any]:
    answer = Client().get("/open311/openapi.json")
    assert answer.status_code == 200
    return json.loads(answer.content)


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for value in part:
            yield from references(value)


def test_the_document_is_openapi_3_1_and_names_both_endpoints(city_door: Life):
    told = document()
    assert told["openapi"] == "3.1.0"
    assert [s["description"] for s in told["servers"]] == ["production", "test"]
    assert told["servers"][0]["url"] == "http://testserver/open311/v2"
    known = {f"#/components/{kind}/{name}" for kind, names in told["components"].items() for name in names}
    assert set(references(told)) <= known
    operations = [o for methods in told["paths"].values() for o in methods.values()]
    assert len({o["operationId"] for o in operations}) == len(operations) == len(OPERATIONS)


BESIDE = {"Posted": {"extended_attributes"}}  # of a report whose class the sender left open


@pytest.mark.parametrize("shape", OURS)
def test_a_shape_tells_the_fields_that_the_specification_has(shape: str):
    ours, told = OURS[shape], SHAPES[shape]
    assert set(told["properties"]) == set(ours["properties"]) | BESIDE.get(shape, set())
    assert set(told["required"]) == set(ours["required"])


def test_every_operation_names_an_answer_a_body_and_examples_that_there_are(city_door: Life):
    for operation in OPERATIONS:
        assert operation.answer in ANSWERS, operation.name
        assert not operation.body or operation.body in FIELDS, operation.name
    listing = document()["paths"]["/requests.{form}"]["get"]["parameters"]
    examples = {p["name"]: p["example"] for p in listing if "example" in p}
    assert {"bbox", "start_date", "updated_after"} <= set(examples)
    del examples["start_date"], examples["end_date"]
    assert Client().get("/open311/v2/requests.json", examples).status_code == 200


@pytest.mark.parametrize("address", ["a\nb", "%00", "v2/requests/a%2Fb.json", "v2/tokens/..%2f", "v2/%F0%9F"])
def test_whatever_is_asked_for_the_answer_has_a_form_of_this_door(city_door: Life, address: str):
    answer = Client().get(f"/open311/{address}")
    assert answer.status_code in (400, 404)
    assert answer.headers["Content-Type"] in ("text/xml; charset=utf-8", "application/json; charset=utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(("login", "least"), [("", 8), ("dispatcher", 8)])
def test_no_call_is_answered_by_a_crash_or_by_what_the_document_does_not_tell(
    login: str, least: int, city_door: Life, key_of: Callable[..., str], kept_open: None, full: bool
):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityloom.app.settings")
    number = city_door.report("grid_worker", by="collector", class_code=REFUSE).number
    token = city_door.report().tracking_code
    schema = schemathesis.openapi.from_wsgi("/open311/openapi.json", get_wsgi_application())
    headers = {"Authorization": f"Bearer {key_of(login)}"} if login else {}
    known = {"code": ["gb2013-0137", "hotline-0101"], "number": [number, token], "token": [token]}
    seen: dict[int, int] = {}
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=200 if full else 8,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), fit=st.booleans(), which=st.integers(0, 1))
        def call(case: Any, fit: bool, which: int) -> None:
            if fit:  # half of the calls are about something that there is
                for name in set(case.path_parameters or {}) & set(known):
                    case.path_parameters[name] = known[name][which % len(known[name])]
                if isinstance(case.body, dict):
                    case.body |= {"service_code": known["code"][which], "lat": 30.0011, "long": 110.0011}
                    case.body |= {"service_request_id": number} if "update_id" in case.body else {}
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS)
            seen[answer.status_code] = seen.get(answer.status_code, 0) + 1

        call()
    print("seen", login or "anonymous", dict(sorted(seen.items())))
    assert seen.get(200, 0) >= least, "the walk saw answers, not only refusals"
    assert seen.get(404, 0) + seen.get(400, 0) > 0, "and refusals"
