"""The city that this installation shows, for every door over HTTP."""

from __future__ import annotations

from django.conf import settings

from cityloom.city.snapshot import NoSuchCity, current_city, list_cities
from cityloom.city.snapshot_values import City

first_code: list[str] = []  # remembered, so that a request does not ask which cities there are


def this_city() -> City:
    """The city that CITYLOOM_CITY names, else the first one loaded; raises NoSuchCity for none."""
    named = getattr(settings, "CITYLOOM_CITY", "")
    if named:
        return current_city(named)
    if first_code:
        try:
            return current_city(first_code[0])
        except NoSuchCity:
            first_code.clear()
    found = list_cities()
    if not found:
        raise NoSuchCity("", ())
    first_code[:] = [found[0].code]
    return current_city(found[0].code)
