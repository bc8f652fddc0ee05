"""A supervision order as the pages show it: the line of a list, its band, its name in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from cityloom.cases.order_values import ORDER_LEVELS, ORDER_STATES, Order
from cityloom.web.moments import band_of, percent_gone
from cityloom.web.naming import Names
from cityloom.web.words import say


@dataclass(frozen=True)
class OrderLine:
    """One order of a list. `late`: not answered within its limit, now or then."""

    number: str
    called: str
    title: str
    about: str
    level: str
    state: str
    units: str
    issued_at: datetime
    due_at: datetime
    band: str
    gone: int
    waits: bool
    late: bool
    pressing: bool


def order_line(order: Order, named: Names, now: datetime) -> OrderLine:
    """The line of an order."""
    waits = not order.has_ended and order.answered_at is None
    return OrderLine(
        number=order.number,
        called=called(order),
        title=order.title,
        about=about(order, named),
        level=ORDER_LEVELS[order.level].in_language(named.lang),
        state=ORDER_STATES[order.state].in_language(named.lang),
        units=say("list.comma").join(named.unit(u) for u in order.units),
        issued_at=order.issued_at,
        due_at=order.due_at,
        band=band_of(order.issued_at, order.due_at, now) if waits else "closed",
        gone=percent_gone(order.issued_at, order.due_at, now) if waits else 100,
        waits=waits,
        late=order.overdue or (waits and now > order.due_at),
        pressing=order.level != "ordinary",
    )


def called(order: Order) -> str:
    """Its name as an office writes it: 督办〔2026〕12号."""
    return say("order.number", year=order.year, serial=order.serial)


def about(order: Order, named: Names) -> str:
    """What it is about: the case's number, the topic's filter, or the unit's work."""
    if order.subject == "case":
        return say("order.about_case", number=order.case_number or "")
    if order.subject == "topic":
        return say("order.about_topic", filter=topic_words(order, named))
    return say("order.about_unit")


def date_in_full(at: datetime, tz: tzinfo, lang: str) -> str:
    """A moment as a letter writes it, which is read on other days too: `2026-06-05 09:00`, 2026年6月5日 09:00."""
    local = at.astimezone(tz)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}" if lang == "zh" else f"{local:%Y-%m-%d %H:%M}"


def topic_words(order: Order, named: Names) -> str:
    """The filter of a topic in words."""
    parts = (
        named.area(order.topic.get("area")),
        named.matter(order.topic["class"]) if "class" in order.topic else "",
    )
    return " · ".join(p for p in parts if p)
