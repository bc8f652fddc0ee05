"""Watch the feeds of a city: register those of its devices, notice which became silent and which speak again."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.city.snapshot_values import City
from cityloom.sensing.keep_feeds import list_feeds, mark_stale, register_device_feeds


def watch_feeds(city: City, clock: Clock) -> Iterator[tuple[str, int]]:
    """How many feeds became stale or spoke again; a feed is told once for each silence."""
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        register_device_feeds(cursor, city.id, now)
        yield "feeds_changed", sum(mark_stale(cursor, feed, now) for feed in list_feeds(cursor, city.id, now))
