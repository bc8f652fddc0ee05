"""The daily report (日报) of a city: each number with the list it counts, asked by the very filter of that list.

What came in, was closed and was answered belongs to the day; what is open belongs to the moment of making.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from cityloom.cases.filters import CaseFilter, View, condition_of
from cityloom.cases.order_queries import OrderFilter
from cityloom.city.snapshot_values import City
from cityloom.exchange.daily_report_words import named, say

TOP = 5
LONGEST_LIST = 50
BASICALLY_COUNTS = 0.9


@dataclass(frozen=True)
class Line:
    """One figure in words, with the address of its list; `value` is what the figure counts, None for `n/a`."""

    label: str
    told: str
    link: str = ""
    value: float | None = None
    sample: int | None = None


@dataclass(frozen=True)
class Section:
    """A heading and its lines."""

    name: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class DailyReport:
    """A day of a city, in one language, as both Word and PDF print it."""

    title: str
    made: str
    language: str
    sections: tuple[Section, ...]

    def section(self, name: str) -> Section:
        return next(each for each in self.sections if each.name == name)


@dataclass
class _Making:
    """What every line needs."""

    cursor: CursorWrapper
    city: City
    day: date
    at: datetime
    base: str
    language: str
    ends: tuple[datetime, datetime] = field(init=False)

    def __post_init__(self) -> None:
        tz = self.city.calendar().tz
        self.ends = datetime.combine(self.day, time(), tz), datetime.combine(self.day + timedelta(days=1), time(), tz)

    def say(self, code: str, **params: object) -> str:
        return say(code, self.language, **params)

    def count(self, asked: CaseFilter) -> int:
        """How many cases the list with this filter has."""
        where = condition_of(asked, self.city, self.at)
        self.cursor.execute(f"SELECT count(*) FROM cases_case c WHERE {where.sql}", where.params)  # noqa: S608
        (count,) = self.cursor.fetchone()
        return int(count)

    def cases(self, label: str, asked: CaseFilter, *, count: int | None = None) -> Line:
        count = self.count(asked) if count is None else count
        return Line(label, f"{count:,}", self.link(asked), count)

    def link(self, asked: CaseFilter) -> str:
        return f"{self.base}/queue/?{asked.as_query()}"

    def rate(self, label: str, over: float, under: int, link: str = "") -> Line:
        """A share with its sample size; an empty denominator is `n/a`, never 0 or 100."""
        if not under:
            return Line(label, self.say("na"), link, None, 0)
        return Line(label, self.say("share", share=f"{100 * over / under:.1f}", n=under), link, over / under, under)


def make_daily_report(city: City, day: date, at: datetime, base: str, language: str) -> DailyReport:
    """The report of a day, made at a moment; `base` is the address of the pages, to which the links lead."""
    with connection.cursor() as cursor:
        making = _Making(cursor, city, day, at, base.rstrip("/"), language)
        made = at.astimezone(city.calendar().tz).strftime("%Y-%m-%d %H:%M")
        return DailyReport(
            title=making.say("title", city=named(city.name, language), day=day.isoformat()),
            made=making.say("made", at=made),
            language=language,
            sections=(_flow(making), _stock(making), _classes(making), _areas(making), _rates(making),
                      _long_term(making), _orders(making)),
        )  # fmt: skip


def _on(making: _Making, word: str) -> CaseFilter:
    on_the_day: dict[str, Any] = {word: making.day.isoformat()}
    return CaseFilter(view=View.ALL, **on_the_day)


def _flow(making: _Making) -> Section:
    """What came in and was closed on the day; in time and late count only cases that had a promise or were late."""
    closed = _on(making, "closed")
    in_time, late = replace(closed, kept=True), replace(closed, overdue=True)
    kept, missed = making.count(in_time), making.count(late)
    lines = (
        making.cases(making.say("intake"), _on(making, "opened")),
        making.cases(making.say("closed"), closed),
        making.cases(making.say("in_time"), in_time, count=kept),
        making.cases(making.say("closed_late"), late, count=missed),
        making.rate(making.say("in_time_rate"), kept, kept + missed, making.link(in_time)),
    )
    return Section("flow", making.say("flow"), lines)


def _stock(making: _Making) -> Section:
    open_now = CaseFilter(view=View.OPEN)
    lines = (
        making.cases(making.say("open"), open_now),
        making.cases(making.say("overdue"), replace(open_now, overdue=True)),
    )
    return Section("stock", making.say("stock"), lines)


def _classes(making: _Making) -> Section:
    asked = _on(making, "opened")
    where = condition_of(asked, making.city, making.at)
    making.cursor.execute(
        "SELECT c.class_code, count(*) AS n FROM cases_case c "  # noqa: S608
        f"WHERE {where.sql} AND c.class_code IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT %s",
        [*where.params, TOP],
    )
    found = making.cursor.fetchall()
    names = {code: named(row.name, making.language) for code, row in making.city.classes.items()}
    lines = [
        making.cases(names.get(code, code), replace(asked, class_code=code), count=count)
        if code in names
        else Line(code, f"{count:,}", making.link(asked), count)
        for code, count in found
    ]
    return Section("classes", making.say("classes"), _or_none(making, lines))


def _areas(making: _Making) -> Section:
    """The areas of the third level (the street, of city, district and street), or of the lowest that a city has."""
    asked, depth = _on(making, "opened"), min(3, len(making.city.levels))
    where = condition_of(asked, making.city, making.at)
    making.cursor.execute(
        "SELECT c.areas[%s], count(*) AS n FROM cases_case c "  # noqa: S608
        f"WHERE {where.sql} AND cardinality(c.areas) >= %s GROUP BY 1 ORDER BY n DESC, 1 LIMIT %s",
        [depth, *where.params, depth, TOP],
    )
    lines = [
        making.cases(named(making.city.areas[code].name, making.language), replace(asked, area=code), count=count)
        for code, count in making.cursor.fetchall()
        if code in making.city.areas
    ]
    return Section("areas", making.say("areas"), _or_none(making, lines))


def _rates(making: _Making) -> Section:
    """Response, resolution and satisfaction over the callbacks of the day that reached somebody.

    Satisfaction counts a basic one as 0.9 (the usual weights of the three rates); who was not asked is not counted.
    """
    making.cursor.execute(
        "SELECT count(*), count(*) FILTER (WHERE contacted = 'yes'), "
        "count(*) FILTER (WHERE contacted IN ('yes', 'no')), count(*) FILTER (WHERE solved = 'yes'), count(solved), "
        "count(*) FILTER (WHERE satisfied = 'satisfied'), count(*) FILTER (WHERE satisfied = 'basically'), "
        "count(*) FILTER (WHERE satisfied IN ('satisfied', 'basically', 'unsatisfied')) "
        "FROM cases_report WHERE city_id = %s AND state = 'called_back' AND callback_at >= %s AND callback_at < %s",
        [making.city.id, *making.ends],
    )
    called, reached, asked_reach, solved, asked_solved, glad, fairly, asked_glad = making.cursor.fetchone()
    link = making.link(_on(making, "called"))
    lines = (
        Line(making.say("called"), f"{called:,}", link, called),
        making.rate(making.say("response"), reached, asked_reach, link),
        making.rate(making.say("resolution"), solved, asked_solved, link),
        making.rate(making.say("satisfaction"), glad + BASICALLY_COUNTS * fairly, asked_glad, link),
    )
    return Section("rates", making.say("rates"), lines)


def _long_term(making: _Making) -> Section:
    asked = CaseFilter(view=View.OPEN, state="listed")
    where = condition_of(asked, making.city, making.at)
    making.cursor.execute(
        "SELECT c.number, c.lead_unit, c.opened_at FROM cases_case c "  # noqa: S608
        f"WHERE {where.sql} ORDER BY c.opened_at, c.id LIMIT %s",
        [*where.params, LONGEST_LIST],
    )
    found = making.cursor.fetchall()
    lines = [making.cases(making.say("listed"), asked)]
    for number, unit, opened in found:
        whose = making.city.units.get(unit)
        days = (making.at - opened).days
        told = making.say("listed_for", unit=named(whose.name, making.language) if whose else "–", days=days)
        lines.append(Line(number, told, f"{making.base}/case/{number}/"))
    return Section("long_term", making.say("long_term"), tuple(lines))


def _orders(making: _Making) -> Section:
    making.cursor.execute(
        "SELECT count(*) FILTER (WHERE closed_at IS NULL), count(*) FILTER (WHERE closed_at IS NULL AND "
        "answered_at IS NULL AND (overdue OR due_at < %s)) FROM cases_order WHERE city_id = %s",
        [making.at, making.city.id],
    )
    found = zip(("orders_open", "orders_overdue"), ("open", "overdue"), making.cursor.fetchone(), strict=True)
    lines = tuple(
        Line(making.say(code), f"{count:,}", f"{making.base}/orders/?{OrderFilter(view=view).as_query()}", count)
        for code, view, count in found
    )
    return Section("orders", making.say("orders"), lines)


def _or_none(making: _Making, lines: Sequence[Line]) -> tuple[Line, ...]:
    return tuple(lines) or (Line(making.say("none"), ""),)
