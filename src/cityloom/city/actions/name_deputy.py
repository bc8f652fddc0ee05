"""Name a deputy for a post over a span of days, and call one off."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from cityloom.base.clock import Clock
from cityloom.city import models
from cityloom.city.account_events import Happened, record
from cityloom.city.deputies import CannotDepute, check_deputy, may_name_for
from cityloom.city.held_posts import posts_held
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def name_deputy(city: City, by: Post, post: Post, deputy: str, first: date, last: date, clock: Clock) -> int:
    """Let `deputy` act by `post` on these days; the id of what was kept. Raises CannotDepute."""
    at = clock.now()
    today = at.astimezone(city.calendar().tz).date()
    check_deputy(city, by, post, deputy, posts_held(city, deputy, today), first, last, today)
    with transaction.atomic():
        kept = models.Deputy.objects.create(
            city_id=city.id, login=post.login, deputy=deputy, role=post.role.value, unit=post.unit or "",
            area=post.area or "", first_day=first, last_day=last, set_by=by.login, set_at=at,
        )  # fmt: skip
        record(post.login, Happened.DEPUTY_NAMED, by.login, at)
    return int(kept.pk)


def end_deputy(city: City, by: Post, deputy_id: int, clock: Clock) -> None:
    """Call a deputy off, at once: the person stood in for, the deputy himself, or who may name one does it."""
    at = clock.now()
    with transaction.atomic():
        row = models.Deputy.objects.select_for_update().filter(pk=deputy_id, city_id=city.id, ended_at=None).first()
        if row is None or not _may_end(city, by, row, at.astimezone(city.calendar().tz).date()):
            raise CannotDepute("deputy.gone")
        row.ended_by, row.ended_at = by.login, at
        row.save(update_fields=["ended_by", "ended_at"])
        record(row.login, Happened.DEPUTY_ENDED, by.login, at)


def _may_end(city: City, by: Post, row: models.Deputy, today: date) -> bool:
    if by.login in (row.login, row.deputy):
        return True
    key = (row.role, row.unit, row.area)
    posts = (p for p in posts_held(city, row.login, today) if (p.role.value, p.unit or "", p.area or "") == key)
    return any(may_name_for(city, by, post) for post in posts)
