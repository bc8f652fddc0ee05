"""Move a supervision order one step, as its table allows: sign for it, reply, judge the reply, discharge it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.cases.actions.issue_order import tell_case
from cityloom.cases.errors import NotAllowed
from cityloom.cases.keeping import get_file, get_file_by_id
from cityloom.cases.order_issuing import told_on_case
from cityloom.cases.order_keeping import complained_about_in, get_order, keep_order_move, refuse_stale_order
from cityloom.cases.order_values import Order, OrderDetails
from cityloom.cases.orders import OrderDraft, carry_out_order, decide_order, may_see_order
from cityloom.cases.permissions import may_see
from cityloom.cases.photo_rows import keep_photos
from cityloom.cases.photos import Picture
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

# What of an order the history of its case tells.
TOLD: Mapping[str, str] = {
    "reply": "order.replied",
    "send_back": "order.sent_back",
    "discharge": "order.discharged",
    "withdraw": "order.withdrawn",
}


def move_order(
    city: City,
    number: str,
    move: str,
    by: Post,
    details: OrderDetails,
    clock: Clock,
    *,
    version: int | None,
    pictures: Sequence[Picture] = (),
) -> Order:
    """The order after the move; `version` is the one that was seen (None only for the system itself).

    Raises NoSuchOrder, StaleVersion, ImpossibleMove, NotAllowed, GuardHolds, MissingNeed, UnknownWord or, for a
    reply that points at a case nobody knows, NoSuchCase; then nothing has changed. Photos of a reply are kept with
    the case that the order is about; an order about a topic or a unit takes none.
    """
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_order(cursor, city.id, number, lock=True)
        if (refusal := may_see_order(by, before, complained_about_in(cursor, before))) is not None:
            raise NotAllowed(refusal.code, **refusal.params)
        refuse_stale_order(before, version)
        step = decide_order(before, move, by, details, at, city)
        _check_cases(cursor, city, details, by)
        after, draft = carry_out_order(before, step, by, details, at, city)
        draft = _told_case(cursor, city, after, draft, by, pictures, at)
        return keep_order_move(cursor, before, after, draft, at)


def _check_cases(cursor: CursorWrapper, city: City, details: OrderDetails, by: Post) -> None:
    """Whoever points at a case may see it himself."""
    for number in details.cases:
        if (refusal := may_see(by, get_file(cursor, city.id, number))) is not None:
            raise NotAllowed(refusal.code, **refusal.params)


def _told_case(
    cursor: CursorWrapper,
    city: City,
    order: Order,
    draft: OrderDraft,
    by: Post,
    pictures: Sequence[Picture],
    at: datetime,
) -> OrderDraft:
    """The draft with the photos that were kept; the case's history tells what its order went through."""
    if order.case_id is None or draft.move not in TOLD:
        return draft
    file = get_file_by_id(cursor, order.case_id, lock=True)
    photos = keep_photos(cursor, city, file.case.id, None, "after", pictures, by, at)
    answer = order.answer_of(by.units)
    reason = told_on_case(order, TOLD[draft.move], answer.unit if answer else "")
    tell_case(cursor, file, by, reason, at, order, tuple(photos))
    return replace(draft, changes={**draft.changes, "photos": photos}) if photos else draft
