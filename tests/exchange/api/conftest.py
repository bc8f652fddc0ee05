"""The interface over the small city: a caller for each login, whose clock is the life's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from tests.cases.life import Life
from tests.city.services import kept_service

from cityloom.base.limits import parse_limit
from cityloom.city.this_city import first_code
from cityloom.exchange.api import calls
from cityloom.exchange.api.tokens import SCOPES, choose_post, issue_token

ALL = tuple(SCOPES)


@dataclass
class Caller:
    """A system that calls with a token (none: anybody)."""

    token: str = ""
    language: str = "en"

    def get(self, path: str, accept: str = "application/json", **headers: str) -> HttpResponse:
        return Client().get(f"/api/v1{path}", headers=self._headers({"Accept": accept, **headers}))

    def post(self, path: str, body: Any, **headers: str) -> HttpResponse:
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return Client().post(f"/api/v1{path}", text, content_type="application/json", headers=self._headers(headers))

    def send(self, path: str, form: dict[str, Any], **headers: str) -> HttpResponse:
        return Client().post(f"/api/v1{path}", form, headers=self._headers(headers))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {"Accept-Language": {"zh": "zh-hans"}.get(self.language, self.language), **token, **named}


@pytest.fixture
def site(life: Life, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    """The small city behind its interface."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.CITYLOOM_LIMITS = settings.CITYLOOM_LIMITS | dict.fromkeys(
        ("api", "api_public", "report", "report_phone", "same_words", "track"), parse_limit("100000/h")
    )
    monkeypatch.setattr(calls, "clock", lambda: life.clock)
    first_code.clear()
    cache.clear()
    yield life
    first_code.clear()
    cache.clear()


@pytest.fixture
def caller_of(site: Life) -> Callable[..., Caller]:
    """Makes a caller for a login of the small city (none: without a token), by default with every scope."""

    def make(login: str = "", *scopes: str, language: str = "en") -> Caller:
        if not login:
            return Caller(language=language)
        now = site.clock.now()
        if login == "app":
            post = kept_service(site, "app", "resident").post
        else:
            post = choose_post(site.city, login, "", "", "", now)
        return Caller(issue_token(site.city, post, login, scopes or ALL, 365, "test", now)[1], language)

    return make
