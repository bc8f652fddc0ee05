"""Tell a partner's Open311 server which of the requests we pulled from it have ended here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from cityloom.base.clock import Clock
from cityloom.city.snapshot_values import City
from cityloom.exchange.actions.pull_open311 import closing_of, external_id_of
from cityloom.exchange.models import Open311Ending
from cityloom.exchange.open311.client import Server, ServerRefused
from cityloom.exchange.open311.mapping import state_name
from cityloom.exchange.open311.updating import UPDATE

SPAN = timedelta(days=90)
AT_ONCE = 50
MOST_TRIES = 8
FIRST_WAIT = timedelta(minutes=30)  # after a refusal; twice as long after each further one


@dataclass
class Told:
    """What was told; `refused`: their id → the code of the reason."""

    told: int = 0
    refused: dict[str, str] = field(default_factory=dict)

    def reasons(self) -> Counter[str]:
        return Counter(self.refused.values())


class Ended(NamedTuple):
    """A request of theirs whose case has ended here."""

    their_id: str
    number: str
    state: str
    closed_at: datetime


def tell_endings(city: City, partner: str, server: Server, clock: Clock) -> Told:
    """Tell what ended in the last 90 days and was not told; raises ServerAway, and goes on there the next time.

    Each is told once for each time it ended, under an id that says which, so that a repetition is known there. One
    that is refused is tried again later, eight times at most. What ended there first is not told.
    """
    done = Told()
    for ended in _untold(city, partner, clock.now()):
        fresh = {"closed_at": ended.closed_at, "next_at": clock.now()}
        row, _ = Open311Ending.objects.get_or_create(
            city_id=city.id, partner=partner, their_id=ended.their_id, defaults=fresh
        )
        if row.closed_at != ended.closed_at:  # it was reopened and ended again
            row.closed_at, row.told_at, row.tries = ended.closed_at, None, 0
        try:
            server.post_update(fields_of(city, ended))
        except ServerRefused as refusal:  # told in the result; the others go on
            done.refused[ended.their_id] = refusal.reason.code
            row.tries, row.reason = row.tries + 1, refusal.reason.code
            row.next_at = clock.now() + wait_after(row.tries) if row.tries < MOST_TRIES else None
        else:
            done.told += 1
            row.told_at, row.next_at, row.reason = clock.now(), None, ""
        row.save()
    return done


def fields_of(city: City, ended: Ended) -> dict[str, str]:
    """The update: that it is closed and what became of it; nothing that anybody wrote."""
    language = "zh" if "zh" in city.config.languages else "en"
    return {
        "service_request_id": ended.their_id,
        "update_id": f"{ended.number}.{int(ended.closed_at.timestamp())}",
        "updated_datetime": ended.closed_at.astimezone(city.calendar().tz).isoformat(timespec="seconds"),
        "status": "CLOSED",
        "description": state_name(ended.state, language),
    }


def wait_after(tries: int) -> timedelta:
    """How long to leave it after so many refusals: 30 minutes, an hour, two hours …"""
    return FIRST_WAIT * (1 << max(0, tries - 1))


def _untold(city: City, partner: str, now: datetime) -> list[Ended]:
    prefix = external_id_of(partner, "")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substr(r.external_id, %s), c.number, c.state, c.closed_at FROM cases_report r "
            "JOIN cases_case c ON c.id = r.case_id LEFT JOIN exchange_open311_ending t ON t.city_id = r.city_id "
            "AND t.partner = %s AND t.their_id = substr(r.external_id, %s) "
            "WHERE r.city_id = %s AND r.external_id ^@ %s AND c.closed_at >= %s "
            "AND (t.id IS NULL OR t.closed_at <> c.closed_at OR (t.told_at IS NULL AND t.next_at <= %s)) "
            "AND NOT EXISTS (SELECT 1 FROM cases_entry e WHERE e.case_id = c.id AND e.reason ->> 'code' = %s "
            "AND e.reason -> 'params' ->> 'update' = %s || substr(r.external_id, %s) || %s) "
            "ORDER BY c.closed_at, r.id LIMIT %s",
            [
                len(prefix) + 1, partner, len(prefix) + 1, city.id, prefix, now - SPAN, now, UPDATE,
                *_around(partner, len(prefix) + 1), AT_ONCE,
            ],
        )  # fmt: skip
        return [Ended(*row) for row in cursor.fetchall()]


def _around(partner: str, start: int) -> tuple[str, int, str]:
    """What stands before and behind their id in the id of the update that told us of its end there."""
    before, _, behind = closing_of(partner, "\0").partition("\0")
    return before, start, behind
