"""What a request stands in: the city, the clock, the language, and the post its person acts by."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from cityloom.base.clock import Clock, DemoClock, RealClock
from cityloom.city.snapshot import NoSuchCity, current_city, list_cities
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

RESIDENT = Post(login="resident", role=Role.RESIDENT)
_POST = "post"
_first_code: list[str] = []


def language() -> str:
    """The language of this request: `zh` or `en`."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def clock() -> Clock:
    """The clock of this installation: the real one, or the demo's where CITYLOOM_CLOCK gives one."""
    return _clock_of(settings.CITYLOOM_CLOCK)


@lru_cache(maxsize=4)
def _clock_of(setting: str) -> Clock:
    return DemoClock.from_setting(setting) if setting else RealClock()


def city() -> City:
    """The city of this installation: CITYLOOM_CITY, else the first one loaded; raises NoSuchCity for none."""
    named = getattr(settings, "CITYLOOM_CITY", "")
    if named:
        return current_city(named)
    if _first_code:
        try:
            return current_city(_first_code[0])
        except NoSuchCity:
            _first_code.clear()
    found = list_cities()
    if not found:
        raise NoSuchCity("", ())
    _first_code[:] = [found[0].code]
    return current_city(found[0].code)


def today(of: City) -> date:
    """The city's day by its own clock."""
    return clock().now().astimezone(of.calendar().tz).date()


# --- posts ------------------------------------------------------------------------------------------------------


def posts_of(request: HttpRequest, of: City) -> tuple[Post, ...]:
    """The posts that the signed-in person holds today."""
    return of.posts_of(request.user.get_username(), today(of)) if request.user.is_authenticated else ()


def post_of(request: HttpRequest, of: City) -> Post | None:
    """The post a person acts by: the only one, or the one chosen that is still held; None when none is chosen."""
    held = posts_of(request, of)
    if len(held) == 1:
        return held[0]
    chosen = request.session.get(_POST)
    return next((p for p in held if post_key(p) == chosen), None)


def choose_post(request: HttpRequest, of: City, key: str) -> Post | None:
    """Act by this post from now on; None, and nothing changed, when the person does not hold it today."""
    post = next((p for p in posts_of(request, of) if post_key(p) == key), None)
    if post is not None:
        request.session[_POST] = key
    return post


def post_key(post: Post) -> str:
    """How a form names one of a person's posts."""
    return "|".join([post.role.value, post.unit or "", post.area or ""])


def typed_of(data: Any, *names: str) -> dict[str, str]:
    """What was typed into these fields, stripped of NUL characters that no text holds."""
    return {name: str(data.get(name, "")).replace("\x00", "") for name in names}
