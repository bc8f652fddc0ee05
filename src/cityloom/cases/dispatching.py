"""Who takes a case: decided from the component register and the duty matrix, with the rule that fired as reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cityloom.base.reasons import Reason
from cityloom.cases.conflicts import impartial_above, is_about_conduct, is_barred
from cityloom.city.clock_values import WorkCalendar
from cityloom.city.snapshot_values import City
from cityloom.city.values import Component, Duty, UnitCode


@dataclass(frozen=True)
class Route:
    """The lead and the assisting units, or no lead and the candidates between whom a dispatcher decides."""

    lead: UnitCode | None
    reason: Reason
    assisting: tuple[UnitCode, ...] = ()
    candidates: tuple[UnitCode, ...] = ()


def choose_lead(
    city: City,
    class_code: str | None,
    area: str | None,
    component_code: str | None,
    source: str,
    at: datetime,
    complained_about: tuple[UnitCode, ...] = (),
) -> Route:
    """The unit that owes it: the component's keeper or owner first, then the most specific duty.

    Without a class or a place, with no duty or with two that match alike, nobody is chosen and the reason says
    which of these it was. Units that have ended are followed to their successors. A unit that the complaint is
    about gives way to the nearest one above it that is not, else to the dispatcher.
    """
    if not complained_about:
        if is_about_conduct(class_code, city):
            return Route(None, Reason("duty.conduct_of_whom"))
        return _owed(city, class_code, area, component_code, source, at)
    return _impartial(_owed(city, class_code, area, component_code, source, at), complained_about, city)


def _impartial(route: Route, about: tuple[UnitCode, ...], city: City) -> Route:
    """The route without the units that the complaint is about and those below them."""
    assisting = tuple(u for u in route.assisting if not is_barred(u, about, city))
    candidates = tuple(u for u in route.candidates if not is_barred(u, about, city))
    if route.lead is None or not is_barred(route.lead, about, city):
        return Route(route.lead, route.reason, assisting, candidates)
    above = impartial_above(route.lead, about, city)
    if above is not None:
        reason = Reason("duty.complained_about", {"units": [route.lead], "unit": above})
        return Route(above, reason, _without(assisting, above))
    return Route(None, Reason("duty.nobody_impartial", {"units": [route.lead]}), assisting, candidates)


def _owed(
    city: City, class_code: str | None, area: str | None, component_code: str | None, source: str, at: datetime
) -> Route:
    """The unit that owes it, whomever the complaint is about."""
    if class_code is None:
        return Route(None, Reason("duty.class_open"))
    if area is None:
        return Route(None, Reason("duty.place_open"))
    day = at.astimezone(city.calendar().tz).date()
    owed = city.owed(class_code, area, day, source, is_working_moment(at, city.calendar()))
    assisting = _living(city, (d.unit for d in owed.assists), at)
    component = city.components.get(component_code) if component_code else None
    if component is not None and (by_register := _by_register(city, component, at)):
        return Route(by_register.lead, by_register.reason, _without(assisting, by_register.lead))
    return _by_duty(city, class_code, area, owed.leads, assisting, at)


def _by_register(city: City, component: Component, at: datetime) -> Route | None:
    for unit, code in ((component.keeper, "duty.component_keeper"), (component.owner, "duty.component_owner")):
        living = _living(city, [unit] if unit else [], at)
        if len(living) == 1:
            return Route(living[0], Reason(code, {"component": component.code, "unit": living[0]}))
    if component.owner is None and component.keeper is None and city.settings.last_resort:
        unit = city.settings.last_resort
        return Route(unit, Reason("duty.component_ownerless", {"component": component.code, "unit": unit}))
    return None


def _by_duty(
    city: City, class_code: str, area: str, leads: Iterable[Duty], assisting: tuple[UnitCode, ...], at: datetime
) -> Route:
    told = {"class": class_code, "area": area}
    candidates = _living(city, (d.unit for d in leads), at)
    if len(candidates) == 1:
        lead = candidates[0]
        return Route(lead, Reason("duty.matched", {**told, "unit": lead}), _without(assisting, lead))
    if not candidates:
        near = city.units_serving(area, "street_office") + city.units_serving(area, "district_department")
        return Route(None, Reason("duty.nothing_matches", told), candidates=near[:5])
    return Route(None, Reason("duty.two_match", {**told, "units": list(candidates)}), assisting, candidates)


def _living(city: City, units: Iterable[UnitCode], at: datetime) -> tuple[UnitCode, ...]:
    day = at.astimezone(city.calendar().tz).date()
    found = [u for code in units if code in city.units for u in city.living_units(code, day)]
    return tuple(dict.fromkeys(found))


def _without(units: tuple[UnitCode, ...], lead: UnitCode | None) -> tuple[UnitCode, ...]:
    return tuple(u for u in units if u != lead)


def is_working_moment(at: datetime, calendar: WorkCalendar) -> bool:
    """Whether somebody works at that moment, by the calendar's default hours."""
    local = at.astimezone(calendar.tz)
    minute = local.hour * 60 + local.minute
    return any(span.opens <= minute < span.closes for span in calendar.spans_on(local.date()))
