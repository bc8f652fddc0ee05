"""End a patrol: from now on nobody is followed; how many grids it touched is written down."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from cityloom.base.clock import Clock
from cityloom.cases import models
from cityloom.cases.patrol_rows import count_touched, open_patrol
from cityloom.cases.patrols import grids_of, require_walker
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def end_patrol(city: City, by: Post, clock: Clock) -> bool:
    """Whether a patrol of this person was under way and has ended now; raises NotYourPatrol."""
    require_walker(by)
    with transaction.atomic():
        row = open_patrol(city, by.login, lock=True)
        if row is None:
            return False
        end_row(city, row, clock.now())
    return True


def end_row(city: City, row: models.Patrol, at: datetime) -> None:
    """The patrol has ended, with its figures as they are now."""
    row.ended_at, row.touched, row.whole = at, count_touched(city, row), len(grids_of(city, row.area))
    row.save(update_fields=["ended_at", "touched", "whole"])
