"""What a screen is told while it hangs on the wall: the five figures, and each new case with the way to its unit.

The same words go by the live stream and, while that is silent, as the answer to a question. A token names the post
and the area of a screen for a quarter of an hour, so that the stream needs neither cookies nor sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any

import shapely
from django.core import signing
from django.db.backends.utils import CursorWrapper

from cityloom.cases.queries_screen import count_day, list_new
from cityloom.cases.screen_values import NewCase, Scope
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.sensing.vital_rows import newest_run
from cityloom.web.naming import Names

SALT = "cityloom.screen"
TOKEN_GOOD_S = 900
DIGITS = 5


def pulse_of(
    cursor: CursorWrapper,
    city: City,
    post: Post,
    area: str,
    language: str,
    now: datetime,
    *,
    since: datetime | None = None,
    numbers: Sequence[str] = (),
) -> dict[str, Any]:
    """The figures of this moment, and the cases that came since a moment or have these numbers; three statements."""
    tz = city.calendar().tz
    scope = Scope(area, now.astimezone(tz).date(), tz)
    new = list_new(cursor, city, post, scope, now, since=since, numbers=numbers)
    named = Names(city, language)
    return {
        "at": now.isoformat(),
        "clock": f"{now.astimezone(tz):%H:%M}",
        "flow": asdict(count_day(cursor, city, post, scope, now)),
        "cases": [_told(city, case, named) for case in new],
        "vital": newest_run(cursor, city.id),
    }


def _told(city: City, case: NewCase, named: Names) -> dict[str, Any]:
    unit = _place_of_unit(city, case.unit) if case.unit else None
    return {
        "number": case.number,
        "matter": named.matter(case.class_code),
        "place": named.near_place(case.area),
        "unit": named.unit(case.unit),
        "urgent": case.urgent,
        "from": [round(case.lon, DIGITS), round(case.lat, DIGITS)],
        "to": unit,
    }


@lru_cache(maxsize=4096)
def _place_of_unit(city: City, code: str) -> list[float] | None:
    """Where a thread to a unit ends: the middle of the first area that it serves; None where it serves none."""
    unit = city.units.get(code)
    outlines = [city.areas[a].geometry for a in (unit.serves if unit else ()) if a in city.areas]
    shape = next((shapely.from_wkb(outline) for outline in outlines if outline), None)
    if shape is None:
        return None
    point = shapely.point_on_surface(shape)
    return [round(point.x, DIGITS), round(point.y, DIGITS)]


# --- tokens -------------------------------------------------------------------------------------------------------


def new_token(city: City, post: Post, area: str, language: str) -> str:
    """A token for the live stream of this post's screen."""
    told = {
        "city": city.code, "login": post.login, "role": post.role.value, "unit": post.unit, "own": post.area,
        "for": post.for_login, "area": area, "lang": language,
    }  # fmt: skip
    return signing.dumps(told, salt=SALT, compress=True)


def scope_of_token(token: str) -> dict[str, Any]:
    """What a token says; raises django's BadSignature for one that is forged or old."""
    told: dict[str, Any] = signing.loads(token, salt=SALT, max_age=TOKEN_GOOD_S)
    return told


def post_of_token(city: City, told: dict[str, Any], now: datetime) -> Post:
    """The post that a token was made for, with the units it stands in for today."""
    post = Post(told["login"], Role(told["role"]), told["unit"], told["own"], for_login=told["for"] or "")
    return city.placed(post, now.astimezone(city.calendar().tz).date())
