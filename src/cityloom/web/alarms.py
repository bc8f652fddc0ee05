"""Alarms: the list by severity and age with a map beside it, and acknowledging many at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cityloom.city.snapshot_values import City
from cityloom.city.values import Name, Post
from cityloom.sensing.actions.move_alarm import acknowledge_many
from cityloom.sensing.alarm_moves import ACTORS, NotYourAlarm, may_see_alarm, possible_moves
from cityloom.sensing.alarm_queries import VIEWS, AlarmFilter, count_alarms, false_shares, list_alarms
from cityloom.sensing.alarm_values import Alarm, State
from cityloom.sensing.device_queries import device_codes
from cityloom.sensing.feed_alarms import RULE as FEED_RULE
from cityloom.sensing.feeds import DEVICES
from cityloom.web import context
from cityloom.web.counted import Word
from cityloom.web.doors import for_staff
from cityloom.web.map_frame import MapFrame, bounds_of, ground_of
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show
from cityloom.web.words import say

FIELDS = ("view", "severity", "type", "rule", "area")
MOST_WORDS = 12
MOST_DIGITS = 19
SHARES_SINCE = timedelta(days=90)


@dataclass(frozen=True)
class AlarmLine:
    """An alarm in a list."""

    id: int
    name: str
    severity: str
    severity_name: str
    state: str
    flapping: bool
    device: str
    device_code: str
    place: str
    raised_at: datetime
    case_number: str
    can_acknowledge: bool
    version: int


@dataclass(frozen=True)
class ShareLine:
    """The false alarms of a type, in words."""

    type: str
    told: str


@dataclass(frozen=True)
class AlarmsPage:
    """The alarms that the post may see."""

    template: ClassVar[str] = "cityloom/alarms.html"
    lines: Annotated[Sequence[AlarmLine], "the alarms of this page: what stands, then what is over"]
    views: Annotated[Sequence[tuple[str, str, bool]], "name, address words and whether chosen, of each view"]
    severities: Annotated[Sequence[Word], "counted severities"]
    types: Annotated[Sequence[Word], "counted types of devices"]
    rules: Annotated[Sequence[Word], "counted rules"]
    map: Annotated[MapFrame, "the map with alarms that stand"]
    shares: Annotated[Sequence[ShareLine], "false alarms by type of device"]
    here: Annotated[str, "the address words of this list"]
    may_act: Annotated[bool, "whether the post may acknowledge"]
    next: Annotated[str, "address words of the next page"] = ""
    told: Annotated[str, "how many were acknowledged just now"] = ""
    refused: Annotated[Sequence[str], "why some were not"] = ()


@require_safe
@for_staff
def alarms(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The alarms of the post's unit and area, those that stand first, the gravest and oldest on top, with a map."""
    return show(request, _list_page(request, city, post))


