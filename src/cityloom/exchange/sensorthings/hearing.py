"""What those who listen by MQTT are to hear: entities that are new or changed, observations that have come.

Asked now and then with the topics that somebody listens to; what was there before the first asking is no news. Only
what everybody may read is told. An observation that came late by a device's own message is not told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from cityloom.base.errors import CityloomError
from cityloom.exchange.sensorthings.addressing import Address
from cityloom.exchange.sensorthings.asking import Asking, bounded
from cityloom.exchange.sensorthings.errors import NoResource
from cityloom.exchange.sensorthings.odata import parse
from cityloom.exchange.sensorthings.options import Options, Order
from cityloom.exchange.sensorthings.reading import Row, list_page, properties_of
from cityloom.exchange.sensorthings.schema import Within
from cityloom.exchange.sensorthings.serving import get_one, way_to
from cityloom.exchange.sensorthings.shaping import id_of, moment_text, tell, value_of
from cityloom.exchange.sensorthings.topics import Subscription, read_topic

MOST_TOPICS = 1000
MOST_NEWS = 1000  # of one topic at once


class News(NamedTuple):
    """What is to be said under a topic."""

    topic: str
    body: Any


@dataclass
class _Heard:
    """What a topic's listeners know: entities as they were last told, the newest observation, the doors' writings."""

    subscription: Subscription
    told: dict[int, str] = field(default_factory=dict)
    at: datetime | None = None
    generation: int = 0
    begun: bool = False


class Hearing:
    """Remembers for each topic what its listeners have heard."""

    def __init__(self) -> None:
        self._heard: dict[str, _Heard | None] = {}

    def news(self, asking: Asking, topics: Iterable[str]) -> list[News]:
        """What is new under these topics since the last asking; a topic that means nothing is never answered."""
        wanted = sorted(set(topics))[:MOST_TOPICS]
        self._heard = {topic: self._heard.get(topic) or _heard_of(topic) for topic in wanted}
        found: list[News] = []
        for topic, heard in self._heard.items():
            if heard is not None:
                with bounded():
                    found += [News(topic, body) for body in _news_of(asking, heard)]
        return found


def _heard_of(topic: str) -> _Heard | None:
    try:
        return _Heard(read_topic(topic))
    except CityloomError:
        return None


def _news_of(asking: Asking, heard: _Heard) -> list[Any]:
    address = heard.subscription.address
    try:
        within = way_to(asking, address.steps[:-1], address.steps[-1])
        if address.is_many and address.kind.name == "Observation":
            return _observations(asking, heard, within)
        return _entities(asking, heard, within)
    except NoResource:
        return []  # what is listened to is not there, or not yet


def _options(heard: _Heard) -> Options:
    return Options(select=heard.subscription.select, top=MOST_NEWS)


def _entities(asking: Asking, heard: _Heard, within: Within | None) -> list[Any]:
    """Entities, or a property of one, that are other than they were."""
    address, options = heard.subscription.address, _options(heard)
    kind = address.kind
    if address.is_many:
        rows = list_page(asking, kind, within, options).rows
    else:
        names = [address.property_name] if address.property_name else properties_of(kind, options)
        rows = [get_one(asking, address, within, names)]
    found, known = [], {}
    for row in rows:
        body = _body(asking, address, row, options)
        known[id_of(kind, row)] = json.dumps(body, sort_keys=True)
        if heard.begun and heard.told.get(id_of(kind, row)) != known[id_of(kind, row)]:
            found.append(body)
    heard.told, heard.begun = known, True
    return found


def _body(asking: Asking, address: Address, row: Row, options: Options) -> Any:
    if address.property_name:
        return {address.property_name: value_of(address.kind, row, address.property_name)}
    return tell(asking, address.kind, row, options)


def _observations(asking: Asking, heard: _Heard, within: Within | None) -> list[Any]:
    """Observations newer than the newest known, and those that doors have brought since."""
    generation = _generation(asking.city_id)
    kind, options = heard.subscription.address.kind, _options(heard)
    if not heard.begun:
        newest = list_page(asking, kind, within, replace(options, top=1, orders=(_LATEST_FIRST,))).rows
        heard.at, heard.generation, heard.begun = (newest[0]["at"] if newest else None), generation, True
        return []
    later = f"phenomenonTime gt {moment_text(heard.at)}" if heard.at else "phenomenonTime gt 2010-01-01T00:00:00Z"
    rows = {id_of(kind, r): r for r in list_page(asking, kind, within, replace(options, condition=parse(later))).rows}
    if generation != heard.generation:
        for stream, at in _brought(asking.city_id, heard.generation):
            one = parse(f"Datastream/id eq {stream} and phenomenonTime eq {moment_text(at)}")
            rows |= {id_of(kind, r): r for r in list_page(asking, kind, within, replace(options, condition=one)).rows}
    heard.generation = generation
    heard.at = max([row["at"] for row in rows.values()] + ([heard.at] if heard.at else []), default=None)
    return [tell(asking, kind, row, options) for row in sorted(rows.values(), key=lambda r: r["at"])]


_LATEST_FIRST = Order(parse("phenomenonTime"), True, "phenomenonTime desc")


def _generation(city_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT generation FROM sensing_writer WHERE city_id = %s", [city_id])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _brought(city_id: int, since: int) -> list[tuple[int, datetime]]:
    """Stream and time of what doors have written since a generation."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.stream, l.at FROM sensing_late l JOIN sensing_stream s ON s.id = l.stream AND s.city_id = %s "
            "WHERE l.generation > %s AND l.generation > 0 ORDER BY l.generation, l.at LIMIT %s",
            [city_id, since, MOST_NEWS],
        )
        return list(cursor.fetchall())
