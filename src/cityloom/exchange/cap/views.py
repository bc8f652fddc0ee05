"""What the city itself warns of, for everybody: an index as Atom, and each message as CAP 1.2."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from cityloom.city.snapshot_values import City
from cityloom.exchange.api import calls
from cityloom.exchange.cap.writing import TYPE, write_alert
from cityloom.exchange.feeds.views import first_of_day, reading
from cityloom.exchange.unchanged import answer_once
from cityloom.sensing.warning_rows import Warning, find_own, list_own

CACHE = "public, max-age=30"
ATOM = "application/atom+xml; charset=utf-8"
ABOUT = {"zh": "城市预警", "en": "Warnings of the city"}


class _Index(Atom1Feed):
    """Django's Atom feed, which never asks what time it is."""

    def latest_post_date(self) -> datetime:
        updated: datetime = self.feed["updated"]
        return updated


@reading
def index(request: HttpRequest, city: City, language: str) -> HttpResponse:
    """The city's own warnings, updates and cancellations, the newest first."""
    with connection.cursor() as cursor:
        found = list_own(cursor, city.id)
    changed = max((each.alert.sent for each in found), default=first_of_day(calls.clock().now(), city))
    base = settings.CITYLOOM_SITE_URL or request.build_absolute_uri("/").rstrip("/")
    name = city.name.in_language(language)
    feed = _Index(
        title=f"{name} · {ABOUT[language]}", link=base + reverse("cap_index"), description="", author_name=name,
        feed_guid=f"urn:cityloom:{city.code}:cap", feed_url=base + reverse("cap_index"), updated=changed,
    )  # fmt: skip
    for each in found:
        _add(feed, city, each, base, language)
    return answer_once(request, feed.writeString("utf-8").encode(), ATOM, changed, CACHE)


def _add(feed: Atom1Feed, city: City, warning: Warning, base: str, language: str) -> None:
    alert = warning.alert
    info = alert.info_in(language)
    title = (info.headline or info.event) if info is not None else f"{alert.kind}: {alert.references[0].identifier}"
    feed.add_item(
        title=title,
        link=base + reverse("cap_alert", args=[alert.identifier]),
        description="",
        pubdate=alert.sent,
        updateddate=alert.sent,
        unique_id=f"urn:cityloom:{city.code}:cap:{alert.identifier}",
        categories=[alert.kind, *([alert.severity] if alert.infos else [])],
    )


@reading
def alert(request: HttpRequest, city: City, language: str, identifier: str) -> HttpResponse:
    """One message of the city, as it was sent."""
    with connection.cursor() as cursor:
        found = find_own(cursor, city.id, identifier)
    if found is None:
        raise Http404(identifier)
    return answer_once(request, write_alert(found.alert), TYPE, found.alert.sent, CACHE)
