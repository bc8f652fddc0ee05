"""The city's calendars, made of its working hours and its exceptional days."""

from __future__ import annotations

from collections.abc import Iterable

from cityloom.city.clock_values import WorkCalendar
from cityloom.city.folder_values import CalendarDay, CityConfig


def calendars_of(config: CityConfig, days: Iterable[CalendarDay]) -> dict[str, WorkCalendar]:
    """Each calendar by its name; the blank one always exists, if need be without a holiday."""
    grouped: dict[str, list[CalendarDay]] = {"": []}
    for each in days:
        grouped.setdefault(each.calendar, []).append(each)
    first_year, last_year = config.years
    return {
        name: WorkCalendar(
            zone=config.time_zone,
            profiles=config.hours,
            first_year=first_year,
            last_year=last_year,
            holidays=frozenset(each.day for each in group if each.kind == "holiday"),
            makeup_days=frozenset(each.day for each in group if each.kind == "workday"),
        )
        for name, group in grouped.items()
    }
