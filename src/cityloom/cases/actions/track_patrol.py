"""Keep a batch of places of a patrol; what a phone sends again is kept once."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from cityloom.base.clock import Clock
from cityloom.cases import models
from cityloom.cases.patrol_rows import count_touched
from cityloom.cases.patrols import NoPatrol, NotYourPatrol, Point, require_walker, usable
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def track_patrol(city: City, patrol_id: int, points: Sequence[Point], by: Post, clock: Clock) -> int:
    """How many points of the batch belong to the patrol, kept now or before.

    Points outside the city, from before its start or after its end, or too rough are left out. A patrol that ended
    while the phone had no line still takes what was walked before its end; one whose consent was withdrawn takes
    nothing. Raises NoPatrol or NotYourPatrol.
    """
    require_walker(by)
    with transaction.atomic():
        row = models.Patrol.objects.select_for_update().filter(city_id=city.id, pk=patrol_id).first()
        if row is None or row.withdrawn_at is not None:
            raise NoPatrol("patrol.none")
        if row.login != by.login:
            raise NotYourPatrol("patrol.not_yours")
        fine = usable(points, row.started_at, min(clock.now(), row.ended_at or clock.now()))
        last = city.levels[-1]
        found = [(p, city.find_area(p.lon, p.lat)) for p in fine]
        rows = [
            models.PatrolPoint(
                patrol=row, city_id=city.id, at=p.at, lon=round(p.lon, 6), lat=round(p.lat, 6),
                accuracy_m=p.accuracy_m, grid=city.area_at_level(area, last),
            )
            for p, area in found
            if area is not None
        ]  # fmt: skip
        models.PatrolPoint.objects.bulk_create(rows, ignore_conflicts=True)
        if row.ended_at is not None:
            row.touched = count_touched(city, row)
            row.save(update_fields=["touched"])
    return len(rows)
