"""The feeds that pages name for readers and maps: of the city and of the areas right below it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from cityloom.city.snapshot_values import City
from cityloom.web.naming import names
from cityloom.web.words import say

MOST_BELOW = 30


@dataclass(frozen=True)
class FeedLink:
    """Where a reader (Atom) and a map (GeoJSON) find what happens in an area."""

    title: str
    atom: str
    geojson: str


def feeds_of(city: City) -> list[FeedLink]:
    """The city's own feed first, then its districts'."""
    root = [code for code, area in city.areas.items() if area.parent not in city.areas]
    below = [code for code, area in city.areas.items() if area.parent in root]
    return [
        FeedLink(
            say("start.feed_of", area=names(city).area(code)),
            reverse("feed_atom", args=[code]),
            reverse("feed_geojson", args=[code]),
        )
        for code in [*root, *below[:MOST_BELOW]]
    ]
