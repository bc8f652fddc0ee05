"""Take the consent to a patrol back: the points of the day are deleted, and with them what they counted."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from cityloom.base.clock import Clock
from cityloom.cases import models
from cityloom.cases.patrols import require_walker
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def withdraw_patrol(city: City, day: date, by: Post, clock: Clock) -> int:
    """How many points of the person's walks of that day were deleted; a walk under way ends. Raises NotYourPatrol."""
    require_walker(by)
    at = clock.now()
    with transaction.atomic():
        rows = models.Patrol.objects.select_for_update().filter(city_id=city.id, login=by.login, day=day)
        walks = [row.pk for row in rows]
        gone, _ = models.PatrolPoint.objects.filter(patrol_id__in=walks).delete()
        models.Patrol.objects.filter(pk__in=walks, ended_at=None).update(ended_at=at)
        models.Patrol.objects.filter(pk__in=walks).update(withdrawn_at=at, touched=0)
    return int(gone)
