"""The small city behind its calendars: the clock where the test puts it, its people able to sign in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from tests.cases.life import Life

from cityloom.city.this_city import first_code
from cityloom.exchange.api import calls
from cityloom.web import context


@pytest.fixture
def site(life: Life, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    """The small city; `life.clock` is the clock of its pages and doors, whose limits are off."""
    settings.CITYLOOM_SITE_URL = "https://small.example"
    settings.CITYLOOM_LIMITS = dict.fromkeys(settings.CITYLOOM_LIMITS)
    monkeypatch.setattr(calls, "clock", lambda: life.clock)
    monkeypatch.setattr(context, "clock", lambda: life.clock)
    first_code.clear()
    cache.clear()
    yield life
    first_code.clear()
    cache.clear()
