"""Issue a supervision order: give it the year's next number, begin its limit, tell the case it is about."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft
from cityloom.cases.keeping import get_file, keep_moves
from cityloom.cases.order_issuing import NewOrder, check_new_order, new_order, told_on_case
from cityloom.cases.order_keeping import keep_new_order, next_serial
from cityloom.cases.order_values import Order
from cityloom.cases.values import CaseFile
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def issue_order(city: City, new: NewOrder, by: Post, clock: Clock) -> Order:
    """The order as it was kept; raises NoSuchCase, NotAllowed, MissingNeed or UnknownWord and keeps nothing."""
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        about_case = new.subject == "case" and new.case_number.strip()
        file = get_file(cursor, city.id, new.case_number.strip(), lock=True) if about_case else None
        units = check_new_order(new, file, by, at, city)
        serial = next_serial(cursor, city, at)
        order, draft = new_order(new, units, file, by, at, city, serial, ids.one())
        order = keep_new_order(cursor, order, draft, city, at)
        if file is not None:
            tell_case(cursor, file, by, told_on_case(order, "order.issued"), at, order)
        return order


def tell_case(
    cursor: CursorWrapper,
    file: CaseFile,
    by: Post,
    reason: Reason,
    at: datetime,
    order: Order,
    photos: tuple[int, ...] = (),
) -> None:
    """Append to the case's history what happened with an order about it; the case itself stays where it is."""
    draft = Draft(
        subject="case",
        subject_id=file.case.id,
        move="order",
        from_state=file.case.state,
        to_state=file.case.state,
        by=by,
        reason=reason,
        text="",
        occurred_at=at,
        changes={"order": order.number, **({"photos": list(photos)} if photos else {})},
    )
    keep_moves(cursor, file, file, [draft], at)
