"""Watch the feeds of a city: register those of its devices, notice which became silent and which speak again.

A silence is an alarm (`feed_alarms.py`): raised once, cleared when the feed speaks.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.city.snapshot_values import City
from cityloom.sensing.feed_alarms import clear_for_feed, raise_for_feed
from cityloom.sensing.feeds import stale_since
from cityloom.sensing.keep_feeds import list_feeds, mark_stale, register_device_feeds


def watch_feeds(city: City, clock: Clock) -> Iterator[tuple[str, int]]:
    """How many feeds became stale or spoke again; a feed is told once for each silence."""
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        register_device_feeds(cursor, city.id, now)
        changed = 0
        for feed in list_feeds(cursor, city.id, now):
            if not mark_stale(cursor, feed, now):
                continue
            changed += 1
            code, since = feed.state.code, stale_since(feed.state, now)
            if since is not None:
                raise_for_feed(cursor, city, code, feed.owner, since, now)
            else:
                clear_for_feed(cursor, city, code, now)
        yield "feeds_changed", changed
