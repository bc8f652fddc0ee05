"""Deputies as they are kept: read live at each request, so that one who is called off stops at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import connection
from django.db.models import Q

from cityloom.city import models
from cityloom.city.deputies import DeputySpan, posts_as_deputy
from cityloom.city.held_posts import posts_held
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

_COLUMNS = ("id", "login", "deputy", "role", "unit", "area", "first_day", "last_day", "set_by")


def deputy_posts(city: City, login: str, today: date) -> tuple[Post, ...]:
    """The posts by which a person acts as a deputy today; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, login, deputy, role, unit, area, first_day, last_day, set_by FROM city_deputy "
            "WHERE city_id = %s AND deputy = %s AND last_day >= %s AND first_day <= %s AND ended_at IS NULL "
            "ORDER BY id",
            [city.id, login, today, today],
        )
        spans = [DeputySpan(*row) for row in cursor.fetchall()]
    return posts_as_deputy(city, login, spans, lambda other: posts_held(city, other, today), today) if spans else ()


def list_deputies(city: City, logins: Iterable[str], today: date) -> list[DeputySpan]:
    """Deputies of these persons, and where they are deputies, that have not ended, by their first day."""
    wanted = list(logins)
    rows = models.Deputy.objects.filter(
        Q(login__in=wanted) | Q(deputy__in=wanted), city_id=city.id, last_day__gte=today, ended_at=None
    ).order_by("first_day", "id")
    return [DeputySpan(*row) for row in rows.values_list(*_COLUMNS)]
