"""No address of the interface shows who reported, to whatever token; who a complaint is about reads nothing of it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import connection
from tests.cases.life import Life
from tests.stories.test_leaks import ABOUT, COMPLAINED, city_of_secrets, leaks, one_of_each_role, shown

from cityloom.exchange.api.api import api

__all__ = ["city_of_secrets"]  # the fixture
FORMATS = ("application/json", "application/geo+json", "text/csv")


def addresses(method: str) -> list[tuple[str, str]]:
    """Operation and address of everything the document tells of, with values that are there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.number, (SELECT min(id) FROM cases_task t WHERE t.case_id = c.id), "
            "(SELECT min(id) FROM cases_report r WHERE r.case_id = c.id), "
            "(SELECT min(id) FROM cases_request q WHERE q.case_id = c.id) FROM cases_case c ORDER BY c.id"
        )
        cases = cursor.fetchall()
    found = []
    for path, methods in api.get_openapi_schema()["paths"].items():
        if method not in methods or "{code}" in path or "{name}" in path:
            continue
        for number, task, report, request in cases if "{number}" in path else cases[:1]:
            values = {
                "number": number,
                "task_id": task or 1,
                "report_id": report or 1,
                "request_id": request or 1,
                "webhook_id": 1,
                "delivery_id": 1,
            }
            found.append((methods[method]["operationId"], path.format(**values).removeprefix("/api/v1")))
    return found


def test_no_answer_shows_a_reporter_to_any_role(
    site: Life, city_of_secrets: Any, caller_of: Any, caplog: pytest.LogCaptureFixture
):
    _, _, codes = city_of_secrets
    caplog.set_level(logging.DEBUG)
    walk = [(name, path) for name, path in addresses("get")]
    walk += [("listCases", "/cases?view=all&limit=200"), ("listReports", "/reports?limit=200")]
    answered = 0
    for login in ["", "app", *one_of_each_role(site.city)]:
        caller = caller_of(login)
        for turn, (name, path) in enumerate(walk):
            answer = caller.get(path, accept=f"{FORMATS[turn % 3]}, */*;q=0.1")
            assert answer.status_code < 500, (login, path)
            answered += answer.status_code == 200
            text = shown(answer)
            assert not leaks(text), (login, name, path)
            if login == COMPLAINED:
                assert ABOUT not in text, path
    for code in codes:
        assert not leaks(shown(caller_of().get(f"/reports/{code}")))
    assert answered > 300, "the walk saw answers, not only refusals"
    assert not leaks(caplog.text)


def test_no_move_answers_with_a_reporter(site: Life, city_of_secrets: Any, caller_of: Any):
    walk = addresses("post")
    body = {"move": "sign", "version": 0, "note": "x"}
    for login in ["app", *one_of_each_role(site.city)]:
        caller = caller_of(login)
        for name, path in walk:
            said = {"verdict": "grant", "note": "x", "version": 0} if name == "decideRequest" else body
            answer = caller.post(path, said)
            assert answer.status_code < 500, (login, path)
            text = shown(answer)
            assert not leaks(text), (login, path)
            if login == COMPLAINED:
                assert ABOUT not in text, path


def test_a_token_cannot_reach_names_and_phones_at_all(site: Life, city_of_secrets: Any, caller_of: Any):
    before = _readings()
    caller = caller_of("callback")
    for _, path in addresses("get"):
        caller.get(path)
    assert _readings() == before


def _readings() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_reporter_read")
        ((count,),) = cursor.fetchall()
    return int(count)
