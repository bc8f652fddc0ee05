"""Fire watch: alarms with what speaks for and against a fire, buildings with plans, contacts when needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.actions.judge_fire import (
    CALLS,
    WHY,
    fire_alarms_seen,
    judge_fire,
    look_at_contacts,
    site_seen,
    sites_seen,
)
from cityloom.sensing.fire import CAUSES, VERDICTS, figures_of, hints_of
from cityloom.sensing.fire_drawing import may_draw
from cityloom.sensing.fire_rows import (
    AlarmRow,
    Contact,
    Look,
    Plan,
    PointOnPlan,
    Site,
    SoundingPoint,
    list_looks,
    list_plans,
    list_points,
    points_of,
    read_plan,
)
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.moments import say_span
from cityloom.web.naming import Names, names
from cityloom.web.shown import show
from cityloom.web.words import say

SINCE = timedelta(days=30)
MOST = 60
MOST_SOUNDING = 6
STANDING = ("raised", "acknowledged")
NO_PLAN = (600, 400)  # the size of a floor without a picture
TYPES = {"svg": "image/svg+xml", "webp": "image/webp"}
# A plan is an image: even when somebody opens it by itself it runs nothing and loads nothing.
PLAN_POLICY = "default-src 'none'; sandbox"


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
class Mark:
    """A device on a plan, in the plan's units; `radius` to draw it by."""

    code: str
    name: str
    x: float
    y: float
    is_bad: bool


@dataclass(frozen=True)
class Sheet:
    """A floor to draw: the address of its picture ("" where none is loaded), its size, the devices on it."""

    href: str
    width: int
    height: int
    marks: Sequence[Mark]

    @property
    def radius(self) -> int:
        """How large a device is drawn, in the plan's units."""
        return max(1, round(self.width / 50))

    @property
    def halo(self) -> int:
        """How large the ring around one that sounds is."""
        return 3 * self.radius


@dataclass(frozen=True)
class Sounding:
    """An alarm that stands now, with where it sounds."""

    line: FireLine
    state: str
    taken: bool
    floor: str
    sheet: Sheet | None


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
    sounding: Annotated[Sequence[Sounding], "alarms that stand now, with where they sound"]
    sounding_more: Annotated[int, "how many more there are"]
    lines: Annotated[Sequence[FireLine], "the newest alarms"]
    sites: Annotated[Sequence[tuple[str, str, str]], "code, name and place of each building"]
    verdicts: Annotated[Sequence[tuple[str, str]], "what an alarm can have been"]
    causes: Annotated[Sequence[tuple[str, str]], "what may have caused a false one"]
    code: Annotated[str, "empty: a verdict leads back to this page"] = ""


@dataclass(frozen=True)
class Floor:
    """A floor with its devices."""

    name: str
    sheet: Sheet
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
    may_draw: Annotated[bool, "whether the post keeps its plans"]
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
    rows = fire_alarms_seen(city, post, now - SINCE)
    figures = figures_of([row.alarm for row in rows])
    named = names(city)
    standing = [row for row in rows if row.state in STANDING]
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
            sounding=_sounding(city, standing[:MOST_SOUNDING], rows, sites, named),
            sounding_more=max(0, len(standing) - MOST_SOUNDING),
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
        plans = list_plans(cursor, site.id)
        looks = list_looks(cursor, site.id) if post.role in CALLS else []
    everywhere = fire_alarms_seen(city, post, now - SINCE)
    rows = [row for row in everywhere if row.alarm.site == code]
    alarmed = {row.alarm.device for row in rows if row.state in STANDING}
    named = names(city)
    return show(
        request,
        FireSitePage(
            code=code,
            name=site.name.in_language(named.lang),
            address=site.address,
            owner=named.unit(site.owner),
            floors=floors_of(site, points, plans, alarmed, named.lang),
            lines=_lines(city, rows[:MOST], rows, [site], named),
            may_call=post.role in CALLS,
            may_draw=may_draw(post, site.owner),
            has_contacts=site.has_contacts,
            contacts=contacts,
            reasons=[(each, say(f"fire.why_{each}")) for each in WHY],
            looks=looks,
            **_choices(),
        ),
    )  # fmt: skip


@require_safe
@for_staff
def fire_plan(request: HttpRequest, city: City, post: Post, code: str, digest: str) -> HttpResponse:
    """The picture of a floor, to whom the building concerns; its address changes with it."""
    site = site_seen(city, code, post)
    with connection.cursor() as cursor:
        found = read_plan(cursor, site.id, digest)
    if found is None:
        raise Http404(digest)
    form, picture = found
    answer = HttpResponse(picture, content_type=TYPES[form])
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = PLAN_POLICY
    return answer


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


def _sounding(
    city: City, standing: Sequence[AlarmRow], all_rows: Sequence[AlarmRow], sites: Sequence[Site], named: Names
) -> list[Sounding]:
    with connection.cursor() as cursor:
        where = points_of(cursor, [row.alarm.device for row in standing])
    lines = _lines(city, standing, all_rows, sites, named)
    return [
        Sounding(
            line=line,
            state=say(f"alarm_state.{row.state}"),
            taken=row.alarm.acknowledged_at is not None,
            floor=where[row.alarm.device].floor if row.alarm.device in where else "",
            sheet=_sheet_of(row, where.get(row.alarm.device)),
        )
        for row, line in zip(standing, lines, strict=True)
    ]


def _sheet_of(row: AlarmRow, point: SoundingPoint | None) -> Sheet | None:
    """The floor with the one device that sounds; None where nobody knows where on it that hangs."""
    if point is None or point.x is None or point.y is None:
        return None
    return _sheet(row.alarm.site, point.plan, [(row.device_code, row.device_code, point.x, point.y, True)])


def _sheet(site: str, plan: Plan | None, points: Sequence[tuple[str, str, float, float, bool]]) -> Sheet:
    width, height = (plan.width, plan.height) if plan is not None else NO_PLAN
    href = reverse("fire_plan", args=[site, plan.digest]) if plan is not None else ""
    marks = [
        Mark(code, name, round(width * x, 1), round(height * y, 1), is_bad) for code, name, x, y, is_bad in points
    ]
    return Sheet(href, width, height, marks)


def floors_of(
    site: Site, points: Sequence[PointOnPlan], plans: Mapping[str, Plan], alarmed: set[int], lang: str
) -> list[Floor]:
    """The floors of a building, each with its picture and the devices that hang there; `alarmed`: which sound."""
    floors = []
    for name in dict.fromkeys((*site.floors, *(point.floor for point in points), *plans)):
        own = [point for point in points if point.floor == name]
        placed = [
            (point.code, point.name.in_language(lang) or point.code, point.x, point.y, point.device in alarmed)
            for point in own
            if point.x is not None and point.y is not None
        ]
        unplaced = [(point.code, point.name.in_language(lang) or point.code) for point in own if point.x is None]
        floors.append(Floor(name, _sheet(site.code, plans.get(name), placed), unplaced))
    return floors
