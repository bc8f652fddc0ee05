"""One alarm: the readings with the rule's limits, what happened, and what people do with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason
from cityloom.city.alarm_rules import SEVERE
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.actions.move_alarm import move_alarm
from cityloom.sensing.alarm_evidence import read_points, rule_said
from cityloom.sensing.alarm_keeping import get_alarm, list_alarm_entries
from cityloom.sensing.alarm_moves import ACTORS, NotYourAlarm, may_see_alarm, possible_moves
from cityloom.sensing.alarm_values import Alarm, State
from cityloom.sensing.device_queries import device_codes, stream_said
from cityloom.web import context
from cityloom.web.alarm_charts import Plot, plot_of
from cityloom.web.alarms import AlarmLine, alarm_line, is_number
from cityloom.web.doors import for_staff
from cityloom.web.map_frame import MapFrame, ground_of
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show
from cityloom.web.words import say

DRAWN = ("above", "below", "clear")  # limits that lie on the scale of the readings
PLOT_BEFORE, PLOT_AFTER = timedelta(hours=6), timedelta(hours=1)


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
