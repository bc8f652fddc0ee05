"""Fire watch: alarms with what speaks for and against a fire, buildings with plans, contacts when needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.sensing.actions.judge_fire import (
    CALLS,
    WHY,
    judge_fire,
    look_at_contacts,
    require_fire,
    site_seen,
    sites_seen,
)
from cityloom.sensing.fire import CAUSES, VERDICTS, figures_of, hints_of
from cityloom.sensing.fire_rows import (
    AlarmRow,
    Contact,
    Look,
    PointOnPlan,
    Site,
    list_fire_alarms,
    list_looks,
    list_points,
)
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.moments import say_span
from cityloom.web.naming import Names, names
from cityloom.web.shown import show
from cityloom.web.words import say

SINCE = timedelta(days=30)
MOST = 60


@dataclass(frozen=True)
class FireLine:
    """An alarm of fire watch."""

    id: int
    name: str
    site: str
    site_href: str
    place: str
    device: str
    raised_at: datetime
    waited: str
    hints: Sequence[str]
    verdict: str
    version: int


@dataclass(frozen=True)
class FirePage:
    """The alarms of thirty days and the buildings."""

    template: ClassVar[str] = "cityloom/fire.html"
    alarms: Annotated[int, "how many alarms there were"]
    acknowledged: Annotated[str, "how many of them somebody took"]
    median: Annotated[str, "how long until half of those were taken"]
    ratio: Annotated[str, "judged alarms that come to one fire, or n/a"]
    false_share: Annotated[str, "the share of judged alarms that were no fire, or n/a"]
    judged: Annotated[str, "how many were judged, of how many"]
    lines: Annotated[Sequence[FireLine], "the newest alarms"]
    sites: Annotated[Sequence[tuple[str, str, str]], "code, name and place of each building"]
    verdicts: Annotated[Sequence[tuple[str, str]], "what an alarm can have been"]
    causes: Annotated[Sequence[tuple[str, str]], "what may have caused a false one"]
    code: Annotated[str, "empty: a verdict leads back to this page"] = ""


@dataclass(frozen=True)
class Floor:
    """A floor with its devices; those with a place are drawn at `x`, `y` of 100."""

    name: str
    points: Sequence[tuple[str, str, float, float, bool]]
    unplaced: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class FireSitePage:
    """One building."""

    template: ClassVar[str] = "cityloom/fire_site.html"
    code: Annotated[str, "the building's code"]
    name: Annotated[str, "what it is called"]
    address: Annotated[str, "where it stands"]
    owner: Annotated[str, "the unit that owns the devices"]
    floors: Annotated[Sequence[Floor], "its floors with their devices"]
    lines: Annotated[Sequence[FireLine], "its alarms of thirty days"]
    may_call: Annotated[bool, "whether the post may open the contacts"]
    has_contacts: Annotated[bool, "whether there are any"]
    contacts: Annotated[Sequence[Contact], "whom to call; empty until they were opened"]
    reasons: Annotated[Sequence[tuple[str, str]], "why one may open them"]
    looks: Annotated[Sequence[Look], "who opened them lately"]
    verdicts: Annotated[Sequence[tuple[str, str]], "what an alarm can have been"]
    causes: Annotated[Sequence[tuple[str, str]], "what may have caused a false one"]


@require_safe
@for_staff
def fire(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Figures of thirty days, the alarms, the buildings."""
    sites = sites_seen(city, post)
    now = context.clock().now()
    rows = _alarms(city, post, now)
    figures = figures_of([row.alarm for row in rows])
    named = names(city)
    ratio, false = figures.warnings_per_fire, figures.false_share
    choices = _choices()
    return show(
        request,
        FirePage(
            alarms=figures.alarms,
            acknowledged=say("vital.of_total", part=figures.acknowledged, whole=figures.alarms),
            median=say("vital.na") if figures.median_s is None else say_span(figures.median_s, named.lang),
            ratio=say("vital.na") if ratio is None else f"{ratio:.1f}",
            false_share=say("vital.na") if false is None else say("vital.share", percent=f"{100 * false:.0f}"),
            judged=say("vital.of_total", part=figures.judged, whole=figures.alarms),
            lines=_lines(city, rows[:MOST], rows, sites, named),
            sites=[(site.code, site.name.in_language(named.lang), named.near_place(site.area)) for site in sites],
            verdicts=choices["verdicts"],
            causes=choices["causes"],
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def fire_site(request: HttpRequest, city: City, post: Post, code: str) -> HttpResponse:
    """One building; a POST opens its contacts, and that is kept."""
    site = site_seen(city, code, post)
    now = context.clock().now()
    contacts: Sequence[Contact] = ()
    if request.method == "POST":
        contacts = look_at_contacts(city, code, context.typed_of(request.POST, "why")["why"], post, context.clock())
    with connection.cursor() as cursor:
        points = list_points(cursor, site.id)
        looks = list_looks(cursor, site.id) if post.role in CALLS else []
    everywhere = _alarms(city, post, now)
    rows = [row for row in everywhere if row.alarm.site == code]
    alarmed = {row.alarm.device for row in rows if row.state in ("raised", "acknowledged")}
    named = names(city)
    return show(
        request,
        FireSitePage(
            code=code,
            name=site.name.in_language(named.lang),
            address=site.address,
            owner=named.unit(site.owner),
            floors=_floors(site, points, alarmed, named.lang),
            lines=_lines(city, rows[:MOST], rows, [site], named),
            may_call=post.role in CALLS,
            has_contacts=site.has_contacts,
            contacts=contacts,
            reasons=[(each, say(f"fire.why_{each}")) for each in WHY],
            looks=looks,
            **_choices(),
        ),
    )  # fmt: skip


@require_POST
@for_staff
def fire_verdict(request: HttpRequest, city: City, post: Post, number: int) -> HttpResponse:
    """Say what an alarm was."""
    typed = context.typed_of(request.POST, "verdict", "cause", "note", "next")
    judge_fire(city, number, typed["verdict"], typed["cause"], typed["note"], post, context.clock())
    known = {site.code for site in sites_seen(city, post)}
    return redirect(reverse("fire_site", args=[typed["next"]]) if typed["next"] in known else reverse("fire"))


def _choices() -> dict[str, list[tuple[str, str]]]:
    return {
        "verdicts": [(each, say(f"fire.verdict_{each}")) for each in VERDICTS],
        "causes": [(each, say(f"fire.cause_{each}") if each else "—") for each in CAUSES],
    }


def _alarms(city: City, post: Post, now: datetime) -> list[AlarmRow]:
    """What the post may see of the last thirty days."""
    require_fire(post)
    rules = city.config.scenarios.fire
    kinds = dict.fromkeys(rules.smoke, "smoke") | dict.fromkeys(rules.electrical, "electrical")
    with connection.cursor() as cursor:
        rows = list_fire_alarms(cursor, city.id, kinds, now - SINCE)
    if post.role is Role.SENSOR_OWNER:
        rows = [row for row in rows if row.owner in post.units]
    if post.area is not None:
        rows = [row for row in rows if row.area in city.areas and city.is_within(row.area, post.area)]
    return rows


def _lines(
    city: City, shown: Sequence[AlarmRow], all_rows: Sequence[AlarmRow], sites: Sequence[Site], named: Names
) -> list[FireLine]:
    called = {site.code: site.name.in_language(named.lang) for site in sites}
    by_site: dict[str, list[AlarmRow]] = {}
    for row in all_rows:
        by_site.setdefault(row.alarm.site, []).append(row)
    lines = []
    for row in shown:
        alarm = row.alarm
        others = [o.alarm for o in by_site.get(alarm.site, ())] if alarm.site else [alarm]
        waited = "" if alarm.acknowledged_at is None else say_span(
            (alarm.acknowledged_at - alarm.raised_at).total_seconds(), named.lang
        )  # fmt: skip
        known = city.rules.get(row.rule)
        lines.append(
            FireLine(
                id=alarm.id,
                name=known.name.in_language(named.lang) if known is not None else row.rule,
                site=called.get(alarm.site, ""),
                site_href=reverse("fire_site", args=[alarm.site]) if alarm.site in called else "",
                place=named.near_place(row.area),
                device=row.device_code,
                raised_at=alarm.raised_at,
                waited=waited,
                hints=[say(f"fire.hint_{hint}") for hint in hints_of(alarm, others)],
                verdict=say(f"fire.verdict_{alarm.verdict}") if alarm.verdict else "",
                version=row.version,
            )
        )
    return lines


def _floors(site: Site, points: Sequence[PointOnPlan], alarmed: set[int], lang: str) -> list[Floor]:
    floors = []
    for name in dict.fromkeys((*site.floors, *(point.floor for point in points))):
        own = [point for point in points if point.floor == name]
        floors.append(
            Floor(
                name,
                [
                    (point.code, point.name.in_language(lang) or point.code, round(100 * point.x, 1),
                     round(100 * point.y, 1), point.device in alarmed)
                    for point in own if point.x is not None and point.y is not None
                ],
                [(point.code, point.name.in_language(lang) or point.code) for point in own if point.x is None],
            )
        )  # fmt: skip
    return floors
