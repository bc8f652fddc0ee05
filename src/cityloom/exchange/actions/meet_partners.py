"""Speak with the Open311 servers of a city's partners whose turn it is: pull, push, tell what ended.

A server that is silent is asked later each time, up to six hours; since when it is silent is kept, for whoever
watches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from cityloom.base.clock import Clock
from cityloom.base.reasons import Reason
from cityloom.city.snapshot_values import City
from cityloom.city.values import PartnerDoor
from cityloom.exchange.actions.pull_open311 import Pulled, pull_open311
from cityloom.exchange.actions.push_open311 import Pushed, push_open311
from cityloom.exchange.actions.tell_endings import Told, tell_endings
from cityloom.exchange.models import Open311Round
from cityloom.exchange.open311.client import Server, ServerAway, ServerRefused
from cityloom.sensing.keep_feeds import note_feed

LONGEST_WAIT = timedelta(hours=6)
LEASE = timedelta(minutes=30)  # within it a round ends, or the worker that took it is gone


@dataclass(frozen=True)
class Met:
    """What a round with a partner did; `failure` is the code of the reason why it ended early."""

    partner: str
    pulled: Pulled | None = None
    pushed: Pushed | None = None
    told: Told | None = None
    failure: str = ""

    def counts(self) -> Iterator[tuple[str, int]]:
        """What was done, in words for a log."""
        for done in (self.pulled, self.pushed, self.told):
            for name, value in vars(done).items() if done is not None else ():
                yield name, len(value) if isinstance(value, dict) else value
        yield "silent", 1 if self.failure else 0


def meet_partners(city: City, server_of: Callable[[str, PartnerDoor], Server], clock: Clock) -> Iterator[Met]:
    """A round with each partner whose turn it is; several workers may ask, one of them takes it."""
    for partner in sorted(asked_by_worker(city)):
        if _take_turn(city, partner, clock.now()):
            door = city.settings.partner_doors[partner]
            yield _meet(city, partner, door, server_of(partner, door), clock)


def _take_turn(city: City, partner: str, now: datetime) -> bool:
    rows = Open311Round.objects.filter(city_id=city.id, partner=partner)
    if not rows.exists():
        Open311Round.objects.bulk_create(
            [Open311Round(city_id=city.id, partner=partner, next_at=now)], ignore_conflicts=True
        )
    return rows.filter(next_at__lte=now).update(next_at=now + LEASE) == 1


def _meet(city: City, partner: str, door: PartnerDoor, server: Server, clock: Clock) -> Met:
    every, rows = timedelta(minutes=door.every_min), Open311Round.objects.filter(city_id=city.id, partner=partner)
    pulled, pushed, told, failure = None, None, None, ""
    try:
        pulled = pull_open311(city, partner, server, clock)
        pushed = push_open311(city, partner, server, clock)
        told = tell_endings(city, partner, server, clock) if door.tells_ends else None
    except (ServerAway, ServerRefused) as away:  # kept below, told by /readyz and /metrics
        failure = away.reason.code
    now = clock.now()
    _note(city, partner, now, every, failure)
    if failure:
        failures = rows.values_list("failures", flat=True).get() + 1
        rows.update(next_at=now + wait_after(every, failures), failures=failures, reason=failure)
        rows.filter(silent_since=None).update(silent_since=now)
    else:
        rows.update(next_at=now + every, failures=0, reason="", silent_since=None, answered_at=now)
    return Met(partner, pulled, pushed, told, failure)


def _note(city: City, partner: str, now: datetime, every: timedelta, failure: str) -> None:
    """The partner as a feed: a round that ended well counts as having heard from it."""
    with connection.cursor() as cursor:
        note_feed(
            cursor, city.id, f"open311:{partner}", "open311", now, received=0 if failure else 1,
            refused=1 if failure else 0, error=Reason(failure) if failure else None,
            name=city.settings.partners.get(partner), expected_s=every.total_seconds(),
        )  # fmt: skip


def wait_after(every: timedelta, failures: int) -> timedelta:
    """When to try again after so many failures in a row: twice as long each time, at most six hours."""
    return max(every, min(LONGEST_WAIT, every * (1 << min(failures, 20))))


@dataclass(frozen=True)
class Silent:
    """A partner whose server gives no good answer, since when, after how many tries, and for what reason."""

    city: str
    partner: str
    since: datetime
    failures: int
    reason: str


def list_silent() -> list[Silent]:
    """The partners of all cities that gave no good answer the last time; one statement."""
    rows = Open311Round.objects.exclude(silent_since=None).order_by("city__code", "partner")
    names = ("city__code", "partner", "silent_since", "failures", "reason")
    return [Silent(*row) for row in rows.values_list(*names)]


def asked_by_worker(city: City) -> frozenset[str]:
    """The partners with which the worker speaks by itself, as the folder says now."""
    return frozenset(code for code, door in city.settings.partner_doors.items() if door.every_min)
