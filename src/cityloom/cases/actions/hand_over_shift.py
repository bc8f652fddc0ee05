"""Leave a shift to the next: the note, what is open at the desk at that moment, the cases to look at first."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.cases.handovers import MOST_CHARS, BadHandover, desk_of, desk_queue, first_unseen
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def hand_over_shift(city: City, by: Post, note: str, marked: Sequence[str], clock: Clock) -> int:
    """Keep what one shift leaves to the next at the post's desk; its id. Raises BadHandover and keeps nothing."""
    at, plain = clock.now(), note.replace("\x00", "").strip()
    desk, numbers = desk_of(by), list(dict.fromkeys(marked))
    if not plain and not numbers:
        raise BadHandover("handover.empty")
    if len(plain) > MOST_CHARS:
        raise BadHandover("handover.too_long", most=MOST_CHARS)
    handover_id = ids.one()
    with transaction.atomic(), connection.cursor() as cursor:
        if (unseen := first_unseen(cursor, city, by, numbers)) is not None:
            raise BadHandover("handover.unknown_case", number=unseen[:40])
        queue = desk_queue(cursor, city, by, at)
        counts = {**queue.counts, "overdue": queue.overdue, "due": len(queue.due)}
        cursor.execute(
            "INSERT INTO cases_handover (id, city_id, role, unit, area, note, counts, marked, by_login, written_at, "
            "taken_by, taken_at) VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, %s, %s, '', NULL)",
            [handover_id, city.id, *desk, plain, json.dumps(counts), json.dumps(numbers), by.login, at],
        )
    return handover_id
