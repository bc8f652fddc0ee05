"""Reading supervision orders for lists and figures: what a post may see, never a page by counting (OFFSET)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.backends.utils import CursorWrapper

from cityloom.base.errors import CityloomError
from cityloom.cases.filters import Condition, all_of
from cityloom.cases.order_keeping import read_orders
from cityloom.cases.order_values import ORDER_STATES, ORDER_SUBJECTS, Order
from cityloom.cases.orders import orders_visible_to
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

VIEWS = ("open", "overdue", "mine", "all")


class OrderFilterNotUnderstood(CityloomError):
    """A word of the address that the list of orders does not know."""


@dataclass(frozen=True)
class OrderFilter:
    """What a list of orders is asked for. `mine`: what waits for this post: to answer, or to judge."""

    view: str = "open"
    unit: str = ""
    state: str = ""
    subject: str = ""

    def as_query(self, **more: str) -> str:
        """The filter as the words of an address; `parse_order_filter` reads them back."""
        words = {"view": self.view, "unit": self.unit, "state": self.state, "subject": self.subject, **more}
        return urlencode({name: value for name, value in words.items() if value})


class OrderPage(NamedTuple):
    """One page, the newest number first; `next` is the id after which the next one begins."""

    orders: list[Order]
    next: int | None


class OrderFigures(NamedTuple):
    """Counts over the orders a post may see; `on_time` and `discharged` of this calendar year."""

    open: int
    overdue: int
    waiting: int  # replied: for somebody's judgement
    discharged: int
    on_time: int

    @property
    def share(self) -> float | None:
        """Answered within the limit ÷ discharged; None while nothing was discharged."""
        return self.on_time / self.discharged if self.discharged else None


def parse_order_filter(words: Mapping[str, str], city: City) -> OrderFilter:
    """The filter that the words of an address ask for; raises OrderFilterNotUnderstood for a word nobody knows."""

    def known(name: str, table: Any) -> str:
        value = words.get(name, "").strip()
        if value and value not in table:
            raise OrderFilterNotUnderstood("order.filter_unknown", name=name, value=value[:40])
        return value

    return OrderFilter(
        view=known("view", VIEWS) or "open",
        unit=known("unit", city.units),
        state=known("state", ORDER_STATES),
        subject=known("subject", ORDER_SUBJECTS),
    )


def list_orders(
    cursor: CursorWrapper, city: City, post: Post, asked: OrderFilter, at: datetime, after: int | None, limit: int
) -> OrderPage:
    """One page of what the post may see, in one statement."""
    parts = [*_seen(city, post), *_conditions(asked, post, at)]
    if after is not None:
        parts.append(Condition("o.id < %s", (after,)))
    where = all_of(parts)
    rows = read_orders(cursor, f"{where.sql} ORDER BY o.id DESC LIMIT %s", [*where.params, limit + 1])
    more = len(rows) > limit
    return OrderPage(rows[:limit], rows[limit - 1].id if more else None)


def list_orders_of_case(cursor: CursorWrapper, city: City, post: Post, case_id: int) -> list[Order]:
    """The orders about a case that the post may see, the newest first."""
    where = all_of([*_seen(city, post), Condition("o.case_id = %s", (case_id,))])
    return read_orders(cursor, f"{where.sql} ORDER BY o.id DESC", where.params)


def count_orders(cursor: CursorWrapper, city: City, post: Post, at: datetime) -> OrderFigures:
    """The figures over what the post may see, in one statement."""
    where = all_of(_seen(city, post))
    year = at.astimezone(city.calendar().tz).year
    cursor.execute(
        "SELECT count(*) FILTER (WHERE o.closed_at IS NULL), "  # noqa: S608
        "count(*) FILTER (WHERE o.closed_at IS NULL AND o.answered_at IS NULL AND (o.overdue OR o.due_at < %s)), "
        "count(*) FILTER (WHERE o.state = 'replied'), "
        "count(*) FILTER (WHERE o.state = 'discharged' AND o.year = %s), "
        "count(*) FILTER (WHERE o.state = 'discharged' AND o.year = %s AND NOT o.overdue) "
        f"FROM cases_order o WHERE {where.sql}",
        [at, year, year, *where.params],
    )
    return OrderFigures(*cursor.fetchone())


def _seen(city: City, post: Post) -> list[Condition]:
    sql, params = orders_visible_to(post)
    return [Condition("o.city_id = %s", (city.id,)), Condition(sql, tuple(params))]


def _conditions(asked: OrderFilter, post: Post, at: datetime) -> list[Condition]:
    parts: list[Condition] = []
    if asked.state:
        parts.append(Condition("o.state = %s", (asked.state,)))
    elif asked.view != "all":
        parts.append(Condition("o.closed_at IS NULL"))
    if asked.view == "overdue":
        parts.append(Condition("o.answered_at IS NULL AND (o.overdue OR o.due_at < %s)", (at,)))
    if asked.view == "mine":
        parts.append(_mine(post))
    if asked.unit:
        parts.append(Condition("o.units && ARRAY[%s]::varchar[]", (asked.unit,)))
    if asked.subject:
        parts.append(Condition("o.subject = %s", (asked.subject,)))
    return parts


def _mine(post: Post) -> Condition:
    """A unit's: what it has still to answer. A supervisor's: what he issued himself."""
    if not post.units or post.role.value != "handler":
        return Condition("o.issuer_login = %s", (post.login,))
    owes = (
        "EXISTS (SELECT 1 FROM jsonb_to_recordset(o.answers) AS a(unit text, state text) "
        "WHERE a.unit = ANY(%s) AND a.state <> 'replied')"
    )
    return Condition(owes, (list(post.units),))
