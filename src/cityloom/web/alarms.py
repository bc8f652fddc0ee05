"""Alarms: the list by severity and age with a map beside it, one alarm with its plot, and what people do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason
from cityloom.city.alarm_rules import SEVERE
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name, Post
from cityloom.sensing.actions.move_alarm import acknowledge_many, move_alarm
from cityloom.sensing.alarm_evidence import read_points, rule_said
from cityloom.sensing.alarm_keeping import get_alarm, list_alarm_entries
from cityloom.sensing.alarm_moves import ACTORS, NotYourAlarm, may_see_alarm, possible_moves
from cityloom.sensing.alarm_queries import VIEWS, AlarmFilter, count_alarms, false_shares, list_alarms
from cityloom.sensing.alarm_values import Alarm, State
from cityloom.sensing.device_queries import device_codes, stream_said
from cityloom.sensing.feed_alarms import RULE as FEED_RULE
from cityloom.web import context
from cityloom.web.alarm_charts import Plot, plot_of
from cityloom.web.dispatch import Word
from cityloom.web.doors import for_staff
from cityloom.web.map_frame import MapFrame, bounds_of, ground_of
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show
from cityloom.web.words import say

FIELDS = ("view", "severity", "type", "rule", "area")
MOST_WORDS = 12
MOST_DIGITS = 19
SHARES_SINCE = timedelta(days=90)
DRAWN = ("above", "below", "clear")  # limits that lie on the scale of the readings
PLOT_BEFORE, PLOT_AFTER = timedelta(hours=6), timedelta(hours=1)


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
    lines: Annotated[Sequence[AlarmLine], "the alarms of this page, the gravest and oldest first"]
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


@dataclass(frozen=True)
class AlarmKnot:
    """One step of an alarm: what, by whom, why."""

    title: str
    who: str
    at: datetime
    reason: str
    note: str
    review: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class AlarmForm:
    """A move as a form: what it asks for."""

    move: str
    title: str
    help: str
    has_note: bool
    must_note: bool
    parts: Sequence[tuple[str, str]]  # the parts of a review with their names
    main: bool
    error: str = ""


@dataclass(frozen=True)
class AlarmPage:
    """One alarm with its plot, timeline and moves."""

    template: ClassVar[str] = "cityloom/alarm.html"
    line: Annotated[AlarmLine, "the alarm as in the list"]
    number: Annotated[int, "its number"]
    kind: Annotated[str, "the kind of its rule"]
    owner: Annotated[str, "the unit that owns the device"]
    value: Annotated[str, "the reading that raised it, with its unit"]
    cleared_at: Annotated[datetime | None, "since when the condition is over"]
    verdict: Annotated[str, "how people judged it"]
    silenced: Annotated[str, "what silences it"]
    plot: Annotated[Plot | None, "the readings around it"]
    plot_told: Annotated[str, "the plot in words"]
    knots: Annotated[Sequence[AlarmKnot], "its history, newest first"]
    forms: Annotated[Sequence[AlarmForm], "the moves open to the post"]
    map: Annotated[MapFrame | None, "where it is"]
    lon: Annotated[float | None, "degrees east"] = None
    lat: Annotated[float | None, "degrees north"] = None
    error: Annotated[str, "why a move was refused"] = ""


@require_safe
@for_staff
def alarms(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The alarms of the post's unit and area, the gravest and oldest first, with the map beside them."""
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
def alarm(request: HttpRequest, city: City, post: Post, number: int) -> HttpResponse:
    """One alarm: the readings with the rule's limits, what happened, and what the post may do."""
    return show(request, _one_page(city, post, number))


@require_POST
@for_staff
def alarm_move(request: HttpRequest, city: City, post: Post, number: int) -> HttpResponse:
    """Acknowledge, note, review, judge or close an alarm."""
    typed = context.typed_of(request.POST, "move", "version", "note", "happened", "why", "changes")
    version = int(typed["version"]) if is_number(typed["version"]) else -1
    review = {part: typed[part] for part in ("happened", "why", "changes")}
    try:
        move_alarm(
            city, number, typed["move"], post, context.clock(), version=version, note=typed["note"], review=review
        )
    except NotYourAlarm:
        raise
    except CityloomError as refusal:
        page = replace(_one_page(city, post, number), error=said_by(refusal, city))
        return show(request, page, status=refusal.status)
    return redirect("alarm", number)


