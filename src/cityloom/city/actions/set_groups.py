"""Take over which groups a person belongs to, as the identity provider or the list of people tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from cityloom.city import models
from cityloom.city.account_events import Happened, record
from cityloom.city.account_sessions import end_sessions


@dataclass(frozen=True)
class GroupChange:
    """The groups that a person joined and left."""

    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def groups_in_use() -> frozenset[str]:
    """The groups that give posts in some city of this installation; of others nothing is kept."""
    rows = models.GroupPost.objects.filter(version_to=None)
    return frozenset(rows.values_list("group", flat=True).distinct())


def open_groups(login: str) -> frozenset[str]:
    """The groups that a person belongs to now."""
    return frozenset(models.GroupMember.objects.filter(login=login, left_at=None).values_list("group", flat=True))


def set_groups(login: str, told: Iterable[str], source: str, at: datetime) -> GroupChange:
    """Let the person belong to exactly these groups, as far as they give posts; what changed.

    Posts begin and end with this at once. Nothing is deleted: a membership keeps from when until when it held and who
    told. Whoever leaves a group is signed out everywhere, as when a post ends otherwise. Posts of `people.csv` stay.
    """
    wanted = frozenset(told) & groups_in_use()
    with transaction.atomic():
        User.objects.select_for_update().filter(username=login).first()  # two sources at once wait for each other
        held = open_groups(login)
        change = GroupChange(tuple(sorted(wanted - held)), tuple(sorted(held - wanted)))
        if change.left:
            rows = models.GroupMember.objects.filter(login=login, left_at=None, group__in=change.left)
            rows.update(left_at=at, left_by=source)
            record(login, Happened.POSTS_TAKEN, source, at)
            end_sessions(login, source, at)
        if change.joined:
            models.GroupMember.objects.bulk_create(
                models.GroupMember(login=login, group=group, joined_at=at, joined_by=source)
                for group in change.joined
            )
            record(login, Happened.POSTS_GIVEN, source, at)
    return change
