"""Take the duty that a ruling proposes into the next duty matrix, or not; once, and by somebody who did not rule."""

from __future__ import annotations

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.cases.errors import ImpossibleMove, NoSuchCase, NotAllowed
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

SETTLERS = frozenset({Role.SUPERVISOR, Role.LEADER, Role.DATA_STEWARD})
VERDICTS = {"adopt": "adopted", "decline": "declined"}


def settle_precedent(city: City, number: str, verdict: str, by: Post, clock: Clock) -> None:
    """Keep the verdict, `adopt` or `decline`; raises NotAllowed, NoSuchCase or ImpossibleMove and keeps nothing.

    Adopting changes no duty by itself: the row stands in the list from which the next city folder is written.
    """
    if by.role not in SETTLERS:
        raise NotAllowed("error.not_allowed", role=by.role.value, move=verdict, roles=sorted(SETTLERS))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, state, ruled_by FROM cases_precedent WHERE city_id = %s AND number = %s FOR UPDATE",
            [city.id, number],
        )
        found = cursor.fetchone()
        if found is None:
            raise NoSuchCase("error.no_precedent", number=number)
        precedent_id, state, ruled_by = found
        if state != "proposed" or verdict not in VERDICTS:
            raise ImpossibleMove("error.precedent_settled", number=number)
        if ruled_by in by.persons:
            raise NotAllowed("error.own_ruling")
        cursor.execute(
            "UPDATE cases_precedent SET state = %s, settled_by = %s, settled_at = %s WHERE id = %s",
            [VERDICTS[verdict], by.login, clock.now(), precedent_id],
        )
