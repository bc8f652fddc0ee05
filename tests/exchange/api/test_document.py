"""The OpenAPI document keeps its word: whatever is sent, no answer is a crash or one that it does not tell of."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.cases.life import PARKING, Life

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def kept_open() -> Iterator[None]:
    """The server's own habit of closing connections between requests would end the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def numbers(site: Life) -> list[str]:
    """Cases in several states, so that not all that is asked for is absent."""
    site.report("hotline", by="agent", class_code=PARKING)
    site.move("sign", "handler_e1")
    site.move("contact", "handler_e1", note="已联系")
    first = site.number
    site.report("resident")
    return [first, site.number]


def test_the_document_is_openapi_3_1_with_examples_and_needs_no_token(site: Life, caller_of: Callable[..., Any]):
    told = caller_of().get("/openapi.json").json()
    assert told["openapi"] == "3.1.0"
    assert told["paths"]["/api/v1/cases"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    operations = [o for methods in told["paths"].values() for o in methods.values()]
    assert len({o["operationId"] for o in operations}) == len(operations) >= 25
    for operation in operations:
        assert operation["description"], operation["operationId"]
        assert {"400", "401", "429", "500"} <= set(operation["responses"])
    references = set(_references(told))
    known = {f"#/components/{kind}/{name}" for kind, names in told["components"].items() for name in names}
    assert references <= known


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [r for value in part.values() for r in _references(value)]
    return [r for value in part for r in _references(value)] if isinstance(part, list) else []


@pytest.mark.slow
@pytest.mark.parametrize(("login", "least"), [("", 5), ("app", 10), ("handler_e1", 20), ("admin", 20)])
def test_no_call_is_answered_by_a_crash_or_by_what_the_document_does_not_tell(
    login: str, least: int, numbers: list[str], caller_of: Callable[..., Any], kept_open: None, full: bool
):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityloom.app.settings")
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    caller = caller_of(login)
    headers = caller._headers({})
    seen: dict[int, int] = {}
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=100 if full else 4,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), number=st.sampled_from([*numbers, None]))
        def call(case: Any, number: str | None) -> None:
            if number is not None and "number" in (case.path_parameters or {}):
                case.path_parameters["number"] = number
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS)
            seen[answer.status_code] = seen.get(answer.status_code, 0) + 1

        call()
    assert seen.get(200, 0) >= least, "the walk saw answers, not only refusals"
    assert sum(seen.values()) > 80
