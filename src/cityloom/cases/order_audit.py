"""Whether the history of supervision orders is whole: every chain, every row, and no number missing."""

from __future__ import annotations

from collections import defaultdict

from django.db.backends.utils import CursorWrapper

from cityloom.cases.order_keeping import list_order_entries, order_seed, read_orders, verify_order
from cityloom.cases.verifying import Broken


def broken_orders(cursor: CursorWrapper, city_id: int, city_code: str) -> list[Broken]:
    """Everything that does not fit, by the number of the order; an empty list vouches for all of them.

    The numbers of a year run from 1 without gaps, so that a deleted order is missed by its number; one cut off at
    the end of a year's numbers is not.
    """
    found: list[Broken] = []
    given: dict[int, set[int]] = defaultdict(set)
    for order in read_orders(cursor, "o.city_id = %s ORDER BY o.id", [city_id]):
        given[order.year].add(order.serial)
        entries = list_order_entries(cursor, order.id)
        broken = verify_order(order, entries, order_seed(city_code, order))
        found += [Broken(order.number, 0, what) for what in broken]
    for year, serials in sorted(given.items()):
        missing = sorted(set(range(1, max(serials) + 1)) - serials)
        found += [Broken(f"{year}-{serial}", 0, "the order of this number is not there") for serial in missing]
    return found
