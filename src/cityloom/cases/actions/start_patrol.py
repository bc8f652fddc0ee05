"""Start a patrol: only with the consent of who walks, given to the words as they stand now."""

from __future__ import annotations

from django.db import transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.cases import models
from cityloom.cases.actions.end_patrol import end_row
from cityloom.cases.patrol_rows import open_patrol
from cityloom.cases.patrols import CONSENT, LONGEST, NoConsent, require_walker
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def start_patrol(city: City, consent: str, by: Post, clock: Clock) -> int:
    """The id of the patrol under way, a new one unless one is; raises NoConsent or NotYourPatrol."""
    require_walker(by)
    if consent != CONSENT:
        raise NoConsent("patrol.no_consent")
    at = clock.now()
    with transaction.atomic():
        row = open_patrol(city, by.login, lock=True)
        if row is not None and at - row.started_at <= LONGEST:
            return int(row.pk)
        if row is not None:
            end_row(city, row, row.started_at + LONGEST)
        made = models.Patrol.objects.create(
            id=ids.one(),
            city_id=city.id,
            login=by.login,
            area=by.area,
            areas=list(city.ancestors(by.area)) if by.area else [],
            day=at.astimezone(city.calendar().tz).date(),
            consent=consent,
            started_at=at,
        )
    return int(made.pk)
