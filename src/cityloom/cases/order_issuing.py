"""What a new supervision order must say, and the order it becomes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cityloom.base.reasons import Reason
from cityloom.cases.conflicts import check_units
from cityloom.cases.deciding import check_class
from cityloom.cases.errors import MissingNeed, NotAllowed, UnknownWord
from cityloom.cases.order_values import ORDER_LEVELS, ORDER_SUBJECTS, Answer, Order
from cityloom.cases.orders import (
    ISSUERS,
    TEXT_CHARS,
    TITLE_CHARS,
    OrderDraft,
    changes_of,
    check_text,
    limit_of_order,
    started,
)
from cityloom.cases.permissions import may_see
from cityloom.cases.values import CaseFile, Details
from cityloom.city.clock_values import ClockUnit
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

# What a form offers for each level; whoever issues the order may write another limit.
USUAL_LIMITS: Mapping[str, tuple[float, str]] = {
    "ordinary": (5, ClockUnit.WORK_DAY.value),
    "urgent": (24, ClockUnit.EMERGENCY_HOUR.value),
    "leader": (3, ClockUnit.WORK_DAY.value),
}


@dataclass(frozen=True)
class NewOrder:
    """What an issuer writes. Without units those that the subject names are meant: a case's lead, the unit."""

    subject: str
    title: str
    demand: str
    amount: float
    limit_unit: str
    level: str = "ordinary"
    units: tuple[str, ...] = ()
    case_number: str = ""
    class_code: str = ""
    area: str = ""


def check_new_order(new: NewOrder, file: CaseFile | None, by: Post, at: datetime, city: City) -> tuple[str, ...]:
    """The units that must answer; refuses an order that this post may not issue or that does not say enough.

    Raises NotAllowed, MissingNeed, UnknownWord, or ConflictOfInterest for a unit that the complaint is about; nothing
    was written.
    """
    _check_issuer(new, file, by, at, city)
    _check_words(new, city)
    units = new.units or _units_meant(new, file)
    missing = [
        what
        for what, there in (
            ("title", new.title.strip()),
            ("demand", new.demand.strip()),
            ("unit", units),
            ("case", new.subject != "case" or file is not None),
            ("filter", new.subject != "topic" or new.class_code or new.area),
        )
        if not there
    ]
    if missing:
        raise MissingNeed("order.missing", order_move="issue", order_needs=missing)
    if file is not None:
        check_units(Details(assisting=units), file, city)
    day = at.astimezone(city.calendar().tz).date()
    for unit in units:
        if unit not in city.units or not city.units[unit].valid.covers(day):
            raise UnknownWord("error.unknown_unit", unit=unit)
        if new.subject == "unit" and by.area is not None and not _serves(unit, by.area, city):
            raise NotAllowed("order.unit_outside", unit=unit)
    return tuple(dict.fromkeys(units))


def _check_issuer(new: NewOrder, file: CaseFile | None, by: Post, at: datetime, city: City) -> None:
    if by.role not in ISSUERS:
        told = {"role": by.role.value, "order_move": "issue", "roles": sorted(ISSUERS)}
        raise NotAllowed("order.not_for_role", **told)
    if not by.valid.covers(at.astimezone(city.calendar().tz).date()):
        raise NotAllowed("error.post_ended")
    if new.level == "leader" and by.role is not Role.LEADER:
        raise NotAllowed("order.leader_only")
    if file is not None and (refusal := may_see(by, file)) is not None:
        raise NotAllowed(refusal.code, **refusal.params)


def _check_words(new: NewOrder, city: City) -> None:
    for what, value, known in (("subject", new.subject, ORDER_SUBJECTS), ("level", new.level, ORDER_LEVELS)):
        if value not in known:
            raise UnknownWord("order.unknown_word", value=value, order_needs=[what], known=list(known))
    check_text("title", new.title, TITLE_CHARS)
    check_text("demand", new.demand, TEXT_CHARS)
    limit_of_order(new.amount, new.limit_unit)
    if new.class_code and new.class_code not in city.classes:
        check_class(new.class_code, city)
    if new.area and new.area not in city.areas:
        raise UnknownWord("order.unknown_word", value=new.area, order_needs=["area"], known=list(city.areas)[:5])


def _units_meant(new: NewOrder, file: CaseFile | None) -> tuple[str, ...]:
    lead = file.case.lead_unit if file is not None else None
    return (lead,) if lead else ()


def _serves(unit: str, area: str, city: City) -> bool:
    """Whether the unit, or one above it, serves a place inside the area."""
    return any(city.is_within(each, area) for u in city.unit_chain(unit) for each in city.units[u].serves)


def new_order(
    new: NewOrder,
    units: tuple[str, ...],
    file: CaseFile | None,
    by: Post,
    at: datetime,
    city: City,
    serial: int,
    order_id: int,
) -> tuple[Order, OrderDraft]:
    """The order with its limit begun, and its first entry; its demand is the entry's text."""
    case = file.case if file is not None else None
    order = Order(
        id=order_id,
        city_id=city.id,
        year=at.astimezone(city.calendar().tz).year,
        serial=serial,
        subject=new.subject,
        title=new.title.strip(),
        level=new.level,
        issuer_login=by.login,
        issuer_role=by.role.value,
        issuer_unit=by.unit or "",
        state="issued",
        units=units,
        areas=_areas(new, file, by, city),
        issued_at=at,
        amount=float(new.amount),
        limit_unit=new.limit_unit,
        due_at=at,
        case_id=case.id if case else None,
        case_number=case.number if case else None,
        topic=_topic(new) if new.subject == "topic" else {},
        answers=tuple(Answer(unit) for unit in units),
    )
    order = started(order, at, city)
    told: dict[str, Any] = {**changes_of(None, order), "about": {"subject": new.subject, "level": new.level}}
    return order, OrderDraft("issue", "", "issued", by, new.demand.strip(), None, told)


def _topic(new: NewOrder) -> dict[str, str]:
    return {name: value for name, value in (("class", new.class_code), ("area", new.area)) if value}


def _areas(new: NewOrder, file: CaseFile | None, by: Post, city: City) -> tuple[str, ...]:
    """The areas it is about: the case's, the topic's, else those of the issuer's post."""
    if file is not None:
        return file.case.areas
    area = new.area or by.area
    if area is not None and area in city.areas:
        return city.ancestors(area)
    return tuple(code for code, each in city.areas.items() if each.parent is None)


def told_on_case(order: Order, code: str, unit: str = "") -> Reason:
    """What the history of the case says of a step of its order."""
    told: dict[str, Any] = {"year": order.year, "serial": order.serial}
    if code == "order.issued":
        told["units"] = list(order.units)
    if code == "order.replied":
        told["unit"] = unit
    return Reason(code, told)
