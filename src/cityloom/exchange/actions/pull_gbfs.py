"""Read the bikes of each operator that city.toml names, by GBFS; a silent or broken one holds up no other."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.conf import settings
from django.db import connection

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.city.scenarios import BikeOperator
from cityloom.city.snapshot_values import City
from cityloom.exchange.fetching import Fetch
from cityloom.exchange.gbfs.reading import VEHICLE_FEEDS, BadFeed, feeds_of, read_document, vehicles_in
from cityloom.sensing.actions.watch_bikes import FEED, watch_bikes
from cityloom.sensing.bikes import Vehicles
from cityloom.sensing.keep_feeds import is_turn, note_feed

log = logging.getLogger("cityloom.gbfs")


def pull_gbfs(city: City, fetch: Fetch, clock: Clock, *, at_once: bool = False) -> Iterator[tuple[str, int]]:
    """Every operator whose turn it is (all of them `at_once`)."""
    rules = city.config.scenarios.bikes
    for firm in rules.operators.values() if rules is not None else ():
        if _address(firm) and (at_once or _is_turn(city, firm, clock)):
            yield from _pull(city, firm, fetch, clock)


def fetch_vehicles(url: str, fetch: Fetch) -> Vehicles:
    """The vehicles of a system, by the address of its `gbfs.json`; raises BadFeed or NoDocument."""
    feeds = feeds_of(read_document(fetch(url), "gbfs"))
    name = next((name for name in VEHICLE_FEEDS if name in feeds), None)
    if name is None:
        raise BadFeed("gbfs.missing", feed="gbfs", key=" / ".join(VEHICLE_FEEDS))
    return vehicles_in(read_document(fetch(feeds[name]), name))


def _address(firm: BikeOperator) -> str:
    """Where the operator's system is, "" for none; the setting goes before city.toml."""
    named: str = settings.CITYLOOM_BIKE_FEEDS.get(firm.code, firm.gbfs)
    return named


def _is_turn(city: City, firm: BikeOperator, clock: Clock) -> bool:
    with connection.cursor() as cursor:
        return is_turn(cursor, city.id, FEED + firm.code, "gbfs", clock.now(), 60 * firm.every_min, firm.name)


def _pull(city: City, firm: BikeOperator, fetch: Fetch, clock: Clock) -> Iterator[tuple[str, int]]:
    try:
        seen = watch_bikes(city, firm.code, fetch_vehicles(_address(firm), fetch), clock)
    except CityloomError as failure:
        log.warning("city=%s operator=%s gbfs=silent reason=%s", city.code, firm.code, failure.reason.code)
        with connection.cursor() as cursor:
            note_feed(
                cursor,
                city.id,
                FEED + firm.code,
                "gbfs",
                clock.now(),
                refused=1,
                error=failure.reason,
                name=firm.name,
            )
        yield "bike_feeds_silent", 1
        return
    yield "bikes_seen", seen.vehicles
    yield "bike_heaps", seen.new
    yield "bike_heaps_cleared", seen.cleared
