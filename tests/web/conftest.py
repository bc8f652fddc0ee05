"""The pages over the small city: its clock stands where the test puts it, its people can sign in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from tests.cases.life import Life

from cityloom.web import context

PASSWORD = "a long pass phrase"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def site(life: Life, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    """The small city behind its pages; `life.clock` is the clock of every page."""
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(context, "clock", lambda: life.clock)
    context._first_code.clear()
    cache.clear()
    yield life
    context._first_code.clear()
    cache.clear()


@pytest.fixture
def browser_of(site: Life, django_user_model: Any) -> Callable[..., Client]:
    """A test client for a login of the small city (none: a resident), in a language."""

    def make(login: str = "", language: str = "en") -> Client:
        client = Client(headers={"accept-language": {"en": "en", "zh": "zh-hans"}[language]})
        if login:
            client.force_login(django_user_model.objects.get(username=login), BACKEND)
        return client

    return make
