"""Supervision orders (督办): the table of their moves, who may make them, and what each changes. Pure.

The answers of the units decide how an order stands: it is replied once every unit has replied. Nobody judges an
answer of his own or of his own unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason
from cityloom.cases import order_reasons as order_reasons  # registers the sentences
from cityloom.cases.conflicts import stays_away
from cityloom.cases.errors import GuardHolds, ImpossibleMove, MissingNeed, NotAllowed, UnknownWord
from cityloom.cases.order_values import ORDER_END_STATES, Answer, Order, OrderDetails
from cityloom.city.clock_values import ClockUnit, Limit
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.sla.clocks import DAYS, due_at, extended_due, is_overdue, warning_moments
from cityloom.sla.values import Due

ISSUERS = frozenset({Role.SUPERVISOR, Role.LEADER})
READERS = ISSUERS | {Role.HANDLER, Role.AUDITOR, Role.ADMIN}
OPEN = frozenset({"issued", "received", "sent_back"})
AS_ANSWERED = "as the answers say"
MOST_AMOUNT = 366
TITLE_CHARS, TEXT_CHARS, NOTE_CHARS = 120, 4000, 2000
TRACKED = ("state", "units", "due_at", "overdue", "answers", "asked", "answered_at", "closed_at", "closed_by")


class NoSuchOrder(CityloomError):
    """No order of that number."""

    status = 404


@dataclass(frozen=True)
class OrderStep:
    """One row of the table: this move, from these states, by these roles, under these guards."""

    move: str
    came_from: frozenset[str]
    to: str
    by: frozenset[Role]
    when: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


_UNIT = frozenset({Role.HANDLER})
STEPS: tuple[OrderStep, ...] = (
    OrderStep("receive", OPEN, AS_ANSWERED, _UNIT, ("own_owed",)),
    OrderStep("reply", OPEN, AS_ANSWERED, _UNIT, ("own_received",), ("note",)),
    OrderStep("ask_time", OPEN, "=", _UNIT, ("no_ask",), ("note", "limit")),
    OrderStep("grant_time", OPEN, "=", ISSUERS, ("ask_waits", "not_own_ask")),
    OrderStep("refuse_time", OPEN, "=", ISSUERS, ("ask_waits", "not_own_ask"), ("note",)),
    OrderStep("send_back", frozenset({"replied"}), AS_ANSWERED, ISSUERS, ("not_own_answer",), ("note",)),
    OrderStep("discharge", frozenset({"replied"}), "discharged", ISSUERS, ("not_own_answer",), ("note",)),
    OrderStep("withdraw", OPEN | {"replied"}, "withdrawn", ISSUERS, ("is_issuer",), ("note",)),
)


# --- who may ----------------------------------------------------------------------------------------------------


def may_see_order(post: Post, order: Order, complained_about: Iterable[str] = ()) -> Reason | None:
    """None when this post may look at this order, else the reason why not.

    `complained_about`: the units that the complaint of its case is about; nobody of theirs sees it.
    """
    if stays_away(post, complained_about):
        return Reason("error.complained_about", {"units": sorted(complained_about)})
    if post.role not in READERS:
        return _not_for(post, "see", READERS)
    if post.role is Role.HANDLER:
        return None if order.answer_of(post.units) else Reason("order.not_your_unit", {"units": list(order.units)})
    inside = post.area is None or post.area in order.areas or order.issuer_login == post.login
    return None if inside else Reason("order.not_your_area")


def orders_visible_to(post: Post) -> tuple[str, list[Any]]:
    """The same as `may_see_order` for lists: an SQL condition over `cases_order o` with its parameters."""
    sql, params = _in_reach(post)
    if post.unit is None:
        return sql, params
    barred = "NOT EXISTS (SELECT 1 FROM cases_case c WHERE c.id = o.case_id AND c.complained_about && %s::varchar[])"
    return f"({sql}) AND {barred}", [*params, [*post.units, *post.above]]


def _in_reach(post: Post) -> tuple[str, list[Any]]:
    if post.role not in READERS:
        return "FALSE", []
    if post.role is Role.HANDLER:
        return "o.units && %s::varchar[]", [list(post.units)]
    if post.area is None:
        return "TRUE", []
    return "(o.areas @> ARRAY[%s]::varchar[] OR o.issuer_login = %s)", [post.area, post.login]


def _not_for(post: Post, move: str, roles: frozenset[Role]) -> Reason:
    return Reason("order.not_for_role", {"role": post.role.value, "order_move": move, "roles": sorted(roles)})


# --- guards: one function a word, None when it holds --------------------------------------------------------------


def _own_owed(order: Order, by: Post) -> Reason | None:
    answer = order.answer_of(by.units)
    return None if answer is None or answer.state == "owed" else Reason("order.received_already")


def _own_received(order: Order, by: Post) -> Reason | None:
    answer = order.answer_of(by.units)
    if answer is not None and answer.state == "owed":
        return Reason("order.not_received")
    return Reason("order.answered_already") if answer is not None and answer.state == "replied" else None


def _not_own_answer(order: Order, by: Post) -> Reason | None:
    own = by.login in {a.by for a in order.answers} or order.answer_of(by.units) is not None
    return Reason("order.own_answer") if own else None


def _is_issuer(order: Order, by: Post) -> Reason | None:
    fits = by.login == order.issuer_login or by.role is Role.LEADER
    return None if fits else Reason("order.not_issuer", {"login": order.issuer_login})


GUARDS: Mapping[str, Callable[[Order, Post], Reason | None]] = {
    "own_owed": _own_owed,
    "own_received": _own_received,
    "not_own_answer": _not_own_answer,
    "is_issuer": _is_issuer,
    "no_ask": lambda order, _: Reason("order.ask_waits") if order.asked else None,
    "ask_waits": lambda order, _: None if order.asked else Reason("order.no_ask"),
    "not_own_ask": lambda order, by: Reason("order.own_ask") if order.asked.get("by") == by.login else None,
}


# --- deciding ---------------------------------------------------------------------------------------------------


def decide_order(order: Order, move: str, by: Post, details: OrderDetails, at: datetime, city: City) -> OrderStep:
    """The row by which this post may make this move now.

    Raises ImpossibleMove (with the moves open to the post), NotAllowed, GuardHolds, MissingNeed or UnknownWord;
    each leaves everything as it was.
    """
    rows = [row for row in STEPS if row.move == move and order.state in row.came_from]
    if not rows:
        possible = [row.move for row in open_order_steps(order, by, at, city)]
        told = {"order_state": order.state, "order_move": move, "order_moves": possible}
        raise ImpossibleMove("order.impossible", **told)
    step = rows[0]
    if (refusal := _refusal(step, order, by, at, city)) is not None:
        raise NotAllowed(refusal.code, **refusal.params)
    if (held := _held(step, order, by)) is not None:
        kind = NotAllowed if held.code in _OWN else GuardHolds
        raise kind(held.code, **held.params)
    _check_details(step, order, details, at)
    return step


_OWN = frozenset({"order.own_answer", "order.own_ask", "order.not_issuer"})


def open_order_steps(order: Order, by: Post, at: datetime, city: City) -> list[OrderStep]:
    """The rows open to this post now, what they need aside."""
    return [
        row
        for row in STEPS
        if order.state in row.came_from
        and _refusal(row, order, by, at, city) is None
        and _held(row, order, by) is None
    ]


def _refusal(step: OrderStep, order: Order, by: Post, at: datetime, city: City) -> Reason | None:
    if by.role not in step.by:
        return _not_for(by, step.move, step.by)
    if not by.valid.covers(at.astimezone(city.calendar().tz).date()):
        return Reason("error.post_ended")
    return may_see_order(by, order)


def _held(step: OrderStep, order: Order, by: Post) -> Reason | None:
    return next((why for word in step.when if (why := GUARDS[word](order, by)) is not None), None)


def _check_details(step: OrderStep, order: Order, details: OrderDetails, at: datetime) -> None:
    needs = list(step.needs)
    if step.move == "send_back" and is_overdue(order.due_at, at):
        needs.append("limit")  # a demand that is owed again has a moment ahead of it
    given = {"note": bool(details.note.strip()), "limit": details.amount is not None}
    if missing := [need for need in needs if not given[need]]:
        raise MissingNeed("order.missing", order_move=step.move, order_needs=missing)
    check_text("note", details.note, NOTE_CHARS)
    if details.amount is not None:
        limit_of_order(details.amount, details.limit_unit)
    replied = [a.unit for a in order.answers if a.state == "replied"]
    if step.move == "send_back" and details.unit and details.unit not in replied:
        raise UnknownWord("order.unit_not_replied", unit=details.unit, units=replied)


def check_text(what: str, text: str, most: int) -> None:
    """A text is no longer than so many characters; raises UnknownWord."""
    if len(text) > most:
        raise UnknownWord("order.too_long", order_needs=[what], most=most)


def limit_of_order(amount: float, unit: str) -> Limit:
    """A limit that a clock can run on; raises UnknownWord for any other."""
    if unit not in {u.value for u in ClockUnit}:
        raise UnknownWord("order.unknown_word", value=unit, order_needs=["limit"], known=[u.value for u in ClockUnit])
    limit_unit = ClockUnit(unit)
    if not 0 < amount <= MOST_AMOUNT or (limit_unit in DAYS and amount % 1):
        raise UnknownWord("order.bad_limit", amount=amount, limit_unit=unit, most=MOST_AMOUNT)
    return Limit(amount, limit_unit)


# --- carrying out -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OrderDraft:
    """An entry of an order before it is chained."""

    move: str
    from_state: str
    to_state: str
    by: Post
    text: str = ""
    reason: Reason | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


def started(order: Order, at: datetime, city: City) -> Order:
    """The order with its limit begun at that moment."""
    limit = limit_of_order(order.amount, order.limit_unit)
    return _due(replace(order, issued_at=at), due_at(at, limit, city.calendar()), at, at, city)


def carry_out_order(
    order: Order, step: OrderStep, by: Post, details: OrderDetails, at: datetime, city: City
) -> tuple[Order, OrderDraft]:
    """The order after the step, and its entry. The step was decided before; nothing is refused here."""
    after = _EFFECTS[step.move](order, by, details, at, city)
    if step.to == AS_ANSWERED:
        after = _as_answered(after, at)
    elif step.to != "=":
        after = replace(after, state=step.to)
    if after.state in ORDER_END_STATES:
        after = replace(after, closed_at=at, closed_by=by.login, warn_at=(), fires_at=None, asked={})
    told = changes_of(order, after)
    if details.cases:
        told["cases"] = list(details.cases)
    return after, OrderDraft(step.move, order.state, after.state, by, details.note.strip(), None, told)


def _receive(order: Order, by: Post, details: OrderDetails, at: datetime, city: City) -> Order:
    return _answered(order, by.units, "received", by, at)


def _reply(order: Order, by: Post, details: OrderDetails, at: datetime, city: City) -> Order:
    return _answered(order, by.units, "replied", by, at)


def _send_back(order: Order, by: Post, details: OrderDetails, at: datetime, city: City) -> Order:
    units = (details.unit,) if details.unit else order.units
    answers = tuple(replace(a, state="sent_back", since=_iso(at)) if a.unit in units else a for a in order.answers)
    after = replace(order, answers=answers, answered_at=None)
    if details.amount is None:
        return _due(after, Due(order.due_at, order.provisional), order.issued_at, at, city)
    after = replace(after, amount=details.amount, limit_unit=details.limit_unit)
    return _due(after, due_at(at, limit_of_order(details.amount, details.limit_unit), city.calendar()), at, at, city)


def _ask_time(order: Order, by: Post, details: OrderDetails, at: datetime, city: City) -> Order:
    asked = {"amount": details.amount, "unit": details.limit_unit, "by": by.login, "of": by.unit or ""}
    return replace(order, asked=asked)


def _grant_time(order: Order, by: Post, details: OrderDetails, at: datetime, city: City) -> Order:
    limit = limit_of_order(order.asked["amount"], order.asked["unit"])
    due = extended_due(order.due_at, limit, city.calendar())
    return _due(replace(order, asked={}), due, order.issued_at, at, city)


def _refuse_time(order: Order, by: Post, details: OrderDetails, at: datetime, city: City) -> Order:
    return replace(order, asked={})


def _end(order: Order, by: Post, details: OrderDetails, at: datetime, city: City) -> Order:
    return order


_EFFECTS: Mapping[str, Callable[[Order, Post, OrderDetails, datetime, City], Order]] = {
    "receive": _receive,
    "reply": _reply,
    "ask_time": _ask_time,
    "grant_time": _grant_time,
    "refuse_time": _refuse_time,
    "send_back": _send_back,
    "discharge": _end,
    "withdraw": _end,
}


def _answered(order: Order, units: tuple[str, ...], state: str, by: Post, at: datetime) -> Order:
    answers = tuple(Answer(a.unit, state, by.login, _iso(at)) if a.unit in units else a for a in order.answers)
    return replace(order, answers=answers)


def _as_answered(order: Order, at: datetime) -> Order:
    """How the order stands by its answers; once all have replied its limit has ended."""
    states = {a.state for a in order.answers}
    if states == {"replied"}:
        late = order.overdue or is_overdue(order.due_at, at)
        return replace(order, state="replied", answered_at=at, overdue=late, warn_at=(), fires_at=None, asked={})
    state = "sent_back" if "sent_back" in states else "issued" if "owed" in states else "received"
    return replace(order, state=state)


def _due(order: Order, due: Due, begins: datetime, after: datetime, city: City) -> Order:
    """The order with this due moment; warnings at the city's shares of the span, those still ahead."""
    at = due.at.astimezone(UTC)
    shares = (*sorted(city.settings.warning_shares), 1.0)
    moments = warning_moments(begins, at, shares, ClockUnit(order.limit_unit), city.calendar())
    ahead = tuple(_iso(m) for m in moments if m > after)
    fires = datetime.fromisoformat(ahead[0]) if ahead else None
    return replace(order, due_at=at, provisional=due.provisional, warn_at=ahead, fires_at=fires)


