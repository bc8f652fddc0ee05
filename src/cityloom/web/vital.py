"""Vital signs in full: the tree with 24 hours of each, one sign by area and device, and the feeds behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason, register, render
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.city.vital_values import VitalSign
from cityloom.sensing.feeds import DEVICES, completeness, refused_share
from cityloom.sensing.grounds import ground_of
from cityloom.sensing.indicators import Figure
from cityloom.sensing.keep_feeds import FeedRow, list_feeds
from cityloom.sensing.sight import is_area_seen, owners_seen, require_signs
from cityloom.sensing.vital_rows import DeviceOfSign, list_devices_of, list_hours, list_runs
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import Names, names
from cityloom.web.shown import show
from cityloom.web.vital_lines import HOUR, HourOfSign, SignsOfArea, hours_of, line_of, signs_of_area, told_value
from cityloom.web.words import say

MOST_DEVICES = 60

register(
    {
        "vital.no_sign": (
            "本市没有体征{sign}；请从全部体征看起",
            "the city has no sign {sign}; begin with all signs",
        ),
        "vital.no_area": (
            "区域{area}不存在、太小或不在您的岗位范围内；请从全市看起",
            "there is no area {area} for signs, or it lies outside your post; begin with the whole city",
        ),
    }
)


class NoSuchSign(CityloomError):
    """A sign or an area that cannot be shown."""

    status = 404


@dataclass(frozen=True)
class SignRow:
    """A sign in the table, `depth` below the topmost; shares as words, "n/a" where there is nothing to share."""

    code: str
    name: str
    href: str
    depth: int
    of: str
    value: str
    band: str
    word: str
    target: str
    heard: str
    ground: str
    parts: str
    line: str
    told: str
    low: str
    high: str
    chosen: bool


@dataclass(frozen=True)
class AreaRow:
    """The chosen sign in one of the areas below."""

    name: str
    href: str
    value: str
    band: str
    word: str
    heard: str
    ground: str


@dataclass(frozen=True)
class DeviceRow:
    """A device of the chosen sign with what it said last."""

    name: str
    href: str
    value: str
    heard_at: datetime | None


@dataclass(frozen=True)
class FeedLine:
    """A feed: how often, when last, how complete, what was refused, whether it speaks."""

    name: str
    kind: str
    every: str
    last_at: datetime | None
    complete: str
    refused: str
    stale_at: datetime | None
    error: str


@dataclass(frozen=True)
class VitalPage:
    """Vital signs of an area."""

    template: ClassVar[str] = "cityloom/vital.html"
    area: Annotated[str, "the name of the area"]
    crumbs: Annotated[Sequence[tuple[str, str]], "address and name of each area above, the city first"]
    rows: Annotated[Sequence[SignRow], "the tree, each sign below its own"]
    worked_out_at: Annotated[datetime | None, "when the hour that runs was worked out last"]
    revised: Annotated[Sequence[str], "hours that were worked out again for late data"]
    chosen: Annotated[SignRow | None, "the sign that is shown in full"]
    how: Annotated[Sequence[str], "how it is worked out"]
    hours: Annotated[Sequence[HourOfSign], "its 24 hours"]
    areas: Annotated[Sequence[AreaRow], "it in the areas below"]
    devices: Annotated[Sequence[DeviceRow], "the devices that measure it here"]
    devices_more: Annotated[int, "how many more there are"]
    feeds: Annotated[Sequence[FeedLine], "what brings the city its data"]


@require_safe
@for_staff
def vital(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The vital signs of the city or an area of it; `?sign=` shows one in full, down to its devices."""
    require_signs(post)
    now = context.clock().now()
    area = _area_asked(request, city, post)
    sign = _sign_asked(request, city)
    with connection.cursor() as cursor:
        return show(request, _page(cursor, city, post, area, sign, now))


def _area_asked(request: HttpRequest, city: City, post: Post) -> str:
    known = ground_of(city).areas
    asked = request.GET.get("area", "").strip()[:100] or post.area or known[0]
    if asked not in known and not request.GET.get("area"):  # a post of a smaller area sees the next one around it
        asked = next((code for code in reversed(city.ancestors(asked)) if code in known), known[0])
        return asked
    if asked not in known or not is_area_seen(city, post, asked):
        raise NoSuchSign("vital.no_area", area=asked)
    return asked


