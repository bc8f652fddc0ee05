"""Read the warnings of those whom city.toml names: each message once, what breaks the standard told of its feed."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.db import connection

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.city.scenarios import CapSource
from cityloom.city.snapshot_values import City
from cityloom.exchange.cap.index import links_of
from cityloom.exchange.cap.reading import read_alert
from cityloom.exchange.fetching import Fetch
from cityloom.sensing.actions.keep_warning import FEED, keep_warning, note_cap_feed
from cityloom.sensing.cap_errors import BadAlert
from cityloom.sensing.keep_feeds import is_turn

log = logging.getLogger("cityloom.cap")


def pull_cap(city: City, fetch: Fetch, clock: Clock, *, at_once: bool = False) -> Iterator[tuple[str, int]]:
    """Every source whose turn it is (all of them `at_once`); a silent or broken one holds up no other."""
    for source in city.config.scenarios.cap.sources.values():
        if at_once or _is_turn(city, source, clock):
            yield from _pull(city, source, fetch, clock)


def _is_turn(city: City, source: CapSource, clock: Clock) -> bool:
    with connection.cursor() as cursor:
        return is_turn(cursor, city.id, FEED + source.code, "cap", clock.now(), 60 * source.every_min, source.name)


def _pull(city: City, source: CapSource, fetch: Fetch, clock: Clock) -> Iterator[tuple[str, int]]:
    kept = refused = 0
    failure: CityloomError | None = None
    heard = False
    try:
        body = fetch(source.url)
        links = links_of(body, source.url)
        heard = True
        for message in [body] if links is None else map(fetch, links):
            try:
                kept += keep_warning(
                    city, read_alert(message), source.code, message.decode("utf-8", "replace"), clock
                )
            except BadAlert as bad:
                refused, failure = refused + 1, bad
    except CityloomError as away:
        failure = away
        log.warning("city=%s source=%s cap=silent reason=%s", city.code, source.code, away.reason.code)
    note_cap_feed(
        city, source.code, clock, heard=heard, refused=refused, error=failure.reason if failure else None,
        expected_s=60 * source.every_min, name=source.name,
    )  # fmt: skip
    yield "warnings_kept", kept
    yield "warnings_refused", refused
