"""What is typed about supervision orders, read back: the details of a move, and a new order. No rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite

from cityloom.cases.errors import UnknownWord
from cityloom.cases.order_issuing import NewOrder
from cityloom.cases.order_values import OrderDetails
from cityloom.cases.orders import MOST_AMOUNT

FIELDS = ("move", "version", "note", "amount", "limit_unit", "unit", "cases")
NEW_FIELDS = ("subject", "case", "class", "area", "title", "demand", "level", "amount", "limit_unit")


def details_of_order(typed: Mapping[str, str]) -> OrderDetails:
    """What was typed as the details of a move; raises UnknownWord for a limit that is no number."""
    amount = amount_of(typed["amount"], typed["limit_unit"]) if typed["amount"].strip() else None
    cases = tuple(dict.fromkeys(part for part in re.split(r"[\s,，、;；]+", typed["cases"]) if part))
    return OrderDetails(
        note=typed["note"],
        amount=amount,
        limit_unit=typed["limit_unit"],
        unit=typed["unit"],
        cases=tuple(each[:40] for each in cases[:20]),
    )


def new_order_of(typed: Mapping[str, str], units: Sequence[str]) -> NewOrder:
    """What was typed as a new order; raises UnknownWord for a limit that is no number."""
    return NewOrder(
        subject=typed["subject"],
        title=typed["title"],
        demand=typed["demand"],
        amount=amount_of(typed["amount"], typed["limit_unit"]),
        limit_unit=typed["limit_unit"],
        level=typed["level"],
        units=tuple(u for u in units if u),
        case_number=typed["case"],
        class_code=typed["class"] if typed["subject"] == "topic" else "",
        area=typed["area"] if typed["subject"] == "topic" else "",
    )


def amount_of(text: str, unit: str) -> float:
    """A number as typed."""
    try:
        amount = float(text)
    except ValueError:
        amount = float("nan")
    if not isfinite(amount):
        raise UnknownWord("order.bad_limit", amount=text[:20], limit_unit=unit, most=MOST_AMOUNT)
    return amount