def _sign_asked(request: HttpRequest, city: City) -> VitalSign | None:
    asked = request.GET.get("sign", "").strip()[:100]
    if asked and asked not in city.vital_signs:
        raise NoSuchSign("vital.no_sign", sign=asked)
    return city.vital_signs.get(asked)


def _page(
    cursor: CursorWrapper, city: City, post: Post, area: str, sign: VitalSign | None, now: datetime
) -> VitalPage:
    named = names(city)
    signs = signs_of_area(cursor, city, area, now)
    rows = _rows(city, signs, named, sign)
    runs = list_runs(cursor, city.id, signs.hours[0], signs.hours[-1] + HOUR)
    tz = city.calendar().tz
    running = runs.get(signs.hours[-1])
    devices: Sequence[DeviceOfSign] = ()
    if sign is not None and sign.stream:
        places = _places_in(city, area)
        devices = list_devices_of(cursor, city.id, sign.type, sign.stream, places, owners_seen(post))
    allowed = [code for code in city.ancestors(area) if is_area_seen(city, post, code)]
    return VitalPage(
        area=named.area(area),
        crumbs=[(_query(code, sign), named.area(code)) for code in allowed[:-1]],
        rows=rows,
        worked_out_at=running.at if running else None,
        revised=[
            say("vital.revised", time=f"{hour.astimezone(tz):%H:%M}", count=run.revised)
            for hour, run in sorted(runs.items()) if run.revised
        ],
        chosen=next((row for row in rows if row.chosen), None),
        how=_how(city, sign, named) if sign is not None else (),
        hours=hours_of(sign, signs, city) if sign is not None else (),
        areas=_areas(cursor, city, area, sign, signs, named) if sign is not None else (),
        devices=[_device(each, sign, named.lang) for each in devices[:MOST_DEVICES]] if sign is not None else (),
        devices_more=max(0, len(devices) - MOST_DEVICES),
        feeds=_feeds(cursor, city, post, named.lang, now),
    )  # fmt: skip


def _places_in(city: City, area: str) -> list[str] | None:
    """The codes of an area and all inside it; None for the whole city, where also devices without a place count."""
    return None if city.areas[area].parent is None else [code for code in city.areas if city.is_within(code, area)]


def _query(area: str, sign: VitalSign | None) -> str:
    return urlencode({"area": area} | ({"sign": sign.code} if sign is not None else {}))


def _rows(city: City, signs: SignsOfArea, named: Names, chosen: VitalSign | None) -> list[SignRow]:
    """The tree from top to bottom, those below a sign right after it."""
    below: dict[str, list[VitalSign]] = {}
    for sign in city.vital_signs.values():
        below.setdefault(sign.parent, []).append(sign)
    rows: list[SignRow] = []

    def walk(parent: str, depth: int) -> None:
        for sign in below.get(parent, ()):
            rows.append(_row(city, sign, signs, named, depth, chosen))
            walk(sign.code, depth + 1)

    walk("", 0)
    return rows


def _row(
    city: City, sign: VitalSign, signs: SignsOfArea, named: Names, depth: int, chosen: VitalSign | None
) -> SignRow:
    line = line_of(city, sign, signs, named)
    figure = signs.now(sign.code)
    parts = ""
    if figure is not None and not sign.is_leaf and figure.parts:
        parts = say("vital.parts", known=figure.known, parts=figure.parts)
    return SignRow(
        code=sign.code,
        name=line.name,
        href=f"?{_query(signs.area, sign)}",
        depth=depth,
        of=line.of,
        value=line.value,
        band=line.band,
        word=line.word,
        target=told_value(sign, sign.target) if sign.target is not None else "",
        heard=_share(figure, "heard", "streams") if not sign.cases else "",
        ground=_share(figure, "measured", "grids") if not sign.cases else "",
        parts=parts,
        line=line.line,
        told=line.told,
        low=line.low,
        high=line.high,
        chosen=chosen is not None and chosen.code == sign.code,
    )


def _share(figure: Figure | None, part: str, whole: str) -> str:
    """`12 of 40`; "n/a" where there is nothing to share."""
    if figure is None or not getattr(figure, whole):
        return say("vital.na")
    return say("vital.of_total", part=getattr(figure, part), whole=getattr(figure, whole))


