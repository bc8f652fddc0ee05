"""The small city behind its feeds, with the clock where the test puts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from tests.cases.life import Life

from cityloom.city.this_city import first_code
from cityloom.exchange.api import calls


@pytest.fixture
def site(life: Life, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    """The small city; `life.clock` is the clock of the door, whose limits are off."""
    settings.CITYLOOM_SITE_URL = "https://small.example"
    settings.CITYLOOM_LIMITS = dict.fromkeys(settings.CITYLOOM_LIMITS)
    monkeypatch.setattr(calls, "clock", lambda: life.clock)
    first_code.clear()
    cache.clear()
    yield life
    first_code.clear()
    cache.clear()
