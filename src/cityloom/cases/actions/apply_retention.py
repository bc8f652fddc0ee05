"""Erase what has been kept long enough: case by case, each with an entry by the system; holds stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.reasons import Reason
from cityloom.cases.actions.erase_reporter import erase_reporter
from cityloom.cases.errors import OnHold
from cityloom.cases.gone_files import remove_gone_files
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.retention import KINDS, Due, Kind, count_rows, days_kept, delete_rows, list_due
from cityloom.city.snapshot_values import City

BATCH = 200


@dataclass(frozen=True)
class Applied:
    """What became of one kind: cases erased or log rows deleted, and cases kept by a hold."""

    kind: str
    days: int
    done: int
    held: int


def apply_retention(
    city: City, clock: Clock, *, dry_run: bool = False, told: Callable[[int], None] = lambda _: None
) -> list[Applied]:
    """Erase every kind of data that has been kept for its span; with `dry_run` only count it.

    Each case is a transaction of its own, so a run that breaks off goes on with the next one. `told` hears of each
    case that was looked at.
    """
    applied = [_apply(city, kind, clock, dry_run, told) for kind in KINDS]
    if not dry_run:
        while remove_gone_files():
            pass
    return applied


def _apply(city: City, kind: Kind, clock: Clock, dry_run: bool, told: Callable[[int], None]) -> Applied:
    days = days_kept(kind, city)
    if not kind.parts:
        with transaction.atomic(), connection.cursor() as cursor:
            at = clock.now()
            rows = count_rows(cursor, city, kind, at) if dry_run else delete_rows(cursor, city, kind, at)
        return Applied(kind.name, days, rows, 0)
    done = held = last = 0
    while batch := _due(city, kind, clock, last):
        for due in batch:
            erased = not due.held and (dry_run or _erase(city, kind, due, days, clock))
            done, held = done + erased, held + (not erased)
            told(1)
        last = batch[-1].case_id
    return Applied(kind.name, days, done, held)


def _due(city: City, kind: Kind, clock: Clock, after_case_id: int) -> list[Due]:
    with connection.cursor() as cursor:
        return list_due(cursor, city, kind, clock.now(), BATCH, after_case_id)


def _erase(city: City, kind: Kind, due: Due, days: int, clock: Clock) -> bool:
    """Whether the data went; a hold that was set in the meantime keeps it."""
    reason = Reason("erase.retention", {"days": days})
    try:
        erase_reporter(city, due.case_id, due.report_ids, reason, SYSTEM, clock, why="retention", parts=kind.parts)
    except OnHold:
        return False
    return True