@require_safe
@for_staff
def alarms_map(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The alarms that stand and that the post may see, as GeoJSON."""
    with connection.cursor() as cursor:
        found, _ = list_alarms(cursor, city, post, AlarmFilter())
    features = [
        {
            "type": "Feature",
            "properties": {"severity": each.severity, "name": _rule_name(city, each.rule)},
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
        rules=_words(counted["rule"], asked, "rule", lambda code: _rule_name(city, code)),
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
        name=_rule_name(city, it.rule),
        severity=it.severity,
        severity_name=say(f"severity.{it.severity}"),
        state=say(f"alarm_state.{it.state}"),
        flapping=it.flapping,
        device=Name(zh, en).in_language(context.language()) or code,
        device_code=code,
        place=named.near_place(it.area),
        raised_at=it.raised_at,
        case_number=it.case_number or "",
        can_acknowledge=it.state == State.RAISED and "acknowledge" in possible_moves(it, post),
        version=it.version,
    )


def _rule_name(city: City, code: str) -> str:
    rule = FEED_RULE if code == FEED_RULE.code else city.rules.get(code)
    return (rule.name.in_language(context.language()) if rule else "") or code


# --- one alarm --------------------------------------------------------------------------------------------------


def is_number(text: str) -> bool:
    """Whether a field holds a whole number that could be an id or a version."""
    return text.isdecimal() and len(text) < MOST_DIGITS


def _one_page(city: City, post: Post, number: int) -> AlarmPage:
    named = names(city)
    with connection.cursor() as cursor:
        it = get_alarm(cursor, city.id, number)
        if (refusal := may_see_alarm(post, it.owner, it.areas)) is not None:
            raise NotYourAlarm(refusal.code, **refusal.params)
        codes = device_codes(cursor, [it.device_id] if it.device_id is not None else [])
        entries = list_alarm_entries(cursor, it.id)
        stream, unit = stream_said(cursor, it.stream_id)
    plot = _plot(city, it, unit)
    rule = city.rules.get(it.rule)
    return AlarmPage(
        line=alarm_line(it, city, post, named, codes),
        number=it.id,
        kind=say(f"alarm_kind.{rule.kind}") if rule else "",
        owner=named.unit(it.owner) if it.owner else "",
        value="" if it.value is None else f"{it.value:g} {unit}".strip(),
        cleared_at=it.cleared_at,
        verdict=say(f"verdict.{it.verdict}") if it.verdict else "",
        silenced=_silenced(it),
        plot=plot,
        plot_told=say("alarm.plot_told", stream=stream, low=plot.lowest, high=plot.highest, unit=unit)
        if plot
        else "",
        knots=[_knot(each, named) for each in reversed(entries)],
        forms=[_form(move, it) for move in possible_moves(it, post) if post.role in ACTORS],
        map=MapFrame(json.dumps(ground_of(city)), centre=f"{it.lon:.6f},{it.lat:.6f}", zoom=16)
        if it.lon is not None and it.lat is not None
        else None,
        lon=it.lon,
        lat=it.lat,
    )


def _plot(city: City, it: Alarm, unit: str) -> Plot | None:
    """The readings around it as they are now, else those that were kept with it."""
    rule = city.rules.get(it.rule)
    limits = rule_said(rule) if rule else dict((it.evidence or {}).get("rule", {}))
    points: Sequence[tuple[int, float]] = []
    if it.stream_id is not None:
        end = (it.cleared_at or context.clock().now()) + PLOT_AFTER
        begin = it.raised_at - PLOT_BEFORE
        points = read_points(it.stream_id, begin, min(end, begin + timedelta(days=3)))
    points = points or [(at, value) for at, value in (it.evidence or {}).get("points", ())]
    drawn = {say(f"limit.{name}"): value for name, value in limits.items() if name in DRAWN}
    ends_ms = round(it.cleared_at.astimezone(UTC).timestamp() * 1000) if it.cleared_at else None
    return plot_of(points, drawn, round(it.raised_at.timestamp() * 1000), ends_ms, unit)


def _silenced(it: Alarm) -> str:
    if it.state != State.SILENCED:
        return ""
    return say("alarm.silenced_by", number=it.silenced_by) if it.silenced_by else say("alarm.in_window")


def _knot(entry: Mapping[str, Any], named: Names) -> AlarmKnot:
    reason: Reason | None = entry["reason"]
    review = entry["changes"].get("review", {})
    return AlarmKnot(
        title=say(f"alarm_move.{entry['move']}"),
        who="" if entry["by_role"] == "system" else _who(entry, named),
        at=entry["occurred_at"],
        reason=named.reason(reason),
        note=entry["note"],
        review=[(say(f"review.{part}"), text) for part, text in review.items()],
    )


def _who(entry: Mapping[str, Any], named: Names) -> str:
    return f"{named.person(entry['by_login'])} · {named.role(entry['by_role'])}"


def _form(move: str, it: Alarm) -> AlarmForm:
    standing = it.state != State.CLEARED
    parts = [(p, say(f"review.{p}")) for p in ("happened", "why", "changes")] if move == "review" else []
    return AlarmForm(
        move=move,
        title=say(f"alarm_move.{move}"),
        help=say(f"alarm_do.{move}"),
        has_note=move not in ("acknowledge", "review"),
        must_note=move in ("note", "mark_false") or (move == "close" and standing),
        parts=parts,
        main=move == "acknowledge" or (move == "review" and it.severity in SEVERE and it.state == State.CLEARED),
    )
