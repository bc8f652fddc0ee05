"""The names of people whom no row of `people.csv` names: those that an identity provider or a list brought."""

from __future__ import annotations

import time

from django.contrib.auth.models import User

from cityloom.city.logins import is_login

KEPT_S = 60.0  # how long a name is remembered in a process
MOST_KEPT = 5_000
_kept: dict[str, tuple[float, str]] = {}


def staff_name(login: str) -> str:
    """The name of an account; blank for a login without one. Asked of the database at most once a minute."""
    if not is_login(login):
        return ""
    now = time.monotonic()
    found = _kept.get(login)
    if found is None or now - found[0] > KEPT_S:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        name = User.objects.filter(username=login).values_list("first_name", flat=True).first() or ""
        found = _kept[login] = (now, name)
    return found[1]


def forget_names() -> None:
    """Ask again at the next asking."""
    _kept.clear()
