"""The posts that a person's groups give, as the `groups.csv` of the city says. Pure.

A post of a group is a post like any other, beside those of `people.csv`. Two things it cannot do: repeat a post that
is held already, and bring administrator, data steward and auditor into one hand. Directories are filled by many
people; where they would mix these three, none of them is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from cityloom.city.deputies import SPLIT
from cityloom.city.snapshot_values import City
from cityloom.city.values import AreaCode, Post, Role, UnitCode

Key = tuple[Role, UnitCode | None, AreaCode | None]


def posts_from_groups(
    city: City, login: str, name: str, groups: Iterable[str], held: Sequence[Post], today: date
) -> tuple[Post, ...]:
    """What membership in these groups gives today to a person who holds these posts by hand."""
    given: dict[Key, Post] = {}
    taken = {_key(post) for post in held}
    for group in groups:
        for row in city.groups.get(group, ()):
            key = (row.role, row.unit, row.area)
            if row.valid.covers(today) and key not in taken:
                post = Post(login, row.role, row.unit, row.area, row.valid, name, group=group)
                given.setdefault(key, city.placed(post, today))
    if len({post.role for post in (*held, *given.values())} & SPLIT) > 1:
        return tuple(post for post in given.values() if post.role not in SPLIT)
    return tuple(given.values())


def _key(post: Post) -> Key:
    return post.role, post.unit, post.area