def _areas(
    cursor: CursorWrapper, city: City, area: str, sign: VitalSign, signs: SignsOfArea, named: Names
) -> list[AreaRow]:
    known = set(ground_of(city).areas)
    inside = [code for code in city.children.get(area, ()) if code in known]
    if not inside:
        return []
    last = signs.hours[-1]
    found: Mapping[str, Figure] = {
        row.area: row.figure for row in list_hours(cursor, city.id, inside, [sign.code], last, last + HOUR)
    }
    rows = []
    for code in inside:
        figure = found.get(code)
        band = figure.band.value if figure is not None else "unmeasured"
        value = "—" if figure is None or not sign.is_leaf else told_value(sign, figure.value)
        rows.append(
            AreaRow(
                named.area(code), f"?{_query(code, sign)}", value, band, say(f"vital.band_{band}"),
                _share(figure, "heard", "streams"), _share(figure, "measured", "grids"),
            )
        )  # fmt: skip
    return rows


def _device(row: DeviceOfSign, sign: VitalSign, lang: str) -> DeviceRow:
    name = row.name.in_language(lang) or row.code
    return DeviceRow(name, _device_address(row.code), told_value(sign, row.value), row.at)


def _device_address(code: str) -> str:
    try:
        return reverse("device", args=[code])
    except NoReverseMatch:  # an installation without the pages of devices
        return ""


def _how(city: City, sign: VitalSign, named: Names) -> list[str]:
    if sign.cases:
        classes = say("list.comma").join(named.matter(code) for code in sign.classes)
        return [say("vital.how_cases", count=say(f"vital.count_{sign.cases}"), classes=classes)]
    if not sign.is_leaf:
        return [say("vital.how_above_mean") if sign.roll == "mean" else say("vital.how_above")]
    told = say(
        "vital.how_stream", type=named.device_type(sign.type), stream=sign.stream,
        of_stream=say(f"vital.aggregate_{sign.of_stream}"), over=say(f"vital.over_{sign.over}"),
    )  # fmt: skip
    missing = "vital.missing_as_bad" if sign.missing == "as_bad" else "vital.missing_leave_out"
    return [told, say(missing, percent=round(100 * sign.least_coverage))]


def _feeds(cursor: CursorWrapper, city: City, post: Post, lang: str, now: datetime) -> list[FeedLine]:
    """The feeds of the city; owners of single sensors look at their devices instead."""
    if owners_seen(post) is not None:
        return []
    named = names(city)
    return [_feed(feed, lang, named) for feed in list_feeds(cursor, city.id, now)]


def _feed(feed: FeedRow, lang: str, called: Names) -> FeedLine:
    state = feed.state
    named = feed.name.in_language(lang)
    if not named:
        of_type = called.device_type(state.code.removeprefix(DEVICES))
        named = say("feed.devices_of", type=of_type) if state.code.startswith(DEVICES) else state.code
    return FeedLine(
        name=named,
        kind=say(f"feed.kind_{state.kind}"),
        every=_every(state.expected_s),
        last_at=state.last_at,
        complete=_percent(completeness(feed.day_received, feed.day_expected)),
        refused=_percent(refused_share(feed.day_received, feed.day_refused)),
        stale_at=state.stale_at,
        error=render(Reason.from_json(feed.last_error), lang) if feed.last_error and _is_amiss(feed) else "",
    )


def _is_amiss(feed: FeedRow) -> bool:
    """Whether what went wrong last came after what was heard last; what has been right since is no news."""
    heard, wrong = feed.state.last_at, feed.last_error_at
    return heard is None or wrong is None or wrong >= heard


def _percent(share: float | None) -> str:
    return say("vital.na") if share is None else say("vital.share", percent=f"{100 * share:.1f}")


def _every(seconds: float | None) -> str:
    if seconds is None:
        return say("feed.any_time")
    if seconds < 120:
        return say("feed.every_s", count=f"{seconds:g}")
    return say("feed.every_min", count=f"{seconds / 60:g}") if seconds < 7200 else say(
        "feed.every_h", count=f"{seconds / 3600:g}"
    )  # fmt: skip
