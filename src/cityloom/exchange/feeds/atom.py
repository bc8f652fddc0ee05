"""A page of a feed as Atom 1.0 (RFC 4287) with places as GeoRSS Simple, written by Django's feed generator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from django.utils.feedgenerator import Atom1Feed
from django.utils.xmlutils import SimplerXMLGenerator

from cityloom.city.snapshot_values import City
from cityloom.exchange.feeds import telling
from cityloom.exchange.feeds.asking import Asked
from cityloom.exchange.feeds.queries import ItemPage
from cityloom.exchange.open311.publishing import DIGITS

GEORSS = "http://www.georss.org/georss"
TYPE = "application/atom+xml; charset=utf-8"


@dataclass(frozen=True)
class Addresses:
    """Where things are, whole addresses: the city's first page, a matter's (with NUMBER), this page, the next one."""

    start: str
    matter: str
    here: str
    next: str = ""

    def of(self, number: str) -> str:
        """The page of a matter."""
        return self.matter.replace("NUMBER", number)


class PlacedFeed(Atom1Feed):
    """Django's Atom feed with points, the next page, and the moment it is given: it never asks what time it is."""

    def root_attributes(self) -> dict[str, str]:
        return {**super().root_attributes(), "xmlns:georss": GEORSS}

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        if self.feed["next"]:
            handler.addQuickElement("link", "", {"rel": "next", "href": self.feed["next"]})

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        if item["point"]:
            handler.addQuickElement("georss:point", item["point"])

    def latest_post_date(self) -> datetime:
        updated: datetime = self.feed["updated"]
        return updated


def atom_of(city: City, asked: Asked, page: ItemPage, updated: datetime, at: Addresses) -> bytes:
    """The page as a document; `updated` is the moment of its newest change."""
    language, zone = asked.language, city.calendar().tz
    feed = PlacedFeed(
        title=telling.feed_title(city, asked.area, language),
        link=at.start,
        description="",
        language={"zh": "zh-Hans"}.get(language, language),
        author_name=city.name.in_language(language),
        feed_url=at.here,
        feed_guid=telling.feed_id(city, asked.area, language),
        next=at.next,
        updated=updated.astimezone(zone),
    )
    for item in page.items:
        public = telling.told(city, item, language)
        feed.add_item(
            title=telling.title_of(city, public, language),
            link=at.of(item.case.number),
            description=escape(telling.summary_of(public, language)),  # the element is of type html
            pubdate=item.case.opened_at.astimezone(zone),
            updateddate=item.at.astimezone(zone),
            unique_id=telling.case_id(city, item.case.number),
            categories=[word for word in (public["service_code"], public["status"]) if word],
            point=_point(public["lat"], public["long"]),
        )
    return feed.writeString("utf-8").encode()


def _point(lat: float | None, lon: float | None) -> str:
    """Latitude first, as GeoRSS writes a point; empty for no place."""
    return "" if lat is None or lon is None else f"{lat:.{DIGITS}f} {lon:.{DIGITS}f}"
