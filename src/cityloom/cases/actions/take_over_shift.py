"""Take a shift over: the name and the moment stand beside those of who left it."""

from __future__ import annotations

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.cases.handovers import HandoverGone, desk_of
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def take_over_shift(city: City, by: Post, handover_id: int, clock: Clock) -> None:
    """Take over what was left at the post's desk; exactly one does. Raises HandoverGone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT by_login FROM cases_handover WHERE id = %s AND city_id = %s AND role = %s AND unit = %s "
            "AND area = %s AND taken_at IS NULL FOR UPDATE",
            [handover_id, city.id, *desk_of(by)],
        )
        row = cursor.fetchone()
        if row is None:
            raise HandoverGone("handover.gone")
        if row[0] in by.persons:
            raise HandoverGone("handover.own")
        cursor.execute(
            "UPDATE cases_handover SET taken_by = %s, taken_at = %s WHERE id = %s",
            [by.login, clock.now(), handover_id],
        )
