"""A page of a feed as GeoJSON (RFC 7946): the same cases, for maps."""

from __future__ import annotations

import json

from cityloom.city.snapshot_values import City
from cityloom.exchange.feeds import telling
from cityloom.exchange.feeds.asking import Asked
from cityloom.exchange.feeds.atom import Addresses
from cityloom.exchange.feeds.queries import ItemPage

TYPE = "application/geo+json"


def geojson_of(city: City, asked: Asked, page: ItemPage, at: Addresses) -> bytes:
    """The page as a FeatureCollection; a case without a point has none. `links` as OGC API Features writes them."""
    features = []
    for item in page.items:
        public = telling.told(city, item, asked.language)
        place = None
        if public["lat"] is not None:
            place = {"type": "Point", "coordinates": [public["long"], public["lat"]]}
        properties = {name: public[name] for name in telling.FIELDS}
        features.append(
            {
                "type": "Feature",
                "id": item.case.number,
                "geometry": place,
                "properties": properties
                | {"title": telling.title_of(city, public, asked.language), "href": at.of(item.case.number)},
            }
        )
    links = [{"rel": "self", "type": TYPE, "href": at.here}]
    links += [{"rel": "next", "type": TYPE, "href": at.next}] if at.next else []
    told = {
        "type": "FeatureCollection",
        "title": telling.feed_title(city, asked.area, asked.language),
        "features": features,
        "links": links,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
