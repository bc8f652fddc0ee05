"""The posts that people hold: those of `people.csv`, and those that their groups give.

Who is in which group is read live, so that whoever leaves one stops at once. A city without `groups.csv` costs no
statement.
"""

from __future__ import annotations

from datetime import date

from django.db import connection

from cityloom.city.group_posts import posts_from_groups
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

_MEMBERS = (
    'SELECT m.login, u.first_name, m."group" FROM city_group_member m JOIN auth_user u ON u.username = m.login '
    "WHERE m.left_at IS NULL AND u.is_active"
)


def posts_held(city: City, login: str, today: date) -> tuple[Post, ...]:
    """The posts a person holds on that day, by the folder first; one statement at most."""
    held = city.posts_of(login, today)
    if not city.groups:
        return held
    with connection.cursor() as cursor:
        cursor.execute(f"{_MEMBERS} AND m.login = %s ORDER BY m.id", [login])
        rows = cursor.fetchall()
    return held + posts_from_groups(city, login, _name(rows), [group for _, _, group in rows], held, today)


def posts_of_everybody(city: City, today: date) -> dict[str, tuple[Post, ...]]:
    """Everybody who holds a post on that day, by login; one statement at most."""
    found = {login: held for login in city.posts if (held := city.posts_of(login, today))}
    if not city.groups:
        return found
    with connection.cursor() as cursor:
        cursor.execute(f'{_MEMBERS} AND m."group" = ANY(%s) ORDER BY m.login, m.id', [list(city.groups)])
        rows = cursor.fetchall()
    members: dict[str, list[tuple[str, str, str]]] = {}
    for row in rows:
        members.setdefault(row[0], []).append(row)
    for login, own in members.items():
        held = found.get(login, ())
        given = posts_from_groups(city, login, _name(own), [group for _, _, group in own], held, today)
        if held or given:
            found[login] = held + given
    return found


def _name(rows: list[tuple[str, str, str]]) -> str:
    return rows[0][1] if rows else ""
