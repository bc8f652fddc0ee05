"""Tell what the limits of supervision orders have to tell: warnings and overdue moments, each once, in order.

A worker calls this again and again, as `fire_clocks`; after a standstill it catches up in the order of the moments.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.cases.order_keeping import keep_order_move, read_orders
from cityloom.cases.orders import tell
from cityloom.cases.permissions import SYSTEM
from cityloom.city.snapshot_values import City


def fire_orders(city_by_id: Callable[[int], City], clock: Clock, most: int = 50) -> int:
    """Fire up to `most` moments that have come; how many there were. Several workers may run at once.

    An order that fails keeps its moment and holds up no other: the others are fired first, then its error is raised.
    """
    at = clock.now()
    fired = 0
    failed: dict[int, Exception] = {}
    while fired < most and _fire_next(city_by_id, at, failed):
        fired += 1
    if failed:
        raise next(iter(failed.values()))
    return fired


def _fire_next(city_by_id: Callable[[int], City], at: datetime, failed: dict[int, Exception]) -> bool:
    order_id: int | None = None
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            found = read_orders(
                cursor,
                "o.fires_at <= %s AND o.id <> ALL(%s) ORDER BY o.fires_at, o.id LIMIT 1 FOR UPDATE SKIP LOCKED",
                [at, list(failed)],
            )
            if not found:
                return False
            order_id = found[0].id
            after, draft = tell(found[0], city_by_id(found[0].city_id), SYSTEM)
            keep_order_move(cursor, found[0], after, draft, at, by_clock=True)
    except Exception as wrong:
        if order_id is None:
            raise
        failed[order_id] = wrong
    return True