@require_POST
@for_staff
def alarms_acknowledge(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Acknowledge the alarms that are ticked; each by itself."""
    ticked = [int(number) for number in request.POST.getlist("alarms")[:100] if is_number(number)]
    told = acknowledge_many(city, ticked, post, context.clock())
    done = sum(refusal is None for _, refusal in told)
    refused = [f"{number}: {said_by(refusal, city)}" for number, refusal in told if refusal is not None]
    page = _list_page(request, city, post)
    return show(request, replace(page, told=say("alarms.acknowledged", count=done), refused=refused))


@require_safe
@for_staff
def alarms_map(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The alarms that stand and that the post may see, as GeoJSON."""
    with connection.cursor() as cursor:
        found, _ = list_alarms(cursor, city, post, AlarmFilter())
    features = [
        {
            "type": "Feature",
            "properties": {
                "severity": each.severity,
                "name": rule_name(city, each.rule),
                "href": reverse("alarm", args=[each.id]),
            },
            "geometry": {"type": "Point", "coordinates": [each.lon, each.lat]},
        }
        for each in found
        if each.lon is not None and each.is_standing
    ]
    return JsonResponse({"type": "FeatureCollection", "features": features})


# --- the list ---------------------------------------------------------------------------------------------------


def _list_page(request: HttpRequest, city: City, post: Post) -> AlarmsPage:
    if (refusal := may_see_alarm(post, post.unit, () if post.area is None else (post.area,))) is not None:
        raise NotYourAlarm(refusal.code, **refusal.params)
    asked = _asked(request)
    named = names(city)
    with connection.cursor() as cursor:
        groups = count_alarms(cursor, city, post, asked.view)
        found, mark = list_alarms(cursor, city, post, asked, request.GET.get("after", ""))
        codes = device_codes(cursor, [each.device_id for each in found if each.device_id is not None])
        shares = false_shares(cursor, city, context.clock().now() - SHARES_SINCE) if asked.view == "closed" else []
    counted: dict[str, Counter[str]] = {field: Counter() for field in ("severity", "type", "rule")}
    for group in groups:
        for field, counter in counted.items():
            counter[getattr(group, field)] += group.alarms
    return AlarmsPage(
        lines=[alarm_line(each, city, post, named, codes) for each in found],
        views=[(say(f"alarm_view.{v}"), urlencode({"view": v}), v == asked.view) for v in VIEWS],
        severities=_words(counted["severity"], asked, "severity", lambda code: say(f"severity.{code}")),
        types=_words(counted["type"], asked, "type", named.device_type),
        rules=_words(counted["rule"], asked, "rule", lambda code: rule_name(city, code)),
        map=_map(city),
        shares=[ShareLine(named.device_type(it.type), _share(it.judged, it.false, it.alarms)) for it in shares],
        here=_query(asked),
        may_act=post.role in ACTORS,
        next=f"{_query(asked)}&after={mark}" if mark else "",
    )


def _asked(request: HttpRequest) -> AlarmFilter:
    typed = context.typed_of(request.GET, *FIELDS)
    view = typed["view"] if typed["view"] in VIEWS else "open"
    return AlarmFilter(view, *(typed[field][:60] for field in FIELDS[1:]))


def _query(asked: AlarmFilter, **other: str) -> str:
    said = {field: getattr(asked, field) for field in FIELDS} | other
    return urlencode({field: value for field, value in said.items() if value})


def _words(counter: Counter[str], asked: AlarmFilter, field: str, name: Any) -> list[Word]:
    """Choosing a chosen word again takes it away."""
    chosen = getattr(asked, field)
    return [
        Word(name(code), count, _query(asked, **{field: "" if code == chosen else code}), code == chosen)
        for code, count in counter.most_common(MOST_WORDS)
        if code
    ]


def _share(judged: int, false: int, alarms: int) -> str:
    if not judged:
        return say("alarms.not_judged", alarms=alarms)
    return say("alarms.share", false=false, judged=judged, alarms=alarms)


def _map(city: City) -> MapFrame:
    layers = json.dumps([*ground_of(city), {"id": "alarms", "url": reverse("alarms_map"), "kind": "alarm"}])
    return MapFrame(layers, bounds=",".join(f"{side:.5f}" for side in bounds_of(city)))


def alarm_line(
    it: Alarm, city: City, post: Post, named: Names, codes: Mapping[int, tuple[str, str, str]]
) -> AlarmLine:
    """The alarm as a list shows it; `codes`: code and names of devices by id."""
    code, zh, en = codes.get(it.device_id or 0, ("", "", ""))
    return AlarmLine(
        id=it.id,
        name=rule_name(city, it.rule),
        severity=it.severity,
        severity_name=say(f"severity.{it.severity}"),
        state=say(f"alarm_state.{it.state}"),
        flapping=it.flapping,
        device=Name(zh, en).in_language(context.language()) or code or _feed_name(it, named),
        device_code=code,
        place=named.near_place(it.area),
        raised_at=it.raised_at,
        case_number=it.case_number or "",
        can_acknowledge=it.state == State.RAISED and "acknowledge" in possible_moves(it, post),
        version=it.version,
    )


def _feed_name(it: Alarm, named: Names) -> str:
    """What a feed that fell silent is called; blank for other alarms without a device."""
    feed = it.subject.removeprefix("feed:") if it.subject.startswith("feed:") else ""
    return named.device_type(feed.removeprefix(DEVICES)) if feed.startswith(DEVICES) else feed


def rule_name(city: City, code: str) -> str:
    rule = FEED_RULE if code == FEED_RULE.code else city.rules.get(code)
    return (rule.name.in_language(context.language()) if rule else "") or code


def is_number(text: str) -> bool:
    """Whether a field holds a whole number that could be an id or a version."""
    return text.isdecimal() and len(text) < MOST_DIGITS
