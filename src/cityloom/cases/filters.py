"""What a list of cases is asked for: one definition for pages, exports and interfaces.

`parse_filter` reads the words of an address, `condition_of` makes them SQL over `cases_case c`. The condition of
the post (`permissions.visible_to`) is added by whoever asks, see `queries.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.cases.permissions import SCOPE, Scope
from cityloom.cases.waiting import living_task, waiting_rows, waiting_states
from cityloom.city.paths import CASE_STATES, END_STATES, Paths
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role, Source

register(
    {
        "filter.unknown_word": (
            "筛选条件“{name}”没有“{value}”这个值，已显示未筛选的列表",
            "the filter “{name}” knows no “{value}”; the list is shown without it",
        ),
    }
)
DAY_WORDS = ("opened", "closed", "called", "due")
NOBODYS = "-"  # the unit of a case that nobody leads


class FilterNotUnderstood(CityloomError):
    """A word of the address that the list does not know."""


class View(StrEnum):
    """Which part of the cases a list is about: what waits for a role, all open work, or all history."""

    WAITING = "waiting"
    OPEN = "open"
    ALL = "all"


@dataclass(frozen=True)
class CaseFilter:
    """Conditions of a list; an empty one holds for all.

    `class_code` and `area` take in all that lies below them; `unit` is the leading unit, `-` means none;
    `waits_for` is the post that has the next step; `number` is a whole case number or its last part.
    """

    view: View = View.OPEN
    waits_for: Post | None = None
    state: str = ""
    class_code: str = ""
    area: str = ""
    unit: str = ""
    source: str = ""
    overdue: bool = False
    number: str = ""
    kept: bool = False  # closed within a promise that was given
    opened: str = ""  # a day, or two as 2026-06-01..2026-06-30, in the city's zone
    closed: str = ""
    called: str = ""  # the days of a callback that reached somebody
    due: str = ""  # the days on which a running clock of it falls due first

    @property
    def is_open_work(self) -> bool:
        """Whether what has ended is left out, and the list ordered by what falls due first."""
        return self.view is not View.ALL

    def as_query(self, **more: str) -> str:
        """The filter as the words of an address; `parse_filter` reads them back."""
        words = {
            "view": self.view.value,
            "state": self.state,
            "class": self.class_code,
            "area": self.area,
            "unit": self.unit,
            "source": self.source,
            "overdue": "yes" if self.overdue else "no" if self.kept else "",
            "number": self.number,
            "opened": self.opened,
            "closed": self.closed,
            "called": self.called,
            "due": self.due,
            **more,
        }
        return urlencode({name: value for name, value in words.items() if value})


@dataclass(frozen=True)
class Condition:
    """SQL over `cases_case c` with its parameters."""

    sql: str
    params: tuple[Any, ...] = ()


def parse_filter(words: Mapping[str, str], city: City, post: Post) -> CaseFilter:
    """The filter that the words of an address ask for; raises FilterNotUnderstood for a word nobody knows.

    Without `view` a role that has steps of its own sees what waits for it. A state in which nothing waits for it
    looks through all open work; a state that is an end, or a number, through all history.
    """
    state = _known(words, "state", CASE_STATES)
    number = words.get("number", "").strip()[:40]
    asked = _known(words, "view", {v.value: v for v in View})
    view = View(asked) if asked else default_view(post.role, city.paths)
    if view is View.WAITING and state and state not in waiting_states(city.paths, post.role):
        view = View.OPEN
    days = {name: _days_word(words, name) for name in DAY_WORDS}
    late = words.get("overdue", "").strip()
    if state in END_STATES or number or days["closed"] or late == "no":
        view = View.ALL
    return CaseFilter(
        view=view,
        waits_for=post if view is View.WAITING else None,
        state=state,
        class_code=_known(words, "class", city.classes),
        area=_known(words, "area", city.areas),
        unit=_known(words, "unit", {**city.units, NOBODYS: None}),
        source=_known(words, "source", {s.value: s for s in Source}),
        overdue=late == "yes",
        kept=late == "no",
        number=number,
        **days,
    )


def default_view(role: Role, paths: Paths) -> View:
    """What a role sees first: what waits for it, or all open work when no step is its own."""
    return View.WAITING if waiting_states(paths, role) else View.OPEN


def condition_of(asked: CaseFilter, city: City, at: datetime) -> Condition:
    """The filter as a condition; `city_id` first, so that every index that starts with the city can serve."""
    parts = [Condition("c.city_id = %s", (city.id,))]
    if asked.is_open_work:
        parts.append(Condition("c.closed_at IS NULL"))
    if asked.state:
        parts.append(Condition("c.state = %s", (asked.state,)))
    if asked.waits_for is not None:
        parts.append(Condition(*waiting_rows(asked.waits_for, city)))
    if asked.class_code:
        parts.append(class_condition(asked.class_code, city))
    if asked.area:
        parts.append(Condition("c.areas @> ARRAY[%s]::varchar[]", (asked.area,)))
    if asked.unit:
        parts.append(_unit_condition(asked.unit))
    if asked.source:
        parts.append(Condition("c.source = %s", (asked.source,)))
    if asked.overdue:
        parts.append(_overdue_condition(asked, at))
    if asked.kept:
        parts.append(Condition("c.closed_at IS NOT NULL AND c.promise_due_at IS NOT NULL AND NOT c.overdue_raw"))
    if asked.number:
        parts.append(_number_condition(asked.number))
    for name in DAY_WORDS:
        if told := getattr(asked, name):
            parts.append(_day_condition(name, told, city))
    return all_of(parts)


def reach_of(post: Post, city: City, asked: CaseFilter) -> tuple[Condition, ...]:
    """Faster roads to the same rows for a unit's post, each served by an index; what any of them finds is listed.

    A handler's list holds what the unit or one below it leads and what it assists with now; a case it gave back
    is found by its number. For every other post there is one road, without a condition.
    """
    unit = post.unit
    if SCOPE[post.role] is not Scope.UNIT or asked.number or unit is None or unit not in city.units:
        return (Condition("TRUE"),)
    below = sorted({*city.units_below(unit), *post.inherits})
    leads = Condition("c.lead_unit = ANY(%s)", (below,)) if len(below) > 1 else Condition("c.lead_unit = %s", (unit,))
    assists = Condition(*living_task(post, city))
    if asked.is_open_work:  # few rows: one statement finds them all
        return (Condition(f"({leads.sql} OR {assists.sql})", leads.params + assists.params),)
    return leads, assists


def all_of(parts: Sequence[Condition]) -> Condition:
    """All conditions together."""
    return Condition(" AND ".join(p.sql for p in parts), tuple(v for p in parts for v in p.params))


def class_condition(code: str, city: City) -> Condition:
    """Cases of this class or of one below it."""
    below = [each for each in city.classes if code in city.class_chain(each)]
    if len(below) == 1:
        return Condition("c.class_code = %s", (code,))
    return Condition("c.class_code = ANY(%s)", (sorted(below),))


def _unit_condition(code: str) -> Condition:
    return Condition("c.lead_unit IS NULL") if code == NOBODYS else Condition("c.lead_unit = %s", (code,))


def _overdue_condition(asked: CaseFilter, at: datetime) -> Condition:
    """Of open work what is late now; of history what was late against its promise."""
    return Condition("c.next_due_at < %s", (at,)) if asked.is_open_work else Condition("c.overdue_raw")


def _number_condition(number: str) -> Condition:
    tail = number.rpartition("-")[2]
    if tail.isdigit() and len(tail) < 19:
        return Condition("(c.number = %s OR c.id = %s)", (number, int(tail)))
    return Condition("c.number = %s", (number,))


def days_of(told: str) -> tuple[date, date]:
    """The first and last day that `2026-06-01` or `2026-06-01..2026-06-30` names; raises ValueError."""
    first, _, last = told.partition("..")
    days = date.fromisoformat(first), date.fromisoformat(last or first)
    if days[0] > days[1]:
        raise ValueError(told)
    return days


def _days_word(words: Mapping[str, str], name: str) -> str:
    told = words.get(name, "").strip()
    if told:
        try:
            days_of(told)
        except ValueError as wrong:
            raise FilterNotUnderstood("filter.unknown_word", name=name, value=told[:40]) from wrong
    return told


def _day_condition(name: str, told: str, city: City) -> Condition:
    """From the first day's midnight to the last one's, in the city's zone."""
    (first, last), tz = days_of(told), city.calendar().tz
    span = (datetime.combine(first, time(), tz), datetime.combine(last + timedelta(days=1), time(), tz))
    if name == "due":
        return Condition("c.next_due_at >= %s AND c.next_due_at < %s", span)
    if name != "called":
        return Condition(f"c.{name}_at >= %s AND c.{name}_at < %s", span)
    return Condition(
        "c.id = ANY(ARRAY(SELECT r.case_id FROM cases_report r WHERE r.city_id = %s AND r.state = 'called_back' "
        "AND r.callback_at >= %s AND r.callback_at < %s))",
        (city.id, *span),
    )


def _known(words: Mapping[str, str], name: str, known: Mapping[str, Any]) -> str:
    value = words.get(name, "").strip()
    if value and value not in known:
        raise FilterNotUnderstood("filter.unknown_word", name=name, value=value[:40])
    return value
