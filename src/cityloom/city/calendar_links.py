"""Links by which calendar programs, which cannot sign in, read as one post of a person. Told once, kept as a digest.

A link opens nothing any more once it was ended, once its person no longer holds the post, and while the account
sleeps.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction

from cityloom.base.crypto import new_tracking_code
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city import models
from cityloom.city.account_events import Happened, record
from cityloom.city.held_posts import posts_held
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

MOST = 5
USED_EVERY = timedelta(hours=1)  # how coarsely the last use is kept
register(
    {
        "calendar.no_unit": (
            "日历链接属于某个单位的岗位，这个岗位没有单位",
            "a calendar link belongs to the post of a unit, and this post has none",
        ),
        "calendar.not_yours": (
            "代班的岗位不能建日历链接，请由本人建立",
            "a deputy makes no calendar link for the post; the person who holds it does",
        ),
        "calendar.too_many": (
            "每人最多{most}个日历链接，请先停用一个",
            "a person has at most {most} calendar links; end one first",
        ),
    }
)


class CannotLink(CityloomError):
    """A calendar link that may not be made, with what would be right."""

    status = 422


@dataclass(frozen=True)
class CalendarLink:
    """A living link as it is kept; its code is nowhere."""

    id: int
    role: Role
    unit: str
    area: str
    made_at: datetime
    last_used_at: datetime | None


def make_calendar_link(city: City, post: Post, at: datetime) -> str:
    """A new link for a post of one's own; its code, 128 random bits, which is told this once. Raises CannotLink."""
    if not post.unit:
        raise CannotLink("calendar.no_unit")
    if post.for_login:
        raise CannotLink("calendar.not_yours")
    code = new_tracking_code()
    with transaction.atomic():
        get_user_model().objects.select_for_update().filter(username=post.login).first()  # one at a time
        if len(list_calendar_links(city, post.login)) >= MOST:
            raise CannotLink("calendar.too_many", most=MOST)
        models.CalendarLink.objects.create(
            city_id=city.id,
            login=post.login,
            role=post.role.value,
            unit=post.unit,
            area=post.area or "",
            digest=digest_of(code),
            made_at=at,
        )
        record(post.login, Happened.CALENDAR_LINKED, post.login, at)
    return code


def list_calendar_links(city: City, login: str) -> list[CalendarLink]:
    """The links of a person that were not ended, the newest first."""
    rows = models.CalendarLink.objects.filter(city_id=city.id, login=login, ended_at=None).order_by("-id")
    return [CalendarLink(r.pk, Role(r.role), r.unit, r.area, r.made_at, r.last_used_at) for r in rows]


def end_calendar_link(city: City, login: str, link_id: int, at: datetime) -> bool:
    """The person's own link opens nothing from now on; whether there was one."""
    living = models.CalendarLink.objects.filter(city_id=city.id, login=login, id=link_id, ended_at=None)
    ended = living.update(ended_at=at) > 0
    if ended:
        record(login, Happened.CALENDAR_ENDED, login, at)
    return ended


def post_of_calendar_link(city: City, code: str, at: datetime) -> Post | None:
    """The post behind a code that still opens, or None. Its use is remembered by the hour."""
    row = models.CalendarLink.objects.filter(city_id=city.id, digest=digest_of(code), ended_at=None).first()
    if row is None or not get_user_model().objects.filter(username=row.login, is_active=True).exists():
        return None
    day = at.astimezone(city.calendar().tz).date()
    wanted = (Role(row.role), row.unit, row.area)
    post = next((p for p in posts_held(city, row.login, day) if (p.role, p.unit, p.area or "") == wanted), None)
    if post is not None and (row.last_used_at is None or at - row.last_used_at >= USED_EVERY):
        models.CalendarLink.objects.filter(pk=row.pk).update(last_used_at=at)
    return post


def digest_of(code: str) -> bytes:
    """How a code is kept; no salt, because nobody can guess 128 bits."""
    return hashlib.sha256(b"cityloom calendar\0" + code.strip().upper().encode()).digest()
