"""A session lives while it is used, and using it costs a write only once a minute."""

import pytest
from django.contrib.auth import get_user_model

from cityloom.app import idle

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client):
    client.force_login(get_user_model().objects.create(username="agent"))
    return client


def writes(queries):
    return [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_a_session_ends_after_half_an_hour_and_with_the_browser(settings):
    assert settings.SESSION_COOKIE_AGE == 1800
    assert settings.SESSION_EXPIRE_AT_BROWSER_CLOSE


def test_the_second_request_of_a_minute_writes_nothing(signed_in, django_assert_max_num_queries):
    with django_assert_max_num_queries(10) as first:
        signed_in.get("/healthz")
    with django_assert_max_num_queries(10) as second:
        signed_in.get("/healthz")
    assert any("django_session" in sql for sql in writes(first.captured_queries))
    assert writes(second.captured_queries) == []


def test_a_minute_later_the_session_is_renewed(signed_in, monkeypatch):
    signed_in.get("/healthz")
    before = signed_in.session.get_expiry_date()
    now_s = idle.time.time()
    monkeypatch.setattr(idle.time, "time", lambda: now_s + idle.NOTE_EVERY_S)
    signed_in.get("/healthz")
    assert signed_in.session["seen_s"] == int(now_s + idle.NOTE_EVERY_S)
    assert signed_in.session.get_expiry_date() >= before


def test_a_visitor_without_an_account_gets_no_session(client):
    assert client.get("/healthz").cookies == {}