def tell(order: Order, city: City, by: Post) -> tuple[Order, OrderDraft]:
    """The order after its clock told its next moment: a warning, or that it is overdue."""
    moment, rest = datetime.fromisoformat(order.warn_at[0]), order.warn_at[1:]
    after = replace(order, warn_at=rest, fires_at=datetime.fromisoformat(rest[0]) if rest else None)
    if moment >= order.due_at:
        after = replace(after, overdue=True)
        move, reason = "overdue", Reason("order.overdue")
    else:
        shares = (*sorted(city.settings.warning_shares), 1.0)
        share = shares[max(0, len(shares) - len(order.warn_at))]
        move, reason = "warn", Reason("order.warned", {"share": round(100 * share)})
    told = {**changes_of(order, after), "moment": _iso(moment)}
    return after, OrderDraft(move, order.state, order.state, by, "", reason, told)


def changes_of(before: Order | None, after: Order) -> dict[str, Any]:
    """Old and new of every tracked field that changed."""
    pairs = {
        name: [_plain(getattr(before, name)) if before else None, _plain(getattr(after, name))] for name in TRACKED
    }
    changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    return {"order": changed} if changed else {}


def plain_of(order: Order) -> dict[str, Any]:
    """The tracked fields as an entry would hold them."""
    return {name: _plain(getattr(order, name)) for name in TRACKED}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, tuple):
        return [asdict(v) if isinstance(v, Answer) else v for v in value]
    return dict(value) if isinstance(value, Mapping) else value


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
