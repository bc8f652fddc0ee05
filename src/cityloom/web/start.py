"""The first page: say what is wrong, follow a report, sign in; and what the city is doing today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated, ClassVar

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from cityloom.cases.queries import Flow, count_flow
from cityloom.city.snapshot_values import City
from cityloom.web import context
from cityloom.web.doors import for_everybody
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.naming import names
from cityloom.web.shown import show
from cityloom.web.words import say

KEPT_S = 60
FEEDS_BELOW = 30


@dataclass(frozen=True)
class FeedLink:
    """Where readers and maps find what happens in an area."""

    title: str
    atom: str
    geojson: str


@dataclass(frozen=True)
class StartPage:
    """Where a visitor begins."""

    template: ClassVar[str] = "cityloom/start.html"
    map: Annotated[MapFrame, "the city with what is open in its streets"]
    flow: Annotated[Flow, "open now, received and closed today; at most a minute old"]
    feeds: Annotated[Sequence[FeedLink], "the feeds of the city and of its districts, the city first"]


@require_safe
@for_everybody
def start(request: HttpRequest, city: City) -> HttpResponse:
    """Say what is wrong, follow a report by its code, or sign in."""
    return show(request, StartPage(frame_of(city, with_cases=True), flow_today(city), feeds_of(city)))


def feeds_of(city: City) -> list[FeedLink]:
    """The feeds that the first page names: of the city and of the areas right below it."""
    root = [code for code, area in city.areas.items() if area.parent not in city.areas]
    below = [code for code, area in city.areas.items() if area.parent in root]
    return [
        FeedLink(
            say("start.feed_of", area=names(city).area(code)),
            reverse("feed_atom", args=[code]),
            reverse("feed_geojson", args=[code]),
        )
        for code in [*root, *below[:FEEDS_BELOW]]
    ]


def flow_today(city: City) -> Flow:
    """Today's figures, counted over the cases at most once a minute per process."""
    day = context.today(city)
    key = f"flow:{city.id}:{day}"
    kept = cache.get(key)
    if kept is None:
        midnight = datetime.combine(day, time(), city.calendar().tz)
        with connection.cursor() as cursor:
            kept = tuple(count_flow(cursor, city, midnight))
        cache.set(key, kept, KEPT_S)
    return Flow(*kept)
