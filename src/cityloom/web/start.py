"""The first page: say what is wrong, follow a report, sign in; and what the city is doing today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated, ClassVar

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cityloom.cases.queries import Flow, count_flow
from cityloom.city.snapshot_values import City
from cityloom.web import context
from cityloom.web.doors import for_everybody
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.shown import show

KEPT_S = 60


@dataclass(frozen=True)
class StartPage:
    """Where a visitor begins."""

    template: ClassVar[str] = "cityloom/start.html"
    map: Annotated[MapFrame, "the city with what is open in its streets"]
    flow: Annotated[Flow, "open now, received and closed today; at most a minute old"]


@require_safe
@for_everybody
def start(request: HttpRequest, city: City) -> HttpResponse:
    """Say what is wrong, follow a report by its code, or sign in."""
    return show(request, StartPage(frame_of(city, with_cases=True), flow_today(city)))


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
