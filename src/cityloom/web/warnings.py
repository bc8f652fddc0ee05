"""Warnings by CAP and standing alarms on maps: areas with expiry for everybody, alarms for those who lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.cap_shapes import rings_of
from cityloom.sensing.cap_values import SEVERITIES
from cityloom.sensing.sight import owners_seen, require_signs
from cityloom.sensing.vital_rows import list_standing_alarms
from cityloom.sensing.warning_rows import Warning, list_standing
from cityloom.web import context
from cityloom.web.doors import for_everybody, for_staff
from cityloom.web.words import say


@dataclass(frozen=True)
class WarningLine:
    """A warning in words."""

    headline: str
    severity: str
    word: str
    area: str
    expires: datetime | None
    instruction: str


def warnings_layer() -> dict[str, Any]:
    """The layer of standing warnings for a map."""
    return {"id": "warnings", "url": reverse("map_warnings"), "kind": "warning"}


def warning_lines(city: City, now: datetime, *, public: bool = True) -> list[WarningLine]:
    """What is warned of now, the worst first; one statement."""
    with connection.cursor() as cursor:
        found = list_standing(cursor, city.id, now, public=public)
    lines = []
    for each in found:
        info = each.alert.info_in(context.language())
        if info is not None:
            place = say("list.comma").join(area.description for area in info.areas)
            severity = info.severity.lower()
            headline = info.headline or info.event
            word = say(f"warning.{severity}")
            lines.append(WarningLine(headline, severity, word, place, info.expires, info.instruction))
    return lines


@require_safe
@for_everybody
def map_warnings(request: HttpRequest, city: City) -> HttpResponse:
    """Standing warnings for everybody, as GeoJSON."""
    with connection.cursor() as cursor:
        found = list_standing(cursor, city.id, context.clock().now(), public=True)
    return JsonResponse({"type": "FeatureCollection", "features": _features(found)})


def _features(found: Sequence[Warning]) -> list[dict[str, Any]]:
    features = []
    for each in sorted(found, key=lambda w: SEVERITIES.index(w.alert.severity), reverse=True):
        info = each.alert.info_in(context.language())
        if info is None:
            continue
        told = {"severity": info.severity.lower(), "name": info.headline or info.event}
        features += [
            {"type": "Feature", "properties": told, "geometry": {"type": "Polygon", "coordinates": [ring]}}
            for ring in rings_of(each.alert)
        ]
    return features


@require_safe
@for_staff
def map_alarms(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Alarms that stand in the post's area, as GeoJSON."""
    require_signs(post)
    with connection.cursor() as cursor:
        rows = list_standing_alarms(cursor, city.id, post.area or "", owners_seen(post))
    features = [
        {
            "type": "Feature",
            "properties": {"severity": severity, "name": city.rules[rule].name.in_language(context.language())
                           if rule in city.rules else rule},
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
        }
        for rule, severity, lon, lat in rows
    ]  # fmt: skip
    return JsonResponse({"type": "FeatureCollection", "features": features})
