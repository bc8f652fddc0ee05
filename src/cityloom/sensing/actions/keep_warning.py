"""Keep a public warning that came: once, with what it replaces or cancels; its feed is noted as heard."""

from __future__ import annotations

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.reasons import Reason
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name
from cityloom.sensing.cap_values import Alert
from cityloom.sensing.keep_feeds import note_feed
from cityloom.sensing.warning_rows import keep_alert

FEED = "cap:"


def keep_warning(city: City, alert: Alert, source: str, told: str, clock: Clock) -> bool:
    """False where the same message (sender and identifier) was kept before. `source`: the feed it came by."""
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        kept = keep_alert(cursor, city.id, alert, source, told, now)
        note_feed(cursor, city.id, FEED + source, "cap", now, received=1)
    return kept


def note_cap_feed(
    city: City, source: str, clock: Clock, *, heard: bool, refused: int = 0, error: Reason | None = None,
    expected_s: float | None = None, name: Name | None = None,
) -> None:  # fmt: skip
    """That a feed of warnings was read, even with nothing new in it, or that it could not be."""
    with connection.cursor() as cursor:
        note_feed(
            cursor, city.id, FEED + source, "cap", clock.now(), received=int(heard), refused=refused, error=error,
            expected_s=expected_s, name=name,
        )  # fmt: skip
