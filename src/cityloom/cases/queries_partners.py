"""How the cases that were handed to partner cities stand."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection


class AtPartner(NamedTuple):
    """Open cases of one partner: not sent yet, and sent."""

    to_send: int
    with_partner: int


def count_by_partner(city_id: int) -> dict[str, AtPartner]:
    """By the partner's code; those without an open case are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT partner, count(*) FILTER (WHERE partner_number IS NULL), "
            "count(*) FILTER (WHERE partner_number IS NOT NULL) FROM cases_case "
            "WHERE city_id = %s AND state = 'with_partner' AND closed_at IS NULL GROUP BY partner",
            [city_id],
        )
        return {partner: AtPartner(int(waiting), int(there)) for partner, waiting, there in cursor.fetchall()}
