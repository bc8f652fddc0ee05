"""Each request has an id, one line in the log and its place in the counts: its route, never its path or its words."""

from __future__ import annotations

import logging
import re

import pytest
from tests.cases.life import Life

from cityloom.app import metrics
from cityloom.app.watching import WatchRequests

CODE = "ABCDEFGHJKLMNPQRSTUVWXYZ23"


def lines(caplog) -> list[dict]:
    return [record.fields for record in caplog.records if record.name == "cityloom.request"]


@pytest.fixture(autouse=True)
def all_levels(caplog):
    caplog.set_level(logging.DEBUG, logger="cityloom.request")


@pytest.mark.parametrize(
    ("given", "kept", "because"),
    [
        ("f81d4fae-7dec-11d0", True, "the proxy's own id goes through"),
        ("a.b_c-0123", True, "signs that ids have"),
        ("", False, "none given"),
        ("short", False, "too short to be one of its kind"),
        ("x" * 65, False, "too long"),
        ("two\tlines", False, "signs that a log must not have"),
        ("13800138000", False, "a phone is no id"),
        (CODE, False, "nor is a private code"),
        ('{"level":"ERROR"}', False, "nor is a line of a log"),
    ],
)
def test_an_id_is_taken_over_when_it_is_one_and_given_back(client, given, kept, because):
    answer = client.get("/healthz", headers={"X-Request-Id": given} if given else {})
    back = answer.headers["X-Request-Id"]
    assert (back == given) == kept, because
    assert kept or re.fullmatch("[0-9a-f]{32}", back)


def test_a_line_tells_the_route_and_never_the_path(client, small_city, caplog):
    client.get(f"/t/{CODE}/?done=1&phone=13800138000")
    (line,) = lines(caplog)
    assert (line["method"], line["route"], line["status"]) == ("GET", "thread", 404)
    assert line["ms"] >= 0
    assert CODE not in str(line)
    assert "phone" not in str(line)


def test_an_address_that_nothing_answers_to_is_one_route(client, db, caplog):
    for path in ("/13800138000", "/no/such/place", "/wp-login.php"):
        client.get(path)
    assert {line["route"] for line in lines(caplog)} == {"none"}


def test_a_method_of_ones_own_making_is_one_word(client, db, caplog):
    client.generic("SECRETNAME", "/healthz")
    assert [line["method"] for line in lines(caplog)] == ["other"]


def test_a_line_tells_by_which_post_and_unit_it_was_and_no_login(life: Life, client, caplog):
    from django.contrib.auth.models import User

    client.force_login(User.objects.get(username="handler_e1"))
    client.get("/queue/")
    line = lines(caplog)[-1]
    assert (line["route"], line["role"], line["unit"]) == ("queue", "handler", "street_e1")
    assert "handler_e1" not in str(line)


@pytest.mark.parametrize("path", ["/healthz", "/static/cityloom/none.css"])
def test_what_watches_the_processes_makes_no_noise(client, db, caplog, path):
    client.get(path)
    assert [r.levelname for r in caplog.records if r.name == "cityloom.request"] == ["DEBUG"]


def test_a_request_that_broke_is_noted_with_its_id_and_its_exception(client, small_city, caplog, monkeypatch):
    monkeypatch.setattr("cityloom.web.context.city", lambda: 1 / 0)
    client.raise_request_exception = False
    answer = client.get("/report/", headers={"X-Request-Id": "broken-request"})
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] == "broken-request"
    assert lines(caplog)[-1]["status"] == 500
    assert any(record.exc_info or record.exc_text for record in caplog.records)


def test_the_outermost_frame_is_this_one(settings):
    assert settings.MIDDLEWARE[0] == f"{WatchRequests.__module__}.{WatchRequests.__name__}"


def test_requests_are_counted_by_method_route_and_status(client, db):
    def count() -> float:
        labels = {"method": "GET", "route": "healthz", "status": "200"}
        return metrics.KEPT.get_sample_value("cityloom_requests_total", labels) or 0

    def timed() -> float:
        return metrics.KEPT.get_sample_value("cityloom_request_seconds_count", {"route": "healthz"}) or 0

    before = count(), timed()
    client.get("/healthz?who=13800138000")
    assert (count(), timed()) == (before[0] + 1, before[1] + 1)
