"""The city's devices: how they fare, by what ails them and by type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.alarm_moves import NotYourAlarm, may_see_alarm
from cityloom.sensing.device_queries import HEALTH, PAGE, count_devices, list_devices
from cityloom.web import context
from cityloom.web.counted import Word
from cityloom.web.device_lines import DeviceLine, device_line
from cityloom.web.doors import for_staff
from cityloom.web.naming import names
from cityloom.web.shown import show
from cityloom.web.words import say


@dataclass(frozen=True)
class DevicesPage:
    """The devices that the post may see."""

    template: ClassVar[str] = "cityloom/devices.html"
    lines: Annotated[Sequence[DeviceLine], "the devices of this page, by code"]
    types: Annotated[Sequence[Word], "counted types"]
    health: Annotated[Sequence[Word], "counted signs of what ails them"]
    all: Annotated[Word, "all of them"]
    find: Annotated[str, "the part of a code or a name that is looked for"]
    kept: Annotated[Sequence[tuple[str, str]], "the chosen words that a search keeps"]
    next: Annotated[str, "address words of the next page"] = ""


@require_safe
@for_staff
def devices(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The devices of the post's unit and area with what ails them."""
    _require_reader(post, post.unit, () if post.area is None else (post.area,))
    typed = context.typed_of(request.GET, "type", "health", "find", "after")
    health = typed["health"] if typed["health"] in HEALTH else ""
    find = typed["find"].strip()[:60]
    now, named = context.clock().now().astimezone(city.calendar().tz), names(city)
    with connection.cursor() as cursor:
        types, ailing = count_devices(cursor, city, post, now)
        rows = list_devices(
            cursor, city, post, now, type_=typed["type"][:60], health=health, find=find, after=typed["after"][:100]
        )
    asked = {"type": typed["type"], "health": health, "find": find}

    def word(field: str, code: str, name: str, count: int) -> Word:
        chosen = asked[field] == code
        return Word(name, count, _query({**asked, field: "" if chosen else code}), chosen)

    page = DevicesPage(
        lines=[device_line(row, city, named, now) for row in rows[:PAGE]],
        types=[word("type", code, named.device_type(code), count) for code, count in types.items()],
        health=[word("health", sign, say(f"health.{sign}"), count) for sign, count in ailing.items() if count],
        all=Word(say("alarms.all"), sum(types.values()), "", not any(asked.values())),
        find=find,
        kept=[(name, asked[name]) for name in ("type", "health") if asked[name]],
        next=_query({**asked, "after": rows[PAGE - 1].code}) if len(rows) > PAGE else "",
    )
    return show(request, page)


def _require_reader(post: Post, owner: str | None, areas: tuple[str, ...]) -> None:
    if (refusal := may_see_alarm(post, owner, areas)) is not None:
        raise NotYourAlarm(refusal.code, **refusal.params)


def _query(said: dict[str, str]) -> str:
    return urlencode({name: value for name, value in said.items() if value})
