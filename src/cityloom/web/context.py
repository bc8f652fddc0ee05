"""What a request stands in: the city, the clock, the language, and the post its person acts by."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language

from cityloom.base.clock import Clock, clock_of_settings
from cityloom.city.deputy_rows import deputy_posts
from cityloom.city.held_posts import posts_held
from cityloom.city.snapshot_values import City
from cityloom.city.this_city import first_code as _first_code  # noqa: F401 (tests forget it)
from cityloom.city.this_city import this_city
from cityloom.city.values import Post, Role

RESIDENT = Post(login="resident", role=Role.RESIDENT)
_POST = "post"
_HELD = "_cityloom_posts_held"


def language() -> str:
    """The language of this request: `zh` or `en`."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def clock() -> Clock:
    """The clock of this installation: the real one, or the demo's where CITYLOOM_CLOCK gives one."""
    return clock_of_settings()


def city() -> City:
    """The city of this installation: CITYLOOM_CITY, else the first one loaded; raises NoSuchCity for none."""
    return this_city()


def today(of: City) -> date:
    """The city's day by its own clock."""
    return clock().now().astimezone(of.calendar().tz).date()


# --- posts ------------------------------------------------------------------------------------------------------


def posts_of(request: HttpRequest, of: City) -> tuple[Post, ...]:
    """The posts that the signed-in person holds today, and those he acts by today as somebody's deputy."""
    if not request.user.is_authenticated:
        return ()
    login, day = request.user.get_username(), today(of)
    asked = (of.id, of.version, login, day)
    kept = getattr(request, _HELD, None)
    if kept is None or kept[0] != asked:
        kept = (asked, posts_held(of, login, day) + deputy_posts(of, login, day))
        setattr(request, _HELD, kept)
    held: tuple[Post, ...] = kept[1]
    return held


def post_of(request: HttpRequest, of: City) -> Post | None:
    """The post a person acts by: the only one, or the one chosen that is still held; None when none is chosen."""
    held = posts_of(request, of)
    if len(held) == 1:
        return held[0]
    chosen = request.session.get(_POST)
    return next((p for p in held if post_key(p) == chosen), None)


def remember_post(request: HttpRequest, post: Post) -> None:
    """The session goes on by this post, and ends with it."""
    request.session[_POST] = post_key(post)


def has_lost_post(request: HttpRequest, of: City) -> bool:
    """Whether the post that this session went on by is no longer held."""
    chosen = request.session.get(_POST) if request.user.is_authenticated else None
    return chosen is not None and all(post_key(p) != chosen for p in posts_of(request, of))


def choose_post(request: HttpRequest, of: City, key: str) -> Post | None:
    """Act by this post from now on; None, and nothing changed, when the person does not hold it today."""
    post = next((p for p in posts_of(request, of) if post_key(p) == key), None)
    if post is not None:
        request.session[_POST] = key
    return post


def post_key(post: Post) -> str:
    """How a form names one of a person's posts."""
    parts = [post.role.value, post.unit or "", post.area or ""]
    return "|".join([*parts, post.for_login] if post.for_login else parts)


def typed_of(data: Any, *names: str) -> dict[str, str]:
    """What was typed into these fields, stripped of NUL characters that no text holds."""
    return {name: str(data.get(name, "")).replace("\x00", "") for name in names}
