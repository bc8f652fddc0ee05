"""The small city behind its Open311 door, with the clock where the test puts it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from tests.cases.life import Life

from cityloom.city import this_city
from cityloom.exchange.api.tokens import issue_token
from cityloom.exchange.open311 import callers


@pytest.fixture
def city_door(life: Life, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    """The small city; `life.clock` is the clock of the door."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.CITYLOOM_SITE_URL = "https://small.example"
    settings.CITYLOOM_LIMITS = dict.fromkeys(settings.CITYLOOM_LIMITS)  # off; the tests of limits set their own
    monkeypatch.setattr(callers, "clock", lambda: life.clock)
    this_city.first_code.clear()
    cache.clear()
    yield life
    this_city.first_code.clear()
    cache.clear()


@pytest.fixture
def key_of(city_door: Life) -> Any:
    """An API key for a login of the small city."""

    def issue(login: str, *scopes: str) -> str:
        post = city_door.post(login)
        wanted = scopes or ("reports:write",)
        return issue_token(city_door.city, post, f"for {login}", wanted, 30, "admin", city_door.clock.now())[1]

    return issue
