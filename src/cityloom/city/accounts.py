"""The accounts of the people in a city's folder: made without a password, never deleted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db.models import Q

from cityloom.city import models
from cityloom.city.account_events import Happened, record
from cityloom.city.account_sessions import end_sessions
from cityloom.city.staff_names import forget_names
from cityloom.city.values import Post


def make_account(login: str, name: str, by: str, at: datetime) -> User:
    """An account for a person outside `people.csv`: without a password, with the posts that groups give."""
    user: User = User.objects.create(
        username=login, first_name=name[:150], password=make_password(None), date_joined=at, is_active=True
    )
    record(login, Happened.MADE, by, at)
    forget_names()
    return user


def keep_accounts(posts: Iterable[Post], city_id: int, number: int, at: datetime) -> None:
    """Make, rename, wake and put to sleep accounts so that they match the folder.

    A new account has no usable password until an administrator sets one. A person who left (no post in any
    city's current version) can no longer sign in, unless the list of people still holds him; one who came back can,
    unless that list says that he left. An account that an administrator put to sleep while the person stayed is left
    asleep. All sessions of a person end when one of the posts does.
    """
    posts = tuple(posts)
    users = User.objects
    names = {post.login: post.name[:150] for post in posts}
    before = set(
        models.Post.objects.filter(city_id=city_id, version_from__lt=number)
        .exclude(version_to__lt=number)
        .values_list("login", flat=True)
    )
    asleep = set(models.PersonIdentity.objects.exclude(asleep_at=None).values_list("login", flat=True))
    listed = set(models.PersonIdentity.objects.exclude(listed_at=None).values_list("login", flat=True))
    known = {user.get_username(): user for user in users.filter(username__in=names)}
    users.bulk_create(
        User(
            username=login,
            first_name=name,
            password=make_password(None),
            date_joined=at,
            is_active=True,
        )
        for login, name in names.items()
        if login not in known
    )
    for login, user in known.items():
        came_back = login not in before and not user.is_active and login not in asleep
        if user.first_name != names[login] or came_back:
            user.first_name = names[login]
            user.is_active = user.is_active or came_back
            user.save(update_fields=["first_name", "is_active"])
    elsewhere = models.Post.objects.filter(version_to=None).exclude(city_id=city_id)
    left = before - names.keys() - set(elsewhere.values_list("login", flat=True)) - (listed - asleep)
    users.filter(username__in=left).update(is_active=False)
    for login in _lost_a_post(posts, city_id, number):
        end_sessions(login, "system", at)


def _lost_a_post(posts: Iterable[Post], city_id: int, number: int) -> set[str]:
    """The logins that had a role, unit and area in the version before which they no longer have."""
    before = models.Post.objects.filter(city_id=city_id, version_from__lt=number).filter(
        Q(version_to=None) | Q(version_to__gte=number)
    )
    held = {
        (login, role, unit, area) for login, role, unit, area in before.values_list("login", "role", "unit", "area")
    }
    return {key[0] for key in held - {(p.login, p.role.value, p.unit or "", p.area or "") for p in posts}}
