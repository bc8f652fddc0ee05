"""Due moments as an iCalendar document (RFC 5545), written by the `icalendar` library. Pure.

Each is an event (VEVENT): Outlook, Google and Apple show events of a calendar one subscribes to, while a task
(VTODO) shows in none of them. It has a moment and no length, and blocks no time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Component, Event, Timezone

from cityloom.base.reasons import Reason, register, render
from cityloom.city.paths import CASE_STATES
from cityloom.city.snapshot_values import City
from cityloom.exchange.calendars.queries import AHEAD, DueCase
from cityloom.exchange.open311.mapping import named

PRODUCT = "-//Cityloom//Due moments//EN"
EVERY = timedelta(minutes=15)  # how often a program may ask again
register(
    {
        "calendar.title": ("{unit}：到期时刻", "{unit}: due moments"),
        "calendar.overdue": ("【超时】", "OVERDUE "),
        "calendar.what": ("{clock}，状态：{state}", "{clock}; state: {state}"),
    }
)


def calendar_of(city: City, unit: str, due: Iterable[DueCase], now: datetime, site: str, language: str) -> bytes:
    """The document: CRLF, lines of at most 75 octets, all moments in UTC. `site` is the city's address."""
    title = render(Reason("calendar.title", {"unit": named(city.units, unit, language)}), language)
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("name", title)
    made.add("x-wr-calname", title)  # what Apple and Google read in place of NAME (RFC 7986)
    made.add("refresh-interval", EVERY, parameters={"value": "DURATION"})
    made.add("x-published-ttl", "PT15M")
    events: list[Component] = [_event(city, unit, each, now, site, language) for each in due]
    for component in events or [_zone(city, now)]:  # a calendar that holds nothing at all is none
        made.add_component(component)
    return bytes(made.to_ical())


def _zone(city: City, now: datetime) -> Timezone:
    day = now.date()
    return Timezone.from_tzid(str(city.calendar().tz), first_date=day, last_date=day + AHEAD)


def _event(city: City, unit: str, each: DueCase, now: datetime, site: str, language: str) -> Event:
    late = each.due_at < now
    mark = render(Reason("calendar.overdue"), language) if late else ""
    matter, area = named(city.classes, each.class_code, language), named(city.areas, each.area, language)
    event = Event()
    event.add("uid", f"{each.number}.{unit}@{city.code}.cityloom")
    event.add("sequence", each.version)
    event.add("dtstamp", max(each.changed_at, each.due_at) if late else each.changed_at)
    event.add("last-modified", each.changed_at.astimezone(UTC))
    event.add("dtstart", each.due_at.astimezone(UTC))
    event.add("summary", mark + " · ".join(filter(None, (each.number, matter, area))))
    rule = city.paths.clocks.get(each.clock)
    clock = rule.title.in_language(language) if rule is not None else each.clock
    said = {"clock": clock, "state": named(CASE_STATES, each.state, language)}
    event.add("description", render(Reason("calendar.what", said), language))
    event.add("url", f"{site}/case/{each.number}/")
    event.add("transp", "TRANSPARENT")
    if late:
        event.add("categories", ["OVERDUE"])
        event.add("priority", 1)
    return event
