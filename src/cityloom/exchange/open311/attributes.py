"""What is asked about a service besides the usual: its filing condition, the number on the thing itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cityloom.base.reasons import Reason, register, render
from cityloom.city.snapshot_values import City
from cityloom.city.values import Component, MatterClass
from cityloom.exchange.open311.errors import BadRequest
from cityloom.exchange.open311.mapping import service_code_of

CONDITION, COMPONENT = "condition", "component"
register(
    {
        "open311.ask_condition": ("现场是什么情况？", "What is it like there?"),
        "open311.ask_component": ("部件上的编号（如有）", "The number written on it, if there is one"),
    }
)


@dataclass(frozen=True)
class Answers:
    """What was answered: the code of a standard, and the component meant."""

    standard_code: str | None = None
    component: Component | None = None


def attributes_of(city: City, matter: MatterClass, on: date, language: str) -> list[dict[str, Any]]:
    """The questions of a class on that day, in their order; none of them must be answered."""
    found: list[dict[str, Any]] = []
    standards = city.standards_on(matter.code, on)
    if len(standards) > 1:
        values = [{"key": s.code, "name": s.condition.in_language(language)} for s in standards]
        found.append(
            _question(CONDITION, "singlevaluelist", 1, "open311.ask_condition", language) | {"values": values}
        )
    if matter.kind == "component":
        found.append(_question(COMPONENT, "string", len(found) + 1, "open311.ask_component", language))
    return found


def has_attributes(city: City, matter: MatterClass, on: date) -> bool:
    """Whether there is anything to ask: the `metadata` of a service."""
    return matter.kind == "component" or len(city.standards_on(matter.code, on)) > 1


def definition(city: City, matter: MatterClass, on: date, language: str) -> dict[str, Any]:
    """The service definition as the specification names its fields."""
    return {"service_code": service_code_of(matter.code), "attributes": attributes_of(city, matter, on, language)}


def answers_of(city: City, matter: MatterClass, on: date, given: Mapping[str, str]) -> Answers:
    """The answers of `attribute[…]`, by code; raises BadRequest for a condition or component the class has not.

    A code that this service does not ask is refused too: whoever answers it means another service.
    """
    given = {code: text.strip() for code, text in given.items() if text.strip()}
    asked = {CONDITION, COMPONENT} if matter.kind == "component" else {CONDITION}
    for code in given:
        if code not in asked:
            raise BadRequest("open311.no_name", name=f"attribute[{code[:40]}]")
    return Answers(_condition(city, matter, on, given.get(CONDITION)), _component(city, matter, given.get(COMPONENT)))


def _condition(city: City, matter: MatterClass, on: date, code: str | None) -> str | None:
    known = [s.code for s in city.standards_on(matter.code, on)]
    if code is None or code in known:
        return code
    example = known[0] if known else "—"
    raise BadRequest("open311.bad_value", name="attribute[condition]", value=code[:40], example=example)


def _component(city: City, matter: MatterClass, code: str | None) -> Component | None:
    if code is None:
        return None
    found = city.components.get(code)
    if found is None or matter.code not in city.class_chain(found.class_code):
        example = next((c.code for c in city.components.values() if c.class_code == matter.code), "—")
        raise BadRequest("open311.bad_value", name="attribute[component]", value=code[:40], example=example)
    return found


def _question(code: str, datatype: str, order: int, asks: str, language: str) -> dict[str, Any]:
    return {
        "variable": True,
        "code": code,
        "datatype": datatype,
        "required": False,
        "datatype_description": None,
        "order": order,
        "description": render(Reason(asks), language),
    }
